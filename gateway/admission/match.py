"""The same dossier known to two sources: the second joins, and its differences are evidence."""

from __future__ import annotations

import hashlib
from typing import Any

from gateway.admission.diff import differing
from gateway.admission.requests import Post, PostSnapshot
from gateway.admission.unit_of_work import Decided, Room, decided, denied, digest_of
from gateway.dossiers.record import Source, State, known_codes, millis
from gateway.rules.history import Version, follow
from gateway.store.ledger.evidence import Evidence
from gateway.words.fault import Fault
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent, OtherCode
from schemas.status import Kind

TELLING = frozenset({"official", "portal", "interlinked"})
"""Kinds of codes that name one dossier in the whole country; a local one names one per office."""


def codes_of(content: Content) -> list[tuple[str, str]]:
    """Give the codes by which this may be known to somebody else, with their pointers."""
    found = []
    if content.official_code is not None:
        found.append((content.official_code, "/official_code"))
    if content.origin is not None and content.origin.code is not None:
        found.append((content.origin.code, "/origin/code"))
    found += [
        (code.value, f"/codes/{index}/value")
        for index, code in enumerate(content.codes)
        if code.kind in TELLING
    ]
    return found


def join(room: Room, ask: Post | PostSnapshot, content: NewDossier) -> Decided | None:
    """Join a dossier whose code is known; None: it is known to nobody."""
    for code, pointer in codes_of(content):
        for state in room.by_code.get((ask.client.environment, code), ()):
            kind = known_codes(state.dossier).get(code) or state.codes.get(code, "")
            if kind in TELLING and state.merged_into is None:
                return _join(room, state, ask, content, pointer)
    return None


def _join(
    room: Room, state: State, ask: Post | PostSnapshot, content: NewDossier, pointer: str
) -> Decided:
    agencies = state.dossier.agencies
    codes = [ref.code for ref in (agencies.competent, agencies.receiving) if ref is not None]
    if state.knows(ask.client.id):
        return denied(409, "code_taken", [Fault("code_taken", pointer)], {"id": str(state.id)})
    if not ask.client.may_speak_for(*codes):
        return denied(409, "code_taken", [Fault("code_taken", pointer)])
    source = Source(ask.client.id, content.source.ref, ask.digest, new=True)
    if content.source.as_of is not None:
        source.as_of = millis(content.source.as_of)
    state.joined[ask.client.id] = source
    state.touched = True
    _add_codes(room, state, ask, content)
    fields = [at for at in differing(content, state.dossier) if at and not at.startswith("/source")]
    if content.status is not state.dossier.status:
        fields.append("/status")
    if fields:
        keep_difference(room, state, ask, fields, content.model_dump(mode="json"))
    room.route(state)
    return decided(state, 200, {"created": False, "joined": True, "differs": fields})


def _add_codes(room: Room, state: State, ask: Post | PostSnapshot, content: NewDossier) -> None:
    """Keep all codes of both sides."""
    held = known_codes(state.dossier)
    new = [code for code in content.codes if code.value not in held]
    official = content.official_code
    if official is not None and official not in held and state.dossier.official_code is not None:
        new.append(OtherCode(value=official, kind="other", issuer=ask.client.name[:100]))
    fills = official if state.dossier.official_code is None else None
    if not new and fills is None:
        return
    event = NewEvent(
        ref=f"joined-{ask.client.id}",
        kind=Kind.LINKED,
        occurred_at=room.now,
        codes=tuple(new),
        official_code=fills,
        target=ask.client.name[:100],
    )
    version = follow(state.dossier, state.history, event, now=room.now)
    if isinstance(version, Version):
        state.add(version, origin=ask.system, digest=digest_of(version), client=ask.client.id)


def keep_difference(
    room: Room, state: State, ask: Post | PostSnapshot, fields: list[str], body: dict[str, Any]
) -> None:
    """Keep what a further source says otherwise; the same difference is kept once."""
    said = hashlib.sha256(repr(sorted(fields)).encode() + ask.digest).hexdigest()[:16]
    room.evidence.append(
        Evidence(
            source=f"client:{ask.client.id}",
            ref=f"{ask.content.source.ref}:{said}",
            why="differs",
            at=room.millis,
            dossier_id=state.id,
            pointers=tuple(fields[:20]),
            body=body,
        )
    )
