"""Watches the schema: a process under which somebody has migrated takes no more work.

Nothing need fail first: a column that was only added, or a rule that changed with it, is met by no
error of ours. What is under way is finished, and what was not begun given back.
"""

from __future__ import annotations

import asyncio
import contextlib

from gateway.store.engine import Store

EVERY = 5.0
"""Seconds between two looks."""
PATIENCE = 15.0
"""Seconds for one."""


async def watch_schema(store: Store) -> None:
    """Look again and again, until cancelled; the store tells whom it was made to tell, once."""
    while True:
        await asyncio.sleep(EVERY)
        with contextlib.suppress(Exception):  # a database that is away has its own alarms
            async with asyncio.timeout(PATIENCE):
                await store.check_schema()
