"""Binds a simulator to a real folder: old software that looks into it now and then.

Its faults: the folder is away for a while, and its own files appear half written at first.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.workbench.faults import Faults
from gateway.workbench.simulate import Logs

EVERY = 0.03
AWAY = 0.3
SHARE = 0.02
"""Of all looks, in `flaky`, after which the folder goes away."""


@dataclass(slots=True)
class DropBox:
    """One simulated system behind a folder."""

    name: str
    contract: str
    logs: Logs
    path: Path
    faults: Faults
    switches: Mapping[str, Any] = field(default_factory=dict)
    looks: int = 0
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)
    simulator: Any = field(init=False)

    def __post_init__(self) -> None:
        """Find the contract's simulator by its folder."""
        for part in ("in", "out", "ack"):
            (self.path / part).mkdir(parents=True, exist_ok=True)
        module = importlib.import_module(f"contracts.{self.contract}.simulator")
        self.simulator = module.Simulator(
            self.switches, lambda effect: self.logs.effect(self.looks, effect)
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.looks += 1
            if self.faults.hits(SHARE):
                await self._away()
            self._read()
            for name, body in list(self.simulator.files.items()):
                if name not in self._given:
                    self._given.add(name)
                    await self._write(self.path / name, body)
            await asyncio.sleep(EVERY)

    def _read(self) -> None:
        for file in sorted((self.path / "in").iterdir()):
            if file.name.startswith("."):
                continue
            state = file.stat()
            mark = (state.st_mtime_ns, state.st_size)
            if self._seen.get(file.name) == mark:
                continue
            self._seen[file.name] = mark
            self.simulator.put(f"in/{file.name}", file.read_bytes())

    async def _write(self, file: Path, body: bytes) -> None:
        """Write as old software does: the name first, the bytes by and by."""
        if self.faults.flaky and len(body) > 1:
            self.logs.fault(self.looks, "half_written", stored=False)
            await asyncio.to_thread(file.write_bytes, body[: len(body) // 2])
            await asyncio.sleep(0.02)
        await asyncio.to_thread(file.write_bytes, body)

    async def _away(self) -> None:
        """Take the folder away, as a share that is not mounted."""
        self.logs.fault(self.looks, "folder_away", stored=False)
        aside = self.path.with_name(f"{self.path.name}.away")
        self.path.rename(aside)
        try:
            await asyncio.sleep(AWAY)
        finally:
            aside.rename(self.path)


@asynccontextmanager
async def dropped(box: DropBox) -> AsyncIterator[Path]:
    """Let a simulator look into its folder for as long as this is open."""
    looking = asyncio.create_task(box.run())
    try:
        yield box.path
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        box.logs.close()
