"""What is asked of the store, and what is told back: the page before the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from uuid import UUID

from gateway.access.principals import Principal
from gateway.words.fault import Fault
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent
from schemas.inbound import Report
from schemas.parts import Officer


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDossier:
    """A new dossier, or the same one again. `flags`: what reading noticed (code, pointer)."""

    kind: ClassVar[str] = "post"
    client: Principal
    content: NewDossier
    digest: bytes  # SHA-256 of the canonical JSON of the request
    key: str | None = None  # Idempotency-Key
    flags: tuple[tuple[str, str], ...] = ()
    system: str | None = None  # that told it: never told back


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """A further event of a known dossier."""

    kind: ClassVar[str] = "postevent"
    client: Principal
    dossier: UUID
    event: NewEvent
    digest: bytes
    expected_version: int | None = None
    key: str | None = None
    flags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSnapshot:
    """The current state of a dossier, from software that only knows rows."""

    kind: ClassVar[str] = "postsnapshot"
    client: Principal
    content: Content
    digest: bytes
    key: str | None = None
    flags: tuple[tuple[str, str], ...] = ()
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What a system reports of a dossier."""

    kind: ClassVar[str] = "tell"
    client: Principal  # as which the system's own dossiers are kept
    system: str
    report: Report
    key: str | None = None
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeDossiers:
    """Two dossiers are one: `dossier` survives with all codes, `duplicate` is voided."""

    kind: ClassVar[str] = "merge"
    client: Principal
    dossier: UUID
    duplicate: UUID
    reason: str
    by: Officer
    digest: bytes
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSource:
    """A human says whether a source that joined unsure means the same citizen.

    source: as the evidence names it: `client:NUMBER`; or `system:NAME`, whose reports under a code
        that the dossier only claims are then the dossier's
    """

    kind: ClassVar[str] = "judge"
    client: Principal
    dossier: UUID
    source: str
    same: bool
    reason: str
    by: Officer
    digest: bytes
    key: str | None = None


Command = RegisterDossier | RecordEvent | RecordSnapshot | ApplyReport | MergeDossiers | JudgeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client is told once the commit has returned."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Nothing was changed, and why: an HTTP status, the code of a title, all faults together."""

    status: int
    code: str
    faults: tuple[Fault, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class Batcher(Protocol):
    """Where requests become rows."""

    async def submit(self, command: Command) -> Answer | Denied:
        """Store one request together with its neighbours; return after the commit."""
        ...
