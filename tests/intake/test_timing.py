"""Requests are timed by route and status, in series that nobody who asks can multiply."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from gateway.main.serving import build
from gateway.settings import Settings
from tests.intake.listening import listening

NAME = "lienthong_http_request_seconds_count"


def counted() -> dict[tuple[str, str], float]:
    """Give how many requests were timed, by route and status."""
    return {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == NAME
    }


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that listens."""
    settings = Settings(data=tmp_path)
    async with (
        listening(await build(settings), settings) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as made,
    ):
        yield made


async def test_a_request_is_timed_by_its_route_and_status(client: httpx.AsyncClient) -> None:
    """As the route is written, never as it was asked: an id in a label would be a series of it."""
    before = counted()
    for number in range(3):
        await client.get(f"/v1/dossiers/0192f0c1-7731-7000-8000-00000000000{number}")
    await client.get("/healthz")
    await client.get("/metrics")
    after = counted()
    new = {key: after[key] - before.get(key, 0) for key in after if after[key] > before.get(key, 0)}

    assert new == {
        ("GET /v1/dossiers/{dossier_id}", "401"): 3,
        ("GET /healthz", "200"): 1,
        ("GET /metrics", "200"): 1,
    }


async def test_what_nobody_answers_makes_one_series(client: httpx.AsyncClient) -> None:
    """Invented paths and methods are one and the same."""
    before = set(counted())
    for number in range(20):
        await client.get(f"/invented/{number}")
        await client.request(f"VERB{number}", "/v1/dossiers")

    assert {route for route, _ in set(counted()) - before} <= {"other"}


async def test_metrics_say_what_a_process_is_and_what_it_uses(client: httpx.AsyncClient) -> None:
    """Version and kind of database, the pool, the disk, the size of the database."""
    shown = (await client.get("/metrics")).text
    lines = dict(line.rsplit(" ", 1) for line in shown.splitlines() if not line.startswith("#"))
    (build_info,) = [name for name in lines if name.startswith("lienthong_build_info")]

    assert 'database="embedded"' in build_info
    assert float(lines['lienthong_database_bytes{told_by="store"}']) > 4096
    assert float(lines['lienthong_database_pool{state="most"}']) == 8
    assert 1 <= float(lines['lienthong_database_pool{state="used"}']) <= 8
    assert float(lines['lienthong_database_pool{state="waiting"}']) >= 0
    assert min(float(lines[f"lienthong_disk_{one}_bytes"]) for one in ("free", "used")) > 0
