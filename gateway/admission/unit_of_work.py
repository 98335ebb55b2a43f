"""What one transaction works with: the dossiers of its group, and what is decided on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.access.may import BY_AGENCY
from gateway.access.principals import Principal
from gateway.admission.catalogue import pin_procedure
from gateway.dossiers import outbox
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.record import DossierRecord, Twins, known_codes, millis
from gateway.dossiers.systems import Systems
from gateway.rules.ownership import owning_system


@dataclass(slots=True)
class UnitOfWork:
    """One group in memory: nothing here asks the database or changes it."""

    systems: Systems
    now: datetime
    by_id: dict[UUID, DossierRecord] = field(default_factory=dict)
    by_ref: dict[tuple[int, str], DossierRecord] = field(default_factory=dict)
    by_code: dict[tuple[str, str], list[DossierRecord]] = field(default_factory=dict)
    accounts: dict[str, Principal] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    twins: Twins = field(default_factory=dict)
    """Dossiers that those which are opened here may be, and those that were opened here."""
    orphans: list[Evidence] = field(default_factory=list)
    """Reports under codes that the group brings, from before anybody had them."""
    kept: list[Evidence] = field(default_factory=list)
    """What was said of the dossiers of which a human judges a source."""
    adopted: list[UUID] = field(default_factory=list)
    """Those of them that have become events."""
    keys: dict[tuple[int, str], bytes] = field(default_factory=dict)
    """Idempotency keys that were used, by client: the digests of their requests."""
    new_keys: dict[tuple[int, str], bytes] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    """How far the sequences of official codes were when the group was read."""
    drawn: dict[str, int] = field(default_factory=dict)
    bulk: bool = False
    """Many things that came in one piece: they go behind what comes one by one."""

    @property
    def millis(self) -> int:
        """The time of this transaction, as it is stored."""
        return millis(self.now)

    def last_drawn(self, sequence: str) -> int:
        """Say how far a sequence that was read is by now."""
        return self.drawn.get(sequence, self.sequences[sequence])

    def draw(self, sequence: str) -> None:
        """Draw the next number of a sequence that was read."""
        self.drawn[sequence] = self.last_drawn(sequence) + 1

    def put(self, record: DossierRecord) -> None:
        """Let later requests of the group find a dossier."""
        self.by_id[record.id] = record
        self.by_ref[record.owner, record.ref] = record
        for source in record.joined.values():
            self.by_ref[source.client, source.ref] = record
        for code in {*known_codes(record.dossier), *record.codes}:
            same = self.by_code.setdefault((record.dossier.environment, code), [])
            if record not in same:
                same.append(record)

    def route(self, record: DossierRecord) -> None:
        """Bring a changed dossier's outbox up to date."""
        pin_procedure(record, self.systems.procedures)
        outbox.route(record, self.systems, self.millis, bulk=self.bulk)
        self.put(record)

    def owner_of_status(self, record: DossierRecord) -> str | None:
        """Say who owns the state: `system:NAME`, `client:NUMBER`, or None: nobody yet.

        `BY_AGENCY`: whoever serves the competent agency, and not the one that took it in for them
        """
        system = owning_system(record.dossier, [system.config for system in self.systems.all])
        if system is not None:
            return f"system:{system}"
        newcomers = self.systems.newcomers
        if record.owner in newcomers and record.as_of is not None:
            return self.voice(record.owner)  # software that tells rows goes on telling them
        clients = [one.client for one in record.joined.values() if one.verified]
        if not record.by_agency:  # who helped near the citizen's home does not own it
            clients.insert(0, record.owner)
        own = next((one for one in clients if one not in newcomers), None)
        if own is None:
            return BY_AGENCY if record.by_agency and record.owner not in newcomers else None
        return self.voice(own)

    def voice(self, client: int) -> str:
        """Say as whom a client speaks: for itself, or as a system of ours."""
        names = (name for name, number in self.systems.inboxes.items() if number == client)
        name = next(names, None)
        return f"client:{client}" if name is None else f"system:{name}"
