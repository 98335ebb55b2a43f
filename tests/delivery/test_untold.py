"""What a setting says not to tell is not told, says so, and goes once it has what was lacking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.rules.lane_states import UNTOLD
from gateway.store.work import operating
from tests.delivery.test_delivery import House, dossier, house, idle

PROCEDURE = dossier()["procedure"]["code"]
OWN = {"username": "a", "password": "b", "agency_code": "H99"}
LACKING = {
    "adapter": "national_portal",
    "settings": OWN | {"no_identity": {PROCEDURE: "untold"}},
}
NUMBER = {"kind": "personal_number", "number": "001 399 000 000"}


def foreigner() -> dict[str, Any]:
    """Write a dossier whose owner has no number that the portal takes."""
    made = dossier()
    ruined = NUMBER | {"number": "1.399E+09"}
    made["owner"] = made["owner"] | {"identities": [ruined]}
    return made


def event(ref: str, kind: str, **more: Any) -> dict[str, Any]:
    """Write an event."""
    return {"ref": ref, "kind": kind, "occurred_at": "2026-06-14T10:00:00", **more}


def untold(version: int) -> Callable[[dict[str, Any]], bool]:
    """Make a condition: not told, and tried with this version."""

    def holds(found: dict[str, Any]) -> bool:
        lane, tries = found["lanes"][0], found["attempts"]
        return bool(lane["state"] == UNTOLD and tries[0]["to_seq"] == version)

    return holds


async def standing(at: House) -> tuple[dict[str, int], int | None, int, int]:
    """Give what status and metrics say: lanes, the oldest, what is at risk, what is overdue."""
    seen = await at.store.read(lambda connection: operating.survey(connection, 10**12))
    more = await at.store.read(operating.totals)
    (one,) = seen.systems
    return dict(one.lanes), one.oldest, one.at_risk, more.overdue.get("portal", 0)


async def test_what_is_not_told_says_so_and_goes_once_it_can(tmp_path: Path) -> None:
    """Counted and shown as untold, never as delivered or late; an identity frees it."""
    async with house(tmp_path, {"portal": dict(LACKING)}) as at:
        posted = (await at.post(foreigner())).body
        name = posted["id"]
        first = await at.until(name, untold(1))
        await at.event(name, event("b", "progress", action="Thẩm định"))
        second = await at.until(name, untold(2))
        seen, calls = await standing(at), at.hosts["portal"].calls
        patch = {"owner": {"identities": [NUMBER]}}
        await at.event(name, event("s", "corrected", reason="ghi nhầm", patch=patch))
        found = await at.until(name, idle)

        lane = first["lanes"][0]
        assert (lane["reason"], lane["parked_for"], lane["done_seq"]) == ("untold", None, 0)
        assert lane["detail"][0]["pointer"] == "/owner/identities"
        assert {one["outcome"] for one in second["attempts"]} == {"untold"}
        assert {one["code"] for one in posted["warnings"]} == {"untold", "format"}
        assert (seen, calls) == (({"untold": 1}, None, 0, 0), 0)
        assert found["lanes"][0]["done_seq"] == 3
        assert {one["outcome"] for one in found["attempts"]} == {"untold", "delivered"}
