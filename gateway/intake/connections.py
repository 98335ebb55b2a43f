"""What a connection may cost: time, bytes of a head, a place.

uvicorn knows no deadline for a request that comes in, and its fast parser no bound for headers.
Here both are kept beside the parser: a request pays for a few comparisons, and once in a while one
sweep goes over all open connections.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway import words
from gateway.bounds import Bounds
from gateway.watch import metrics

HEAD, BODY, BETWEEN = range(3)
"""What comes next on a connection: more of a head, more of a body, or a next request."""
PIPELINED = 64
"""Requests that may wait on one connection behind the one that is being answered."""
LINGER = 1.0
"""Seconds for the other side to read why, before what it still sends cuts it off."""
SWEEP = 1.0
"""Seconds between two looks at all connections, or a quarter of the shortest deadline."""
LATE = 0.1
"""Seconds by which a sweep may be late; what is beyond is our own slowness."""
OVERHEAD = 8
"""Bytes around one byte of a body: in chunks of one there are six."""


class Refused(Exception):  # noqa: N818 - ends the parser, which then asks why
    """A head that is not taken."""


def answer(status: int, code: str) -> bytes:
    """Write a whole answer, for where no application is asked."""
    phrase = HTTPStatus(status).phrase
    kind = f"urn:lienthong:problem:{code}"
    said = {"type": kind, "title": words.title(code, "vi"), "status": status}
    body = json.dumps(said, ensure_ascii=False).encode()
    later = "Retry-After: 5\r\n" if status in {429, 503} else ""
    return (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nContent-Language: vi\r\n{later}Connection: close\r\n\r\n"
    ).encode() + body


class Connections:
    """All open connections of one process, counted by address."""

    def __init__(
        self, bounds: Bounds, trusted: Sequence[str] = (), most: int | None = None
    ) -> None:
        """Keep the bounds; trusted: networks of proxies, which speak for many addresses.

        most: what the process can hold, where that is less than the bound
        """
        self.bounds = bounds
        self._most = min(int(bounds.connections), most or int(bounds.connections))
        self._trusted = [ipaddress.ip_network(one) for one in trusted]
        self._open: set[BoundedProtocol] = set()
        self._by_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        shortest = min(bounds.head_seconds, bounds.body_seconds, bounds.answer_seconds)
        self._every = min(SWEEP, shortest / 4)

    def enter(self, one: BoundedProtocol, address: str) -> tuple[int, str] | None:
        """Count a connection in, or say why there is no place for it."""
        if len(self._open) >= self._most:
            return 503, "too_many_connections"
        if self._by_address[address] >= self.bounds.connections_per_address and not any(
            ipaddress.ip_address(address) in network for network in self._trusted
        ):
            return 429, "too_many_connections"
        self._open.add(one)
        self._by_address[address] += 1
        if self._timer is None:
            self._again(one.loop)
        return None

    def leave(self, one: BoundedProtocol, address: str) -> None:
        """Count a connection out, if it was ever in."""
        if one not in self._open:
            return
        self._open.remove(one)
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is overdue; rest when nobody is connected."""
        now = loop.time()
        late = max(0.0, now - self._due - LATE)
        for one in list(self._open):
            one.look(now, self._every, late)
        metrics.CONNECTIONS.set(len(self._open))
        self._timer = None
        if self._open:
            self._again(loop)

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + self._every
        self._timer = loop.call_at(self._due, self._sweep, loop)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol within bounds."""

    guard: ClassVar[Connections]
    url = b""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._address = ""
        self._phase = HEAD
        self._heads = 0
        self._fed = 0  # bytes of this head, or of this body with all that is around it
        self._got = 0  # bytes of this body
        self._since = self._last = self._stuck = 0.0
        self._ended: float | None = None
        self._why: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or go away with a word."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._address = self.client[0] if self.client else ""
        full = self.guard.enter(self, self._address)
        if full is not None:
            metrics.DENIED.labels(full[1]).inc()
            self._ended = self._since
            transport.write(answer(*full))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.guard.leave(self, self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and of a head never more than it may have."""
        if self._phase == BETWEEN:
            self._begin()
        most = int(self.guard.bounds.head_bytes)
        while data and self._ended is None:
            piece, data = data, b""
            if self._phase == HEAD and self._fed + len(piece) > most:
                piece, data = piece[: most - self._fed], piece[most - self._fed :]
            heads = self._heads
            self._fed += len(piece)
            if piece:
                super().data_received(piece)
            if data and self._phase == HEAD and self._heads == heads:
                self._refuse(*self._too_long())
            elif self._phase == BODY and self._fed > most + OVERHEAD * self._got:
                self._refuse(431, "head_too_large")

    def _too_long(self) -> tuple[int, str]:
        if len(self.url) > self.guard.bounds.url_bytes:
            return 414, "uri_too_long"
        return 431, "head_too_large"

    def _begin(self) -> None:
        self._phase, self._fed, self._since = HEAD, 0, self.loop.time()

    def on_message_begin(self) -> None:
        """Start the clock of a head that came together with what was before it."""
        if self._phase == BETWEEN:
            self._begin()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the clock of the body."""
        self._heads += 1
        self._phase, self._fed, self._got = BODY, 0, 0
        self._since = self._last = self.loop.time()
        if len(self.url) > self.guard.bounds.url_bytes:
            self._why = 414, "uri_too_long"
            raise Refused
        if len(self.pipeline) >= PIPELINED:
            self._why = 429, "too_many_requests"
            raise Refused
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count."""
        self._got += len(body)
        self._last = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next request, for which uvicorn has a deadline of its own."""
        self._phase = BETWEEN
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong with a request that the parser gave up."""
        del msg
        if self._ended is None:
            self._refuse(*(self._why or (400, "malformed_http")))

    def look(self, now: float, slept: float, late: float) -> None:
        """End this connection if it is overdue; late: for so long nobody could be heard here."""
        bounds = self.guard.bounds
        self._since += late
        self._last += late
        if self._ended is not None:
            if now > self._ended:
                self.transport.abort()
        elif self.flow.write_paused:
            self._stuck = self._stuck or now
            if now - self._stuck > bounds.answer_seconds:
                metrics.DENIED.labels("too_slow").inc()
                self.transport.abort()
        elif self._phase == HEAD:
            self._stuck = 0.0
            if now - self._since > bounds.head_seconds:
                self._refuse(408, "too_slow")
        elif self._phase == BODY:
            self._stuck = 0.0
            if self.flow.read_paused:  # it is we who are slow
                self._since, self._last = self._since + slept, now
            elif now - self._last > bounds.body_seconds or (
                self._got < bounds.body_rate * (now - self._since - bounds.body_seconds)
            ):
                self._refuse(408, "too_slow")
        else:
            self._stuck = 0.0

    def _refuse(self, status: int, code: str) -> None:
        """Say why, unless another answer has begun or nothing was asked, and close."""
        metrics.DENIED.labels(code).inc()
        self._ended = self.loop.time() + LINGER
        running = self.cycle is not None and not self.cycle.response_complete
        begun = running and (self.cycle.response_started or self._phase != BODY)
        done = self._phase == BODY and self.cycle is not None and self.cycle.response_complete
        if running:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if begun or done or (status == 408 and self._heads == 0 and self._fed == 0):
            self.transport.close()
            return
        self.transport.write(answer(status, code))
        self.flow.pause_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()


def bounded(guard: Connections) -> type[BoundedProtocol]:
    """Make the protocol that counts here."""
    return type("Bounded", (BoundedProtocol,), {"guard": guard})
