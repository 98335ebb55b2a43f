"""The configured systems, ready for use: their adapters, settings and facts in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.kit.port import Adapter, Facts, Settings
from gateway.dossiers.tables import Table
from gateway.rules.agencies import within
from gateway.rules.calendar import Calendar
from gateway.rules.pace import Pace
from gateway.settings import SystemSettings
from schemas.catalogue.agencies import Agencies
from schemas.catalogue.procedures import Catalogue
from schemas.dossier import Content, Dossier
from schemas.parts import AgencyRef


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One configured system, ready for use: its row, adapter, settings and facts in force."""

    id: int
    config: SystemSettings
    adapter: Adapter[Any]
    settings: Settings
    facts: Facts
    tables: str  # hash of the adapter's code tables and of how it is set here

    @property
    def name(self) -> str:
        """The name by which operators and clients know it."""
        return self.config.name

    @property
    def listens(self) -> bool:
        """Say whether this system has something to tell us."""
        adapter = self.adapter
        speaks = adapter.poll is not None or adapter.hear is not None
        return speaks and self.config.mode != "off"

    @property
    def adapter_version(self) -> str:
        """What stands with every attempt: adapter, version, mapping (tables and settings)."""
        return f"{self.adapter.name} {self.facts.version} {self.tables}"


@dataclass(slots=True)
class History:
    """What this process knows of the database's past; restored: when, in milliseconds."""

    restored: int | None = None


@dataclass(frozen=True, slots=True)
class Systems:
    """All configured systems, and who allocates official codes for which agency."""

    all: tuple[System, ...]
    codes: Mapping[str, str]
    inboxes: Mapping[str, int] = field(default_factory=dict)
    """By the name of a system with an inbox: the client as which its dossiers are kept."""
    procedures: Catalogue = field(default_factory=Catalogue)
    """The procedures that dossiers are filed under; empty: none is doubted, none filled in."""
    agencies: Agencies = field(default_factory=lambda: Agencies(()))
    """The agencies of this deployment; empty: none is doubted."""
    calendar: Calendar = field(default_factory=Calendar)
    """The days on which the country works, by which due times are counted."""
    tables: tuple[Table, ...] = ()
    """The country's tables that are in use."""
    pace: Pace = field(default_factory=Pace, compare=False)
    """How far ahead of its share each agency is, as far as this process has seen."""
    history: History = field(default_factory=History, compare=False)
    """Whether the database was restored from a backup."""

    @property
    def newcomers(self) -> frozenset[int]:
        """The clients that are systems: their dossiers belong to whoever serves the agency."""
        return frozenset(self.inboxes.values())

    def allocator(self, dossier: Dossier) -> str:
        """Say who gives a dossier its official code: `client`, `gateway` or `system:NAME`."""
        agency = numbering(dossier)
        return "client" if agency.code is None else self.allocator_of(agency.code)

    def allocator_of(self, agency: str) -> str:
        """Say who allocates the codes of an agency: the setting of its nearest root."""
        roots = [root for root in self.codes if within(agency, root)]
        return self.codes[max(roots, key=len)] if roots else "client"


def numbering(content: Content | Dossier) -> AgencyRef:
    """Give the agency in whose name the official code is: where it was received.

    Where another one helped near the citizen's home, the competent one: the helper only passes on.
    """
    agencies = content.agencies
    if agencies.helped is not None and agencies.receiving in {None, agencies.helped}:
        return agencies.competent
    return agencies.receiving or agencies.competent


def facts_in_force(adapter: Adapter[Any], config: SystemSettings) -> Facts:
    """Give an adapter's facts with the deployment's own figures."""
    return replace(adapter.facts, **config.limits)
