"""What the doctor finds, as values."""

from __future__ import annotations

from gateway.operations.doctor import examine
from gateway.operations.findings import Finding
from gateway.operations.migration import apply, missing
from gateway.settings import Settings, SettingsError


async def test_an_empty_installation_is_in_order(settings: Settings) -> None:
    """Before its first start and after its migrations."""
    before = await examine(settings, [], login=False)
    applied = await apply(settings)
    after = await examine(settings, [], login=False)

    assert ([one for one in (*before, *after) if not one.good], await missing(settings)) == ([], [])
    assert (applied[0], Finding(True, "migrations: complete") in after) == ("0001", True)


async def test_a_system_that_cannot_be_had_is_a_finding(settings: Settings) -> None:
    """One wrong setting does not keep the doctor from the others."""
    found = await examine(settings, [SettingsError("systems.a.adapter: none")], login=False)

    assert [one for one in found if not one.good] == [Finding(False, "systems.a.adapter: none")]
