"""Suspects over HTTP: one dossier that they do not take, and an address that was mended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from gateway.intake.reads import _lane
from gateway.rules.gate import Gate
from gateway.rules.lane_states import PARKED
from gateway.store.work import systems
from gateway.workbench.simulate import Behaves
from tests.delivery.test_delivery import House, dossier, house, idle

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Forbidding:
    """A system that answers 403 to whatever speaks of this; None: to everything."""

    inner: Behaves
    of: str | None

    def seed(self, codes: list[str]) -> None:
        """Pass on."""
        self.inner.seed(codes)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Forbid it, or answer as it should."""
        if self.of is None or self.of in f"{path} {body.decode()}":
            return 403, {"Content-Type": "text/html"}, b"<h1>Forbidden</h1>"
        return self.inner.handle(method, path, headers, body)

    def excuse(self, path: str) -> bytes | None:
        """Pass on."""
        return self.inner.excuse(path)

    def move(self, code: str, status: int) -> None:
        """Pass on."""
        self.inner.move(code, status)


def forbid(at: House, of: str | None) -> None:
    """Let the only system forbid this from now on."""
    host = at.hosts["province"]
    host.simulator = Forbidding(host.simulator, of)


def parked(found: dict[str, Any]) -> bool:
    """Say whether the lane is parked."""
    return bool(found["lanes"][0]["state"] == PARKED)


async def test_one_dossier_that_is_forbidden_delays_nobody(tmp_path: Path) -> None:
    """Law 14: It parks with the call for the integrator; the gate never closes for it."""
    with capture_logs() as logged:
        async with house(tmp_path, {"province": {"adapter": "echo"}}) as at:
            poison = dossier(1)
            forbid(at, poison["official_code"])
            name = (await at.post(poison)).body["id"]
            await at.until(name, lambda found: bool(found["attempts"]))
            others = [(await at.post(dossier(number))).body["id"] for number in range(2, 8)]
            for other in others:
                await at.until(other, idle)
            found = await at.until(name, parked)
            stored = {effect["dossier"] for effect in at.effects("province")}

    (lane,) = found["lanes"]
    assert (lane["reason"], lane["parked_for"], lane["tries"]) == ("singled_out", "integrator", 0)
    assert "HTTP 403" in lane["detail"][0]["detail"]
    assert (stored, {one["outcome"] for one in found["attempts"]}) == (set(others), {"suspect"})
    assert [line for line in logged if line["event"] == "gate"] == []


async def test_what_shuts_everybody_out_says_who_met_it_and_is_mended_by_a_start(
    tmp_path: Path,
) -> None:
    """Law 14: Log and ledger name dossier and call; the first start elsewhere tells everybody."""
    wanted = {"province": {"adapter": "echo"}}
    with capture_logs() as logged:
        async with house(tmp_path, json.loads(json.dumps(wanted))) as at:
            forbid(at, None)
            names = [(await at.post(dossier(number))).body["id"] for number in range(1, 5)]

            def shut(found: dict[str, Any]) -> bool:
                return Gate.from_row(found["lanes"][0]["gate"]).why == "suspects"

            found = await at.until(names[0], shut)
            await at.store.write(lambda connection: systems.hold(connection, [], "me", "restart"))
            lane = _lane(found["lanes"][0], 1, "en")
    async with house(tmp_path, wanted) as at:
        await at.store.write(lambda connection: systems.release(connection, []))
        for name in names:
            await at.until(name, idle)

    line = next(line for line in logged if line["event"] == "gate")
    assert (line["why"], line["dossier"] in names, line["call"]) == (
        "suspects",
        True,
        lane["gate"]["call"],
    )
    assert (lane["gate"]["dossier"], lane["gate"]["since"]) == (line["dossier"], line["since"])
    assert line["call"].startswith("PUT /")
