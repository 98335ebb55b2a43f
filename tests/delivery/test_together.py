"""Several dossiers in one call: each has its own end, and one bad one harms nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.store.tables import system
from gateway.workbench.faults import Faults
from tests.delivery.test_delivery import House, dossier, house, idle

TOGETHER = {"adapter": "echo", "limits": {"batch": 5, "at_once": 1}}


async def posted(at: House, many: int, which: int = 2, **odd: Any) -> list[str]:
    """Store dossiers while the system is held back by its gate's window; one is odd."""
    bodies = [
        dossier(1, source={"ref": f"r-{n}"}, official_code=f"H99.14-260302-{n:04d}")
        for n in range(many)
    ]
    bodies[which] |= odd
    answers = await asyncio.gather(*(at.post(body) for body in bodies))
    return [answer.body["id"] for answer in answers]


async def ledgers(at: House, names: list[str], *, parked: str = "") -> list[dict[str, Any]]:
    """Wait until nothing remains but the one that is parked."""

    def done(found: dict[str, Any]) -> bool:
        return idle(found) or (bool(parked) and found["lanes"][0]["parked_for"] == parked)

    return [await at.until(name, done) for name in names]


async def test_several_dossiers_share_a_call(tmp_path: Path) -> None:
    """Far fewer calls than dossiers, and every one has a line of its own in the ledger."""
    async with house(tmp_path, {"e": dict(TOGETHER)}) as at:
        names = await posted(at, 40)
        found = await ledgers(at, names)
        calls = at.hosts["e"].calls

    outcomes = [[one["outcome"] for one in each["attempts"]] for each in found]
    assert (outcomes, calls < 30) == ([["delivered"]] * 40, True)
    assert {one["dossier"] for one in at.effects("e")} == set(names)


async def test_one_bad_dossier_harms_only_itself(tmp_path: Path) -> None:
    """Law 5: They refuse the whole call: all go alone at once, and only the guilty is parked."""
    async with house(tmp_path, {"e": dict(TOGETHER) | {"switches": {"poison": "THUỐC ĐỘC"}}}) as at:
        names = await posted(at, 20, summary="THUỐC ĐỘC")
        found = await ledgers(at, names, parked="officer")

    parked = [each["lanes"][0]["parked_for"] for each in found]
    assert parked == [None, None, "officer", *[None] * 17]
    assert {one["dossier"] for one in at.effects("e")} == set(names) - {names[2]}


async def test_those_that_go_alone_keep_to_the_limit(tmp_path: Path) -> None:
    """Two conversations at once, though a refused call leaves five lanes that need one each."""
    two = {"adapter": "echo", "limits": {"batch": 5, "at_once": 2}}
    async with house(tmp_path, {"e": two | {"switches": {"poison": "THUỐC ĐỘC"}}}) as at:
        at.hosts["e"].delay = 0.05
        names = await posted(at, 60, 40, summary="THUỐC ĐỘC")
        found = await ledgers(at, names, parked="officer")
        most = at.hosts["e"].most

    alone = [a for each in found for a in each["attempts"] if "together" not in a["detail"]]
    assert (most, len(alone) >= 5) == (2, True)


class Once(Faults):
    """One answer is dropped, after everything was stored."""

    played = False

    def next(self) -> str | None:
        """Play it at the first call."""
        first, self.played = not self.played, True
        return "drop_after" if first else None


async def test_a_call_without_an_answer_counts_once(tmp_path: Path) -> None:
    """Law 5: The gate hears of one failure, not of six; the six then go alone, none is lost."""
    six = {"adapter": "echo", "limits": {"batch": 6, "at_once": 1}}
    async with house(tmp_path, {"e": six}) as at:
        names = await posted(at, 30)
        await ledgers(at, names)
        at.hosts["e"].faults = Once(flaky=False, seed=1)
        await posted_again(at, names)
        found = await ledgers(at, names)
        gate = await at.store.read(
            lambda connection: connection.execute(sa.select(system.c.gate)).scalar_one()
        )

    uncertain = [o for each in found for o in each["attempts"] if o["outcome"] == "uncertain"]
    told = {o["detail"].get("together", 1) for o in uncertain}
    assert (len(uncertain), told) == (6, {6})
    assert (gate["state"], gate["closures"]) == ("open", 0)
    assert {one["version"] for one in at.effects("e")} == {1, 2}


async def posted_again(at: House, names: list[str]) -> None:
    """Correct every dossier at the same time."""
    event = {
        "kind": "progress",
        "occurred_at": "2026-03-02T10:00:00+07:00",
        "action": "Chuyển phòng chuyên môn",
    }
    await asyncio.gather(
        *(at.event(name, event | {"ref": f"b-{n}"}) for n, name in enumerate(names))
    )
