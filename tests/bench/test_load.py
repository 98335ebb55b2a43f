"""The load generator and the witness, over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from schemas.dossier import NewDossier
from tests.bench.dossiers import LARGE, SMALL, text
from tests.bench.ground import Witness, witness
from tests.bench.load import Load, Order, Result
from tests.bench.mould import Mould

ANSWER = b'{"id": "x"}'


@asynccontextmanager
async def server(stall: float = 0.0) -> AsyncIterator[int]:
    """Answer every post; the first one only after a stall that holds up everybody."""
    calm, gone = asyncio.Event(), asyncio.Event()
    talking = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal talking
        talking += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length: ")[1].split()[0]))
                await calm.wait()
                length = f"Content-Length: {len(ANSWER)}".encode()
                writer.write(b"HTTP/1.1 201 X\r\n" + length + b"\r\n\r\n" + ANSWER)
        writer.close()
        talking -= 1
        if not talking:
            gone.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as listening:
        asyncio.get_running_loop().call_later(stall, calm.set)
        yield listening.sockets[0].getsockname()[1]
        await gone.wait()


async def carry_out(port: int, **more: float) -> Result:
    """Carry out an order against a port."""
    words = {"ports": [port], "path": "/", "headers": {}, "first": 0, "connections": 4}
    order = Order(mould=text(SMALL), **{**words, **more})  # type: ignore[arg-type]
    return await Load(order).run()


async def test_a_stall_is_seen_by_whoever_was_due_in_it() -> None:
    """Open loop: latency counts from when a post was due, although it could not be sent then."""
    async with server(stall=0.4) as port:
        found = await carry_out(port, rate=100, count=50)

    assert found.accepted == 50
    assert found.latency["p50"] > 0.1  # with four connections a closed loop would show four
    assert found.latency["max"] > 0.35


async def test_a_closed_loop_posts_what_it_was_told_to() -> None:
    """So many dossiers, no fewer and no more, and all are counted."""
    async with server() as port:
        found = await carry_out(port, count=37)

    assert (found.accepted, found.others, found.latency["samples"]) == (37, {}, 37)
    assert found.ended >= found.begun > time.monotonic() - 60


async def test_answers_that_are_no_success_are_counted_apart() -> None:
    """The witness answers 500 when it is told to: none is accepted."""
    with witness(1) as seen:
        seen.ask("/order", {"system": 0, "mode": "500"})
        found = await carry_out(seen.ports[0], count=5)

    assert (found.accepted, found.others) == (0, {"500": 5})


def tell(seen: Witness, system: int, name: str) -> int:
    """Tell a system of a dossier."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.put(f"{seen.urls[system]}/dossiers/{name}", json={"version": 1}).status_code


def test_the_witness_counts_exchanges_and_distinct_dossiers() -> None:
    """A repeat is an exchange and no dossier; each system counts for itself."""
    with witness(2) as seen:
        begun = time.monotonic()
        said = [tell(seen, 0, "a"), tell(seen, 0, "b"), tell(seen, 0, "a"), tell(seen, 1, "a")]
        first, second = seen.wait_for(1, [0, 1], 5)
        arrivals = seen.ask("/arrivals")
        seen.ask("/reset")
        emptied = seen.ask("/counts")

    assert said == [200] * 4
    assert (first["exchanges"], first["distinct"]) == (3, 2)
    assert (second["exchanges"], second["distinct"]) == (1, 1)
    assert begun < arrivals[0]["a"] < arrivals[0]["b"] < first["last"] <= second["last"]
    assert [one["exchanges"] for one in emptied] == [0, 0]


def test_the_witness_counts_what_comes_in_one_call() -> None:
    """A batch is one exchange and several dossiers."""
    with witness(1) as seen, httpx.Client(trust_env=False, timeout=5) as client:
        body = {"dossiers": [{"dossier": {"id": name}} for name in "ab"]}
        client.post(f"{seen.urls[0]}/dossiers", json=body)
        found = seen.ask("/counts")[0]

    assert (found["exchanges"], found["distinct"]) == (1, 2)


def test_a_system_can_be_ordered_to_fail() -> None:
    """It refuses connections, or says nothing, and then is well again under the same address."""
    with witness(1) as seen:
        for _ in range(2):  # whoever is told twice refuses as before
            seen.ask("/order", {"system": 0, "mode": "refuse"})
            with pytest.raises(httpx.ConnectError):
                tell(seen, 0, "a")
        seen.ask("/order", {"system": 0, "mode": "silent"})
        with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.3) as one:
            one.put(f"{seen.urls[0]}/dossiers/a", json={})
        seen.ask("/order", {"system": 0, "mode": "answer"})

        assert tell(seen, 0, "a") == 200


@pytest.mark.parametrize(("size", "bytes_"), [(SMALL, 1_000), (LARGE, 50_000)])
def test_dossiers_are_valid_and_of_their_size(size: str, bytes_: int) -> None:
    """Everybody is given dossiers that the product accepts, each with numbers of its own."""
    mould = Mould(text(size))
    one, other = (NewDossier.model_validate_json(mould.fill(number)) for number in (1, 2))

    assert mould.length == len(mould.fill(123_456)) == pytest.approx(bytes_, rel=0.2)
    assert one.source.ref != other.source.ref
    assert one.owner.identities != other.owner.identities
    assert one.official_code != other.official_code
