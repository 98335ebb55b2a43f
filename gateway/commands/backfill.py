"""`lienthong backfill`: tells a system what it was not told, by a plan that the gateway runs."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.planned import (
    Agency,
    NoWait,
    Procedure,
    Reason,
    Since,
    carry_out,
    follow,
    moment,
    show,
)
from gateway.commands.refused import granted
from gateway.main.bootstrap import find_system, opened
from gateway.operations import plans
from gateway.operations.astray import astray
from gateway.operations.plans import Choice
from gateway.operations.refusals import known_systems
from gateway.settings import Settings, load


def backfill(
    system: Annotated[str, typer.Argument(help="A system of the systems file.", metavar="SYSTEM")],
    since: Since = None,
    agency: Agency = None,
    procedure: Procedure = None,
    why: Reason = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count; so it is anyway.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
    no_wait: NoWait = False,
) -> None:
    """Tell a system what it was not told: in shadow, while it was off, before it was added.

    Without --yes it is counted, by what kept it back, procedure, agency and state. With it a plan
    is written down, and the gateway carries it out behind all other work: 1 lane, then 5, then 20
    and more, each wave after the outcomes of the one before; it stops by itself when more than half
    of a wave fails. Ctrl-C ends this command and not the plan; see `lienthong plans`.
    """
    if yes and dry_run:
        raise typer.BadParameter("--yes and --dry-run exclude each other")
    settings = load()
    granted(known_systems(settings, [system]))
    choice = Choice(since=moment(since, "--since"), agency=agency, procedure=procedure)
    carry_out(_backfill(settings, system, choice, why, yes=yes, wait=not no_wait))


async def _backfill(
    settings: Settings, name: str, choice: Choice, why: str, *, yes: bool, wait: bool
) -> bool:
    config = next(one for one in settings.systems if one.name == name)
    async with opened(settings) as store:
        found = granted(
            await plans.preview_backfill(store, settings.systems, find_system(config, 0), choice)
        )
        granted(await astray(store, found, choice))
        if not show(found, yes=yes):
            return True
        made = granted(await plans.make(store, found, by=acting(), reason=why))
        return await follow(made, plans.watch(store, made), wait=wait)
