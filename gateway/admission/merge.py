"""Two dossiers that a human found to be one: one survives, with all codes."""

from __future__ import annotations

from gateway.admission.record_event import may_see
from gateway.admission.requests import Merge
from gateway.admission.unit_of_work import Decided, Room, decided, denied, digest_of
from gateway.dossiers.record import State, known_codes
from gateway.rules.history import follow
from gateway.words.fault import Fault
from schemas.event import NewEvent, OtherCode
from schemas.status import Kind


def merge(room: Room, ask: Merge) -> Decided:
    """Void the duplicate and give its codes to the survivor; nothing is sent for it any more."""
    survivor, gone = room.by_id.get(ask.dossier), room.by_id.get(ask.duplicate)
    if survivor is None or not may_see(room, survivor, ask):
        return denied(404, "no_such_dossier")
    if gone is None or gone is survivor or not may_see(room, gone, ask):
        return denied(422, "invalid", [Fault("no_such_duplicate", "/duplicate")])
    if gone.merged_into == survivor.id:
        return decided(survivor, 200, {"merged": str(gone.id)}, "repeated")
    if gone.merged_into is not None or survivor.merged_into is not None:
        into = survivor.merged_into or gone.merged_into
        return denied(409, "merged", more={"merged_into": str(into)})
    faults = _void(room, ask, gone, survivor) or _enrich(room, ask, survivor, gone)
    if faults:
        return denied(409, "impossible", faults)
    gone.merged_into = survivor.id
    room.route(gone)
    room.route(survivor)
    return decided(survivor, 201, {"merged": str(gone.id)})


def _void(room: Room, ask: Merge, gone: State, survivor: State) -> tuple[Fault, ...]:
    return _add(
        room,
        ask,
        gone,
        NewEvent(
            ref=f"merged-into-{survivor.id}",
            kind=Kind.VOIDED,
            occurred_at=room.now,
            reason=ask.reason,
            officer=ask.by,
            target=str(survivor.id),
        ),
    )


def _enrich(room: Room, ask: Merge, survivor: State, gone: State) -> tuple[Fault, ...]:
    held = known_codes(survivor.dossier)
    given = {code.value: code for code in gone.dossier.codes}
    codes = tuple(
        given.get(value) or OtherCode(value=value, kind="other" if kind == "official" else "portal")
        for value, kind in known_codes(gone.dossier).items()
        if value not in held
    )
    return _add(
        room,
        ask,
        survivor,
        NewEvent(
            ref=f"merged-{gone.id}",
            kind=Kind.LINKED,
            occurred_at=room.now,
            codes=codes,
            reason=ask.reason,
            officer=ask.by,
            target=str(gone.id),
        ),
    )


def _add(room: Room, ask: Merge, state: State, new: NewEvent) -> tuple[Fault, ...]:
    version = follow(state.dossier, state.history, new, now=room.now)
    if isinstance(version, tuple):
        return version
    state.add(version, origin=None, digest=digest_of(version), client=ask.client.id)
    return ()
