"""The network between two parts: a TCP relay that can be cut, swallow, or be slow.

A `Way` leads to one server and carries the orders; a `Front` listens and gives each connection to
one of its ways, as a balancer does. What a way swallowed can never be made good: the connections
that lost something are reset when it heals, and nothing arrives late.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

CHUNK = 65536
BUSY = 0.5
"""A connection is busy for so many seconds after it carried something."""
State = Literal["open", "cut", "hole", "slow"]
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False, slots=True)
class _Link:
    """One connection: both ends, when it carried something last, and whether something was lost."""

    ends: tuple[Ends, Ends]
    last: float = 0.0
    torn: bool = False

    def reset(self) -> None:
        """End both sides without a farewell."""
        for _, writer in self.ends:
            reset(writer)


@dataclass(eq=False, slots=True)
class Way:
    """The network to one server of this machine."""

    name: str
    port: int
    state: State = "open"
    delay: float = 0.0
    moved: int = 0
    links: set[_Link] = field(default_factory=set)

    def busy(self) -> int:
        """Count the connections that carried something just now."""
        since = time.monotonic() - BUSY
        return sum(link.last > since for link in self.links)

    def cut(self) -> None:
        """Reset what is open, and let nobody through until it heals."""
        self.state = "cut"
        for link in list(self.links):
            link.reset()

    def hole(self) -> None:
        """Swallow everything in both directions, without a word."""
        self.state = "hole"

    def slow(self, seconds: float) -> None:
        """Let everything arrive, so many seconds later."""
        self.state, self.delay = "slow", seconds

    def heal(self) -> None:
        """Be a good network again; connections that lost something are reset."""
        self.state, self.delay = "open", 0.0
        for link in [one for one in self.links if one.torn]:
            link.reset()

    async def reach(self) -> Ends | None:
        """Connect to the server; None: nobody gets there."""
        if self.state == "cut":
            return None
        try:
            return await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return None

    async def carry(self, near: Ends, far: Ends) -> None:
        """Carry one connection until either side ends it."""
        link = _Link((near, far))
        self.links.add(link)
        pumps = [
            asyncio.create_task(self._pump(link, near[0], far[1])),
            asyncio.create_task(self._pump(link, far[0], near[1])),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.links.discard(link)
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for _, writer in link.ends:
                writer.close()

    async def _pump(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one direction."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.state == "slow":
                    await asyncio.sleep(self.delay)
                link.last = time.monotonic()
                if self.state == "hole" or link.torn:
                    link.torn = True
                    continue
                self.moved += len(data)
                writer.write(data)
                await writer.drain()


@dataclass(eq=False, slots=True)
class Front:
    """Where the others connect to; its ways are tried in turn."""

    ways: Sequence[Way]
    port: int = 0
    _server: asyncio.Server | None = None
    _turn: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> int:
        """Listen; give the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._turn += 1
        with contextlib.suppress(asyncio.CancelledError):
            for number in range(len(self.ways)):
                way = self.ways[(self._turn + number) % len(self.ways)]
                far = await way.reach()
                if far is not None:
                    await way.carry((reader, writer), far)
                    return
            reset(writer)

    async def close(self) -> None:
        """End everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset instead of a farewell."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


__all__ = ["Front", "Way"]
