"""What the doctor finds, as values."""

from __future__ import annotations

from dataclasses import replace

from gateway.operations.doctor import examine
from gateway.operations.findings import Finding
from gateway.operations.migration import apply, missing
from gateway.rules.outcomes import Shadowed
from gateway.settings import Settings, SettingsError
from gateway.store.seal import audit_key
from tests.store.work.test_operating import Office


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


async def test_it_says_what_a_live_system_was_not_told(office: Office, settings: Settings) -> None:
    """A hint with the command, no fault; of a system that is not live nothing is said."""
    await office.post(2)
    await office.complete(await office.claim(), Shadowed())
    live = await examine(settings, [], login=False)
    off = tuple(replace(one, mode="shadow") for one in settings.systems)
    other = await examine(replace(settings, systems=off), [], login=False)
    hints = [one for one in live if "backfill" in one.text]

    assert [(one.good, "2 shadowed" in one.text) for one in hints] == [(True, True)]
    assert [one for one in other if "backfill" in one.text] == []


def said(found: list[Finding]) -> list[Finding]:
    """Give what is said of the audit."""
    words = ("the audit", "audit.key", "AUDIT_KEY")
    return [one for one in found if any(word in one.text for word in words)]


async def test_it_says_whether_the_audit_is_sealed(settings: Settings) -> None:
    """Before the first start it will be, with the key of the folder it is; nothing is made."""
    before = said(await examine(settings, [], login=False))
    again = said(await examine(settings, [], login=False))
    audit_key(settings, make=True)
    after = said(await examine(settings, [], login=False))
    (settings.data / "audit.key").chmod(0o644)
    read = said(await examine(settings, [], login=False))

    assert before == again
    assert (before[0].good, "will be made" in before[0].text) == (True, True)
    assert after == [Finding(True, "the audit is sealed")]
    assert [one.good for one in read] == [False, True]


async def test_a_server_without_a_key_is_told_so(settings: Settings) -> None:
    """It is not wrong, and nobody is left to believe that it is sealed; a bad key is wrong."""
    server = replace(settings, postgres="postgresql://127.0.0.1:1/x")
    [without] = said(await examine(server, [], login=False))
    [bad] = said(await examine(replace(server, audit_key="short"), [], login=False))

    assert (without.good, "NOT sealed" in without.text) == (True, True)
    assert (bad.good, "LIENTHONG_AUDIT_KEY" in bad.text) == (False, True)
