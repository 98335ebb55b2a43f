"""The country's tables that are in use, and until when each may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.rules.calendar import Calendar
from gateway.settings import Settings
from schemas.catalogue import communes
from schemas.catalogue.agencies import Agencies
from schemas.catalogue.procedures import Catalogue
from schemas.catalogue.sheets import Stand


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its setting, the file that replaces what ships, and what it says of itself."""

    name: str
    file: Path | None
    stand: Stand

    @property
    def setting(self) -> str:
        """The setting that names its file."""
        return f"LIENTHONG_{self.name.upper()}"


def calendar_table(settings: Settings, calendar: Calendar) -> Table:
    """Describe the days off."""
    return Table("holidays", settings.holidays, calendar.stand)


def communes_table(settings: Settings) -> Table:
    """Describe the communes."""
    return Table("communes", settings.communes, communes.stand())


def in_use(
    settings: Settings, procedures: Catalogue, agencies: Agencies, calendar: Calendar
) -> tuple[Table, ...]:
    """List the tables; one that neither ships nor is named is none."""
    found = [calendar_table(settings, calendar), communes_table(settings)]
    if settings.procedures is not None:
        found.append(Table("procedures", settings.procedures, procedures.stand))
    if settings.agencies is not None:
        found.append(Table("agencies", settings.agencies, agencies.stand))
    return tuple(found)
