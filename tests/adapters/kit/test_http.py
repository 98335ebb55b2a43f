"""Sent or not sent: judged against a real server that counts what it has read."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from adapters.kit.errors import TransportError
from adapters.kit.http import HttpTransport
from adapters.kit.port import Http
from schemas.outcome import Blocked, Uncertain, Unreachable

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: tuple[Method, ...] = ("POST", "PUT", "DELETE")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Play = Callable[[asyncio.StreamWriter, int], Awaitable[bool]]


class Server:
    """Reads whole requests, counts them, and lets `play` answer."""

    def __init__(self, play: Play) -> None:
        self.arrived = 0
        self.url = ""
        self._play = play

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
                await reader.readexactly(int(length or 0))
                self.arrived += 1
                if not await self._play(writer, self.arrived):
                    break
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(play: Play) -> AsyncIterator[Server]:
    """Run a server on a free port."""
    server = Server(play)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


async def lost(url: str, method: Method, seconds: float = 0.4) -> object:
    """Send one keyed request that must fail; give its outcome."""
    transport = HttpTransport(url, exchange_seconds=seconds)
    try:
        with pytest.raises(TransportError) as failed:
            await transport.exchange(Http(method=method, path="/x", json={"a": 1}, effect="keyed"))
        return failed.value.outcome
    finally:
        await transport.close()


async def close(_writer: asyncio.StreamWriter, _count: int) -> bool:
    """Close without an answer."""
    return False


async def reset(writer: asyncio.StreamWriter, _count: int) -> bool:
    """Reset the connection."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def cut(writer: asyncio.StreamWriter, _count: int) -> bool:
    """Send less than was announced."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    await writer.drain()
    return False


async def silence(_writer: asyncio.StreamWriter, _count: int) -> bool:
    """Say nothing."""
    await asyncio.sleep(2)
    return False


async def drip(writer: asyncio.StreamWriter, _count: int) -> bool:
    """Send a byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    for _ in range(40):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)
    return False


async def once(writer: asyncio.StreamWriter, count: int) -> bool:
    """Answer the first request of a connection, and hang up on the second."""
    if count == 1:
        writer.write(OK)
        await writer.drain()
        return True
    return False


@pytest.mark.parametrize("method", METHODS)
async def test_refused_is_not_sent(method: Method) -> None:
    """Nobody listens: surely not sent."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = await lost(f"http://127.0.0.1:{taken.getsockname()[1]}", method)

    assert isinstance(outcome, Unreachable)


@pytest.mark.parametrize("method", METHODS)
async def test_an_unknown_name_is_not_sent(method: Method) -> None:
    """A name that nobody knows: surely not sent."""
    assert isinstance(await lost("http://khong-co.invalid", method, 5.0), Unreachable)


async def test_a_connection_that_never_stands_is_not_sent() -> None:
    """A full backlog: the connect time-out means surely not sent."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        outcome = await lost(f"http://127.0.0.1:{full.getsockname()[1]}", "POST", 2.0)

    assert isinstance(outcome, Unreachable)


@pytest.mark.parametrize("method", METHODS)
async def test_no_tls_where_tls_was_meant_blocks(method: Method) -> None:
    """A far end that cannot prove who it is closes the gate; nothing of the request is said."""
    heard = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        heard.extend(await reader.read(65536))
        writer.close()

    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    outcome = await lost(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}", method, 2.0)
    listening.close()

    assert (isinstance(outcome, Blocked), b"/x" in heard) == (True, False)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("play", [close, reset, cut, silence, drip])
async def test_read_and_then_lost_is_uncertain(play: Play, method: Method) -> None:
    """Whatever happens after they read the request, it may have landed; it arrived once."""
    async with serving(play) as server:
        outcome = await lost(server.url, method)

        assert (isinstance(outcome, Uncertain), server.arrived) == (True, 1)


@pytest.mark.parametrize("method", METHODS)
async def test_a_reused_connection_that_closes_is_not_sent_twice(method: Method) -> None:
    """A kept connection closed under a request: one arrival, whatever the method."""
    async with serving(once) as server:
        transport = HttpTransport(server.url, exchange_seconds=1.0)
        request = Http(method=method, path="/x", json={"a": 1}, effect="keyed")
        await transport.exchange(request)
        with pytest.raises(TransportError) as failed:
            await transport.exchange(request)
        await transport.close()

        assert (isinstance(failed.value.outcome, Uncertain), server.arrived) == (True, 2)


async def test_reading_is_never_uncertain() -> None:
    """A mere question that gets no answer changed nothing: it is asked again."""
    async with serving(close) as server:
        transport = HttpTransport(server.url, exchange_seconds=1.0)
        with pytest.raises(TransportError) as failed:
            await transport.exchange(Http(method="GET", path="/x", effect="read"))
        await transport.close()

        assert isinstance(failed.value.outcome, Unreachable)
