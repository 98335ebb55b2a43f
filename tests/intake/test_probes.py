"""Metrics and readiness are for whoever runs the gateway: at an address of their own."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gateway.bounds import Bounds
from gateway.main.serving import build
from gateway.settings import Settings, SettingsError
from gateway.workbench.machine import free_port
from tests.intake.listening import listening

PROBES = ("/metrics", "/readyz")


async def said(address: str, *paths: str, **headers: str) -> list[int]:
    """Give how each path is answered."""
    async with httpx.AsyncClient(base_url=address, trust_env=False, headers=headers) as client:
        return [(await client.get(path)).status_code for path in paths]


async def test_with_a_port_of_their_own_they_are_nowhere_else(tmp_path: Path) -> None:
    """The port of the clients has health alone, that of the probes nothing else."""
    settings = Settings(data=tmp_path, metrics_port=free_port())
    async with listening(await build(settings), settings) as address:
        clients = await said(address, *PROBES, "/healthz", "/docs")
        probes = await said(
            f"http://127.0.0.1:{settings.metrics_port}", *PROBES, "/healthz", "/docs", "/v1/systems"
        )

    assert (clients, probes) == ([404, 404, 200, 200], [200, 200, 200, 404, 404])


async def test_without_one_they_answer_this_machine_alone(tmp_path: Path) -> None:
    """What a proxy passes on comes from elsewhere, whoever the proxy is."""
    settings = Settings(data=tmp_path)
    async with listening(await build(settings), settings) as address:
        here = await said(address, *PROBES)
        passed_on = await said(address, *PROBES, **{"X-Forwarded-For": "10.0.0.1"})
        by_rfc = await said(address, *PROBES, Forwarded="for=10.0.0.1")

    assert (here, passed_on, by_rfc) == ([200, 200], [404, 404], [404, 404])


async def test_they_answer_nobody_from_elsewhere(tmp_path: Path) -> None:
    """An address of the network is told that there is nothing."""
    settings = Settings(data=tmp_path)
    app = await build(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, client=("10.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            found = [(await client.get(path)).status_code for path in (*PROBES, "/healthz")]

    assert found == [404, 404, 200]


async def test_probes_have_places_of_their_own(tmp_path: Path) -> None:
    """Whoever takes all places of the clients does not hide the gateway from its operators."""
    settings = Settings(data=tmp_path, metrics_port=free_port(), bounds=Bounds(connections=1))
    async with (
        listening(await build(settings), settings) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as one,
    ):
        await one.get("/healthz")
        probes = await said(f"http://127.0.0.1:{settings.metrics_port}", *PROBES)

    assert probes == [200, 200]


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """The gateway does not start without its probes."""
    settings = Settings(data=tmp_path, metrics_port=free_port(), metrics_host="192.0.2.1")
    app = await build(settings)
    with pytest.raises((SettingsError, SystemExit)):
        async with listening(app, settings):
            pass
