"""What systems tell: polls and calls, over real sockets and a real folder, into a real store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings, read_systems
from gateway.store import clients
from gateway.workbench.faults import Faults
from gateway.workbench.samples.generator import sample
from gateway.workbench.simulate import Host, hosted

TOKEN = "a-secret-of-the-portal"
STATES = {
    "submitted": 0,
    "accepted": 1,
    "processing": 2,
    "finished": 4,
    "returned": 10,
    "refused": 6,
}


@dataclass
class House:
    """A gateway at work, its API, and the province's simulator."""

    api: httpx.AsyncClient
    portal: httpx.AsyncClient
    province: Host
    witness: Path
    folder: Path

    async def until(self, name: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a dossier is so."""
        async with asyncio.timeout(40):
            while not done(found := (await self.api.get(f"/v1/dossiers/{name}")).json()):
                await asyncio.sleep(0.05)
            return dict(found)

    async def delivered(self, name: str, system: str) -> None:
        """Wait until a system has everything."""
        async with asyncio.timeout(40):
            while True:
                ledger = (await self.api.get(f"/v1/dossiers/{name}/ledger")).json()
                lane = next(one for one in ledger["lanes"] if one["system"] == system)
                if lane["state"] == "done":
                    return
                await asyncio.sleep(0.05)


@pytest.fixture
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Run a gateway between a province, a portal and a folder; the parameter owns the state."""
    owner = getattr(request, "param", None)
    province = Host("province", "igate", tmp_path / "witness", Faults(flaky=False, seed=1))
    portal = Host("portal", "national_portal", tmp_path / "witness", Faults(flaky=False, seed=1))
    (tmp_path / "share" / "out").mkdir(parents=True)
    async with hosted(province) as province_port, hosted(portal) as portal_port:
        map_ = {str(number): name for name, number in STATES.items()}
        tables: dict[str, Any] = {
            "province": {
                "adapter": "igate",
                "owns_status": owner == "province",
                "settings": {
                    "base_url": f"http://127.0.0.1:{province_port}",
                    "client_id": "x",
                    "username": "x",
                    "password": "x",
                    "files": "none",
                    "status_ids": STATES,
                    "status_map": map_,
                },
            },
            "portal": {
                "adapter": "national_portal",
                "inbox": {"agencies": ["H99"], "token": TOKEN},
                "settings": {
                    "base_url": f"http://127.0.0.1:{portal_port}",
                    "agency_code": "H99",
                    "username": "x",
                    "password": "x",
                    "own_name": "portal",
                },
            },
            "old": {
                "adapter": "commune_files",
                "inbox": {"agencies": ["H99"]},
                "settings": {"folder": str(tmp_path / "share")},
            },
        }
        for table in tables.values():
            table["environment"] = "sandbox"
        systems = read_systems({"systems": tables}, {})
        settings = Settings(data=tmp_path / "data", systems=systems, time_scale=0.002)
        store = await open_store(settings)
        key, hashed = make_key("sandbox")
        await store.write(
            lambda connection: clients.add(connection, "x", "sandbox", ["H99"], hashed)
        )
        await store.close()
        app = await build(settings)
        transport = httpx.ASGITransport(app=app)
        async with app.router.lifespan_context(app):
            yield House(
                httpx.AsyncClient(
                    transport=transport,
                    base_url="http://x",
                    headers={"Authorization": f"Bearer {key}"},
                ),
                httpx.AsyncClient(transport=transport, base_url="http://x"),
                province,
                tmp_path / "witness",
                tmp_path / "share",
            )


def effects(house: House, system: str, kind: str) -> list[dict[str, Any]]:
    """Read what a simulator stored."""
    text = (house.witness / f"{system}.effects.jsonl").read_text("utf-8")
    return [row for line in text.splitlines() if (row := json.loads(line))["kind"] == kind]


async def opened(house: House, number: int = 3) -> dict[str, Any]:
    """Post an accepted dossier and wait until the province has it."""
    requests = sample(number, 1).requests
    content = {name: value for name, value in requests[0].body.items() if name != "origin"}
    made: dict[str, Any] = (await house.api.post("/v1/dossiers", json=content)).json()
    await house.api.post(f"/v1/dossiers/{made['id']}/events", json=requests[1].body)
    await house.delivered(made["id"], "province")
    await house.delivered(made["id"], "portal")
    return made


@pytest.mark.parametrize("house", ["province"], indirect=True)
async def test_a_state_of_the_owner_reaches_the_others_and_never_goes_back(house: House) -> None:
    """What the province decides becomes an event; the portal is told, the province is not."""
    content = {k: v for k, v in sample(3, 1).requests[0].body.items() if k != "origin"}
    made = (await house.api.post("/v1/dossiers", json=content)).json()
    await house.delivered(made["id"], "province")
    before = len(effects(house, "province", "event"))
    house.province.simulator.move(content["official_code"], 2)
    found = await house.until(made["id"], lambda one: one["status"] == "processing")
    await house.delivered(made["id"], "portal")

    assert found["events"][-1]["origin"] == "province"
    assert effects(house, "portal", "line")[-1]["status"] == "4"
    assert len(effects(house, "province", "event")) == before


async def test_a_state_of_somebody_else_is_evidence(house: House) -> None:
    """Where the client owns the state, the province's other word is kept and flagged."""
    made = await opened(house)
    house.province.simulator.move(sample(3, 1).code, 4)
    found = await house.until(made["id"], lambda one: "evidence" in one)

    assert (found["status"], found["evidence"][0]["why"]) == ("accepted", "contradicts")
    assert {"code": "contradicted", "by": "province", "pointer": "/status"} in found["data_quality"]


async def test_a_state_outside_the_map_is_quarantined(house: House) -> None:
    """Law 11: A number that nobody explained moves nothing and is shown."""
    made = await opened(house)
    house.province.simulator.move(sample(3, 1).code, 77)
    found = await house.until(made["id"], lambda one: "evidence" in one)

    assert (found["status"], found["evidence"][0]["why"]) == ("accepted", "quarantined")


@pytest.mark.parametrize("house", ["province"], indirect=True)
async def test_a_report_that_comes_before_its_dossier_is_not_lost(house: House) -> None:
    """A report of an unknown code is kept, and becomes an event when the dossier comes."""
    content = {k: v for k, v in sample(3, 1).requests[0].body.items() if k != "origin"}
    house.province.simulator.seed([content["official_code"]])
    house.province.simulator.move(content["official_code"], 2)
    await asyncio.sleep(0.5)
    made = (await house.api.post("/v1/dossiers", json=content)).json()
    found = await house.until(made["id"], lambda one: one["status"] == "processing")

    assert found["events"][-1]["origin"] == "province"


def push(**change: Any) -> dict[str, Any]:
    """Write a push of the portal."""
    data = {
        "MaHoSoQG": "QG-0000012345",
        "MaTTHC": "2.000635",
        "TenTTHC": "Cấp bản sao Trích lục hộ tịch",
        "MaLinhVuc": "G15-TP04",
        "TenLinhVuc": "Hộ tịch",
        "MaCoQuan": "H99.14.05",
        "DonViXuLy": "UBND xã Bản Thử",
        "ChuHoSo": "Lò Thị Mẫu Thử",
        "LoaiDoiTuong": "1",
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "001399000000"}],
        "NgayNopHoSo": "20260302081502",
    }
    return {"service": "nhanhsdvcqg", "isUpdating": "False", "data": data | change}


async def pushed(house: House, body: Any, token: str = TOKEN) -> httpx.Response:
    """Call as the portal does."""
    return await house.portal.post(
        "/hear/portal/forward/nhanhsdvcqg", params={"token": token}, json=body
    )


async def test_a_dossier_born_on_the_portal_arrives(house: House) -> None:
    """A push makes a dossier that whoever serves the agency can see, and work on."""
    answer = await pushed(house, push())
    found = (await house.api.get("/v1/dossiers", params={"code": "QG-0000012345"})).json()
    name = found["dossiers"][0]["id"]
    step = sample(3, 1).requests[1].body
    taken = await house.api.post(f"/v1/dossiers/{name}/events", json=step)

    assert (answer.status_code, answer.json()["error_code"]) == (200, 0)
    assert (taken.status_code, taken.json()["status"]) == (201, "accepted")


async def test_the_same_push_again_is_said_to_be_known(house: House) -> None:
    """A repeat is answered 1 and changes nothing."""
    codes = [(await pushed(house, push())).json()["error_code"] for _ in range(2)]

    assert codes == [0, 1]


async def test_a_push_that_cannot_be_taken_is_answered_and_kept(house: House) -> None:
    """What is missing is named in the answer, under HTTP 200 as they expect."""
    answer = await pushed(house, push(ChuHoSo=""))

    assert (answer.status_code, answer.json()["error_code"]) == (200, -1)
    assert "/owner/name" in answer.json()["message"]


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_nobody_calls_without_the_secret(house: House, token: str) -> None:
    """A call without the secret finds nothing there."""
    assert (await pushed(house, push(), token)).status_code == 404


def export(*rows: dict[str, str]) -> bytes:
    """Write an export."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def row(number: int, **change: str) -> dict[str, str]:
    """Write a row of old software."""
    return {
        "SoBienNhan": f"BN-{number}",
        "MaHoSo": f"H99.14.05-260302-{number:04d}",
        "MaTTHC": "2.000635",
        "TenTTHC": "Cấp bản sao Trích lục hộ tịch",
        "MaLinhVuc": "G15-TP04",
        "TenLinhVuc": "Hộ tịch",
        "MaCoQuan": "H99.14.05",
        "TenCoQuan": "UBND xã Bản Thử",
        "LoaiDoiTuong": "Cá nhân",
        "ChuHoSo": "Lò Thị Mẫu Thử",
        "SoDinhDanh": f"0011990000{number:02d}",
        "Kenh": "Trực tiếp",
        "TrangThai": "Mới đăng ký",
        "NgayNop": "02/03/2026 08:00:00",
        "CapNhatLuc": "02/03/2026 17:30:00",
    } | change


async def read(house: House, name: str, body: bytes) -> Path:
    """Lay an export out and wait until it was put away; give where."""
    (house.folder / "out" / name).write_bytes(body)
    async with asyncio.timeout(60):
        while not (found := list((house.folder / "done").glob(f"*-{name}"))):
            await asyncio.sleep(0.05)
    return found[0]


async def test_a_night_of_rows_becomes_dossiers_and_the_next_changes_nothing(
    house: House,
) -> None:
    """Every row repeats every night: the second night makes no event, and nothing goes back."""
    await read(house, "dem-1.csv", export(row(1), row(2)))
    await read(house, "dem-2.csv", export(row(1, CapNhatLuc="03/03/2026 17:30:00"), row(2)))
    rows = (await house.api.get("/v1/dossiers", params={"ref": "BN-1"})).json()["dossiers"]
    await house.delivered(rows[0]["id"], "portal")

    assert [one["version"] for one in rows] == [1]
    assert list((house.folder / "in").glob("*")) == []


async def test_a_bad_row_is_reported_beside_the_export(house: House) -> None:
    """The report names row, column and reason, and no person; the other rows go on."""
    body = export(row(1), row(2, TrangThai="Lạ"), row(3, MaTTHC=""), row(4))
    away = await read(house, "dem-1.csv", body)
    report = away.with_name(f"{away.name}.errors.csv").read_text("utf-8")
    lines = list(csv.reader(io.StringIO(report)))
    found = (await house.api.get("/v1/dossiers")).json()["dossiers"]

    assert [line[:2] for line in lines[1:]] == [["3", "TrangThai"], ["4", "/procedure/code"]]
    assert ("Mẫu Thử" in report, sorted(one["ref"] for one in found)) == (False, ["BN-1", "BN-4"])


async def test_a_step_of_an_export_reaches_the_others(house: House) -> None:
    """A changed row is an event for the portal."""
    await read(house, "dem-1.csv", export(row(1, NgayTiepNhan="", NgayHenTra="")))
    later = row(1, TrangThai="Đang xử lý", CapNhatLuc="03/03/2026 17:30:00")
    reception = {"NgayTiepNhan": "02/03/2026 09:00:00", "NgayHenTra": "05/03/2026"}
    await read(house, "dem-2.csv", export(later | reception))
    rows = (await house.api.get("/v1/dossiers", params={"ref": "BN-1"})).json()["dossiers"]
    found = await house.until(rows[0]["id"], lambda one: one["status"] == "processing")
    await house.delivered(rows[0]["id"], "portal")

    assert found["events"][-1]["origin"] == "old"
    assert effects(house, "portal", "line")[-1]["status"] == "4"


async def test_thousands_of_rows_are_read_once(house: House) -> None:
    """A long export is handed in by parts, each row once."""
    await read(house, "dem-1.csv", export(*(row(number) for number in range(1, 451))))
    found, query = 0, "/v1/dossiers?limit=200"
    while query:
        page = (await house.api.get(query)).json()
        found += len(page["dossiers"])
        query = f"/v1/dossiers?limit=200&cursor={page['next']}" if "next" in page else ""

    assert found == 450
