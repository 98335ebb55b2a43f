"""What is voided is told to whoever heard of the dossier, and to nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.delivery.test_delivery import PORTAL, dossier, house, idle
from tests.delivery.test_exists import PROVINCE, is_parked, told

VOIDED = {
    "ref": "huy",
    "kind": "voided",
    "occurred_at": "2026-06-14T10:00:00",
    "reason": "Nộp nhầm",
}


def uncoded() -> dict[str, Any]:
    """Write a dossier for which the portal waits."""
    made = dossier()
    del made["official_code"]
    return made


async def test_whoever_holds_a_dossier_is_told_that_it_is_void(tmp_path: Path) -> None:
    """The citizen's timeline says so with the reason, and the ledger that their record stays."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        name = (await at.post(dossier())).body["id"]
        await at.until(name, idle)
        await at.event(name, VOIDED)
        found = await at.until(name, lambda found: found["version"] == 2 and idle(found))

        assert "Lý do: Nộp nhầm" in at.effects("portal")[-1]["text"]
        assert "stays until they remove it" in found["attempts"][0]["detail"]["note"]


async def test_what_they_never_heard_of_is_not_created_to_be_void(tmp_path: Path) -> None:
    """A voided dossier waits for no code, and is told to nobody who never had it."""
    async with house(tmp_path, {"portal": dict(PORTAL)}) as at:
        name = (await at.post(uncoded())).body["id"]
        await at.event(name, VOIDED)
        found = await at.until(name, idle)

        assert at.hosts["portal"].calls == 0
        assert "nothing was sent" in found["attempts"][0]["detail"]["note"]


async def test_a_system_that_cannot_be_told_parks_with_its_sentence(tmp_path: Path) -> None:
    """Where the deployment says so, the lane waits for an officer, who is told that it is void."""
    own = {"username": "a", "password": "b", "agency_code": "H99", "voided": "park"}
    kind = {"adapter": "national_portal", "settings": own}
    async with house(tmp_path, {"portal": kind}) as at:
        name = (await at.post(dossier())).body["id"]
        await at.until(name, idle)
        await at.event(name, VOIDED)
        found = await at.until(name, lambda found: found["lanes"][0]["parked_for"] is not None)

        assert found["lanes"][0]["detail"][0]["pointer"] == "/voided"


async def test_what_was_refused_and_voided_is_created_no_more(tmp_path: Path) -> None:
    """A lane that waited for the officer closes: they would not have it, and nobody wants it."""
    switches = {"required": ["noSuchField"]}
    async with house(tmp_path, told(PROVINCE, switches=switches)) as at:
        name = (await at.post(dossier())).body["id"]
        await at.until(name, is_parked)
        await at.event(name, VOIDED)
        found = await at.until(name, idle)

        assert "nothing was sent" in found["attempts"][0]["detail"]["note"]
