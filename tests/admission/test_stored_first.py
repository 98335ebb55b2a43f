"""An answer is a promise: what it promises is stored by then, and nobody outside was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import RegisterDossier
from gateway.store.engine import Connection, Store
from gateway.store.errors import StoreUnavailable
from gateway.store.tables import dossier, event, lane, outbox
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier
from tests.store.work.test_lanes import CLIENT, House, house

__all__ = ["house"]


async def test_what_was_answered_is_stored_as_one(house: House) -> None:
    """Law 1: With the answer the dossier is there, with its event, its lane and what remains."""
    await house.post(1)
    found = [len(await house.rows(table)) for table in (dossier, event, lane, outbox)]

    assert found == [1, 1, 1, 1]


async def test_a_system_that_is_away_delays_no_answer(house: House) -> None:
    """Law 1: Nobody listens at the address of the only system, and the post is taken."""
    async with asyncio.timeout(10):
        await house.post(1)
    (row,) = await house.rows(outbox)

    assert (row.tries, row.worker, row.lease_until) == (0, None, None)


class TornStore:
    """A store that does all the work and loses its database before the commit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        """Do the work in a transaction that cannot be committed."""

        def torn(connection: Connection) -> None:
            work(connection)
            raise StoreUnavailable

        return await self._store.write(torn)


async def test_what_could_not_be_committed_is_not_answered(house: House) -> None:
    """Law 1: Where the database goes away before the commit there is an error, and nothing else."""
    content = NewDossier.model_validate(sample(1, 1).requests[0].body)
    batcher = RequestBatcher(cast(Any, TornStore(house.store)), house.systems, lambda _: None)
    with pytest.raises(StoreUnavailable):
        await batcher.submit(RegisterDossier(client=CLIENT, content=content, digest=b"1"))

    assert await house.rows(dossier) == []
