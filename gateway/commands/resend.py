"""`lienthong resend`: tells again what was told with a wrong mapping; a plan, as a backfill is."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.planned import (
    Agency,
    NoWait,
    Procedure,
    Reason,
    carry_out,
    follow,
    moment,
    show,
)
from gateway.commands.refused import granted
from gateway.main.bootstrap import find_system, opened
from gateway.operations import plans
from gateway.operations.astray import astray
from gateway.operations.plans import Choice, Told
from gateway.operations.refusals import Refusal, known_systems
from gateway.settings import Settings, load


def resend(
    system: Annotated[str, typer.Argument(help="A system of the systems file.", metavar="SYSTEM")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Told at this time or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Told before this time.")
    ] = None,
    adapter_version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Told by this version of the adapter.")
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Told under this mapping, as the ledger has it."),
    ] = None,
    agency: Agency = None,
    procedure: Procedure = None,
    why: Reason = "",
    *,
    append: Annotated[
        bool,
        typer.Option("--append", help="Lines that can only be added go again: they stand twice."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
    no_wait: NoWait = False,
) -> None:
    """Tell a system again what it was told wrongly: the newest state, and the steps since then.

    A system that takes the same thing twice without harm is told all of it again. One to which
    lines are added is told the dossier as it is; its lines go again only with --append, and the
    ledger then says that they may stand twice. Without --yes it is only counted.
    """
    settings = load()
    granted(known_systems(settings, [system]))
    first, end = moment(since, "--from"), moment(until, "--to")
    if first is not None and end is not None and first >= end:
        granted(Refusal("plan_times", str(since), (str(until),)))
    told = Told(since=first, until=end, version=adapter_version, mapping=mapping)
    choice = Choice(agency=agency, procedure=procedure)
    carry_out(
        _resend(settings, system, choice, told, why, append=append, yes=yes, wait=not no_wait)
    )


async def _resend(
    settings: Settings,
    name: str,
    choice: Choice,
    told: Told,
    why: str,
    *,
    append: bool,
    yes: bool,
    wait: bool,
) -> bool:
    config = next(one for one in settings.systems if one.name == name)
    async with opened(settings) as store:
        found = granted(await plans.preview_resend(store, find_system(config, 0), choice, told))
        granted(await astray(store, found, choice, told))
        if found.appends and found.chosen:
            typer.echo(
                "CAREFUL: this system only appends; lines that are told again stand there twice"
                if append
                else "this system only appends: lines that it was told are left as they stand "
                "(--append tells them again)"
            )
        if not show(found, yes=yes):
            return True
        made = granted(await plans.make(store, found, by=acting(), reason=why, lines_again=append))
        return await follow(made, plans.watch(store, made), wait=wait)
