"""What was told by hand: said so, never as delivered, and what comes later is sent; on both."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from gateway.operations import settle as settling
from gateway.operations.refusals import Refusal
from gateway.operations.settle import Found, Order
from gateway.store.tables import attempt, audit, lane, outbox
from schemas.outcome import Refused
from tests.operations.test_plans import backfill, took
from tests.store.work.test_own_states import Ledger, office, told

__all__ = ["office"]

REFUSED = Refused(code="7", message="no")


def order(**more: Any) -> Order:
    """Say that the system was told by hand."""
    return Order(system="a", reason="typed in by Lan", by="os:night", **more)


async def found(office: Ledger, **more: Any) -> Found:
    """Find what is meant."""
    answer = await settling.find(office.store, order(**more))
    assert isinstance(answer, Found)
    return answer


async def test_what_was_told_by_hand_is_settled_and_not_delivered(office: Ledger) -> None:
    """Law 20: What a person told them is counted apart, with who said so and why."""
    await office.switch("live")
    await office.post(2)
    await office.end(REFUSED)
    meant = await found(office, dossier=str(office.ids[0]), code="X-1")
    done = await settling.settle(office.store, meant)
    (one,) = [row for row in await office.rows(lane) if row.state]
    (line,) = [row for row in await office.rows(attempt) if row.outcome == "settled"]

    assert (done, meant.counts) == (1, [("refused:7", 1)])
    assert (one.done_seq, one.state, one.state_seq, one.done_at) == (0, "settled", 1, None)
    assert (one.remote["created"], one.remote["id"]) == (True, "X-1")
    assert (line.worker, line.detail["why"]) == ("night", "typed in by Lan")
    assert await office.counts() == {"parked": 1, "settled": 1}
    assert await office.orderly()
    assert "settle" in {row.what for row in await office.rows(audit)}


async def test_what_comes_after_it_is_sent_alone(office: Ledger) -> None:
    """Of what they know by hand nothing is told again; the next event goes as always."""
    await office.switch("live")
    await office.post(1)
    await office.end(REFUSED)
    await settling.settle(office.store, await found(office, cause="refused"))
    await office.event()
    (claim,) = await office.claim()
    counts = await office.counts()
    await office.complete([claim], told(2))

    assert (claim.done_seq, claim.head_seq, claim.remote.created) == (1, 2, True)
    assert (counts, await office.counts()) == ({"sending": 1}, {})


async def test_what_was_shadowed_can_have_been_told_by_hand(office: Ledger) -> None:
    """Law 20: Where another program told them meanwhile, all of it is settled and not sent."""
    await office.shadow(3)
    await office.switch("live")
    done = await settling.settle(office.store, await found(office, cause="shadowed"))

    assert (done, await office.counts()) == (3, {"settled": 3})
    assert (await backfill(office)).chosen == ()


async def test_what_moved_is_not_settled(office: Ledger) -> None:
    """Between the look and the act an event came, or it was sent: such a lane is left alone."""
    await office.switch("live")
    await office.post(2)
    await office.end(REFUSED)
    meant = await found(office, cause="refused")
    await office.event(0)
    await office.set(outbox, sa.true(), state=1)
    (claim, *_) = await office.claim()
    done = await settling.settle(office.store, meant)
    await office.complete([claim], took(claim))

    assert done == 0
    assert "settled" not in await office.counts()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"cause": "refused", "reason": " "}, "settle_reason"),
        ({}, "settle_which"),
        ({"cause": "refused", "dossier": str(uuid4())}, "settle_which"),
        ({"cause": "refused", "code": "1"}, "settle_code"),
        ({"cause": "refuzed"}, "unknown_cause"),
        ({"dossier": "12"}, "not_an_id"),
        ({"cause": "refused", "system": "b"}, "unstarted_system"),
    ],
)
async def test_a_wrong_order_is_refused(office: Ledger, wrong: dict[str, str], code: str) -> None:
    """Without a reason, without saying which, and of nobody nothing is settled."""
    asked = Order(**({"system": "a", "reason": "x", "by": "os:night"} | wrong))
    answer = await settling.find(office.store, asked)

    assert isinstance(answer, Refusal)
    assert answer.code == code
