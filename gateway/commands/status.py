"""`lienthong status`: how each system stands now, once or again and again."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.commands.shown import Lang, age, clock, instant, language, plain
from gateway.main.bootstrap import open_store
from gateway.settings import Settings, SettingsError, load
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work import operating
from gateway.store.work.operating import Standing, Survey
from gateway.words import Language
from gateway.words.causes import explain
from gateway.words.standing import standing

HOUR = 3_600_000
COLUMNS = (
    "system",
    "gate",
    "window",
    "ready",
    "waiting",
    "asked",
    "parked",
    "oldest",
    "at_risk",
)
PAPER = 140
"""Columns where the output is no terminal: a pipe knows no width of its own."""
STATES = ("ready", "sending", "waiting", "asked", "parked")


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

    At risk are dossiers that are due before their system can be told of them, and those that are
    due already (LIENTHONG_AT_RISK_HOURS widens or narrows it). Changes nothing.
    """
    said, settings = language(lang), load()
    if watch is not None and (once or watch <= 0):
        raise SettingsError("--watch: give seconds above nothing, and not --once beside it")
    show = Show(settings, said, as_json=as_json)
    try:
        asyncio.run(_look(settings, show, watch))
    except KeyboardInterrupt:
        return


class Show:
    """Shows one look after another: as lines of JSON, or as a table that renews itself."""

    def __init__(self, settings: Settings, said: Language, *, as_json: bool) -> None:
        self._modes = {system.name: system.mode for system in settings.systems}
        self._hours = settings.at_risk_hours
        self._said = said
        self._json = as_json
        self.console = Console()
        if not self.console.is_terminal:
            self.console.width = PAPER
        self.live: Live | None = None

    def survey(self, seen: Survey, *, watched: bool) -> None:
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

    def _body(self, seen: Survey) -> dict[str, Any]:
        return {
            "at": instant(seen.now),
            "at_risk": seen.at_risk,
            "at_risk_hours": self._hours,
            "unstarted": self._unstarted(seen),
            "systems": [self._row(one, seen.now) for one in seen.systems],
        }

    def _row(self, one: Standing, now: int) -> dict[str, Any]:
        closed = one.gate.state == "closed" and now < one.gate_until
        trouble = one.trouble
        return {
            "name": one.name,
            "mode": self._modes.get(one.name),
            "gate": one.gate.state,
            "gate_why": one.gate.why,
            "gate_until": instant(one.gate_until) if closed else None,
            "held_by": one.held_by,
            "held_why": one.held_why,
            "window": one.gate.window,
            "in_flight": one.inflight,
            "lanes": {state: one.lanes.get(state, 0) for state in STATES},
            "oldest": instant(one.oldest),
            "oldest_seconds": None if one.oldest is None else max(0, now - one.oldest) / 1000,
            "at_risk": one.at_risk,
            "last_error": trouble
            and {"outcome": trouble.outcome, "why": trouble.why, "at": instant(trouble.at)},
            "commonest_cause": one.commonest,
            "in_words": self._trouble(one),
        }

    def _unstarted(self, seen: Survey) -> list[str]:
        """Name systems of the systems file with which no gateway has started yet."""
        return sorted(set(self._modes) - {one.name for one in seen.systems})

    def _picture(self, seen: Survey) -> Group:
        """Draw the table, and below it a line for each system that has trouble."""
        heading = standing("whole", self._said, at=clock(seen.now), dossiers=str(seen.at_risk))
        table = Table(title=heading, title_justify="left")
        for name in COLUMNS:
            table.add_column(standing(name, self._said), overflow="fold")
        lines = []
        for one in seen.systems:
            table.add_row(*map(Text, self._cells(one, seen.now)))
            lines += [Text(f"{one.name}: {why}") for why in self._troubles(one, seen.now)]
        missing = ", ".join(self._unstarted(seen))
        if missing:
            lines.append(Text(standing("unstarted", self._said, names=missing)))
        return Group(table, *lines)

    def _cells(self, one: Standing, now: int) -> list[str]:
        ready = str(one.lanes.get("ready", 0))
        return [
            one.name,
            self._gate(one, now),
            f"{one.inflight} / {one.gate.window}",
            ready,
            *(str(one.lanes.get(state, 0)) for state in ("waiting", "asked", "parked")),
            "" if one.oldest is None else age(now - one.oldest),
            str(one.at_risk),
        ]

    def _gate(self, one: Standing, now: int) -> str:
        mode = self._modes.get(one.name)
        if mode is None or mode == "off":
            return standing("unconfigured" if mode is None else "off", self._said)
        if one.held_by is not None:
            why = one.held_why or standing("no_reason", self._said)
            return plain(standing("held", self._said, by=one.held_by, why=why))
        if one.gate.state != "closed":
            return standing(one.gate.state, self._said)
        if now >= one.gate_until:
            return standing("probe_due", self._said)
        return standing("closed", self._said, until=clock(one.gate_until))

    def _troubles(self, one: Standing, now: int) -> list[str]:
        """Say why the gate is closed, and what failed last."""
        why = one.gate.why if one.gate.state != "open" else None
        gate = [] if why is None else [explain(why, self._said)[0]]
        last = self._trouble(one)
        ago = "" if one.trouble is None else f" [-{age(now - one.trouble.at)}]"
        return [*gate, *([] if last is None or last in gate else [last + ago])]

    def _trouble(self, one: Standing) -> str | None:
        """Say what failed last; where nothing did lately, for what most lanes wait."""
        if one.trouble is None:
            return None if one.commonest is None else explain(one.commonest, self._said)[0]
        why = f" ({plain(one.trouble.why)})" if one.trouble.why else ""
        return explain(one.trouble.outcome, self._said)[0] + why


async def _look(settings: Settings, show: Show, watch: float | None) -> None:
    store = await open_store(settings)
    ahead = int(settings.at_risk_hours * HOUR)
    try:
        if watch is None:
            seen = await store.read(lambda connection: operating.survey(connection, ahead))
            show.survey(seen, watched=False)
        elif show.console.is_terminal:
            with Live(console=show.console, auto_refresh=False) as show.live:
                await _again(store, show, ahead, watch)
        else:
            await _again(store, show, ahead, watch)
    finally:
        await store.close()


async def _again(store: Store, show: Show, ahead: int, watch: float) -> None:
    """Look until somebody ends it; a database that is away for a while does not."""
    while True:
        try:
            seen = await store.read(lambda connection: operating.survey(connection, ahead))
        except StoreUnavailable:
            show.away()
        else:
            show.survey(seen, watched=True)
        await asyncio.sleep(watch)
