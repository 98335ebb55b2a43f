"""`lienthong audit`: whether the record of who did what is whole, and the record itself."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from gateway.commands.refused import granted
from gateway.commands.shown import clock, plain
from gateway.main.bootstrap import opened, over_store
from gateway.operations import audit
from gateway.operations.audit import Verified
from gateway.rules.audit_chain import Broken
from gateway.settings import Settings, SettingsError, load
from schemas.base import Instant

app = typer.Typer(help="Who did what: check the record, or give it out.", no_args_is_help=True)

FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would run."""


@app.callback()
def audit_() -> None:
    """Check the record, or give it out."""


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(metavar="PLACE:MAC", help="A head as `audit_head` in the log has it."),
    ] = None,
) -> None:
    """Check that no line was changed, dropped or moved; 1 if one was, or is not sealed in time.

    Lines cut off at the end show only against a head that the log has: give the newest.
    """
    settings, wanted = load(), granted(audit.head_of(head))
    found = granted(
        asyncio.run(over_store(settings, lambda store: audit.verify(store, settings, wanted)))
    )
    for line in _told(found):
        typer.echo(line)
    if not found.sound:
        raise typer.Exit(1)


def _told(found: Verified) -> list[str]:
    """Say what was found, worst first."""
    lines = [_broken(one) for one in found.broken]
    if len(found.broken) >= audit.MOST_BROKEN:
        lines.append("and more: perhaps this is not the key with which the audit was sealed")
    if found.unsealed is not None:
        one = found.unsealed
        lines.append(
            f"not sealed: {one.id} of {clock(one.at)} ({plain(one.what)} by {plain(one.who)}); "
            "a gateway or worker that has the key and runs would have sealed it"
        )
    end = "" if found.head is None else f", head {found.head[0]}:{found.head[1]}"
    return [*lines, f"{found.lines} lines {'are whole' if found.sound else 'looked at'}{end}"]


def _broken(one: Broken) -> str:
    here = f"place {one.place}"
    to = here if one.many == 1 else f"places {one.place} to {one.place + one.many - 1}"
    match one.how:
        case "changed":
            return f"{here}: changed, or moved from elsewhere"
        case "missing":
            return f"{to}: missing"
        case "cut":
            return f"{to}: missing, cut off at the end"
        case "head":
            return f"{here}: sealed anew, it is not what the log has"


@app.command()
def export(
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From then on: 2026-03-02T00:00.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")] = None,
    form: Annotated[str, typer.Option("--format", help="jsonl or csv")] = "jsonl",
) -> None:
    """Write the record to standard output, oldest first; lines without a place are not sealed."""
    if form not in {"jsonl", "csv"}:
        raise SettingsError(f"--format: {form!r} is neither jsonl nor csv")
    asyncio.run(_export(load(), _time(since, "--since"), _time(until, "--until"), form))


async def _export(settings: Settings, since: int | None, until: int | None, form: str) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    if form == "csv":
        table.writerow(audit.FIELDS)
    async with opened(settings) as store:
        async for line in audit.between(store, since, until):
            said = audit.told(line)
            if form == "csv":
                table.writerow(_cell(said[name]) for name in audit.FIELDS)
            else:
                typer.echo(json.dumps(said, ensure_ascii=False))


def _cell(said: Any) -> Any:
    return f"'{said}" if isinstance(said, str) and said.startswith(FORMULA) else said


def _time(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        at: datetime = TypeAdapter(Instant).validate_python(text)
    except ValidationError as error:
        raise SettingsError(f"{option}: {error.errors()[0]['msg']}") from None
    return int(at.timestamp() * 1000)
