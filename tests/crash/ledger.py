"""What the gateway says of a round: each dossier with its events, its lanes and its tries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp

from gateway.demo.environment import SYSTEMS
from gateway.workbench.samples.generator import Sample
from tests.crash.findings import Case
from tests.crash.play import case
from tests.crash.scene import ECHO
from tests.crash.tries import Jump, read

READERS = 8


async def cases(
    address: str, key: str, dsn: str, posted: Sequence[dict[str, Any]], jumps: Sequence[Jump]
) -> list[Case]:
    """Bring together what was promised, what the gateway says, and what its ledger holds."""
    lanes, tries = await read(dsn, jumps)
    waiting, found = list(posted), list[Case]()
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def reader() -> None:
            while waiting:
                one = waiting.pop()
                content: dict[str, Any] = {}
                if one["id"]:
                    async with session.get(f"{address}/v1/dossiers/{one['id']}") as answer:
                        content = await answer.json() if answer.status == 200 else {}
                found.append(case(one, content, lanes, tries, owed(one["sample"])))

        await asyncio.gather(*(reader() for _ in range(READERS)))
    return found


def owed(sample: Sample) -> frozenset[str]:
    """Name the systems that must have a lane."""
    return frozenset({ECHO} if sample.story == "light" else SYSTEMS)
