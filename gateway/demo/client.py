"""Drives the demonstration as its users would: through the API, and through nightly exports."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.kit import charsets
from gateway.demo.environment import Environment
from gateway.demo.foxpro import table
from gateway.demo.hostile import hostile
from gateway.workbench.samples.generator import Sample
from schemas.base import VIETNAM

AT_ONCE = 16
LATER = frozenset({429, 503})
"""With what the gateway says that the same should come again."""
PATIENCE = 90.0
"""Seconds for which nothing moves in a folder before an export counts as never read."""
EXPORTED = "rows"
"""The story whose dossiers come by nightly exports instead of the API."""


@dataclass(slots=True)
class Progress:
    """What is known so far, for whoever shows it."""

    dossiers: int = 0
    requests: int = 0
    posted: int = 0
    nights: int = 0
    refused: list[str] = field(default_factory=list)
    systems: list[dict[str, Any]] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)


async def drive(
    on: Environment, samples: Sequence[Sample], progress: Progress
) -> list[dict[str, Any]]:
    """Post what comes by the API, each dossier in its own order, until there is an answer."""
    posted = [one for one in samples if one.story != EXPORTED]
    progress.dossiers, progress.requests = len(samples), sum(len(one.requests) for one in posted)
    waiting = list(reversed(posted))
    done: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {on.key}"}
    async with httpx.AsyncClient(
        base_url=on.address, headers=headers, trust_env=False, timeout=30
    ) as client:

        async def clerk() -> None:
            while waiting:
                done.append(await _post(client, waiting.pop(), progress))

        await asyncio.gather(*(clerk() for _ in range(AT_ONCE)))
    return done


async def _post(client: httpx.AsyncClient, one: Sample, progress: Progress) -> dict[str, Any]:
    followed: dict[str, Any] = {"sample": one, "id": "", "promised": set()}
    for request in one.requests:
        if request.path == "/v1/dossiers":
            await _upload(client, request.body)
        path = request.path.replace("{id}", followed["id"])
        answer = await _until_answered(client, path, request.body)
        if answer.status_code >= 300:
            progress.refused.append(f"{one.name} {request.path}: {answer.text[:300]}")
            continue
        progress.posted += 1
        body = answer.json()
        followed["id"] = body["id"]
        if "ref" in request.body:
            followed["promised"].add(request.body["ref"])
        followed["promised"].update(event["ref"] for event in request.body.get("events", ()))
    return followed


async def _upload(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """Upload the papers, and refer to them by their hash from then on."""
    for part in body.get("components", ()):
        for file in part.get("files", ()):
            content = f"%PDF-1.4 {file['id']}".encode()
            file["sha256"] = hashlib.sha256(content).hexdigest()
            await _until_answered(client, "/v1/files", content)


async def _until_answered(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    """Post as a client should: no answer, 429 or 503 means the same post once more."""
    while True:
        try:
            if isinstance(body, bytes):
                kind = {"Content-Type": "application/pdf"}
                answer = await client.post(path, content=body, headers=kind)
            else:
                answer = await client.post(path, json=body)
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code not in LATER:
            return answer
        await asyncio.sleep(0.2)


COLUMNS = {
    "SoBienNhan": "/source/ref",
    "MaHoSo": "/official_code",
    "MaTTHC": "/procedure/code",
    "TenTTHC": "/procedure/name",
    "MaLinhVuc": "/procedure/field/code",
    "TenLinhVuc": "/procedure/field/name",
    "TrichYeu": "/summary",
    "MaCoQuan": "/agencies/competent/code",
    "TenCoQuan": "/agencies/competent/name",
    "ChuHoSo": "/owner/name",
    "SoDinhDanh": "/owner/identities/0/number",
    "DienThoai": "/owner/phone",
    "NgayNop": "/submitted_at",
    "NgayTiepNhan": "/received_at",
    "NgayHenTra": "/due/at",
    "NgayKetThuc": "/finished_at",
    "NgayTra": "/returned_at",
    "CapNhatLuc": "/source/as_of",
}
STATES = {
    "submitted": "Mới đăng ký",
    "accepted": "Đã tiếp nhận",
    "processing": "Đang xử lý",
    "finished": "Đã xong",
}
CHANNELS = {"direct": "Trực tiếp", "post": "Bưu chính", "online": "Trực tuyến"}


async def nights(
    on: Environment, samples: Sequence[Sample], progress: Progress
) -> list[dict[str, Any]]:
    """Lay out exports night by night, each with every row, as old software does.

    The commune leaves a FoxPro table in TCVN3, the ward (where there is one) a CSV file in VNI.
    """
    told = [one for one in samples if one.story == EXPORTED]
    theirs = told[1::2] if on.ward is not None else []
    ours = [one for one in told if one not in theirs]
    await asyncio.gather(
        _nights(on, on.commune, ours, _foxpro, progress),
        *([_nights(on, on.ward, theirs, _vni, progress)] if on.ward is not None else []),
    )
    return [
        {"sample": one, "id": "", "promised": {one.requests[0].body["source"]["ref"]}}
        for one in told
    ]


Rows = Sequence[dict[str, str]]


async def _nights(
    on: Environment,
    folder: Path,
    told: Sequence[Sample],
    written: Callable[[Rows], dict[str, bytes]],
    progress: Progress,
) -> None:
    """Lay out one program's exports, the next when the last was read."""
    if not told:
        return
    last = max(len(one.requests) for one in told)
    files: dict[str, bytes] = {}
    for night in range(last + 1):
        rows = [_row(one.requests[min(night, len(one.requests) - 1)].body) for one in told]
        files = written([*rows, {**rows[0], "SoBienNhan": "la", "TrangThai": "?"}])
        for ending, body in files.items():
            lay = _lay_with_a_pause if night == last else _lay
            await lay(folder / "out", f"dem-{night + 1}{ending}", body)
        for ending in files:
            await _gone(folder / "out" / f"dem-{night + 1}{ending}", on)
        progress.nights = max(progress.nights, night + 1)
    if on.hostile and ".csv" in files:
        await _again(folder, "dem-1.csv", files[".csv"], on)
        await _hostile(folder, files[".csv"], on)


async def _again(folder: Path, name: str, body: bytes, on: Environment) -> None:
    """Lay out an export under a name that was there before, twice: nothing is overwritten."""
    for times in (2, 3):
        await _lay(folder / "out", name, body)
        await _gone(folder / "out" / name, on, times=times)


async def _hostile(folder: Path, export: bytes, on: Environment) -> None:
    """Lay out what no export is; each must go aside alone, and a good one behind them be read."""
    files = hostile(export)
    for name, body in files.items():
        await _lay(folder / "out", name, body)
    await _lay(folder / "out", "dem-cuoi.csv", export)
    await _gone(folder / "out" / "dem-cuoi.csv", on)
    for name in files:
        await _gone(folder / "out" / name, on, where="bad")


def _foxpro(rows: Rows) -> dict[str, bytes]:
    """Write a table in TCVN3, with a deleted row, the summary in its memo file (laid out first)."""
    named = [
        {name.upper()[:10]: charsets.encode(cell, "tcvn3") for name, cell in row.items()}
        for row in rows
    ]
    gone = {**named[0], "SOBIENNHAN": b"da-xoa"}
    body, memo = table([*named, gone], memos=["TRICHYEU"], deleted=[len(named)])
    return {".FPT": memo, ".DBF": body}


def _vni(rows: Rows) -> dict[str, bytes]:
    return {".csv": charsets.encode(_csv(rows), "vni")}


async def _lay(out: Path, name: str, body: bytes) -> None:
    """Write an export slowly, under its final name."""
    while True:
        try:
            await asyncio.to_thread((out / name).write_bytes, body[: len(body) // 2])
            await asyncio.sleep(0.05)
            await asyncio.to_thread((out / name).write_bytes, body)
        except FileNotFoundError:  # the folder is away for the moment
            await asyncio.sleep(0.1)
            continue
        return


async def _lay_with_a_pause(out: Path, name: str, body: bytes) -> None:
    """Write an export and stop in the middle for longer than a quiet file waits, holding it."""
    while True:
        try:
            with await asyncio.to_thread((out / name).open, "wb", 0) as file:
                await asyncio.to_thread(file.write, body[: len(body) // 2])
                await asyncio.sleep(1.0)
                await asyncio.to_thread(file.write, body[len(body) // 2 :])
        except FileNotFoundError:  # the folder is away for the moment
            await asyncio.sleep(0.1)
            continue
        return


async def _gone(file: Path, on: Environment, *, where: str = "done", times: int = 1) -> None:
    """Wait until an export has been read and put away, so often if its name was there before."""
    folder, (stem, ending) = file.parent.parent, (file.stem, file.suffix)
    place, since = folder / where, time.monotonic()
    lies: list[str] = []
    while time.monotonic() - since < PATIENCE:
        with contextlib.suppress(FileNotFoundError):  # the folder is away for the moment
            found = [*place.glob(f"*-{stem}{ending}"), *place.glob(f"*-{stem}~*{ending}")]
            if len(found) >= times:
                return
            if (
                now := sorted(f"{one.parent.name}/{one.name}" for one in folder.glob("*/*"))
            ) != lies:
                lies, since = now, time.monotonic()
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{file.name} never came to {where}: {on.folder} has {', '.join(lies)}")


def _row(body: dict[str, Any]) -> dict[str, str]:
    row = {column: _text(body, pointer) for column, pointer in COLUMNS.items()}
    return row | {
        "LoaiDoiTuong": "Cá nhân",
        "Kenh": CHANNELS[body["channel"]],
        "TrangThai": STATES[body.get("status", "submitted")],
    }


def _text(body: Any, pointer: str) -> str:
    """Find a field and write it as old software does."""
    at = body
    for step in pointer.strip("/").split("/"):
        if isinstance(at, list):
            at = at[int(step)] if int(step) < len(at) else None
        else:
            at = (at or {}).get(step)
    if not isinstance(at, str):
        return ""
    if pointer.endswith(("_at", "/at", "as_of")):
        moment = datetime.fromisoformat(at).astimezone(VIETNAM)
        return moment.strftime("%d/%m/%Y %H:%M:%S")
    return at


def _csv(rows: Rows) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
