"""What connections may cost: time, headers and places, tried on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.access.keys import make_key
from gateway.bounds import Bounds
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from tests.intake.listening import listening

HALF_HEAD = b"POST /v1/dossiers HTTP/1.1\r\nHost: x\r\nX-Slow: 1"
KEY, HASHED = make_key("live")
HALF_BODY = (
    b"POST /v1/dossiers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer " + KEY.encode() + b"\r\nContent-Length: 1000\r\n\r\n{"
)
UNREAD = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@asynccontextmanager
async def gateway(data: Path, **bounds: Any) -> AsyncIterator[int]:
    """Serve an empty gateway; give its port."""
    settings = Settings(data=data, bounds=Bounds(**bounds))
    store = await open_store(settings)
    await store.write(lambda connection: clients.add(connection, "x", "live", ["*"], HASHED))
    await store.close()
    async with listening(await build(settings), settings) as address:
        yield int(address.rpartition(":")[2])


@dataclass(slots=True)
class Peer:
    """The other end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int, first: bytes = b"") -> Peer:
        """Connect, and send something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        return cls(reader, writer)

    async def told(self, seconds: float = 20) -> bytes:
        """Give all that is answered until the other end closes."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), seconds)
        return b""

    @classmethod
    async def ask(cls, port: int) -> bytes:
        """Give what one whole request is answered."""
        peer = await cls.open(port, LAST)
        said = await peer.told()
        await peer.close()
        return said

    async def close(self) -> None:
        """Close this end."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def many(port: int, first: bytes, count: int) -> list[Peer]:
    """Open many connections that all begin alike."""
    return [await Peer.open(port, first) for _ in range(count)]


def resident() -> int:
    """Say how many bytes of memory this process has."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


@pytest.mark.parametrize(
    ("first", "count"),
    [(b"", 200), (HALF_HEAD, 1500), (HALF_BODY, 1500), (UNREAD, 200)],
    ids=["nothing", "head", "body", "unread"],
)
async def test_half_requests_are_ended(tmp_path: Path, first: bytes, count: int) -> None:
    """1,500 requests that are never finished end by themselves, and others are served meanwhile."""
    async with gateway(
        tmp_path, head_seconds=1, body_seconds=1, connections_per_address=2000
    ) as port:
        peers = await many(port, first, count)
        served = await Peer.ask(port)
        said = await asyncio.gather(*(peer.told() for peer in peers))
        for peer in peers:
            await peer.close()

    assert served.startswith(b"HTTP/1.1 200")
    assert {one[9:12] for one in said} <= {b"", b"408", b"404", b"503"}


async def trickle(peer: Peer, drop: bytes, every: float) -> None:
    """Send a byte from time to time, for as long as anybody takes it."""
    with contextlib.suppress(ConnectionError):
        while not peer.writer.is_closing():
            peer.writer.write(drop)
            await peer.writer.drain()
            await asyncio.sleep(every)


@pytest.mark.parametrize(
    ("first", "drop"),
    [(HALF_HEAD, b"x"), (HALF_BODY.replace(b"1000", b"9999999"), b" "), (WHOLE, b"\r\n")],
    ids=["head", "body", "between"],
)
async def test_a_trickle_is_ended(tmp_path: Path, first: bytes, drop: bytes) -> None:
    """A byte now and then keeps no request alive for longer than a silent one."""
    async with gateway(tmp_path, head_seconds=0.5, body_seconds=0.5) as port:
        peer = await Peer.open(port, first)
        sending = asyncio.create_task(trickle(peer, drop, 0.1))
        said = await peer.told(10)
        await peer.close()
        await sending

    assert said[:12] in {b"", b"HTTP/1.1 408", b"HTTP/1.1 200", b"HTTP/1.1 404"}


async def test_an_answer_that_nobody_takes_is_ended(tmp_path: Path) -> None:
    """Whoever asks again and again and never reads is cut off."""
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    async with gateway(tmp_path, answer_seconds=0.5) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(ask * 60)
        cut = False
        async with asyncio.timeout(20):
            while not cut:
                await asyncio.sleep(0.1)
                try:
                    writer.write(b"G")
                    await writer.drain()
                except ConnectionError:
                    cut = True
        writer.transport.abort()

    assert cut


async def pour(peer: Peer, block: bytes, most: int) -> int:
    """Send a block again and again until nobody takes any more; give the bytes that went."""
    sent = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while sent < most:
            peer.writer.write(block)
            await asyncio.wait_for(peer.writer.drain(), 5)
            sent += len(block)
    return sent


@pytest.mark.parametrize(
    ("first", "block"),
    [
        (b"GET / HTTP/1.1\r\n", b"X-A: " + b"a" * 4000 + b"\r\n"),
        (b"GET / HTTP/1.1\r\nX-A: ", b"a" * 4000),
        (b"POST /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ", b"a" * 4000),
    ],
    ids=["many", "one", "trailer"],
)
async def test_endless_headers_cost_nothing(tmp_path: Path, first: bytes, block: bytes) -> None:
    """Of 150 MB of headers next to nothing is taken, and nothing is kept."""
    async with gateway(tmp_path) as port:
        before = resident()
        peer = await Peer.open(port, first)
        reading = asyncio.create_task(peer.told(60))
        sent = await pour(peer, block * 16, 150_000_000)
        grown = resident() - before
        said = await reading
        await peer.close()

    assert (said[:12] in {b"HTTP/1.1 431", b"HTTP/1.1 405", b""}, sent < 20_000_000) == (True, True)
    assert grown < 100_000_000


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n", b"414"),
        (b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: x\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 33000 + b"\r\n", b"431"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 31000 + b"\r\n", b"200"),
    ],
)
async def test_a_head_may_have_so_many_bytes(
    tmp_path: Path, request_line: bytes, status: bytes
) -> None:
    """A long address is 414, long headers are 431, and what is within the bounds is served."""
    async with gateway(tmp_path) as port:
        peer = await Peer.open(port, request_line + b"Connection: close\r\n\r\n")
        said = await peer.told()
        await peer.close()

    assert said[9:12] == status


async def test_one_address_has_so_many_places(tmp_path: Path) -> None:
    """Beyond them a connection is told to come later; one that ends makes room."""
    async with gateway(tmp_path, connections_per_address=10) as port:
        peers = await many(port, HALF_HEAD, 10)
        one_more = await Peer.ask(port)
        await peers.pop().close()
        await asyncio.sleep(0.2)
        served = await Peer.ask(port)
        for peer in peers:
            await peer.close()

    assert one_more[:12] in {b"HTTP/1.1 429", b""}
    assert served[:12] == b"HTTP/1.1 200"


async def test_all_together_have_so_many_places(tmp_path: Path) -> None:
    """A process takes no more connections than it was told, whoever opens them."""
    async with gateway(tmp_path, connections=10) as port:
        peers = await many(port, HALF_HEAD, 10)
        said = await Peer.ask(port)
        for peer in peers:
            await peer.close()

    assert said[:12] in {b"HTTP/1.1 503", b""}


async def test_requests_in_one_breath_are_few(tmp_path: Path) -> None:
    """Whoever sends thousands of requests without waiting for an answer is cut off."""
    async with gateway(tmp_path) as port:
        peer = await Peer.open(port, WHOLE * 5000)
        said = await peer.told()
        await peer.close()

    assert said.count(b"HTTP/1.1 200") < 1000
