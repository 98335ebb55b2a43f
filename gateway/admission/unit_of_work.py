"""What one transaction works with: the dossiers of its group, and what is decided on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.access.keys import Client
from gateway.admission.catalogue import settle
from gateway.admission.requests import Denied
from gateway.dossiers import outbox
from gateway.dossiers.record import State, Twins, known_codes, millis
from gateway.dossiers.systems import Targets
from gateway.rules.history import Version
from gateway.rules.ownership import owning_system
from gateway.store.engine import Connection
from gateway.store.ledger.evidence import Evidence
from gateway.words.fault import Fault
from schemas.dossier import Dossier
from schemas.inbound import Word


@dataclass(slots=True)
class Decided:
    """The decision on one ask: the dossier it is about, or a denial."""

    state: State | None
    head: Dossier | None
    status: int
    more: dict[str, Any]
    word: Word = "stored"
    denied: Denied | None = None


def denied(
    status: int, code: str, faults: Sequence[Fault] = (), more: dict[str, Any] | None = None
) -> Decided:
    """Decide that nothing changes."""
    why = Denied(status=status, code=code, faults=tuple(faults), more=more or {})
    return Decided(None, None, status, {}, "refused", why)


def decided(state: State, status: int, more: dict[str, Any], word: Word = "stored") -> Decided:
    """Decide on a dossier as it stands now."""
    return Decided(state, state.dossier, status, more, word)


@dataclass(slots=True)
class Room:
    """One group in one transaction."""

    connection: Connection
    targets: Targets
    now: datetime
    by_id: dict[UUID, State] = field(default_factory=dict)
    by_ref: dict[tuple[int, str], State] = field(default_factory=dict)
    by_code: dict[tuple[str, str], list[State]] = field(default_factory=dict)
    tellers: dict[str, Client] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    twins: Twins = field(default_factory=dict)
    """Dossiers that those which are opened here may be, and those that were opened here."""
    bulk: bool = False
    """Many things that came in one piece: they go behind what comes one by one."""

    @property
    def millis(self) -> int:
        """The time of this transaction, as it is stored."""
        return millis(self.now)

    def put(self, state: State) -> None:
        """Let later asks of the group find a dossier."""
        self.by_id[state.id] = state
        self.by_ref[state.owner, state.ref] = state
        for source in state.joined.values():
            self.by_ref[source.client, source.ref] = state
        for code in {*known_codes(state.dossier), *state.codes}:
            same = self.by_code.setdefault((state.dossier.environment, code), [])
            if state not in same:
                same.append(state)

    def route(self, state: State) -> None:
        """Bring a changed dossier's agenda up to date."""
        settle(state, self.targets.procedures)
        outbox.route(state, self.targets, self.millis, bulk=self.bulk)
        self.put(state)

    def owner_of_status(self, state: State) -> str | None:
        """Say who owns the state: `system:NAME`, `client:NUMBER`, or None: nobody yet."""
        system = owning_system(state.dossier, [target.config for target in self.targets.all])
        if system is not None:
            return f"system:{system}"
        newcomers = self.targets.newcomers
        if state.owner in newcomers and state.as_of is not None:
            return self.voice(state.owner)  # software that tells rows goes on telling them
        clients = [state.owner, *state.joined]
        own = next((one for one in clients if one not in newcomers), None)
        return None if own is None else self.voice(own)

    def voice(self, client: int) -> str:
        """Say as whom a client speaks: for itself, or as a system of ours."""
        names = (name for name, number in self.targets.inboxes.items() if number == client)
        name = next(names, None)
        return f"client:{client}" if name is None else f"system:{name}"


def digest_of(version: Version) -> bytes:
    """Hash an event that came without a request of its own."""
    return hashlib.sha256(version.event.model_dump_json(exclude_none=True).encode()).digest()
