"""Every way in, walked by one marked person: posts, refusals, calls and exports."""

from __future__ import annotations

import base64
import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from gateway.workbench.samples.generator import sample
from tests.flow.canary_gateway import CanaryGateway
from tests.flow.marks import EMAIL, FILE, NAME, NOTE, NUMBER, PHONE, REF, SECRETS, STREET

HEAR = "/hear/portal/forward/nhanhsdvcqg"
PERSON = {
    "kind": "citizen",
    "name": NAME,
    "phone": PHONE,
    "email": EMAIL,
    "identities": [{"kind": "personal_number", "number": NUMBER}],
    "addresses": [{"detail": STREET, "province": {"name": STREET}}],
}


def dossier(number: int, ref: str = "") -> dict[str, Any]:
    """Write a dossier of the marked person."""
    made = copy.deepcopy(sample(number, 1).requests[0].body)
    made.pop("origin", None)
    made["source"]["ref"] = f"{REF}-{ref or number}"
    made["source"]["raw"] = f"{NAME};{NUMBER}"
    made |= {"owner": copy.deepcopy(PERSON), "notes": NOTE}
    made["submitter"] = copy.deepcopy(PERSON) | {"relation": "self"}
    made["components"][0]["files"][0]["name"] = FILE
    made["extensions"] = {"phan-mem": {"so": NUMBER}}
    return made


def accepted(at: datetime) -> dict[str, Any]:
    """Write the first event."""
    return {
        "ref": "buoc-2",
        "kind": "accepted",
        "occurred_at": at.isoformat(),
        "received_at": at.isoformat(),
        "due": {"at": (at + timedelta(days=3)).isoformat()},
        "officer": {"name": NAME},
        "note": NOTE,
    }


async def posts(api: httpx.AsyncClient) -> tuple[list[httpx.Response], str]:
    """Post, take further, correct, send rows and merge; give the answers and a dossier's id."""
    upload = {"Content-Type": "application/pdf", "Content-Disposition": f"x; name={quote(FILE)}"}
    told = [await api.post("/v1/files", content=NAME.encode(), headers=upload)]
    told += [await api.post("/v1/dossiers", json=dossier(number)) for number in (3, 5, 7)]
    names = [one.json()["id"] for one in told[1:]]
    now = datetime.now(UTC) - timedelta(hours=1)
    first = accepted(now)
    correct = {
        "ref": "sua-1",
        "kind": "corrected",
        "occurred_at": (now + timedelta(minutes=5)).isoformat(),
        "reason": NOTE,
        "patch": {"notes": NOTE + " đã sửa"},
    }
    told += [
        await api.post(f"/v1/dossiers/{names[0]}/events", json=event) for event in (first, correct)
    ]
    for minutes in (1, 2):
        row = dossier(9, "row") | {"summary": f"{NAME} {minutes}"}
        row["source"]["as_of"] = (now + timedelta(minutes=minutes)).isoformat()
        told.append(await api.post("/v1/snapshots", json=row))
    merge = {"duplicate": names[2], "reason": NOTE, "by": {"name": NAME}}
    told.append(await api.post(f"/v1/dossiers/{names[1]}/merge", json=merge))
    return told, names[0]


def wrong(one: str) -> list[tuple[str, str, Any]]:
    """List posts whose wrong value is a marked one."""
    now = datetime.now(UTC).isoformat()
    event = {"ref": "e", "occurred_at": now, "officer": {"name": NAME}}
    stray = dossier(3) | {"agencies": {"competent": {"code": NUMBER, "name": NAME}}}
    return [
        ("POST", "/v1/dossiers", dossier(11) | {"nguoi_nop": NAME}),
        ("POST", "/v1/dossiers", dossier(11) | {"official_code": NUMBER * 20}),
        ("POST", "/v1/dossiers", dossier(11) | {"owner": NAME}),
        ("POST", "/v1/dossiers", dossier(11) | {"owner": PERSON | {"birth": NUMBER}}),
        ("POST", "/v1/dossiers", dossier(11) | {"owner": PERSON | {"kind": NAME}}),
        ("POST", "/v1/dossiers", dossier(11) | {"owner": PERSON | {"nationality": NAME}}),
        ("POST", "/v1/dossiers", dossier(11) | {"owner": PERSON | {"phone": int(PHONE)}}),
        ("POST", "/v1/dossiers", dossier(11) | {"submitted_at": NUMBER}),
        ("POST", "/v1/dossiers", dossier(11) | {"channel": EMAIL}),
        ("POST", "/v1/dossiers", dossier(11) | {"extensions": {"x": {"y": NOTE * 2000}}}),
        ("POST", "/v1/dossiers", dossier(3) | {"notes": NOTE * 2}),  # the same ref, not the same
        ("POST", "/v1/dossiers", stray),
        ("POST", "/v1/dossiers", f'{{"owner": "{NAME}'.encode()),
        ("POST", "/v1/dossiers", f'{{"a": {NUMBER}{NAME}}}'.encode()),
        ("POST", "/v1/dossiers", f'["{NAME}", {NUMBER}]'.encode()),
        ("POST", "/v1/dossiers", f'{{"a": "{NAME}", "a": "{NUMBER}"}}'.encode()),
        ("POST", "/v1/dossiers", NAME.encode("utf-16")),
        ("POST", "/v1/dossiers", f'{{"notes": "{NAME * 40000}"}}'.encode()),
        ("POST", "/v1/snapshots", dossier(13)),
        ("POST", f"/v1/dossiers/{one}/events", event | {"kind": "returned", "note": NOTE}),
        ("POST", f"/v1/dossiers/{one}/events", event | {"kind": NAME}),
        ("POST", f"/v1/dossiers/{one}/events", event | {"kind": "progress", "supersedes": REF}),
        ("POST", f"/v1/dossiers/{one}/events?expected_version={NUMBER}", event | {"kind": "noted"}),
        (
            "POST",
            f"/v1/dossiers/{one}/events",
            event | {"kind": "corrected", "reason": NOTE, "patch": {"owner": {"kind": NAME}}},
        ),
        ("POST", f"/v1/dossiers/{one}/merge", {"duplicate": NUMBER, "reason": NOTE, "by": NAME}),
        ("POST", f"/v1/dossiers/{quote(NAME)}/events", event | {"kind": "progress"}),
        ("GET", f"/v1/dossiers/{quote(NAME)}", None),
        ("GET", f"/v1/{quote(NAME)}/{NUMBER}", None),
        ("GET", f"/v1/dossiers?cursor={quote(NAME)}&limit={NUMBER}", None),
        ("GET", f"/v1/dossiers?status={quote(NAME)}", None),
        ("GET", f"/v1/files/{quote(FILE)}", None),
        ("PATCH", f"/v1/dossiers/{one}?x={quote(EMAIL)}", None),
        ("POST", f"{HEAR}?token={quote(SECRETS['password'])}", {"data": PERSON}),
    ]


async def refusals(gateway: CanaryGateway, one: str) -> list[httpx.Response]:
    """Post what is wrong, with the key, with others' keys and with none."""
    told = []
    for method, path, body in wrong(one):
        raw = {"content": body} if isinstance(body, bytes) else {"json": body}
        kind = {"Content-Type": "application/json", "X-Request-Id": NUMBER}
        more = {} if body is None else raw
        told.append(await gateway.api.request(method, path, headers=kind, **more))
    others = (SECRETS["token"], f"{gateway.key}x", base64.b64encode(NUMBER.encode()).decode())
    told += [
        await gateway.api.post(
            "/v1/dossiers", json=dossier(3), headers={"Authorization": f"Bearer {key}"}
        )
        for key in others
    ]
    plain = {"Content-Type": f"text/{NUMBER}", "X-Content-Sha256": NUMBER}
    told += [
        await gateway.api.post(path, content=NAME.encode(), headers=plain)
        for path in ("/v1/dossiers", "/v1/files")
    ]
    return told


async def calls(gateway: CanaryGateway) -> list[httpx.Response]:
    """Call as the portal does: rightly, wrongly, and with something that is no call."""
    data = {
        "MaHoSoQG": "QG-0000012345",
        "MaTTHC": "2.000635",
        "TenTTHC": "Cấp bản sao",
        "MaCoQuan": "H99.14.05",
        "ChuHoSo": NAME,
        "LoaiDoiTuong": "1",
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": NUMBER}],
        "NgayNopHoSo": "20260302081502",
        "SoDienThoai": PHONE,
    }
    bad = [{"ChuHoSo": ""}, {"NgayNopHoSo": NAME}, {"LoaiDoiTuong": NAME}, {"MaCoQuan": NUMBER}]
    bodies: list[Any] = [{"service": "nhanhsdvcqg", "data": data | change} for change in [{}, *bad]]
    bodies += [{"service": NAME, "data": NUMBER}, [NAME], NAME]
    key = {"Authorization": f"Bearer {SECRETS['inbox']}"}
    return [await gateway.api.post(HEAR, headers=key, json=body) for body in bodies]


def lay_out(gateway: CanaryGateway) -> None:
    """Let old software leave exports: with bad rows, and one that is no table."""
    head = "SoBienNhan,MaTTHC,TenTTHC,MaCoQuan,LoaiDoiTuong,ChuHoSo,SoDinhDanh,TrangThai,NgayNop,X"
    good = f"BN-1,2.000635,Cap,H99.14.05,Cá nhân,{NAME},{NUMBER},Mới đăng ký,02/03/2026 08:00:00,x"
    rows = [good]
    for place in (1, 3, 4, 7, 8):
        cells = good.split(",")
        cells[0], cells[place] = f"BN-{place}", f"{NAME} {NUMBER}"
        rows.append(",".join(cells))
    (gateway.share / "out" / "dem-1.csv").write_text("\n".join([head, *rows, ""]), "utf-8")
    (gateway.share / "out" / "dem-2.csv").write_text(f"{NAME}\n{NUMBER}\n", "utf-8")
