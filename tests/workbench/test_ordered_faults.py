"""What a simulator's host does wrong by order, for whoever wants a fault at a moment of his own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.workbench.faults import Faults
from gateway.workbench.simulate import Host, hosted

CODE = "H99.14-260302-0001"
DENIED = "Cập nhật không thành công, vui lòng thử lại sau"


@pytest.fixture
async def portal(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Host a portal that does nothing wrong by itself."""
    host = Host("portal", "national_portal", tmp_path, Faults(flaky=False, seed=1))
    async with (
        hosted(host) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client


async def test_one_record_is_barred_until_all_is_calm(portal: httpx.AsyncClient) -> None:
    """Law 14: Everybody else is served meanwhile, as where a firewall dislikes one record."""
    other = CODE.replace("1", "2")
    await portal.post("/_control/bar", json={"word": CODE})
    barred = await portal.post("/mapi/g", json={"mahoso": CODE})
    served = await portal.post("/mapi/g", json={"mahoso": other})
    await portal.post("/_control/calm", json={})
    calm = await portal.post("/mapi/g", json={"mahoso": CODE})

    assert [one.status_code for one in (barred, served, calm)] == [403, 200, 200]


async def test_every_call_meets_an_ordered_fault(portal: httpx.AsyncClient, tmp_path: Path) -> None:
    """Law 13: A no in words of success, for so long as it was ordered, and the log says so."""
    for seconds in (60.0, 0.0):
        order = {"kind": "denied_200", "seconds": seconds}
        await portal.post("/_control/fault", json=order)
        said = (await portal.post("/mapi/g", json={})).json()["message"]

        assert (said == DENIED) == bool(seconds)

    log = (tmp_path / "portal.faults.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["fault"] for line in log.splitlines()] == ["denied_200"]
