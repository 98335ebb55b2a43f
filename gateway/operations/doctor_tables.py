"""The country's tables, whether they can be read and are still of today: a part of the findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from gateway.admission.catalogue import (
    open_agencies,
    open_calendar,
    open_procedures,
    use_communes,
)
from gateway.admission.tables import today
from gateway.dossiers.tables import Table, calendar_table, communes_table
from gateway.operations.findings import Finding
from gateway.settings import Settings, SettingsError


def tables(settings: Settings, on: date | None = None) -> Iterator[Finding]:
    """Look at each table by itself: one that cannot be read does not keep us from the others."""
    if settings.procedures is None:
        yield Finding(True, "no procedure catalogue is named: no code is doubted")
    for look in (_agencies, _procedures, _holidays, _communes):
        yield from _seen(settings, look, on or today())


def _seen(
    settings: Settings, look: Callable[[Settings], Table | None], on: date
) -> Iterator[Finding]:
    try:
        found = look(settings)
    except SettingsError as error:
        yield Finding(False, str(error))
        return
    if found is None:
        return
    until = found.stand.until
    if found.file is None:
        if found.stand.stale(on):
            why = f"are of before {until}: name a newer table in {found.setting}"
            yield Finding(True, f"the {found.name} that ship {why}")
        return
    yield Finding(True, f"the table of {found.name} {found.file} can be read")
    if until is None:
        why = "says neither as_of nor published_until: nobody will be told when it is stale"
        yield Finding(True, f"{found.file} {why}")
    elif found.stand.stale(on):
        yield Finding(False, f"{found.setting}: {found.file} is stale since {until}")


def _agencies(settings: Settings) -> Table | None:
    if settings.agencies is None:
        return None
    return Table("agencies", settings.agencies, open_agencies(settings.agencies).stand)


def _procedures(settings: Settings) -> Table | None:
    if settings.procedures is None:
        return None
    return Table("procedures", settings.procedures, open_procedures(settings.procedures).stand)


def _holidays(settings: Settings) -> Table:
    return calendar_table(settings, open_calendar(settings.holidays))


def _communes(settings: Settings) -> Table:
    use_communes(settings.communes)
    return communes_table(settings)
