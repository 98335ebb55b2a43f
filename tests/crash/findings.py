"""The audit of a crash run: six words, each of which must count nothing.

What was promised is what got a 2xx. What arrived is what the simulators' own logs say. The
gateway's database is asked for one thing only: what it claims, and how it explains itself.

    lost               promised, and neither there nor parked for a reason of the sample itself
    out of order       there, but after something that happened later
    phantom            there, and never promised
    falsely delivered  closed in the ledger, and not there; what shadow mode held back never is
    altered            there with other content than the dossier's
    unexplained        there twice, without a fault and a try of the ledger that account for it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from gateway.demo.audit import (
    UNSAID,
    anyway,
    expected,
    has,
    mark,
    number,
    read_log,
    repeated_in_doubt,
    there,
)
from tests.crash.cases import Case, Fault, Try

LINES, EVENTS = "lines", "events"
OUR_WORDS = frozenset({"echo"})
"""Systems that show a state by our own word instead of a number."""
SLACK = 0.25
"""Seconds by which two processes' notes of the same moment may differ."""
OPEN = frozenset({"uncertain", "lapsed"})


@dataclass(slots=True)
class Findings:
    """What was found, each with the places where; `explained`: repeats that are accounted for."""

    lost: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    falsely_delivered: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    explained: int = 0
    events: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    """Of what is explained: the fault of the call, or what was broken in that moment."""

    def bad(self, most: int | None = 3) -> dict[str, list[str]]:
        """Give what should not be, with so many places each at most."""
        rows = asdict(self)
        return {
            name: rows[name][:most] for name in rows if isinstance(rows[name], list) and rows[name]
        }


@dataclass(frozen=True, slots=True)
class Site:
    """One system's logs: effects by dossier, and calls whose answer was withheld."""

    effects: Mapping[str, list[dict[str, Any]]]
    withheld: Mapping[int, str]

    @classmethod
    def read(cls, folder: Path, name: str) -> Site:
        """Read them; a folder's looks are no calls, so nothing is withheld there."""
        effects: dict[str, list[dict[str, Any]]] = {}
        for row in read_log(folder / f"{name}.effects.jsonl"):
            for key in {row.get("dossier"), row.get("code")} - {None, ""}:
                effects.setdefault(str(key), []).append(row)
        faults = read_log(folder / f"{name}.faults.jsonl")
        return cls(effects, {row["call"]: row["fault"] for row in faults if row["stored"]})


def find(
    cases: Iterable[Case],
    folder: Path,
    styles: Mapping[str, str],
    faults: Sequence[Fault],
    states: Mapping[str, int],
    shadows: frozenset[str] = frozenset(),
) -> Findings:
    """Compare what was promised with what is there.

    states: status → the province's number
    shadows: systems in shadow mode: they must be told nothing, and the ledger must say so
    """
    found = Findings()
    sites = {name: Site.read(folder, name) for name in styles}
    known: set[str] = set()
    for case in cases:
        known |= {case.of.id, case.of.code}
        missing = case.of.promised - {event["ref"] for event in case.of.events}
        found.lost += [f"{case.of.code or case.of.id} {ref}" for ref in sorted(missing)]
        found.lost += [f"{name} {case.of.id} no lane" for name in case.owed - set(case.of.lanes)]
        found.events += len(case.of.events)
        for name, style in styles.items():
            if name in shadows:
                _shadow(case, name, found)
                continue
            _one(case, name, style, sites[name], faults, found)
            _content(case, name, style, sites[name], states, found)
    for name, site in sites.items():
        told = set(site.effects) - (set() if name in shadows else known)
        found.phantom += [f"{name} {key}" for key in sorted(told)]
    return found


def _of(case: Case, style: str, site: Site) -> list[dict[str, Any]]:
    return list(site.effects.get(case.of.code if style == LINES else case.of.id, []))


def _one(
    case: Case, name: str, style: str, site: Site, faults: Sequence[Fault], found: Findings
) -> None:
    """Look for what is not there, and for what is there twice or in the wrong order."""
    of, effects = case.of, _of(case, style, site)
    events = [event for event in of.events if expected(event, of, name)]
    arrived = there(style, effects, events)
    lane = of.lanes.get(name)
    for event in events:
        if has(event, arrived, events) or lane is None or lane["via"]:
            continue
        place = f"{name} {of.code or of.id} {event['seq']} {lane['state']} {lane['reason']}"
        if lane["done_seq"] >= event["seq"]:
            found.falsely_delivered.append(place)
        elif not case.parked(name, lane):
            found.lost.append(place)
    rows = [
        (
            effect["seq"] if style == EVENTS else number(effect, of.events),
            effect,
        )
        for effect in effects
        if effect["kind"] in {"event", "line"}
    ]
    arrivals = [seq for seq, _ in rows]
    doubled = repeated_in_doubt(arrivals, (lane or {}).get("may_stand_twice", []))
    sure = [seq for seq in arrivals if style != LINES or seq not in doubled]
    firsts = _rising(style, dict.fromkeys(sure), of.events)
    found.out_of_order += [
        f"{name} {of.code} {left}>{right}" for left, right in pairwise(firsts) if right < left
    ]
    _repeats(case, name, style, rows, site, faults, found)


def _rising(style: str, firsts: Iterable[int], events: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Give what must rise: numbers; on a timeline times, but of what is told however late."""
    if style != LINES:
        return list(firsts)
    known = {event["seq"]: event for event in events}
    told = [known[seq] for seq in firsts if seq in known]
    return [mark(event)[0] for event in told if not (event.get("late") and anyway(event))]


def _shadow(case: Case, name: str, found: Findings) -> None:
    """Ask of a lane in shadow mode that nothing counts as told, and that each event was seen."""
    lane = case.of.lanes.get(name)
    if lane is None:
        return
    place = f"{name} {case.of.code or case.of.id} {lane['state']}"
    if lane["done_seq"]:
        found.falsely_delivered.append(f"{place} told up to {lane['done_seq']}")
    elif lane["state"] != "shadowed" or lane["state_seq"] < len(case.of.events):
        found.lost.append(f"{place} seen up to {lane['state_seq']}")


def _repeats(
    case: Case,
    name: str,
    style: str,
    rows: Sequence[tuple[int, dict[str, Any]]],
    site: Site,
    faults: Sequence[Fault],
    found: Findings,
) -> None:
    """Ask of each repeat why the arrival before it was not known of.

    A try says each line once at most, so each open one accounts for one repeat. The lapse of a try
    and its own late word are the same try: they have the same fence.
    """
    marks = (case.of.lanes.get(name) or {}).get("may_stand_twice", [])
    last: dict[int, dict[str, Any]] = {}
    used: set[tuple[int, int]] = set()
    for seq, effect in rows:
        before = last.get(seq)
        last[seq] = effect
        if before is None:
            continue
        fences = _open(case, name, seq, before, site, faults) if style == LINES else {}
        fence = next((one for one in fences if (seq, one) not in used), None)
        if not any(begin <= seq <= end for begin, end in marks):
            found.unexplained.append(f"{name} {case.of.code} {seq} unmarked in the ledger")
        elif fence is not None:
            used.add((seq, fence))
            found.explained += 1
            found.causes[fences[fence]] = found.causes.get(fences[fence], 0) + 1
        else:
            found.unexplained.append(f"{name} {case.of.code} {seq} at {before['arrived']:.3f}")


def _open(
    case: Case,
    name: str,
    seq: int,
    before: Mapping[str, Any],
    site: Site,
    faults: Sequence[Fault],
) -> dict[int, str]:
    """Give the fences of the tries that the ledger holds as open, with the logged fault."""
    arrived = float(before["arrived"])
    fences = {}
    for one in case.tries:
        covers = one.system == name and one.first <= seq <= one.last
        during = one.begin - SLACK <= arrived <= one.end + SLACK
        if not (covers and during and (one.late or one.outcome in OPEN)):
            continue
        withheld = site.withheld.get(before["call"])
        hit = [fault for fault in faults if arrived <= fault.end and fault.begin <= one.end]
        if withheld is not None or hit:
            nearest = min(hit, key=lambda fault: abs(fault.begin - arrived), default=None)
            fences[one.fence] = withheld or (nearest.kind if nearest else "")
    return fences


def _content(
    case: Case,
    name: str,
    style: str,
    site: Site,
    states: Mapping[str, int],
    found: Findings,
) -> None:
    """Compare what each system holds in the end with the dossier, field by field."""
    of, content = case.of, case.content
    if not of.id:
        return
    place = f"{name} {of.code or of.id}"
    if style == LINES:
        found.altered += [
            f"{place} line {effect['at']}"
            for effect in _of(case, style, site)
            if effect["kind"] == "line" and not number(effect, of.events)
        ]
    else:
        _told(case, name, site, states, found)
    lane = of.lanes.get(name)
    last = [row for row in site.effects.get(of.code, []) if row["kind"] == "snapshot"][-1:]
    if not last or lane is None or lane["state"] != "done":
        return
    told = {"owner": content["owner"]["name"], "procedure": content["procedure"]["code"]}
    for key, value in told.items():
        if last[0].get(key) not in {None, value}:
            found.altered.append(f"{place} {key}")


def _told(case: Case, name: str, site: Site, states: Mapping[str, int], found: Findings) -> None:
    """Compare each event that arrived with the one that the dossier has under its number."""
    place = f"{name} {case.of.code or case.of.id}"
    by_seq = {event["seq"]: event for event in case.of.events}
    for effect in site.effects.get(case.of.id, []):
        event = by_seq.get(effect["seq"])
        if event is None:
            found.phantom.append(f"{place} {effect['seq']}")
            continue
        status: Any = effect.get("status")
        wanted: Any = _state(by_seq, effect["seq"], states)
        if effect.get("ref") not in {None, event["ref"]}:
            found.altered.append(f"{place} {effect['seq']} ref")
            continue
        if name in OUR_WORDS:
            wanted = event.get("status")
        elif not isinstance(status, int):
            continue
        if None not in {status, wanted} and status != wanted:
            found.altered.append(f"{place} {effect['seq']} status")


def _state(
    events: Mapping[int, Mapping[str, Any]], seq: int, states: Mapping[str, int]
) -> int | None:
    """Say which number the province must show after an event: a late one moves nothing back."""
    said = [events[n] for n in sorted(events) if n <= seq and events[n].get("status")]
    newest = max(reversed(said), key=_moment, default=None)
    return states.get(str(newest["status"])) if newest else None


def _moment(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])


__all__ = ["EVENTS", "LINES", "UNSAID", "Case", "Fault", "Findings", "Try", "find"]
