"""What the clients of the long run post is a promise that the gateway can make."""

from __future__ import annotations

from pathlib import Path

import httpx

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from tests.crash.load import FULL, LIGHT, Load


def load(seed: int, count: int) -> Load:
    """Make the clients of a round."""
    return Load("http://x", "key", seed, count, rate=1.0, until=0.0)


def test_a_seed_posts_the_same() -> None:
    """Most are light; every eighth, if nobody says otherwise, tells a full story elsewhere."""
    once, again = load(3, 40).samples(), load(3, 40).samples()
    full = [one for one in once if one.story != "light"]

    assert [one.name for one in once] == [one.name for one in again]
    assert 40 // FULL - 1 <= len(full) <= 40 // FULL
    assert LIGHT not in {one.requests[0].body["procedure"]["code"] for one in full}


async def test_light_dossiers_are_taken(tmp_path: Path) -> None:
    """A run whose posts are refused would prove nothing."""
    settings = Settings(data=tmp_path)
    store = await open_store(settings)
    key, hashed = make_key("sandbox")
    await store.write(lambda connection: clients.add(connection, "x", "sandbox", ["H99"], hashed))
    await store.close()
    app = await build(settings)
    transport = httpx.ASGITransport(app=app)
    said = []
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://x", headers={"Authorization": f"Bearer {key}"}
        ) as client,
    ):
        for one in load(3, 60).samples():
            if one.story != "light":
                continue
            name = ""
            for request in one.requests:
                path = request.path.replace("{id}", name)
                answer = await client.post(path, json=request.body)
                said.append(answer.status_code)
                name = answer.json().get("id", "")

    assert (set(said), len(said) > 60) == ({201}, True)
