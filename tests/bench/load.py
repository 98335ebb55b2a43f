"""The load generator, a process of its own: posts dossiers over kept connections, and counts.

Closed: each connection posts its next dossier when it has the answer to the last one. Open: posts
fall due at a fixed rate whatever the answers do, and latency counts from when a post was due, so
that a server that stalls is seen to stall.

An order comes as JSON on standard input, the result goes as JSON to standard output. Times are of
the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

from tests.bench.figures import percentiles
from tests.bench.mould import Mould

PATIENCE = 30.0
"""Seconds after the last post in which answers must have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to post. Either `count` dossiers or for `seconds`; `rate` per second: open, else closed.

    first: number of the first dossier; mould: the text of all of them
    keep: also give when each dossier was due and answered
    """

    ports: list[int]
    path: str
    headers: dict[str, str]
    first: int
    mould: str
    connections: int = 64
    count: int | None = None
    seconds: float | None = None
    rate: float | None = None
    keep: bool = False


@dataclass(slots=True)
class Result:
    """What came of an order. begun: the first post; ended: the last answer."""

    accepted: int = 0
    begun: float = 0.0
    ended: float = 0.0
    cpu: float = 0.0
    others: dict[str, int] = field(default_factory=dict)
    latency: dict[str, float] = field(default_factory=dict)
    answers: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Accepted per second."""
        return self.accepted / max(self.ended - self.begun, 1e-9)


class Link(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._rest = b""
        self._due = 0.0
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be free."""
        self._transport = transport  # type: ignore[assignment]

    def post(self, message: bytes, due: float) -> None:
        """Send a request that was due at a certain time."""
        if self._transport is None:
            self._load.lost(self)
            return
        self._due, self._busy = due, True
        self._transport.write(message)

    def data_received(self, data: bytes) -> None:
        """Read an answer; every server here says how long it is."""
        self._rest += data
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._rest[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ValueError("an answer without its length")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._rest) < end + 4 + length:
            return
        body, self._rest = self._rest[end + 4 : end + 4 + length], b""
        self._busy = False
        self._load.answered(self, int(head[9:12]), body, self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a request that was cut."""
        self._transport = None
        if self._busy:
            self._busy = False
            self._load.lost(self)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Load:
    """Carries out one order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.result = Result()
        self._mould = Mould(order.mould)
        lines = [f"POST {order.path} HTTP/1.1", "Host: bench", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in order.headers.items()]
        lines.append(f"Content-Length: {self._mould.length}")
        self._head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._number = order.first
        self._free: list[Link] = []
        self._due: deque[float] = deque()
        self._under_way = 0
        self._stop = False
        self._idle = asyncio.Event()
        self._latencies: list[float] = []
        self._others: Counter[str] = Counter()

    async def run(self) -> Result:
        """Post all there is to post; wait for the answers."""
        loop = asyncio.get_running_loop()
        links = []
        for number in range(self.order.connections):
            port = self.order.ports[number % len(self.order.ports)]
            _, link = await loop.create_connection(lambda: Link(self), "127.0.0.1", port)
            links.append(link)
        self.result.begun = self.result.ended = time.monotonic()
        await (self._closed(links) if self.order.rate is None else self._open(links))
        for link in links:
            link.close()
        self.result.others = dict(self._others)
        self.result.latency = percentiles(self._latencies)
        return self.result

    async def _closed(self, links: list[Link]) -> None:
        if self.order.seconds is not None:
            asyncio.get_running_loop().call_later(self.order.seconds, self._end)
        for link in links:
            self._next(link)
        await self._quiet((self.order.seconds or 600.0) + PATIENCE)

    async def _open(self, links: list[Link]) -> None:
        rate, begun = self.order.rate or 1.0, self.result.begun
        count = self.order.count or int(rate * (self.order.seconds or 1.0))
        self._free = links
        made = 0
        while made < count:
            now = time.monotonic()
            while made < count and begun + made / rate <= now:
                self._due.append(begun + made / rate)
                made += 1
            self._pass_on()
            await asyncio.sleep(max(0.0005, begun + made / rate - time.monotonic()))
        self._end()
        await self._quiet(PATIENCE)

    async def _quiet(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            self._others["no answer"] += self._under_way + len(self._due)

    def _end(self) -> None:
        self._stop = True
        self._rest_if_done()

    def _rest_if_done(self) -> None:
        if self._stop and not self._under_way and not self._due:
            self._idle.set()

    def _next(self, link: Link) -> None:
        """Let a free connection post what comes next."""
        if self.order.rate is not None:
            self._free.append(link)
            self._pass_on()
        elif not self._stop:
            self._post(link, time.monotonic())
            if self.order.count is not None:
                self._stop = self._number - self.order.first >= self.order.count
        self._rest_if_done()

    def _pass_on(self) -> None:
        """Post what is due, as far as there are free connections."""
        while self._due and self._free:
            self._post(self._free.pop(), self._due.popleft())

    def _post(self, link: Link, due: float) -> None:
        body = self._mould.fill(self._number)
        self._number += 1
        self._under_way += 1
        link.post(self._head + body, due)

    def answered(self, link: Link, status: int, body: bytes, due: float) -> None:
        """Count an answer, and go on."""
        now = time.monotonic()
        self._under_way -= 1
        self.result.ended = now
        if status in (200, 201, 202):
            self.result.accepted += 1
            self._latencies.append(now - due)
            if self.order.keep:
                self.result.answers[json.loads(body)["id"]] = (due, now)
        else:
            self._others[str(status)] += 1
        self._next(link)

    def lost(self, link: Link) -> None:
        """Count a request without an answer; its connection is gone with it."""
        del link
        self._under_way -= 1
        self._others["cut"] += 1
        self._rest_if_done()


def main() -> None:
    """Carry out the order on standard input."""
    words: dict[str, Any] = json.load(sys.stdin)
    load = Load(Order(**words))
    before = _cpu()
    result = uvloop.run(load.run())
    result.cpu = _cpu() - before
    json.dump(asdict(result), sys.stdout)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
