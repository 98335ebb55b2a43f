"""The gateway's ledger beside what the strict systems hold: each finding is a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from gateway.rules.lane_states import NAMES
from gateway.workbench.samples.generator import PORTAL
from schemas.base import VIETNAM
from tests.strict.record import Held
from tests.strict.scene import NUMBERS, Result, Told

CODES = {
    "submitted": "1",
    "accepted": "2",
    "refused": "3",
    "processing": "4",
    "awaiting_supplement": "5",
    "awaiting_payment": "6",
    "withdrawal_requested": "7",
    "stopped": "8",
    "finished": "9",
    "returned": "10",
}
"""TrangThaiHoSo, by the table of the document."""
SYSTEMS = (PORTAL, "province")


def code(system: str, status: str) -> str:
    """Give a state as the system numbers it."""
    return CODES[status] if system == PORTAL else str(NUMBERS[status])


def moment(system: str, event: Mapping[str, Any]) -> str:
    """Give an event's time as the system writes it."""
    at = datetime.fromisoformat(event["occurred_at"]).astimezone(VIETNAM)
    return at.strftime("%Y%m%d%H%M%S" if system == PORTAL else "%Y-%m-%dT%H:%M:%S.000+0700")


def due_lines(system: str, one: Told, up_to: int) -> Iterator[Mapping[str, Any]]:
    """List the events up to a number that have to stand on the system's timeline."""
    events = one.dossier["events"]
    known = [
        datetime.fromisoformat(said["as_of"])
        for said in one.sample.requests[0].body.get("known_in", [])
        if said["system"] == system
    ]
    gone = {event["supersedes"] for event in events if event.get("supersedes")}
    for event in events:
        told_by_them = event.get("origin") == system
        before = any(datetime.fromisoformat(event["occurred_at"]) <= at for at in known)
        if event["seq"] <= up_to and not told_by_them and not before and event["ref"] not in gone:
            yield event


def too_late(event: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a later step may have been told before this one was known.

    A timeline that only grows gets no row behind a newer one; the ledger notes it instead. The
    reception is always a row, and so is what puts something right.
    """
    if event["kind"] in {"accepted", "corrected", "voided", "reopened"} or event.get("supersedes"):
        return False
    at = datetime.fromisoformat(event["occurred_at"])
    return any(
        other["seq"] < event["seq"] and datetime.fromisoformat(other["occurred_at"]) > at
        for other in events
    )


def untrue(result: Result, system: str) -> Iterator[str]:
    """Find what the ledger calls delivered although the system does not hold it."""
    for one in result.told:
        up_to = one.lane(system)["done_seq"]
        due = list(due_lines(system, one, up_to))
        if not due:
            continue
        held = result.held(system, one)
        if held is None:
            yield f"{one.sample.name}: delivered up to {up_to}, and they hold nothing"
            continue
        stand = {line.at for line in held.lines}
        lacking = [
            event["seq"]
            for event in due
            if moment(system, event) not in stand and not too_late(event, one.dossier["events"])
        ]
        met = sorted(set(result.met(system, one, "")))
        if lacking:
            yield f"{one.sample.name}: delivered up to {up_to}, lines lack of {lacking}: {met}"
        yield from _content(system, one, held, met)


def _content(system: str, one: Told, held: Held, met: list[str]) -> Iterator[str]:
    """Compare the dossier itself, where the ledger says that they have all of it."""
    if one.lane(system)["done_seq"] < one.ledger["version"]:
        return
    wanted = code(system, one.dossier["status"])
    if held.status != wanted:
        yield f"{one.sample.name}: their state is {held.status!r}, not {wanted!r}: {met}"
    field = "GhiChu" if system == PORTAL else "note"
    if (held.content.get(field) or "") != (one.dossier.get("notes") or ""):
        yield f"{one.sample.name}: their {field} is another: {met}"


def stuck(result: Result, system: str) -> Iterator[str]:
    """Find what is parked though it met nothing but what a login or patience mends."""
    for one in result.told:
        lane = one.lane(system)
        rightly = one.sample.parks or result.met(system, one, "verdict")
        if NAMES.get(lane["state"]) == "parked" and not rightly:
            met = sorted(set(result.met(system, one, "")))
            yield f"{one.sample.name}: {lane['reason']} for {lane['parked_for']}: {met}"


def unfinished(result: Result, system: str) -> Iterator[str]:
    """Find what still waits although nothing hinders it any more."""
    for one in result.told:
        lane = one.lane(system)
        state = NAMES.get(lane["state"], "done")
        behind = state == "done" and lane["done_seq"] < one.ledger["version"]
        if state not in {"parked", "untold", "done"} or behind:
            yield f"{one.sample.name}: {state}, {lane['reason']}, told up to {lane['done_seq']}"


def repeated(result: Result, system: str) -> Iterator[tuple[Told, str, int, int]]:
    """List lines that stand more than once: whose, at what time, how often, answers lost."""
    for one in result.told:
        held = result.held(system, one)
        for key, count, lost in held.repeated() if held is not None else ():
            yield one, key[0], count, lost


def backwards(result: Result, system: str) -> Iterator[str]:
    """Find lines by which a dossier's state goes back in time."""
    for one in result.told:
        held = result.held(system, one)
        lines = held.lines if held is not None else []
        for before, line in pairwise(lines):
            if (
                line.at < before.at
                and line.status != before.status
                and line.key not in {other.key for other in lines[: lines.index(line)]}
            ):
                yield f"{one.sample.name}: {before.status} at {before.at}, then {line.status}"


def unmarked(result: Result, system: str) -> Iterator[str]:
    """Find lines that stand more than once and are not marked as such in the ledger."""
    for one, at, count, _ in repeated(result, system):
        numbers = [event["seq"] for event in one.dossier["events"] if moment(system, event) == at]
        if not any(number in doubled(one, system) for number in numbers):
            yield f"{one.sample.name}: {count} times at {at}, and no mark"


def doubled(one: Told, system: str) -> set[int]:
    """Give the events that the ledger marks as standing twice perhaps."""
    spans = one.lane(system).get("doubled") or []
    return {number for first, last in spans for number in range(first, last + 1)}


def marked_idly(result: Result, system: str) -> Iterator[str]:
    """Find marks on dossiers that met nothing but answers in another dress, each to be read."""
    for one in result.told:
        marks, met = sorted(doubled(one, system)), result.met(system, one, "")
        if marks and len(met) == len(result.met(system, one, "dress")):
            yield f"{one.sample.name}: {marks}: {met}"
