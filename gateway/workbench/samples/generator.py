"""Makes sample dossiers: sample number i of a seed is always the same, however many are made."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.workbench.samples.tables import (
    COMMUNES,
    DEPARTMENT,
    FAMILY,
    GIVEN,
    MIDDLE,
    OFFICERS,
    PROCEDURES,
    Commune,
    Procedure,
)
from schemas.base import VIETNAM

PORTAL = "national-portal"
REFERENCE = datetime(2026, 6, 15, 17, 0, tzinfo=VIETNAM)
"""The day on which the samples on disk end."""
STORIES = (
    "plain",
    "plain",
    "supplement",
    "plain",
    "refused",
    "plain",
    "withdrawn",
    "fees",
    "plain",
    "overdue",
    "takeover",
    "plain",
    "rows",
    "supplement",
    "unexpressible",
    "plain",
    "late",
    "corrected",
    "plain",
    "supplement",
)
"""Which story sample i tells: i modulo this list."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `{id}` in the path is the dossier's id from the first answer."""

    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """A dossier as its software posts it. `parks`: systems that must refuse it for good."""

    name: str
    story: str
    born: str
    code: str
    requests: tuple[Request, ...]
    parks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Maker:
    """Draws one sample; the clock only moves forward, so every event has its own second."""

    draw: random.Random
    number: int
    seed: int
    clock: datetime
    procedure: Procedure
    commune: Commune
    born: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def tick(self, low: int = 20, high: int = 90) -> str:
        """Let some minutes pass; give the time as text."""
        self.clock += timedelta(
            minutes=self.draw.randint(low, high), seconds=self.draw.randint(1, 59)
        )
        return self.clock.isoformat()

    @property
    def code(self) -> str:
        """The official code: unit, day, number."""
        day = REFERENCE.strftime("%y%m%d")
        return f"{self.commune.agency}-{day}-{self.seed % 10}{self.number:05d}"

    def event(self, kind: str, **more: Any) -> dict[str, Any]:
        """Add an event."""
        name, title = self.draw.choice(OFFICERS)
        made = {
            "ref": f"buoc-{len(self.events) + 2}",
            "kind": kind,
            "occurred_at": more.pop("at", None) or self.tick(),
            "officer": {"name": name, "title": title},
            "department": DEPARTMENT,
            **more,
        }
        self.events.append(made)
        return made

    def accepted(self) -> None:
        """Take the dossier in and promise a day."""
        at = self.tick()
        due = (self.clock + timedelta(days=self.procedure.days)).replace(
            hour=17, minute=0, second=0
        )
        self.event("accepted", at=at, received_at=at, due={"at": due.isoformat()})

    def finished(self) -> None:
        """Finish with a result and hand it over."""
        result = {
            "id": f"kq-{self.number}",
            "code": self.procedure.result_code,
            "name": self.procedure.result,
            "number": f"{self.number}/2026",
            "form": "electronic",
            "files": [
                {
                    "id": f"kq-{self.number}-1",
                    "name": "ket-qua.pdf",
                    "url": f"https://tep.example.test/kq/{self.number}",
                }
            ],
        }
        self.event("finished", action="Ký và phát hành kết quả", results=[result])
        self.event("returned", hand_over={"method": "counter", "received_by": "Người nhận Mẫu"})

    def party(self) -> dict[str, Any]:
        """Invent an owner: names and numbers that nobody can have."""
        year = self.draw.randint(60, 99)
        place, sex = self.draw.randint(1, 96), self.draw.randint(0, 1)
        number = f"{place:03d}{sex}{year:02d}0000{self.number % 100:02d}"
        name = f"{self.draw.choice(FAMILY)} {self.draw.choice(MIDDLE)} {self.draw.choice(GIVEN)}"
        return {
            "kind": "citizen",
            "name": name,
            "birth": f"19{year}",
            "nationality": "VN",
            "phone": f"0900 000 {self.number % 1000:03d}",
            "email": f"mau{self.number}@example.test",
            "identities": [{"kind": "personal_number", "number": number}],
            "addresses": [
                {
                    "kind": "permanent",
                    "detail": "Ấp Ví Dụ",
                    "generation": "from_2025_07",
                    "commune": {"code": self.commune.code, "name": self.commune.name},
                    "province": {"code": self.commune.province_code, "name": self.commune.province},
                }
            ],
        }

    def dossier(self) -> dict[str, Any]:
        """Write the dossier as it is handed in."""
        submitted = self.tick(1, 5)
        agency = {
            "code": self.commune.agency,
            "name": f"UBND {self.commune.name.lower()}, {self.commune.province.lower()}",
        }
        made: dict[str, Any] = {
            "source": {"ref": f"{self.seed}/{self.number}", "system": "Một cửa xã"},
            "official_code": self.code,
            "procedure": {
                "code": self.procedure.code,
                "name": self.procedure.name,
                "field": {"code": self.procedure.field_code, "name": self.procedure.field_name},
            },
            "summary": f"{self.procedure.name} (mẫu {self.number})",
            "agencies": {"competent": agency, "receiving": agency},
            "owner": self.party(),
            "channel": "online"
            if self.born == "portal"
            else self.draw.choice(["direct", "direct", "post"]),
            "submitted_at": submitted,
            "components": [
                {
                    "id": f"tp-{index}",
                    "name": name,
                    "originals": 1,
                    "digitised": True,
                    "files": [
                        {
                            "id": f"t-{self.number}-{index}",
                            "name": f"giay-to-{index}.pdf",
                            "url": f"https://tep.example.test/t/{self.number}-{index}",
                        }
                    ],
                }
                for index, name in enumerate(self.procedure.papers, start=1)
            ],
        }
        if self.procedure.fee:
            made["fees"] = [
                {
                    "id": "lp-1",
                    "name": "Lệ phí",
                    "kind": "le_phi",
                    "amount": self.procedure.fee,
                    "phase": "reception",
                }
            ]
        if self.born == "portal":
            made["origin"] = {"system": PORTAL, "code": self.code, "at": submitted}
        return made


def sample(number: int, seed: int, now: datetime = REFERENCE) -> Sample:
    """Make sample `number` of a seed; the newest events lie shortly before `now`."""
    draw = random.Random(f"{seed}:{number}")
    story = STORIES[number % len(STORIES)]
    born = "counter" if draw.random() < 0.15 or story in {"rows", "takeover"} else "portal"
    begun = now.astimezone(VIETNAM).replace(hour=7, minute=30, second=0, microsecond=0)
    maker = _Maker(
        draw,
        number,
        seed,
        begun - timedelta(days=draw.randint(3, 9)),
        draw.choice(PROCEDURES),
        draw.choice(COMMUNES),
        born,
    )
    return _story(maker, story)


def _story(maker: _Maker, story: str) -> Sample:  # noqa: C901 - a list of short stories
    dossier = maker.dossier()
    parks: tuple[str, ...] = ()
    if story == "rows":
        return _sample(maker, story, _rows(maker, dossier))
    if story == "refused":
        maker.event("refused", reason="Không thuộc thẩm quyền giải quyết")
        return _sample(maker, story, _posted(maker, dossier))
    maker.accepted()
    match story:
        case "unexpressible":
            dossier["owner"].pop("identities")
            parks = (PORTAL, "province")
        case "corrected":
            dossier["notes"] = "Ghi chú dài. " * 200
            first = maker.events[0]["ref"]
            maker.event("progress", action="Thẩm định hồ sơ", status="processing")
            maker.event(
                "corrected",
                reason="Ghi chú quá dài",
                supersedes=first,
                patch={"notes": "Ghi chú đã rút gọn."},
            )
        case "supplement":
            maker.event(
                "supplement_requested",
                supplement={"stage": "processing", "content": "Bổ sung bản sao giấy tờ"},
            )
            maker.event("supplement_received", note="Đã nhận đủ giấy tờ")
        case "fees":
            maker.event(
                "fee_requested",
                fee_id="lp-9",
                status="awaiting_payment",
                fees=[{"id": "lp-9", "name": "Phí bản sao", "kind": "phi", "amount": 8000}],
            )
            maker.event("fee_paid", fee_id="lp-9")
        case "withdrawn":
            maker.event("withdrawal_requested")
            maker.event("stopped", reason="Công dân rút hồ sơ")
            return _sample(maker, story, _posted(maker, dossier))
        case "overdue":
            due = (maker.clock - timedelta(hours=1)).isoformat()
            maker.events[0]["due"] = {"at": due}
            maker.event("progress", action="Chờ xác minh", status="processing")
            return _sample(maker, story, _posted(maker, dossier))
        case "late":
            early = maker.tick()
            maker.event("progress", action="Phân công xử lý", status="processing")
            maker.event("progress", action="Thẩm định hồ sơ")
            maker.event("progress", action="Kiểm tra giấy tờ (ghi sau)", at=early)
        case _:
            maker.event("progress", action="Thẩm định hồ sơ", status="processing")
    maker.finished()
    if story == "takeover":
        return _sample(maker, story, _taken_over(maker, dossier))
    return _sample(maker, story, _posted(maker, dossier), parks)


def _sample(
    maker: _Maker, story: str, requests: tuple[Request, ...], parks: tuple[str, ...] = ()
) -> Sample:
    return Sample(f"{maker.number:04d}-{story}", story, maker.born, maker.code, requests, parks)


def _posted(maker: _Maker, dossier: dict[str, Any]) -> tuple[Request, ...]:
    """Post the dossier, then each event as it happens."""
    events = (Request("/v1/dossiers/{id}/events", event) for event in maker.events)
    return (Request("/v1/dossiers", dossier), *events)


def _taken_over(maker: _Maker, dossier: dict[str, Any]) -> tuple[Request, ...]:
    """Post a dossier in the middle of its life; the portal knows its first steps already."""
    past, rest = maker.events[:2], maker.events[2:]
    taken = dossier | {
        "events": past,
        "known_in": [{"system": PORTAL, "ref": maker.code, "as_of": past[-1]["occurred_at"]}],
    }
    return (
        Request("/v1/dossiers", taken),
        *(Request("/v1/dossiers/{id}/events", event) for event in rest),
    )


def _rows(maker: _Maker, dossier: dict[str, Any]) -> tuple[Request, ...]:
    """Post rows of a software that knows only the present and a modification date."""
    requests = []
    received = maker.tick()
    due = (maker.clock + timedelta(days=maker.procedure.days)).isoformat()
    row = dossier
    for change in (
        {},
        {"status": "accepted", "received_at": received, "due": {"at": due}},
        {"status": "processing"},
        {"status": "finished", "finished_at": None},
    ):
        stamp = maker.tick()
        if "finished_at" in change:
            change["finished_at"] = stamp
        row = row | change | {"source": dossier["source"] | {"as_of": maker.tick(1, 3)}}
        requests.append(Request("/v1/snapshots", row))
    return tuple(requests)


def generate(count: int, seed: int, now: datetime = REFERENCE) -> Iterator[Sample]:
    """Make samples 1 to `count`."""
    return (sample(number, seed, now) for number in range(1, count + 1))


def write(folder: Path, count: int = 300, seed: int = 1) -> None:
    """Write samples as files that a person can read."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in generate(count, seed):
        (folder / f"{one.name}.json").write_text(text(one), encoding="utf-8")


def text(one: Sample) -> str:
    """Give a sample as readable JSON."""
    shown = {
        "name": one.name,
        "story": one.story,
        "born": one.born,
        "parks": one.parks,
        "requests": [{"post": request.path, "body": request.body} for request in one.requests],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
