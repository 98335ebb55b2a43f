"""The due time by the catalogue stands beside the stated one, wherever a dossier is shown."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.workbench.samples.generator import sample

CATALOGUE = "code,name,amount,unit\n1.000001,x,3,working_day\n1.000002,x,,\n1.000003,x,,none\n"
EXPECTED = {
    "at": "2026-02-25T17:00:00+07:00",
    "basis": "counted",
    "rule": {
        "vi": "3 ngày làm việc sau ngày tiếp nhận 13/02/2026",
        "en": "3 working days after the day of reception 13/02/2026",
    },
    "provisional": False,
    "stated": "2026-02-26T17:00:00+07:00",
    "compared": "later",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a gateway whose catalogue says of one procedure how long it may take."""
    file = tmp_path / "procedures.csv"
    file.write_text(CATALOGUE)
    settings = Settings(data=tmp_path / "data", procedures=file)
    store = await open_store(settings)
    key, hashed = make_key("sandbox")
    await store.write(lambda connection: clients.add(connection, "x", "sandbox", ["H99"], hashed))
    await store.close()
    app = await build(settings)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://x", headers=headers
        ) as client,
    ):
        yield client


def body(procedure: str) -> dict[str, Any]:
    """Write a dossier that was received on a Friday before Tết."""
    found = copy.deepcopy(sample(1, 1).requests[0].body)
    kept = {name: found[name] for name in ("agencies", "owner", "channel")}
    return kept | {
        "source": {"ref": procedure},
        "procedure": {"code": procedure},
        "submitted_at": "2026-02-13T16:20:00+07:00",
        "received_at": "2026-02-13T16:30:00+07:00",
        "status": "processing",
        "due": {"at": "2026-02-26T17:00:00+07:00"},
    }


async def everywhere(api: httpx.AsyncClient, dossier: str) -> list[Any]:
    """Read a dossier, its ledger and its line of the list; give what each expects."""
    answers = [
        (await api.get(f"/v1/dossiers/{dossier}")).json(),
        (await api.get(f"/v1/dossiers/{dossier}/ledger")).json(),
        *(
            one
            for one in (await api.get("/v1/dossiers")).json()["dossiers"]
            if one["id"] == dossier
        ),
    ]
    assert len(answers) == 3
    return [one.get("expected_due") for one in answers]


async def test_what_the_catalogue_counts_is_told_everywhere(api: httpx.AsyncClient) -> None:
    """In the answer to the post, the dossier, its ledger and the list; the stated one stays."""
    posted = (await api.post("/v1/dossiers", json=body("1.000001"))).json()
    found = await everywhere(api, posted["id"])
    held = (await api.get(f"/v1/dossiers/{posted['id']}")).json()

    assert [posted["expected_due"], *found] == [EXPECTED] * 4
    assert held["due"]["at"] == EXPECTED["stated"]


@pytest.mark.parametrize("procedure", ["1.000002", "1.000003", "1.000004"])
async def test_what_nobody_can_count_is_told_nowhere(
    api: httpx.AsyncClient, procedure: str
) -> None:
    """Of a procedure without a duration, or without a due time, or that the catalogue lacks."""
    posted = (await api.post("/v1/dossiers", json=body(procedure))).json()

    assert "expected_due" not in posted
    assert await everywhere(api, posted["id"]) == [None] * 3


async def test_while_the_citizen_is_waited_for_the_clock_stands(api: httpx.AsyncClient) -> None:
    """No time is told, but why there is none; what is not received has no clock at all."""
    posted = (await api.post("/v1/dossiers", json=body("1.000001"))).json()
    event = {
        "ref": "e-1",
        "kind": "supplement_requested",
        "status": "awaiting_supplement",
        "occurred_at": "2026-02-23T09:00:00+07:00",
        "reason": "thiếu giấy tờ",
        "supplement": {"stage": "processing", "content": "thiếu giấy tờ"},
    }
    waiting = await api.post(f"/v1/dossiers/{posted['id']}/events", json=event)
    early = {name: value for name, value in body("1.000001").items() if name != "received_at"}
    fresh = await api.post(
        "/v1/dossiers", json=early | {"source": {"ref": "fresh"}, "status": "submitted"}
    )
    assert waiting.status_code == 201, waiting.text
    said = waiting.json()["expected_due"]

    assert (said["basis"], "at" in said, "compared" in said) == ("clock_stands", False, False)
    assert await everywhere(api, posted["id"]) == [said] * 3
    assert "expected_due" not in fresh.json()
