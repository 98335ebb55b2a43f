"""What an operator does after a storm: what the storm itself parked is let go again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

STORMY = ("lapsed", "too_many_failures")
"""Reasons for which a lane is parked that say nothing of the dossier: three leases that lapsed, or
eight failures while others passed, are for a human to look at."""
PARKED = "SELECT count(*) FROM outbox WHERE state = 3 AND reason = ANY($1::text[])"


async def command(environ: Mapping[str, str], *words: str) -> str:
    """Give an operator's command; give what it says."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.commands", *words),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await running.communicate()
    return out.decode().strip()


async def let_go(environ: Mapping[str, str]) -> None:
    """Let lanes go that were parked for such a reason."""
    for cause in STORMY:
        await command(environ, "retry", "--cause", cause, "--wave", "100", "--yes")
