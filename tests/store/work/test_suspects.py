"""Suspects in the store: what a lane remembers of its first try, and who else is there to try."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.rules.lane_states import PARKED, READY, WAITING
from gateway.store.tables import outbox, system
from gateway.store.work.lanes import Claim
from schemas.outcome import Suspect, Unreachable
from tests.store.work.test_lanes import House, house, told

__all__ = ["house"]

FORBIDDEN = Suspect(why="HTTP 403")
CALL = {"exchanges": [{"method": "POST", "path": "/cases/H99.14-1?x=1"}]}


async def begin(house: House, count: int) -> list[Claim]:
    """Post dossiers and claim them all, in the order in which they came."""
    for number in range(1, count + 1):
        await house.post(number)
    await house.widen()
    return sorted(await house.claim(), key=lambda one: one.fence)


async def again(house: House, claim: Claim) -> Claim:
    """Let a waiting lane be claimed once more."""
    await house.wake(claim, claim.fence)
    return next(one for one in await house.claim() if one.dossier_id == claim.dossier_id)


async def gate_of(house: House) -> dict[str, Any]:
    """Read the gate as it is stored."""
    gate: dict[str, Any] = (await house.rows(system))[0].gate
    return gate


async def row_of(house: House, claim: Claim) -> Any:
    """Read the lane's row of the outbox."""
    return next(row for row in await house.rows(outbox) if row.dossier_id == claim.dossier_id)


async def test_poison_parks_at_its_second_try_and_names_the_call(house: House) -> None:
    """Law 14: Another passed after its first try; the row says on which call they refuse it."""
    (poison,) = await begin(house, 1)
    await house.complete(poison, FORBIDDEN, detail=CALL)
    first = await row_of(house, poison)
    await house.post(2)
    (other,) = await house.claim()
    await house.complete(other, told(other), detail=CALL)
    second = await again(house, poison)
    await house.complete(second, FORBIDDEN, detail=CALL)
    last, gate = await row_of(house, poison), await gate_of(house)

    assert (first.state, first.reason, first.tries) == (WAITING, "suspect", 0)
    assert (last.state, last.parked_for) == (PARKED, "integrator")
    assert last.cause == "singled_out:POST /cases/…: HTTP 403"
    assert (gate["state"], gate["suspects"]) == ("open", [])


async def test_three_in_a_row_close_the_gate_and_say_who(house: House) -> None:
    """Law 14: Nobody parks; the gate's row has the dossier, the call, since when and our terms."""
    claims = await begin(house, 3)
    house.limits = replace(house.limits, settings="terms")
    for claim in claims:
        await house.complete(claim, FORBIDDEN, detail=CALL)
    gate = await gate_of(house)
    states = [row.state for row in await house.rows(outbox)]

    assert (gate["state"], gate["why"], gate["terms"]) == ("closed", "suspects", "terms")
    assert (gate["by"], gate["call"]) == (str(claims[2].dossier_id), "POST /cases/…")
    assert (gate["since"] > 0, states) == (True, [WAITING] * 3)


async def test_one_alone_twice_closes_the_gate(house: House) -> None:
    """Law 14: Nobody else is there to be tried, so nobody would ever show whose fault it is."""
    (claim,) = await begin(house, 1)
    await house.complete(claim, FORBIDDEN)
    await house.complete(await again(house, claim), FORBIDDEN)
    gate, row = await gate_of(house), await row_of(house, claim)

    assert (gate["state"], gate["why"], row.state) == ("closed", "suspects", WAITING)


async def test_one_twice_while_another_is_under_way_closes_nothing(house: House) -> None:
    """Law 14: The other one will show it."""
    claim, other = await begin(house, 2)
    await house.complete(claim, FORBIDDEN)
    await house.complete(await again(house, claim), FORBIDDEN)
    gate, under_way = await gate_of(house), await row_of(house, other)

    assert (gate["state"], under_way.state) == ("open", READY)


async def test_whoever_was_away_meanwhile_begins_anew(house: House) -> None:
    """A lane is suspect since the first of its suspect answers in a row, and for no older one."""
    poison, other = await begin(house, 2)
    await house.complete(poison, FORBIDDEN)
    await house.complete(other, told(other), detail=CALL)
    second = await again(house, poison)
    await house.complete(second, Unreachable(why="x"))
    third = await again(house, second)
    await house.complete(third, FORBIDDEN)
    row = await row_of(house, poison)

    assert (third.suspect_since, row.state, row.reason) == (None, WAITING, "suspect")


async def test_a_probe_takes_whoever_is_not_suspect(house: House) -> None:
    """Law 14: Whoever fails again proves nothing; where all are suspect, one of them is taken."""
    claims = await begin(house, 3)
    for claim in claims:
        await house.complete(claim, FORBIDDEN)
        await house.wake(claim, claim.fence)
    await house.post(4)
    await house.due()
    (first,) = await house.claim()
    await house.complete(first, FORBIDDEN)
    (second,) = await house.claim()
    known = {claim.dossier_id for claim in claims}

    assert (first.dossier_id in known, second.dossier_id in known) == (False, True)


async def test_what_spoke_to_nobody_is_no_pass(house: House) -> None:
    """Law 14: A lane with nothing to say proves nothing of the system."""
    poison, silent = await begin(house, 2)
    await house.complete(poison, FORBIDDEN)
    await house.complete(silent, told(silent), detail={"exchanges": []})
    await house.complete(await again(house, poison), FORBIDDEN)
    row, gate = await row_of(house, poison), await gate_of(house)

    assert (row.state, gate["passed_at"]) == (WAITING, 0)
