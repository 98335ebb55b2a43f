"""`lienthong asof`: puts right as of when a source's newest row of a dossier speaks."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.commands.refused import granted
from gateway.commands.shown import clock, instant, plain
from gateway.main.bootstrap import over_store
from gateway.operations import asof as operation
from gateway.operations.asof import Order, RowSource
from gateway.settings import Settings, SettingsError, load


def asof(
    ref: Annotated[
        str | None, typer.Argument(help="A dossier's id, its client's ref, or its official code.")
    ] = None,
    time: Annotated[
        str | None, typer.Argument(help="An instant or a day, without an offset Vietnam's.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit.")] = "",
    client: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which source, where several tell it by rows."),
    ] = None,
    *,
    ahead: Annotated[
        bool, typer.Option("--ahead", help="List rows of times that our clock has not reached.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The list, for scripts.")] = False,
) -> None:
    """Say as of when a dossier's newest row was really true: one wrong clock freezes no dossier.

    Rows older than the newest one are stale. After this, the next row of that source is taken if
    it is newer than TIME, which may lie before what stands, and never in the future.
    """
    if ahead:
        if ref is not None or time is not None:
            raise SettingsError("asof: --ahead lists, and takes neither REF nor TIME")
        _list(load(), as_json=as_json)
        return
    if ref is None or time is None:
        raise SettingsError("asof: say which dossier and what time: REF TIME, or --ahead")
    order = Order(ref=ref, time=time, reason=reason, by=acting(), client=client)
    done = granted(asyncio.run(over_store(load(), lambda store: operation.put_right(store, order))))
    source = done.before
    before = "never" if source.as_of is None else clock(source.as_of)
    typer.echo(f"{source.dossier}, {plain(source.client)}: as of {before} -> {clock(done.after)}")
    typer.echo("its next row is taken if it is newer than that")


def _list(settings: Settings, *, as_json: bool) -> None:
    found = asyncio.run(over_store(settings, operation.ahead))
    if as_json:
        typer.echo(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(f"{one.dossier}  as of {clock(one.as_of or 0)}, {plain(one.client)}")
    typer.echo(
        "-> lienthong asof ID TIME --reason WHY: the time of which that row really was"
        if found
        else "no row is of a time that lies ahead of our clock"
    )


def _row(one: RowSource) -> dict[str, object]:
    return asdict(one) | {"dossier": str(one.dossier), "as_of": instant(one.as_of)}
