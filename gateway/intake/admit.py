"""From requests to the rows of one transaction: read together, decided in turn, written together.

A request that cannot be admitted changes nothing; its neighbours in the group go on. Nothing here
talks to the broker or to an outside system (law 1: stored before spoken).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from uuid_utils.compat import uuid7

from gateway.intake.ask import Answer, Ask, Denied, Post, PostEvent, PostSnapshot
from gateway.intake.differing import differing
from gateway.intake.warn import warnings
from gateway.rules.history import Version, begin, follow
from gateway.rules.snapshot import difference
from gateway.store import dossiers, idempotency
from gateway.store.dossiers import State, millis
from gateway.store.engine import Connection, Store
from gateway.store.lanes import next_numbers
from gateway.store.systems import Targets
from gateway.words.fault import Fault
from schemas.base import VIETNAM
from schemas.dossier import Dossier, NewDossier
from schemas.event import NewEvent

GROUP = 50
"""At most so many requests share one transaction."""


class Waker(Protocol):
    """Whoever wants to know that there is work."""

    def __call__(self) -> None:
        """Look at the agenda soon."""
        ...


@dataclass(slots=True)
class _Admitted:
    """The decision on one request: the dossier it is about, or a denial."""

    state: State | None
    head: Dossier | None
    status: int
    more: dict[str, Any]
    denied: Denied | None = None


class FrontDesk:
    """Takes requests one by one, and stores what has come together in one transaction."""

    def __init__(self, store: Store, targets: Targets, wake: Waker) -> None:
        self._store = store
        self._targets = targets
        self._wake = wake
        self._waiting: list[tuple[Ask, asyncio.Future[Answer | Denied]]] = []
        self._task: asyncio.Task[None] | None = None

    async def submit(self, ask: Ask) -> Answer | Denied:
        """Store one request together with its neighbours; return after the commit."""
        future: asyncio.Future[Answer | Denied] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await asyncio.shield(future)

    async def _drain(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            asks = [ask for ask, _ in group]
            try:
                decided = await self._write(asks)
            except Exception as error:  # noqa: BLE001 - each client is told; the desk goes on
                if len(group) == 1:
                    _fail(group[0][1], error)
                else:
                    await self._one_by_one(group)
                continue
            for (_, future), one in zip(group, decided, strict=True):
                self._tell(future, one)

    async def _one_by_one(
        self, group: Sequence[tuple[Ask, asyncio.Future[Answer | Denied]]]
    ) -> None:
        """One request spoilt the group: let it fail alone."""
        for ask, future in group:
            try:
                decided = await self._write([ask])
            except Exception as error:  # noqa: BLE001 - this client is told
                _fail(future, error)
                continue
            self._tell(future, decided[0])

    async def _write(self, asks: Sequence[Ask]) -> list[_Admitted]:
        decided = await self._store.write(lambda connection: self._admit(connection, asks))
        self._wake()
        return decided

    def _tell(self, future: asyncio.Future[Answer | Denied], one: _Admitted) -> None:
        """Answer after the commit; what a target will lack is worked out only now."""
        if not future.done():
            future.set_result(self._answer(one))

    def _admit(self, connection: Connection, asks: Sequence[Ask]) -> list[_Admitted]:
        now = datetime.now(UTC)
        keys = idempotency.used(connection, [(ask.client.id, ask.key) for ask in asks if ask.key])
        new_keys: idempotency.Used = {}
        group = _Group(
            dossiers.load(
                connection,
                ids=[ask.dossier for ask in asks if isinstance(ask, PostEvent)],
                refs=[
                    (ask.client.id, ask.content.source.ref)
                    for ask in asks
                    if not isinstance(ask, PostEvent)
                ],
            )
        )
        decided = []
        for ask in asks:
            place = (ask.client.id, ask.key or "")
            before = (keys | new_keys).get(place, ask.digest)
            if before != ask.digest:
                decided.append(_denied(422, "idempotency_key_reused"))
                continue
            one = self._decide(connection, group, ask, now)
            decided.append(one)
            # The key of a denied request stays free: the request may be mended under it.
            if ask.key and one.status == 201 and place not in keys:
                new_keys[place] = ask.digest
        dossiers.save(connection, group.states, millis(now))
        idempotency.keep(connection, new_keys, millis(now))
        return decided

    def _decide(self, connection: Connection, group: _Group, ask: Ask, now: datetime) -> _Admitted:
        match ask:
            case Post():
                state = group.by_ref.get((ask.client.id, ask.content.source.ref))
                if state is not None:
                    return _again(state, ask)
                return self._open(connection, group, ask, ask.content, now)
            case PostEvent():
                return self._event(group, ask, now)
            case PostSnapshot():
                state = group.by_ref.get((ask.client.id, ask.content.source.ref))
                if state is None:
                    row = NewDossier(**dict(ask.content))
                    return self._open(connection, group, ask, row, now)
                return self._snapshot(state, ask, now)

    def _open(
        self,
        connection: Connection,
        group: _Group,
        ask: Post | PostSnapshot,
        content: NewDossier,
        now: datetime,
    ) -> _Admitted:
        """Begin a dossier."""
        content = self._with_code(connection, content)
        versions = begin(
            content, id=uuid7(), environment=ask.client.environment, now=now, flags=ask.flags
        )
        faults = [one for one in versions if isinstance(one, Fault)]
        if faults:
            return _denied(422, "invalid", faults)
        made = [one for one in versions if isinstance(one, Version)]
        head = made[-1].dossier
        state = State(head.id, ask.client.id, content.source.ref, ask.digest)
        if isinstance(ask, PostSnapshot) and content.source.as_of is not None:
            state.as_of = millis(content.source.as_of)
        born = content.origin.system if content.origin is not None else None
        for number, version in enumerate(made):
            state.add(version, origin=born if number == 0 else None, digest=_digest(version))
        dossiers.route(state, self._targets, millis(now), content.known_in)
        group.put(state)
        return _Admitted(state, state.dossier, 201, {"created": True})

    def _event(self, group: _Group, ask: PostEvent, now: datetime) -> _Admitted:
        state = group.by_id.get(ask.dossier)
        if state is None or state.owner != ask.client.id:
            return _denied(404, "no_such_dossier")
        same = next((past for past in state.past if past.event.ref == ask.event.ref), None)
        if same is not None:
            if same.digest == ask.digest:
                return _Admitted(state, state.dossier, 200, {"event": same.event.seq})
            fields = differing(ask.event, same.event)
            return _denied(409, "event_ref_reused", [Fault("differs", at) for at in fields])
        if ask.expected_version not in (None, state.dossier.version):
            return _denied(409, "version_conflict", more={"version": state.dossier.version})
        version = follow(state.dossier, state.history, ask.event, now=now, flags=ask.flags)
        if isinstance(version, tuple):
            impossible = any(fault.code == "impossible_transition" for fault in version)
            return _denied(
                409 if impossible else 422, "impossible" if impossible else "invalid", version
            )
        state.add(version, origin=None, digest=ask.digest)
        dossiers.route(state, self._targets, millis(now))
        return _Admitted(state, state.dossier, 201, {"event": version.event.seq})

    def _snapshot(self, state: State, ask: PostSnapshot, now: datetime) -> _Admitted:
        as_of = ask.content.source.as_of
        if as_of is None:
            return _denied(422, "invalid", [Fault("missing", "/source/as_of")])
        if state.as_of is not None and millis(as_of) < state.as_of:
            return _Admitted(state, state.dossier, 200, {"stale": True, "events": []})
        events = difference(state.dossier, ask.content, now=now)
        if events and state.as_of == millis(as_of):
            return _denied(409, "snapshot_contradicts", [Fault("differs", "/source/as_of")])
        length, head = len(state.past), state.dossier
        added = []
        for new in events:
            version = _follow_row(state, new, now, ask.flags)
            if isinstance(version, tuple):
                state.go_back(length, head)
                return _denied(409, "impossible", version)
            state.add(version, origin=None, digest=_digest(version))
            added.append(version.event.seq)
        state.as_of, state.touched = millis(as_of), True
        dossiers.route(state, self._targets, millis(now))
        return _Admitted(state, state.dossier, 200, {"stale": False, "events": added})

    def _with_code(self, connection: Connection, content: NewDossier) -> NewDossier:
        """Allocate the official code here, where the gateway numbers this agency's dossiers."""
        agency = content.agencies.receiving or content.agencies.competent
        if content.official_code is not None or agency.code is None:
            return content
        if self._targets.allocator_of(agency.code) != "gateway":
            return content
        day = (content.received_at or content.submitted_at).astimezone(VIETNAM).strftime("%y%m%d")
        number = next_numbers(connection, f"code:{agency.code}:{day}", 1)
        return content.model_copy(update={"official_code": f"{agency.code}-{day}-{number:04d}"})

    def _answer(self, one: _Admitted) -> Answer | Denied:
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
                "systems": [
                    target.name for target in self._targets.all if target.id in state.lanes
                ],
                "data_quality": [
                    flag.model_dump(mode="json", exclude_none=True) for flag in head.data_quality
                ],
                "warnings": warnings(state, self._targets),
            },
        )


class _Group:
    """The dossiers of one group, by id and by the client's own key."""

    def __init__(self, states: Sequence[State]) -> None:
        self.by_id = {state.id: state for state in states}
        self.by_ref = {(state.owner, state.ref): state for state in states}

    @property
    def states(self) -> list[State]:
        return list(self.by_id.values())

    def put(self, state: State) -> None:
        self.by_id[state.id] = self.by_ref[state.owner, state.ref] = state


def _again(state: State, ask: Post) -> _Admitted:
    """Answer the same post once more as before; refuse another one under its name."""
    if state.digest == ask.digest:
        return _Admitted(state, state.dossier, 200, {"created": False})
    fields = differing(ask.content, state.dossier)
    return _denied(
        409, "ref_reused", [Fault("differs", at) for at in fields], {"id": str(state.id)}
    )


def _follow_row(
    state: State, new: NewEvent, now: datetime, flags: Sequence[tuple[str, str]]
) -> Version | tuple[Fault, ...]:
    return follow(state.dossier, state.history, new, now=now, flags=tuple(flags), inferred=True)


def _denied(
    status: int, code: str, faults: Sequence[Fault] = (), more: dict[str, Any] | None = None
) -> _Admitted:
    denied = Denied(status=status, code=code, faults=tuple(faults), more=more or {})
    return _Admitted(None, None, status, {}, denied)


def _digest(version: Version) -> bytes:
    return hashlib.sha256(version.event.model_dump_json(exclude_none=True).encode()).digest()


def _fail(future: asyncio.Future[Answer | Denied], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
