"""Wrong keys are told to wait, by address and by beginning; a right one never is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings, read_systems
from gateway.store import clients
from tests.intake.listening import listening

RIGHT, HASHED = make_key("live")
TABLES = {
    "systems": {
        "echo": {
            "adapter": "echo",
            "settings": {"base_url": "http://127.0.0.1:1"},
            "inbox": {"token": "a-secret-of-sixteen"},
        }
    }
}


@asynccontextmanager
async def gateway(data: Path, *proxies: str) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a gateway that knows one key; give a client without any."""
    settings = Settings(data=data, trusted_proxies=proxies, systems=read_systems(TABLES, {}))
    store = await open_store(settings)
    await store.write(lambda connection: clients.add(connection, "x", "live", ["*"], HASHED))
    await store.close()
    async with (
        listening(await build(settings), settings) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        yield client


async def ask(api: httpx.AsyncClient, key: str, **headers: str) -> httpx.Response:
    """Ask for something under a key."""
    return await api.get("/v1/systems", headers={"Authorization": f"Bearer {key}", **headers})


async def guesses(api: httpx.AsyncClient, count: int, **headers: str) -> list[int]:
    """Try keys that all begin differently."""
    return [(await ask(api, f"lt_live_{n:08}guess", **headers)).status_code for n in range(count)]


async def test_an_address_with_many_wrong_keys_waits(tmp_path: Path) -> None:
    """However they begin, from the 21st in a minute on they are 429 with Retry-After."""
    async with gateway(tmp_path) as api:
        said = await guesses(api, 25)
        last = await ask(api, "lt_live_other")

    assert said == [401] * 20 + [429] * 5
    assert 1 <= int(last.headers["retry-after"]) <= 60


async def test_a_right_key_passes_from_such_an_address(tmp_path: Path) -> None:
    """An office behind one address goes on working while one of its machines guesses."""
    async with gateway(tmp_path) as api:
        await guesses(api, 30)
        right = await ask(api, RIGHT)

    assert right.status_code == 200


async def test_no_key_is_no_wrong_key(tmp_path: Path) -> None:
    """Whoever brings none is told so, as often as it asks."""
    async with gateway(tmp_path) as api:
        said = {(await api.get("/v1/systems")).status_code for _ in range(30)}

    assert said == {401}


async def test_nobody_speaks_for_others_unless_trusted(tmp_path: Path) -> None:
    """Without a trusted proxy a forwarded address is a claim, and counts for nothing."""
    async with gateway(tmp_path) as api:
        said = [
            (
                await ask(api, f"lt_live_{n:08}guess", **{"X-Forwarded-For": f"10.0.0.{n}"})
            ).status_code
            for n in range(25)
        ]

    assert said[-1] == 429


async def test_behind_a_trusted_proxy_each_address_counts(tmp_path: Path) -> None:
    """Counted is the right-most address that no trusted proxy has."""
    async with gateway(tmp_path, "127.0.0.0/8", "10.9.0.1") as api:
        said = await guesses(api, 25, **{"X-Forwarded-For": "1.1.1.1, 10.0.0.1, 10.9.0.1"})
        forged = await ask(api, "lt_live_x", **{"X-Forwarded-For": "9.9.9.9, 10.0.0.1"})
        other = await ask(api, "lt_live_y", **{"X-Forwarded-For": "10.0.0.2"})

    assert (said[-1], forged.status_code, other.status_code) == (429, 429, 401)


async def test_one_beginning_is_guessed_from_few_places(tmp_path: Path) -> None:
    """Many addresses that try the rest of one key wait together; the key itself passes."""
    begin = RIGHT[:16]
    async with gateway(tmp_path, "127.0.0.1") as api:
        said = [
            (await ask(api, f"{begin}{n:08}", **{"X-Forwarded-For": f"10.0.0.{n}"})).status_code
            for n in range(25)
        ]
        right = await ask(api, RIGHT, **{"X-Forwarded-For": "10.1.0.1"})

    assert (said, right.status_code) == ([401] * 20 + [429] * 5, 200)


async def test_a_system_s_secret_is_no_easier_to_guess(tmp_path: Path) -> None:
    """Calls of outside systems count too."""
    async with gateway(tmp_path) as api:
        said = [
            (await api.post("/hear/echo/x", headers={"Authorization": f"Bearer {n}"})).status_code
            for n in range(25)
        ]

    assert said == [404] * 20 + [429] * 5
