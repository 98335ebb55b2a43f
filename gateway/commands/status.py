"""`lienthong status`: how each system stands now, once or again and again."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.commands.shown import Lang, age, clock, instant, language, plain
from gateway.main.bootstrap import opened
from gateway.operations.status import HOUR, STATES, Standing, Status, look, looks
from gateway.settings import Settings, SettingsError, load
from gateway.watch.clock import WRONG
from gateway.words import Language
from gateway.words.causes import explain
from gateway.words.standing import standing

COLUMNS = (
    "system",
    "gate",
    "window",
    "ready",
    "waiting",
    "asked",
    "parked",
    "untold",
    "shadowed",
    "oldest",
    "at_risk",
)
ALONE = ("waiting", "asked", "parked", "untold", "shadowed")
"""States that have a column of their own."""
PAPER = 160
"""Columns where the output is no terminal: a pipe knows no width of its own."""


def status(
    lang: Lang = "en",
    watch: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Look again so often, until Ctrl-C.")
    ] = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once; so it is anyway.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For scripts; watched: one line for each look.")
    ] = False,
) -> None:
    """Show every system: its gate, what is ready, waits or is parked, since when, and why.

    At risk are dossiers that may not be told in time: they are due before their system can be told
    and a margin (LIENTHONG_AT_RISK_HOURS), or fell due while they waited. Changes nothing.
    """
    said, settings = language(lang), load()
    if watch is not None and (once or watch <= 0):
        raise SettingsError("--watch: give seconds above nothing, and not --once beside it")
    show = Show(said, as_json=as_json)
    try:
        asyncio.run(_look(settings, show, watch))
    except KeyboardInterrupt:
        return


class Show:
    """Shows one look after another: as lines of JSON, or as a table that renews itself."""

    def __init__(self, said: Language, *, as_json: bool) -> None:
        self._said = said
        self._json = as_json
        self.console = Console()
        if not self.console.is_terminal:
            self.console.width = PAPER
        self.live: Live | None = None

    def status(self, seen: Status, *, watched: bool) -> None:
        """Show what was seen."""
        if self._json:
            told = json.dumps(self._body(seen), ensure_ascii=False, indent=None if watched else 2)
            typer.echo(told)
        elif self.live is not None:
            self.live.update(self._picture(seen), refresh=True)
        else:
            self.console.print(self._picture(seen))

    def away(self) -> None:
        """Say that the database was away at this look; the next one may find it again."""
        typer.echo(f"lienthong: {standing('away', self._said)}", err=True)

    def _body(self, seen: Status) -> dict[str, Any]:
        return {
            "at": instant(seen.survey.now),
            "at_risk": seen.survey.at_risk,
            "at_risk_hours": seen.at_risk_hours,
            "earliest_due": instant(seen.survey.earliest_due),
            "unstarted": seen.unstarted,
            "clock_skew_seconds": round(seen.clock_skew, 1),
            "systems": [self._row(one, seen) for one in seen.survey.systems],
        }

    def _row(self, one: Standing, seen: Status) -> dict[str, Any]:
        now = seen.survey.now
        closed = one.gate.state == "closed" and now < one.gate_until
        trouble = one.trouble
        return {
            "name": one.name,
            "mode": seen.modes.get(one.name),
            "gate": one.gate.state,
            "gate_why": one.gate.why,
            "gate_until": instant(one.gate_until) if closed else None,
            "gate_since": instant(one.gate.since),
            "gate_by": one.gate.by,
            "gate_call": one.gate.call,
            "held_by": one.held_by,
            "held_why": one.held_why,
            "window": one.gate.window,
            "in_flight": one.inflight,
            "lanes": {state: one.lanes.get(state, 0) for state in STATES},
            "oldest": instant(one.oldest),
            "oldest_seconds": None if one.oldest is None else max(0, now - one.oldest) / 1000,
            "at_risk": one.at_risk,
            "earliest_due": instant(one.earliest_due),
            "hours_left": _hours(one, now),
            "last_error": trouble
            and {"outcome": trouble.outcome, "why": trouble.why, "at": instant(trouble.at)},
            "commonest_cause": one.commonest,
            "in_words": self._trouble(one),
        }

    def _picture(self, seen: Status) -> Group:
        """Draw the table, and below it a line for each system that has trouble."""
        now, dossiers = seen.survey.now, seen.survey.at_risk
        heading = standing("whole", self._said, at=clock(now), dossiers=str(dossiers))
        table = Table(title=heading, title_justify="left")
        for name in COLUMNS:
            table.add_column(standing(name, self._said), overflow="fold")
        lines = []
        for one in seen.survey.systems:
            table.add_row(*map(Text, self._cells(one, seen)))
            lines += [Text(f"{one.name}: {why}") for why in self._troubles(one, now)]
            lines += [Text(due) for due in self._due(one, now)]
        missing = ", ".join(seen.unstarted)
        if missing:
            lines.append(Text(standing("unstarted", self._said, names=missing)))
        if abs(seen.clock_skew) > WRONG:
            skew = f"{seen.clock_skew:+.0f}"
            lines.append(Text(standing("clock_wrong", self._said, seconds=skew)))
        return Group(table, *lines)

    def _cells(self, one: Standing, seen: Status) -> list[str]:
        ready = str(one.lanes.get("ready", 0))
        return [
            one.name,
            self._gate(one, seen),
            f"{one.inflight} / {one.gate.window}",
            ready,
            *(str(one.lanes.get(state, 0)) for state in ALONE),
            "" if one.oldest is None else age(seen.survey.now - one.oldest),
            str(one.at_risk),
        ]

    def _gate(self, one: Standing, seen: Status) -> str:
        gate = seen.gate(one)
        if gate == "held":
            why = one.held_why or standing("no_reason", self._said)
            return plain(standing(gate, self._said, by=str(one.held_by), why=why))
        if gate == "closed":
            return standing(gate, self._said, until=clock(one.gate_until))
        return standing(gate, self._said)

    def _troubles(self, one: Standing, now: int) -> list[str]:
        """Say why the gate is closed, and what failed last."""
        why = one.gate.why if one.gate.state != "open" else None
        gate = [] if why is None else [self._closed(one, explain(why, self._said)[0])]
        last = self._trouble(one)
        ago = ""
        if one.trouble is not None:
            ago = f" [{standing('ago', self._said, age=age(now - one.trouble.at))}]"
        return [*gate, *([] if last is None or last in gate else [last + ago])]

    def _closed(self, one: Standing, why: str) -> str:
        """Say since when the gate is closed, and by which dossier on which call."""
        gate = one.gate
        if gate.since is None:
            return why
        call = standing("closed_call", self._said, call=plain(gate.call)) if gate.call else ""
        by = standing("closed_by", self._said, by=gate.by) if gate.by else ""
        since = clock(gate.since)
        return standing("closed_since", self._said, why=why, since=since, call=call, by=by)

    def _due(self, one: Standing, now: int) -> list[str]:
        """Say how long there is until the first of what is at risk is due."""
        hours = _hours(one, now)
        if one.earliest_due is None or hours is None:
            return []
        words = {"system": one.name, "at": clock(one.earliest_due), "hours": f"{abs(hours):g}"}
        return [standing("first_due" if hours >= 0 else "first_late", self._said, **words)]

    def _trouble(self, one: Standing) -> str | None:
        """Say what failed last; where nothing did lately, for what most lanes wait."""
        if one.trouble is None:
            return None if one.commonest is None else explain(one.commonest, self._said)[0]
        why = f" ({plain(one.trouble.why)})" if one.trouble.why else ""
        return explain(one.trouble.outcome, self._said)[0] + why


def _hours(one: Standing, now: int) -> float | None:
    """Give the hours until the first of what is at risk is due; below nothing: since then."""
    return None if one.earliest_due is None else round((one.earliest_due - now) / HOUR, 1)


async def _look(settings: Settings, show: Show, watch: float | None) -> None:
    async with opened(settings) as store:
        if watch is None:
            show.status(await look(store, settings), watched=False)
            return
        live = Live(console=show.console, auto_refresh=False) if show.console.is_terminal else None
        with live or nullcontext():
            show.live = live
            async for seen in looks(store, settings, watch):
                if seen is None:
                    show.away()
                else:
                    show.status(seen, watched=True)
