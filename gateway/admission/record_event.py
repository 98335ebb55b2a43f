"""A further event of a known dossier, and the rows of software that knows no events."""

from __future__ import annotations

import hashlib

from gateway.admission import match
from gateway.admission.diff import differing
from gateway.admission.register import open_new
from gateway.admission.requests import Ask, PostEvent, PostSnapshot
from gateway.admission.unit_of_work import Decided, Room, decided, denied, digest_of
from gateway.dossiers.record import Source, State, millis
from gateway.rules.history import follow
from gateway.rules.snapshot import difference
from gateway.store.ledger.evidence import Evidence, known
from gateway.words.fault import Fault
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.inbound import Word


def event(room: Room, ask: PostEvent) -> Decided:
    """Take an event."""
    state = room.by_id.get(ask.dossier)
    if state is None or not may_see(room, state, ask):
        return denied(404, "no_such_dossier")
    if state.merged_into is not None:
        return denied(409, "merged", more={"merged_into": str(state.merged_into)})
    same = next((past for past in state.past if past.event.ref == ask.event.ref), None)
    if same is not None:
        if same.digest == ask.digest:
            return decided(state, 200, {"event": same.event.seq}, "repeated")
        fields = differing(ask.event, same.event)
        return denied(409, "event_ref_reused", [Fault("differs", at) for at in fields])
    if ask.expected_version not in (None, state.dossier.version):
        return denied(409, "version_conflict", more={"version": state.dossier.version})
    version = follow(state.dossier, state.history, ask.event, now=room.now, flags=ask.flags)
    if isinstance(version, tuple):
        return refused(version)
    if version.dossier.status is not state.dossier.status:
        barred = _not_theirs(room, state, ask)
        if barred is not None:
            return barred
    _come_in(state, ask)
    state.add(version, origin=None, digest=ask.digest, client=ask.client.id)
    room.route(state)
    return decided(state, 201, {"event": version.event.seq})


def refused(faults: tuple[Fault, ...]) -> Decided:
    """Refuse what is impossible, or merely wrong."""
    impossible = any(fault.code == "impossible_transition" for fault in faults)
    return denied(409 if impossible else 422, "impossible" if impossible else "invalid", faults)


def may_see(room: Room, state: State, ask: Ask) -> bool:
    """Say whether a client is a source of the dossier, or serves the agency it came in for."""
    if state.dossier.environment != ask.client.environment:
        return False
    if state.knows(ask.client.id):
        return True
    agencies = state.dossier.agencies
    codes = [ref.code for ref in (agencies.competent, agencies.receiving) if ref is not None]
    return state.owner in room.targets.newcomers and ask.client.may_speak_for(*codes)


def _come_in(state: State, ask: PostEvent) -> None:
    """Make whoever acts on a dossier that came from a system a source of it."""
    if not state.knows(ask.client.id):
        state.joined[ask.client.id] = Source(ask.client.id, str(state.id), ask.digest, new=True)


def _not_theirs(room: Room, state: State, ask: PostEvent) -> Decided | None:
    """Bar a client from moving a state that somebody else owns."""
    owner = room.owner_of_status(state)
    if owner is None or owner == f"client:{ask.client.id}":
        return None
    if owner.startswith("system:"):
        return denied(409, "status_not_yours", more={"owner": owner.removeprefix("system:")})
    source = f"client:{ask.client.id}"
    repeated = bool(known(room.connection, source, [f"{state.id}:{ask.event.ref}"]))
    room.evidence.append(
        Evidence(
            source=source,
            ref=f"{state.id}:{ask.event.ref}",
            why="contradicts",
            at=room.millis,
            dossier_id=state.id,
            pointers=("/status",),
            body=ask.event.model_dump(mode="json", exclude_none=True),
        )
    )
    return decided(state, 200 if repeated else 202, {"evidence": True}, "evidence")


def row(room: Room, ask: PostSnapshot) -> Decided:
    """Take the present state of a dossier."""
    state = room.by_ref.get((ask.client.id, ask.content.source.ref))
    if state is None:
        new = NewDossier(**dict(ask.content))
        return match.join(room, ask, new) or open_new(room, ask, new)
    as_of = ask.content.source.as_of
    if as_of is None:
        return denied(422, "invalid", [Fault("missing", "/source/as_of")])
    source = state.joined.get(ask.client.id)
    newest = source.as_of if source is not None else state.as_of
    if newest is not None and millis(as_of) < newest:
        return decided(state, 200, {"stale": True, "events": []}, "stale")
    events = difference(state.dossier, ask.content, now=room.now)
    if events and newest == millis(as_of):
        return denied(409, "snapshot_contradicts", [Fault("differs", "/source/as_of")])
    if source is not None:
        return _second(room, state, source, ask, events)
    return _first(room, state, ask, events)


def _first(room: Room, state: State, ask: PostSnapshot, events: tuple[NewEvent, ...]) -> Decided:
    """Take a row of the source that owns the content; the state may be somebody else's."""
    length, head = len(state.past), state.dossier
    added, withheld = [], []
    owns = room.owner_of_status(state) in (None, room.voice(ask.client.id))
    for new in events:
        version = follow(
            state.dossier, state.history, new, now=room.now, flags=ask.flags, inferred=True
        )
        if isinstance(version, tuple):
            state.go_back(length, head)
            return denied(409, "impossible", version)
        if version.dossier.status is not state.dossier.status and not owns:
            withheld.append(new)
            continue
        state.add(version, origin=ask.system, digest=digest_of(version), client=ask.client.id)
        added.append(version.event.seq)
    if withheld:
        _keep_row(room, state, ask, ["/status"])
    state.as_of, state.touched = millis(ask.content.source.as_of or room.now), True
    room.route(state)
    more = {"stale": False, "events": added} | ({"evidence": True} if withheld else {})
    word: Word = "stored" if added else ("evidence" if withheld else "unchanged")
    return decided(state, 200, more, word)


def _second(
    room: Room, state: State, source: Source, ask: PostSnapshot, events: tuple[NewEvent, ...]
) -> Decided:
    """Take a row of a further source: what it says otherwise is evidence."""
    source.as_of, state.touched = millis(ask.content.source.as_of or room.now), True
    if not events:
        return decided(state, 200, {"stale": False, "events": []}, "unchanged")
    fields = [f"/{name}" for one in events for name in (one.patch or {})]
    moved = ["/status"] if ask.content.status is not state.dossier.status else []
    _keep_row(room, state, ask, [*moved, *fields] or ["/due"])
    return decided(state, 200, {"stale": False, "events": [], "evidence": True}, "evidence")


def _keep_row(room: Room, state: State, ask: PostSnapshot, fields: list[str]) -> None:
    """Keep a row as evidence, once for as long as it says the same."""
    same = ask.content.model_copy(
        update={"source": ask.content.source.model_copy(update={"as_of": None})}
    )
    digest = hashlib.sha256(same.model_dump_json().encode()).digest()
    match.keep_difference(
        room,
        state,
        PostSnapshot(client=ask.client, content=ask.content, digest=digest),
        fields,
        ask.content.model_dump(mode="json", exclude_none=True),
    )
