"""What a system reports: an event where it owns the state or moves none, else evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import TypeAdapter

from gateway.admission.requests import Tell
from gateway.admission.unit_of_work import Decided, Room, decided, digest_of
from gateway.dossiers.record import State, known_codes, millis
from gateway.rules.history import follow
from gateway.rules.reports import events_of
from gateway.store.ledger import evidence
from gateway.store.ledger.evidence import Evidence
from schemas.inbound import Report

REPORT = TypeAdapter(Report)
SKEW = 120_000
"""Milliseconds by which their clock may be ahead of ours."""


def report(room: Room, ask: Tell) -> Decided:
    """Take a report; one of a dossier that nobody knows is kept until somebody does."""
    state = _find(room, ask)
    if state is None:
        _keep(room, ask, None, "unknown_code", ())
        return Decided(None, None, 202, {}, "unknown")
    return take(room, state, ask)


def take(room: Room, state: State, ask: Tell) -> Decided:
    """Take a report on a known dossier."""
    if ask.report.quarantine is not None:
        _keep(room, ask, state, "quarantined", ["/status"])
        return decided(state, 202, {}, "evidence")
    echo = _echo(room, state, ask)
    if echo == "sure":
        return decided(state, 200, {}, "unchanged")
    if echo == "likely":
        _keep(room, ask, state, "echo", ["/status"])
        return decided(state, 202, {}, "evidence")
    news = events_of(ask.report, state.dossier, ask.system, room.now)
    refs = {past.event.ref for past in state.past}
    if not news or news[-1].ref in refs:
        return decided(state, 200, {}, "repeated" if news else "unchanged")
    length, head, inferred = len(state.past), state.dossier, ask.report.at is None
    for new in news:
        version = follow(state.dossier, state.history, new, now=room.now, inferred=inferred)
        if isinstance(version, tuple):
            state.go_back(length, head)
            _keep(room, ask, state, "impossible", [fault.pointer for fault in version])
            return decided(state, 202, {}, "evidence")
        state.add(version, origin=ask.system, digest=digest_of(version), client=ask.client.id)
    moved = state.dossier.status is not head.status
    if moved and room.owner_of_status(state) not in (None, f"system:{ask.system}"):
        state.go_back(length, head)
        _keep(room, ask, state, "contradicts", ["/status"])
        return decided(state, 202, {}, "evidence")
    room.route(state)
    return decided(state, 201, {"events": [past.event.seq for past in state.past[length:]]})


def _echo(room: Room, state: State, ask: Tell) -> Literal["sure", "likely"] | None:
    """Say whether a report is our own word coming back.

    Surely so, where it names the state that this system was last told, or is being told. Likely so,
    where it names one that it was told before, and is no newer than the last telling: it was read
    before that and handed in after. Such a report is kept and moves nothing.
    """
    numbers = {target.name: target.id for target in room.targets.all}
    lane = state.lanes.get(numbers.get(ask.system, -1))
    if lane is None or ask.report.status is None:
        return None
    told = [past.event for past in state.past if past.origin != ask.system]
    if any(one.status is ask.report.status and one.seq >= lane.done_seq for one in told):
        return "sure"
    before = any(one.status is ask.report.status for one in told if one.seq < lane.done_seq)
    at = ask.report.at
    fresh = at is not None and millis(at) > (lane.done_at or 0) + SKEW
    return "likely" if before and lane.done_at is not None and not fresh else None


def _find(room: Room, ask: Tell) -> State | None:
    """Find the one dossier that is meant; where a code names several, none is."""
    names = [ask.report.code, ask.report.remote_id]
    for code in [name for name in names if name is not None]:
        found = room.by_code.get((ask.client.environment, code), [])
        open_ = [state for state in found if state.merged_into is None]
        if len(open_) == 1:
            return open_[0]
    return None


def _keep(room: Room, ask: Tell, state: State | None, why: str, pointers: Sequence[str]) -> None:
    body: dict[str, Any] = REPORT.dump_python(ask.report, mode="json", exclude_none=True)
    room.evidence.append(
        Evidence(
            source=f"system:{ask.system}",
            ref=ask.report.ref,
            why=why,
            at=room.millis,
            dossier_id=state.id if state is not None else None,
            code=ask.report.code or ask.report.remote_id,
            pointers=tuple(pointers),
            body=body,
        )
    )


def adopt(room: Room) -> None:
    """Look again at reports that came before their dossier was known."""
    new = {
        code: state
        for state in list(room.by_id.values())
        if state.touched
        for code in known_codes(state.dossier)
        if code not in state.codes
    }
    done = []
    for one in evidence.orphans(room.connection, new):
        state = new[one.code or ""]
        system = one.source.removeprefix("system:")
        ask = room.tellers.get(system)
        if ask is None or ask.environment != state.dossier.environment:
            continue
        take(room, state, Tell(client=ask, system=system, report=REPORT.validate_python(one.body)))
        done.append(one.id)
    evidence.forget(room.connection, done)
