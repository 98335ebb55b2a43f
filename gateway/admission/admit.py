"""From asks to the rows of one transaction: read together, decided in turn, written together.

An ask that cannot be admitted changes nothing; its neighbours in the group go on. Nothing here
talks to the broker or to an outside system (law 1: stored before spoken).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from gateway.access.keys import Client
from gateway.admission import apply_report, merge, record_event, register
from gateway.admission.match import codes_of
from gateway.admission.requests import (
    Answer,
    Ask,
    Denied,
    Merge,
    Post,
    PostEvent,
    PostSnapshot,
    Tell,
)
from gateway.admission.unit_of_work import Decided, Room, denied
from gateway.admission.warn import warnings
from gateway.dossiers import outbox
from gateway.dossiers.record import Place
from gateway.dossiers.systems import Targets
from gateway.store.engine import Connection
from gateway.store.ledger import dossiers, evidence, idempotency, saving

TWINS_WITHIN = 30 * 86_400_000
"""Milliseconds within which two dossiers of one owner, procedure and agency may be one."""


def admit(
    connection: Connection,
    targets: Targets,
    asks: Sequence[Ask],
    tellers: dict[str, Client] | None = None,
    *,
    bulk: bool = False,
) -> tuple[list[Decided], frozenset[int]]:
    """Decide on a group of asks and write what they change; give the systems with new work too.

    tellers: systems as clients; bulk: the group came in one piece, like the rows of an export
    """
    room = Room(connection, targets, datetime.now(UTC), tellers=tellers or {}, bulk=bulk)
    known = dossiers.find(
        connection,
        refs=_refs(asks),
        codes=_codes(asks),
        twins=_twins(asks),
        since=room.millis - TWINS_WITHIN,
    )
    for state in dossiers.load(connection, known.ids.union(_ids(asks))):
        room.put(state)
    room.twins = known.twins
    keys = idempotency.used(connection, [(ask.client.id, ask.key) for ask in asks if ask.key])
    new_keys: idempotency.Used = {}
    found = []
    for ask in asks:
        place = (ask.client.id, ask.key or "")
        if (keys | new_keys).get(place, ask.digest) != ask.digest:
            found.append(denied(422, "idempotency_key_reused"))
            continue
        one = _decide(room, ask)
        found.append(one)
        # The key of a denied request stays free: the request may be mended under it.
        if ask.key and one.state is not None and place not in keys:
            new_keys[place] = ask.digest
    apply_report.adopt(room)
    ready = outbox.ready(room.by_id.values())
    saving.save(connection, list(room.by_id.values()), room.millis)
    evidence.keep(connection, room.evidence)
    idempotency.keep(connection, new_keys, room.millis)
    return found, ready


def _decide(room: Room, ask: Ask) -> Decided:
    match ask:
        case Post():
            return register.post(room, ask)
        case PostEvent():
            return record_event.event(room, ask)
        case PostSnapshot():
            return record_event.row(room, ask)
        case Tell():
            return apply_report.report(room, ask)
        case Merge():
            return merge.merge(room, ask)


def _twins(asks: Sequence[Ask]) -> list[bytes]:
    made = (register.twin_of(ask.content) for ask in asks if isinstance(ask, (Post, PostSnapshot)))
    return [twin for twin in made if twin is not None]


def _ids(asks: Sequence[Ask]) -> list[UUID]:
    found = [ask.dossier for ask in asks if isinstance(ask, (PostEvent, Merge))]
    return found + [ask.duplicate for ask in asks if isinstance(ask, Merge)]


def _refs(asks: Sequence[Ask]) -> list[tuple[int, str]]:
    return [
        (ask.client.id, ask.content.source.ref)
        for ask in asks
        if isinstance(ask, (Post, PostSnapshot))
    ]


def _codes(asks: Sequence[Ask]) -> set[Place]:
    found: set[Place] = set()
    for ask in asks:
        place = ask.client.environment
        if isinstance(ask, (Post, PostSnapshot)):
            found |= {(place, code) for code, _ in codes_of(ask.content)}
        elif isinstance(ask, Tell):
            names = (ask.report.code, ask.report.remote_id)
            found |= {(place, name) for name in names if name is not None}
    return found


def answer(one: Decided, targets: Targets) -> Answer | Denied:
    """Put a decision into an answer; what a target will lack is worked out only now."""
    if one.state is None or one.head is None:
        return one.denied or Denied(status=500, code="internal")
    state, head = one.state, one.head
    return Answer(
        status=one.status,
        body={
            "id": str(state.id),
            "version": head.version,
            "status": head.status.value,
            "official_code": head.official_code,
            "environment": head.environment,
            **one.more,
            "systems": [target.name for target in targets.all if target.id in state.lanes],
            "data_quality": [
                flag.model_dump(mode="json", exclude_none=True) for flag in head.data_quality
            ],
            "warnings": warnings(state, targets),
        },
    )
