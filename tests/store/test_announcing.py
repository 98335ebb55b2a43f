"""Telling other processes that there is work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.store import postgres as shared
from gateway.store.postgres import PostgresStore


async def test_what_is_committed_while_a_notice_is_under_way_makes_another(
    postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice under way may have gone before it: nobody waits for the worker's own look."""
    monkeypatch.setattr(shared, "_NOTICE", f"NOTIFY {shared.CHANNEL}; SELECT pg_sleep(0.3)")
    dsn, heard = postgres(), asyncio.Queue[None]()
    teller, listener = PostgresStore(dsn), PostgresStore(dsn)
    listener.listen(lambda: heard.put_nowait(None))
    try:
        await asyncio.wait_for(heard.get(), 10)  # it listens
        teller.announce()
        await asyncio.sleep(0.1)  # past its short wait, not yet done
        teller.announce()
        for _ in range(2):
            await asyncio.wait_for(heard.get(), 5)
        await asyncio.sleep(0.7)  # time for a third, were there one
        assert heard.empty()
    finally:
        await teller.close()
        await listener.close()
