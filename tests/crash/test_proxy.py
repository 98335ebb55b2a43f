"""The network that can be broken: each order does what it says, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest

from tests.crash.proxy import Front, Way


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say everything back."""
    with contextlib.suppress(OSError):
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def laid(names: tuple[str, ...] = ("a",)) -> AsyncIterator[tuple[Front, list[Way]]]:
    """Lay ways to servers that say everything back, behind one front."""
    async with contextlib.AsyncExitStack() as stack:
        ways = []
        for name in names:
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
            stack.callback(server.close)
            ways.append(Way(name, server.sockets[0].getsockname()[1]))
        front = Front(ways)
        await front.start()
        stack.push_async_callback(asyncio.sleep, 0.02)  # until everybody has hung up
        stack.push_async_callback(front.close)
        stack.callback(Caller.hang_up)
        yield front, ways


class Caller:
    """One connection through the front."""

    all: ClassVar[list[Caller]] = []

    def __init__(self, ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.reader, self.writer = ends
        self.all.append(self)

    @classmethod
    def hang_up(cls) -> None:
        """Close every connection."""
        while cls.all:
            cls.all.pop().writer.close()

    @classmethod
    async def call(cls, front: Front) -> Caller:
        """Connect."""
        return cls(await asyncio.open_connection("127.0.0.1", front.port))

    async def say(self, text: bytes) -> bytes:
        """Say something and give what comes back; nothing: the connection was ended."""
        try:
            self.writer.write(text)
            return await self.reader.read(1000)
        except OSError:
            return b""


async def test_a_good_way_carries_and_counts() -> None:
    """What goes in comes out, both ways, and the way is busy for a moment."""
    async with laid() as (front, (way,)):
        one = await Caller.call(front)
        said = await one.say(b"xin chao")

        assert (said, way.moved, way.busy()) == (b"xin chao", 16, 1)


async def test_a_cut_resets_what_is_open_and_lets_nobody_in() -> None:
    """Until it heals."""
    async with laid() as (front, (way,)):
        one = await Caller.call(front)
        await one.say(b"1")
        way.cut()
        cut = [await one.say(b"2"), await (await Caller.call(front)).say(b"3")]
        way.heal()

        assert [*cut, await (await Caller.call(front)).say(b"4")] == [b"", b"", b"4"]


async def test_a_hole_swallows_and_nothing_arrives_late() -> None:
    """No word while it lasts; after it the connections that lost something are reset."""
    async with laid() as (front, (way,)):
        silent, idle = await Caller.call(front), await Caller.call(front)
        await asyncio.gather(silent.say(b"1"), idle.say(b"1"))
        way.hole()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await silent.say(b"2")
        moved = way.moved
        way.heal()

        assert (await silent.say(b"3"), await idle.say(b"4")) == (b"", b"4")
        assert way.moved == moved + 2  # of the idle one only


async def test_a_slow_way_is_slow_and_whole() -> None:
    """Everything arrives, later."""
    async with laid() as (front, (way,)):
        one = await Caller.call(front)
        way.slow(0.15)
        begun = time.monotonic()
        said = await one.say(b"cham")

        assert (said, time.monotonic() - begun >= 0.3) == (b"cham", True)


async def test_a_front_goes_round_what_is_cut() -> None:
    """As a balancer does."""
    async with laid(("a", "b", "c")) as (front, ways):
        ways[0].cut()
        ways[2].cut()
        for _ in range(6):
            assert await (await Caller.call(front)).say(b"x") == b"x"

        assert [way.moved for way in ways] == [0, 12, 0]
