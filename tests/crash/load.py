"""Clients under fire: each posts its dossiers in order and repeats until it has an answer.

Most dossiers are light (a post, perhaps one event) and go to the echo system; some tell
one of the full stories to the other three. What got a 2xx was promised, and is remembered.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from gateway.demo.client import EXPORTED
from gateway.workbench.samples.generator import Request, Sample, sample
from gateway.workbench.samples.tables import PROCEDURES

CLERKS = 48
FULL = 8
"""Every so manieth dossier tells a full story, unless told otherwise."""
LIGHT = "1.999999"
"""The procedure of the light ones; it exists nowhere else."""
HEAVY = tuple(one.code for one in PROCEDURES)
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
PAUSE = 0.2
SECONDS = 20.0


@dataclass(slots=True)
class Load:
    """The clients of one round; `open`: requests without an answer now.

    until: by the monotonic clock, when nobody begins another dossier
    full: every so manieth dossier tells a full story
    """

    address: str
    key: str
    seed: int
    count: int
    rate: float
    until: float
    full: int = FULL
    open: int = 0
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    posted: list[dict[str, Any]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def good(self) -> int:
        """Count the answers that promised something."""
        return sum(count for status, count in self.answers.items() if status.startswith("2"))

    def samples(self) -> list[Sample]:
        """Make the round's dossiers, the same for the same seed."""
        now = datetime.now(UTC) - timedelta(hours=1)
        made = []
        for number in range(1, self.count + 1):
            one = sample(number, self.seed, now)
            full = number % self.full == 0 and one.story != EXPORTED
            made.append(one if full else light(one, number, self.seed))
        return made

    async def drive(self, samples: list[Sample]) -> None:
        """Post everything, at most `rate` new dossiers a second."""
        waiting = list(reversed(samples))
        begun, taken = time.monotonic(), 0
        self.hold.set()
        headers = {"Authorization": f"Bearer {self.key}"}
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:

            async def clerk() -> None:
                nonlocal taken
                while waiting and time.monotonic() < self.until:
                    one = waiting.pop()
                    taken += 1
                    await asyncio.sleep(max(0.0, begun + taken / self.rate - time.monotonic()))
                    await self.hold.wait()
                    self.posted.append(await self._post(session, one))

            await asyncio.gather(*(clerk() for _ in range(CLERKS)))

    async def _post(self, session: aiohttp.ClientSession, one: Sample) -> dict[str, Any]:
        followed: dict[str, Any] = {"sample": one, "id": "", "promised": set()}
        for request in one.requests:
            if request.path == "/v1/dossiers":
                await self._upload(session, request.body)
            path = request.path.replace("{id}", followed["id"])
            status, body = await self._until_answered(session, path, request.body)
            if status >= 300:
                self.refused.append(f"{one.name} {request.path}: {status} {body.get('code')}")
                continue
            followed["id"] = body["id"]
            if "ref" in request.body:
                followed["promised"].add(request.body["ref"])
            followed["promised"].update(event["ref"] for event in request.body.get("events", ()))
        return followed

    async def _upload(self, session: aiohttp.ClientSession, body: dict[str, Any]) -> None:
        """Upload the papers, and refer to them by their hash from then on."""
        for part in body.get("components", ()):
            for file in part.get("files", ()):
                content = f"%PDF-1.4 {file['id']}".encode()
                file["sha256"] = hashlib.sha256(content).hexdigest()
                await self._until_answered(session, "/v1/files", content)

    async def _until_answered(
        self, session: aiohttp.ClientSession, path: str, body: Any
    ) -> tuple[int, dict[str, Any]]:
        """Post as a client should: no answer, or one that says so, means the same once more."""
        while True:
            self.open += 1
            try:
                async with self._sent(session, path, body) as answer:
                    status, said = answer.status, await answer.json(content_type=None)
                self.answers[str(status)] += 1
                if status not in AGAIN:
                    return status, said
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                self.answers["none"] += 1
            finally:
                self.open -= 1
            await asyncio.sleep(PAUSE)

    def _sent(
        self, session: aiohttp.ClientSession, path: str, body: Any
    ) -> aiohttp.client._RequestContextManager:
        if isinstance(body, bytes):
            kind = {"Content-Type": "application/pdf"}
            return session.post(f"{self.address}{path}", data=body, headers=kind)
        return session.post(f"{self.address}{path}", json=body)


def light(one: Sample, number: int, seed: int) -> Sample:
    """Make a dossier with the least that counts: a post, and for every third one an event."""
    whole = one.requests[0].body
    kept = ("owner", "summary", "agencies", "channel", "submitted_at")
    body = {key: whole[key] for key in kept} | {
        "source": {"ref": f"{seed}/nhe/{number}"},
        "procedure": {"code": LIGHT, "name": "Thủ tục nhẹ"},
        "channel": "direct",
    }
    place = f"{number % 96 + 1:03d}085"
    body["owner"] = {
        "kind": "citizen",
        "name": whole["owner"]["name"],
        "identities": [{"kind": "personal_number", "number": f"{place}{number % 10**6:06d}"}],
    }
    requests = [Request("/v1/dossiers", body)]
    if number % 3 == 0:
        handed_in = datetime.fromisoformat(whole["submitted_at"])
        event = {
            "ref": "buoc-2",
            "kind": "accepted",
            "occurred_at": (handed_in + timedelta(minutes=5)).isoformat(),
            "received_at": (handed_in + timedelta(minutes=5)).isoformat(),
            "due": {"at": (handed_in + timedelta(days=3)).isoformat()},
            "officer": {"name": "Cán bộ Mẫu", "title": "Công chức"},
        }
        requests.append(Request("/v1/dossiers/{id}/events", event))
    return replace(one, story="light", born="counter", code="", requests=tuple(requests), parks=())


__all__ = ["HEAVY", "LIGHT", "Load", "light"]
