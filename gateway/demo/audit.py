"""The audit: what the simulators received, against what the gateway was promised for.

Counted in events. Only the simulators' own logs say what arrived; the gateway's word is taken for
one thing, what it holds back for a human (`parked`) or still has to send (`waiting`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from schemas.base import VIETNAM

UNSAID = frozenset({"linked", "voided"})
"""Kinds that have no line on the portal's timeline; its snapshot carries them."""

IN_ANY_CASE = frozenset({"accepted", "corrected", "voided", "reopened"})
"""Kinds that have a line however late they become known; other late ones have none, for a timeline
only grows."""


@dataclass(slots=True)
class Tally:
    """What became of the events that one system must know of."""

    expected: int = 0
    delivered: int = 0
    waiting: int = 0
    parked: int = 0
    lost: int = 0
    duplicated: int = 0
    repeated: int = 0
    out_of_order: int = 0


@dataclass(frozen=True, slots=True)
class Followed:
    """One dossier as the workbench followed it: what was promised, and what the gateway says."""

    id: str
    code: str
    promised: frozenset[str]  # refs that got a 2xx
    events: tuple[dict[str, Any], ...]  # as the gateway lists them
    lanes: Mapping[str, dict[str, Any]]
    attempts: tuple[dict[str, Any], ...]
    known_until: Mapping[str, datetime] = field(default_factory=dict)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a witness log; a last line cut by a kill does not count."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


@dataclass(frozen=True, slots=True)
class Witness:
    """What one simulator stored, by dossier, and which of its calls went wrong."""

    effects: Mapping[str, list[dict[str, Any]]]
    hit: frozenset[int]

    @classmethod
    def read(cls, folder: Path, name: str) -> Witness:
        """Read the logs of one system."""
        effects: dict[str, list[dict[str, Any]]] = {}
        for row in read_log(folder / f"{name}.effects.jsonl"):
            effects.setdefault(row.get("dossier") or row.get("code", ""), []).append(row)
        faults = read_log(folder / f"{name}.faults.jsonl")
        return cls(effects, frozenset(row["call"] for row in faults if row["stored"]))


def audit(
    dossiers: Iterable[Followed], folder: Path, styles: Mapping[str, str], *, killed: bool = False
) -> dict[str, dict[str, int]]:
    """Compare; `styles`: system → snapshot, events or lines. `killed`: the gateway was."""
    tallies = {name: Tally() for name in styles}
    witnesses = {name: Witness.read(folder, name) for name in styles}
    for one in dossiers:
        for name, style in styles.items():
            _one(one, name, style, witnesses[name], tallies[name], killed=killed)
    return {name: asdict(tally) for name, tally in tallies.items()}


def _one(
    one: Followed, name: str, style: str, witness: Witness, tally: Tally, *, killed: bool
) -> None:
    events = [event for event in one.events if expected(event, one, name)]
    missing = one.promised - {event["ref"] for event in one.events}
    tally.expected += len(events) + len(missing)
    tally.lost += len(missing)
    effects = witness.effects.get(one.code if style == "lines" else one.id, [])
    arrived_there = there(style, effects, events)
    lane = one.lanes.get(name, {})
    for event in events:
        if has(event, arrived_there, events):
            tally.delivered += 1
        elif lane.get("state") == "parked":
            tally.parked += 1
        elif lane.get("state") in {"ready", "waiting", "sending", "asked"}:
            tally.waiting += 1
        else:
            tally.lost += 1
    _doubles(one, name, style, effects, witness, tally, killed=killed)


def expected(event: Mapping[str, Any], one: Followed, name: str) -> bool:
    """Leave out what the system told us itself, or knew before we took the dossier over."""
    until = one.known_until.get(name)
    known = until is not None and datetime.fromisoformat(event["occurred_at"]) <= until
    return event.get("origin") != name and not known


def mark(event: Mapping[str, Any]) -> tuple[str, str]:
    """Say how a line of the portal shows an event: by its time and the beginning of its text."""
    at = datetime.fromisoformat(event["occurred_at"]).astimezone(VIETNAM)
    text = event["action"] + (f": {event['note']}" if event.get("note") else "")
    return at.strftime("%Y%m%d%H%M%S"), text


def shows(effect: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Say whether a line shows an event: what follows its text says why, and what holds now."""
    at, text = mark(event)
    return effect["at"] == at and f"{effect['text']}. ".startswith(f"{text}. ")


def number(effect: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> int:
    """Give the number of the event that a line shows; 0: none."""
    found = [event for event in events if shows(effect, event)]
    return int(
        max(found, key=lambda event: (len(mark(event)[1]), event["seq"]))["seq"] if found else 0
    )


def there(style: str, effects: list[dict[str, Any]], events: list[dict[str, Any]]) -> set[int]:
    """Say which events the simulator holds, by number."""
    if style == "snapshot":
        last = effects[-1]["version"] if effects else 0  # the final state counts
        return {event["seq"] for event in events if event["seq"] <= last}
    if style == "events":
        return {effect["seq"] for effect in effects}
    states = [effect for effect in effects if effect["kind"] == "snapshot"]
    lines = [effect for effect in effects if effect["kind"] == "line"]
    found = {event["seq"] for event in events if any(shows(line, event) for line in lines)}
    newest = max((line["at"] for line in lines), default="")
    unsaid = {event["seq"] for event in events if event["kind"] in UNSAID or _late(event, newest)}
    return found | unsaid if states else found


def _late(event: Mapping[str, Any], newest: str) -> bool:
    """Say whether an event came too late for the timeline: a row after it stood there."""
    return bool(event.get("late")) and not anyway(event) and mark(event)[0] < newest


def anyway(event: Mapping[str, Any]) -> bool:
    """Say whether an event has a line however late it became known."""
    return event["kind"] in IN_ANY_CASE or bool(event.get("supersedes"))


def has(event: Mapping[str, Any], there: set[int], events: list[dict[str, Any]]) -> bool:
    """Count an event as delivered when it is there, or the one that supersedes it is."""
    if event["seq"] in there:
        return True
    return any(
        other.get("supersedes") == event["ref"] and has(other, there, events) for other in events
    )


def _doubles(
    one: Followed,
    name: str,
    style: str,
    effects: list[dict[str, Any]],
    witness: Witness,
    tally: Tally,
    *,
    killed: bool,
) -> None:
    """Count repeats, explained and not, and what came in the wrong order."""
    if style == "snapshot":
        versions = [effect["version"] for effect in effects]
        tally.out_of_order += sum(right < left for left, right in pairwise(versions))
        return
    arrived = [
        (
            effect["seq"] if style == "events" else number(effect, one.events),
            effect["call"],
        )
        for effect in effects
        if effect["kind"] in {"event", "line"}
    ]
    marked = one.lanes.get(name, {}).get("may_stand_twice", [])
    firsts: Sequence[Any] = list(dict.fromkeys(seq for seq, _ in arrived))
    if style == "lines":
        doubled = repeated_in_doubt([seq for seq, _ in arrived], marked)
        firsts = times_of([seq for seq in firsts if seq not in doubled], one.events)
    tally.out_of_order += sum(right < left for left, right in pairwise(firsts))
    for seq, count in Counter(seq for seq, _ in arrived).items():
        withheld = any(call in witness.hit for at, call in arrived if at == seq)
        doubted = any(first <= seq <= last for first, last in marked)
        explained = style == "lines" and doubted and (withheld or killed)
        tally.repeated += (count - 1) if explained else 0
        tally.duplicated += 0 if explained else (count - 1)


def repeated_in_doubt(arrived: Sequence[int], marked: Sequence[Sequence[int]]) -> set[int]:
    """Give the lines that stand twice and are marked so: their first try was not known of.

    A step that became known afterwards goes by its time before such a line, which is there already.
    """
    twice = {seq for seq, many in Counter(arrived).items() if many > 1}
    return {seq for seq in twice if any(first <= seq <= last for first, last in marked)}


def times_of(arrived: Sequence[int], events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the times of lines in the order in which they came, but for those told in any case."""
    known = {event["seq"]: event for event in events}
    return [
        mark(known[seq])[0]
        for seq in arrived
        if seq in known and known[seq]["kind"] not in IN_ANY_CASE
    ]
