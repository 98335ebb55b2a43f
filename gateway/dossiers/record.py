"""One dossier in memory: what is stored of it, and what a transaction adds.

Admission decides on these; the store reads and writes them (`store.ledger.dossiers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gateway.rules.codes import is_code
from gateway.rules.history import By, Version, follow
from gateway.rules.lane_states import SETTLED
from gateway.rules.times import compare
from gateway.words.fault import Fault
from schemas.dossier import Dossier
from schemas.event import Event, NewEvent
from schemas.outcome import Remote


@dataclass(slots=True)
class RecordedEvent:
    """One event of the past, with what idempotency and routing need."""

    event: Event
    origin: str | None
    digest: bytes
    client: int | None = None
    dossier: Dossier | None = None  # of this version, where it is yet to be stored


@dataclass(slots=True)
class LaneRecord:
    """A lane as it is or will be stored."""

    system: int
    done_seq: int
    remote: Remote
    born_here: bool
    via: str | None
    new: bool = False
    done_at: int | None = None
    changed: bool = False
    """Stored, and remembers something else of its system from now on."""
    state: str | None = None
    """Its own (`rules.lane_states`): nothing is to be done although we have not told it all."""
    state_seq: int = 0

    @property
    def told_seq(self) -> int:
        """Say up to which event the system knows it: told by us, or by hand."""
        return self.settled_seq if self.state == SETTLED else self.done_seq

    @property
    def settled_seq(self) -> int:
        """Say up to which event there is nothing to be done: told, or in a state of its own."""
        return self.done_seq if self.state is None else max(self.done_seq, self.state_seq)

    def become(self, state: str | None, seq: int = 0) -> None:
        """Take a state of its own, up to an event; None: it is done, or stands on the outbox."""
        if (self.state, self.state_seq) != (state, seq):
            self.state, self.state_seq, self.changed = state, seq, True


@dataclass(slots=True)
class OutboxRow:
    """An outbox row as it is or will be stored; `change` says what has to be written."""

    state: int
    head_seq: int
    reason: str | None = None
    parked_for: str | None = None
    new: bool = False
    change: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Source:
    """A further source of a dossier: another client that knows it under a ref of its own.

    verified: both surely mean one citizen; else its word is evidence, and it reads nothing
    """

    client: int
    ref: str
    digest: bytes
    as_of: int | None = None
    new: bool = False
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose a dossier is: all that decides who may know of it, without its content.

    sources: clients that know it, each with whether it surely means the same citizen
    by_agency: it belongs to whoever serves the competent agency; the rest are codes of agencies
    """

    environment: str
    owner: int
    sources: Mapping[int, bool]
    by_agency: bool
    competent: str | None
    receiving: str | None
    helped: str | None


@dataclass(slots=True)
class DossierRecord:
    """One dossier within a group: what is stored, and what the group adds."""

    id: UUID
    owner: int
    ref: str
    digest: bytes
    as_of: int | None = None
    merged_into: UUID | None = None
    twin: bytes | None = None
    by_agency: bool = False
    """It belongs to whoever serves the competent agency, not to the client that filed it."""
    joined: dict[int, Source] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    """The codes by which it is stored to be known, with their kinds."""
    head: Dossier | None = None
    opening: Callable[[], Dossier] | None = None
    """Gives the first version as it is stored."""
    recorded: list[RecordedEvent] = field(default_factory=list)
    stored: int = 0
    lanes: dict[int, LaneRecord] = field(default_factory=dict)
    outbox: dict[int, OutboxRow] = field(default_factory=dict)
    touched: bool = False
    parted: list[Source] = field(default_factory=list)
    """Sources that turned out to mean somebody else."""

    @property
    def dossier(self) -> Dossier:
        """The newest version."""
        if self.head is None:
            raise LookupError("a dossier without a version")
        return self.head

    @property
    def history(self) -> list[Event]:
        """The events in order of arrival."""
        return [past.event for past in self.recorded]

    @property
    def whose(self) -> Whose:
        """Say whose it is."""
        agencies = self.dossier.agencies
        return Whose(
            environment=self.dossier.environment,
            owner=self.owner,
            sources={one.client: one.verified for one in self.joined.values()},
            by_agency=self.by_agency,
            competent=agencies.competent.code,
            receiving=agencies.receiving.code if agencies.receiving is not None else None,
            helped=agencies.helped.code if agencies.helped is not None else None,
        )

    def knows(self, client: int) -> bool:
        """Say whether a client is a source of this dossier, however sure that is."""
        return client == self.owner or client in self.joined

    def is_source(self, client: int) -> bool:
        """Say whether a client is a source of this dossier that surely means the same citizen."""
        source = self.joined.get(client)
        return client == self.owner or (source is not None and source.verified)

    def add(
        self, version: Version, *, origin: str | None, digest: bytes, client: int | None = None
    ) -> None:
        """Add the next version."""
        self.head = version.dossier
        self.recorded.append(RecordedEvent(version.event, origin, digest, client, version.dossier))
        self.touched = True

    def follow(
        self,
        new: NewEvent,
        *,
        now: datetime,
        flags: Sequence[tuple[str, str]] = (),
        by: By = "event",
        inferred: bool = False,
    ) -> Version | tuple[Fault, ...]:
        """Say what an event would make of the dossier (`rules.history`)."""
        return follow(
            self.dossier,
            self.history,
            new,
            now=now,
            first=self.first,
            flags=flags,
            by=by,
            inferred=inferred,
        )

    def first(self) -> Dossier:
        """Give the first version."""
        held = self.recorded[0].dossier or (self.opening() if self.opening is not None else None)
        if held is None:
            raise LookupError("a dossier without a first version")
        as_of, newest = held.source.as_of, self.as_of
        if as_of is None or newest is None:
            return held
        # An operator may have said since that the source's clock was ahead when it spoke first.
        limit = datetime.fromtimestamp(newest / 1000, UTC)
        if compare(as_of, limit) <= 0:
            return held
        source = held.source.model_copy(update={"as_of": limit})
        return held.model_copy(update={"source": source})

    def go_back(self, length: int, head: Dossier) -> None:
        """Forget versions that were added and never written."""
        del self.recorded[length:]
        self.head = head
        self.touched = len(self.recorded) > self.stored


def millis(moment: datetime) -> int:
    """Give an instant as it is stored."""
    return int(moment.timestamp() * 1000)


def known_codes(head: Dossier) -> dict[str, str]:
    """Give every code by which a dossier is known, with its kind; the official one goes first.

    What only stands in place of a code is none: nobody is known by it.
    """
    found: dict[str, str] = {code.value: code.kind for code in head.codes}
    if head.origin is not None and head.origin.code is not None:
        found[head.origin.code] = "portal"
    if head.official_code is not None:
        found[head.official_code] = "official"
    return {code: kind for code, kind in found.items() if is_code(code)}


Place = tuple[str, str]
"""Where a code is looked for: environment and code."""


Twins = dict[tuple[bytes, str], list[UUID]]
"""By twin and environment: the dossiers of one owner, procedure and agency, the oldest first."""
