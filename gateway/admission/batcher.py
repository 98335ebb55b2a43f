"""Group commit: requests come one by one; what has come together shares one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Sequence

from gateway.access.principals import Principal
from gateway.admission.admit import admit
from gateway.admission.decisions import Decided
from gateway.admission.receipt import receipt
from gateway.admission.requests import Answer, Command, Denied
from gateway.admission.shown import conflicts_of
from gateway.dossiers.systems import Systems
from gateway.store.engine import Store
from gateway.watch import metrics

GROUP = 50
"""At most so many requests share one transaction."""
SPACING = 0.02
"""Seconds between two transactions while requests come together: two that share one cost little
more than one alone."""


Waker = Callable[[Collection[int]], None]
"""Whoever wants to know that there is work for these systems."""


class RequestBatcher:
    """Takes requests one by one, and stores what has come together in one transaction."""

    def __init__(
        self,
        store: Store,
        systems: Systems,
        wake: Waker,
        accounts: dict[str, Principal] | None = None,
    ) -> None:
        self._store = store
        self._systems = systems
        self._tellers = accounts or {}
        self._wake = wake
        self._waiting: list[tuple[Command, asyncio.Future[Answer | Denied]]] = []
        self._begun, self._together, self._enough = 0.0, 1, asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def submit(self, command: Command) -> Answer | Denied:
        """Store one request together with its neighbours; return after the commit."""
        future: asyncio.Future[Answer | Denied] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if len(self._waiting) >= self._together:
            self._enough.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await asyncio.shield(future)

    async def _drain(self) -> None:
        while self._waiting:
            await self._gather()
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            commands = [command for command, _ in group]
            try:
                decided = await self._write(commands)
            except Exception as error:  # noqa: BLE001 - each client is told; the batcher goes on
                if len(group) == 1:
                    _fail(group[0][1], error)
                else:
                    await self._one_by_one(group)
                continue
            for (_, future), one in zip(group, decided, strict=True):
                self._tell(future, one)

    async def _gather(self) -> None:
        """Wait a moment for as many as came together last time; after one alone nobody waits."""
        left = self._begun + SPACING - time.monotonic()
        if left > 0 and len(self._waiting) < self._together:
            self._enough.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._enough.wait()
        self._begun, self._together = time.monotonic(), min(GROUP, len(self._waiting))

    async def _one_by_one(
        self, group: Sequence[tuple[Command, asyncio.Future[Answer | Denied]]]
    ) -> None:
        """One request spoilt the group: let it fail alone."""
        for command, future in group:
            try:
                decided = await self._write([command])
            except Exception as error:  # noqa: BLE001 - this client is told
                _fail(future, error)
                continue
            self._tell(future, decided[0])

    async def _write(self, commands: Sequence[Command]) -> list[Decided]:
        decided, ready = await self._store.write(
            lambda connection: admit(connection, self._systems, commands, self._tellers)
        )
        metrics.GROUP_SIZE.observe(len(commands))
        for command, one in zip(commands, decided, strict=True):
            if conflicts_of(one):
                metrics.CONFLICTS.labels(command.kind).inc()
        self._wake(ready)
        return decided

    def _tell(self, future: asyncio.Future[Answer | Denied], one: Decided) -> None:
        """Answer after the commit."""
        if not future.done():
            future.set_result(receipt(one, self._systems))


def _fail(future: asyncio.Future[Answer | Denied], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
