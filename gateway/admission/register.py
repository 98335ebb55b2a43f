"""A first post: a new dossier, the same one again, or one that is known to somebody else."""

from __future__ import annotations

import hashlib
from typing import Any

from uuid_utils.compat import uuid7

from gateway.admission import match
from gateway.admission.catalogue import settle
from gateway.admission.diff import differing
from gateway.admission.requests import Post, PostSnapshot
from gateway.admission.unit_of_work import Decided, Room, decided, denied, digest_of
from gateway.dossiers import outbox
from gateway.dossiers.record import State, millis
from gateway.rules.history import Version, begin
from gateway.store.work.lanes import next_numbers
from gateway.words.fault import Fault
from schemas.base import VIETNAM
from schemas.dossier import Content, NewDossier, Quality


def post(room: Room, ask: Post) -> Decided:
    """Open a dossier; the same post again changes nothing; a known code joins."""
    state = room.by_ref.get((ask.client.id, ask.content.source.ref))
    if state is not None:
        return _again(state, ask)
    return match.join(room, ask, ask.content) or open_new(room, ask, ask.content)


def open_new(room: Room, ask: Post | PostSnapshot, content: NewDossier) -> Decided:
    """Begin a dossier; one of a system is never refused for its procedure."""
    procedures = room.targets.procedures
    if procedures.complete and ask.system is None and not procedures.knows(content.procedure.code):
        return denied(422, "invalid", [Fault("unknown_procedure", "/procedure/code")])
    content = _with_code(room, content)
    versions = begin(
        content, id=uuid7(), environment=ask.client.environment, now=room.now, flags=ask.flags
    )
    faults = [one for one in versions if isinstance(one, Fault)]
    if faults:
        return denied(422, "invalid", faults)
    made = [one for one in versions if isinstance(one, Version)]
    state = State(made[-1].dossier.id, ask.client.id, content.source.ref, ask.digest)
    if isinstance(ask, PostSnapshot) and content.source.as_of is not None:
        state.as_of = millis(content.source.as_of)
    born = content.origin.system if content.origin is not None else None
    for number, version in enumerate(made):
        state.add(
            version,
            origin=ask.system or (born if number == 0 else None),
            digest=digest_of(version),
            client=ask.client.id,
        )
    settle(state, procedures)
    _flag_twins(room, state)
    outbox.route(state, room.targets, room.millis, content.known_in, bulk=room.bulk)
    room.put(state)
    return decided(state, 201, {"created": True})


def _again(state: State, ask: Post) -> Decided:
    """Answer the same post once more as before; refuse another one under its name."""
    source = state.joined.get(ask.client.id)
    held = source.digest if source is not None else state.digest
    if held == ask.digest:
        more: dict[str, Any] = {"created": False} | ({"joined": True} if source is not None else {})
        if state.merged_into is not None:
            more["merged_into"] = str(state.merged_into)
        return decided(state, 200, more, "repeated")
    fields = differing(ask.content, state.dossier)
    return denied(409, "ref_reused", [Fault("differs", at) for at in fields], {"id": str(state.id)})


def _with_code(room: Room, content: NewDossier) -> NewDossier:
    """Allocate the official code here, where the gateway numbers this agency's dossiers."""
    agency = content.agencies.receiving or content.agencies.competent
    if content.official_code is not None or agency.code is None:
        return content
    if room.targets.allocator_of(agency.code) != "gateway":
        return content
    day = (content.received_at or content.submitted_at).astimezone(VIETNAM).strftime("%y%m%d")
    number = next_numbers(room.connection, f"code:{agency.code}:{day}", 1)
    return content.model_copy(update={"official_code": f"{agency.code}-{day}-{number:04d}"})


def twin_of(content: Content) -> bytes | None:
    """Hash what two posts of one and the same request have in common; None: no number is known."""
    number = next((one.number for one in content.owner.identities), None)
    agency = content.agencies.competent.code or content.agencies.competent.name
    if number is None:
        return None
    text = "\n".join((number, content.procedure.code, agency or ""))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _flag_twins(room: Room, state: State) -> None:
    """Flag a dossier that may be one we have under another code; it is never merged by itself."""
    state.twin = twin_of(state.dossier)
    if state.twin is None:
        return
    place = (state.twin, state.dossier.environment)
    other = room.twins.get(place)
    room.twins[place] = state.id
    if other is not None:
        flag = Quality(code="possible_duplicate", since=room.now, by=str(other))
        last = state.past[-1]
        head = state.dossier
        state.head = head.model_copy(update={"data_quality": (*head.data_quality, flag)})
        last.dossier = state.head
