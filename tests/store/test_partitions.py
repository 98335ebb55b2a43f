"""Attempts by month: partitions stand ahead, old ones go, and nothing falls between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.store import partitions
from gateway.store.engine import Store
from gateway.store.ledger import attempts

THEN = datetime(2031, 11, 24, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path, postgres: Callable[[], str]) -> AsyncIterator[Store]:
    """Open a shared database."""
    found = await open_store(Settings(data=tmp_path, postgres=postgres()))
    yield found
    await found.close()


async def test_partitions_stand_ahead_over_the_turn_of_the_year(store: Store) -> None:
    """This month and the next three are there; a second look makes none."""
    made = await store.write(lambda connection: partitions.ensure(connection, THEN))
    again = await store.write(lambda connection: partitions.ensure(connection, THEN))

    assert made == [
        "attempt_y2031m11",
        "attempt_y2031m12",
        "attempt_y2032m01",
        "attempt_y2032m02",
    ]
    assert again == []


async def test_an_attempt_of_now_lies_in_its_month(store: Store) -> None:
    """The id of an attempt is its time, so its partition is its month."""
    line = attempts.lapsed(uuid7(), 1, 1, 1, fence=1, worker="w", at=0, adapter="a")
    await store.write(lambda connection: attempts.write(connection, [line]))
    found = await store.read(
        lambda connection: connection.execute(
            sa.text("SELECT tableoid::regclass::text FROM attempt")
        ).scalar_one()
    )

    assert found == datetime.now(UTC).strftime("attempt_y%Ym%m")


async def test_old_months_go(store: Store) -> None:
    """What is older than the retention is dropped, the rest stays."""
    await store.write(lambda connection: partitions.ensure(connection, THEN))
    later = datetime(2032, 2, 1, tzinfo=UTC)
    gone = await store.write(lambda connection: partitions.drop(connection, later, 2))

    assert "attempt_y2031m11" in gone
    assert not {"attempt_y2031m12", "attempt_y2032m01", "attempt_y2032m02"} & set(gone)
