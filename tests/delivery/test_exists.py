"""A code that somebody else has taken there: the dossier waits for an officer, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.admission.requests import Denied, RecordEvent
from gateway.store.work import retrying
from gateway.store.work.retrying import Choice
from schemas.event import NewEvent
from tests.delivery.test_delivery import CLIENT, PORTAL, House, dossier, house, idle

CODE = "H99.14-260302-0001"
PROVINCE: dict[str, Any] = {
    "adapter": "igate",
    "settings": {
        "client_id": "a",
        "username": "b",
        "password": "c",
        "files": "none",
        "status_ids": {
            "submitted": 0,
            "accepted": 1,
            "processing": 2,
            "finished": 4,
            "returned": 10,
        },
    },
}


def told(kind: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """Configure one system, with what differs."""
    return {
        "s": {
            name: dict(value) if isinstance(value, dict) else value for name, value in kind.items()
        }
        | more
    }


def posted(**more: Any) -> dict[str, Any]:
    """Write a dossier under the code."""
    return dossier(1, official_code=CODE, **more)


def corrected(code: str) -> dict[str, Any]:
    """Write the officer's correction of the code."""
    return {
        "ref": "sua-ma",
        "kind": "corrected",
        "occurred_at": "2026-06-14T10:00:00",
        "reason": "Gõ nhầm mã hồ sơ",
        "supersedes": "registered",
        "patch": {"official_code": code},
    }


def is_parked(found: dict[str, Any]) -> bool:
    """Say whether the lane waits for a human."""
    return found["lanes"][0]["parked_for"] is not None


def snapshots(at: House) -> list[str]:
    """Give the codes under which the system was told a whole dossier."""
    return [one["code"] for one in at.effects("s") if one["kind"] == "snapshot"]


@pytest.mark.parametrize("kind", [PORTAL, PROVINCE], ids=["portal", "igate"])
async def test_a_taken_code_waits_for_the_officer(tmp_path: Path, kind: dict[str, Any]) -> None:
    """Law 17: Nothing of the other dossier is touched; the officer is told that it is the code."""
    async with house(tmp_path, told(kind, switches={"occupied": [CODE]})) as at:
        name = (await at.post(posted())).body["id"]
        lane = (await at.until(name, is_parked))["lanes"][0]
        (chosen,) = await at.store.read(
            lambda connection: retrying.choose(connection, Choice(dossier=UUID(name)))
        )

        assert (lane["parked_for"], lane["reason"], chosen.cause) == (
            "officer",
            "exists_already",
            "exists_already",
        )
        assert [one["pointer"] for one in lane["detail"]] == ["/official_code"]
        assert at.effects("s") == []


@pytest.mark.parametrize("kind", [PORTAL, PROVINCE], ids=["portal", "igate"])
async def test_a_corrected_code_is_delivered(tmp_path: Path, kind: dict[str, Any]) -> None:
    """Law 17: The officer puts the code right, and the dossier goes by itself."""
    async with house(tmp_path, told(kind, switches={"occupied": [CODE]})) as at:
        name = (await at.post(posted())).body["id"]
        await at.until(name, is_parked)
        await at.event(name, corrected("H99.14-260302-0010"))
        await at.until(name, idle)

        assert snapshots(at) == ["H99.14-260302-0010"]


async def test_a_code_that_a_system_was_told_is_fixed(tmp_path: Path) -> None:
    """Law 17: What they hold under the first code is no right to write over another."""
    taken = "H99.14-260302-0010"
    async with house(tmp_path, told(PORTAL, switches={"occupied": [taken]})) as at:
        name = (await at.post(posted())).body["id"]
        await at.until(name, idle)
        answer = await at.batcher.submit(
            RecordEvent(
                client=CLIENT,
                dossier=UUID(name),
                event=NewEvent.model_validate(corrected(taken)),
                digest=b"",
            )
        )

        assert isinstance(answer, Denied)
        assert (answer.status, answer.code, [one.pointer for one in answer.faults]) == (
            409,
            "code_fixed",
            ["/patch/official_code"],
        )
        assert snapshots(at) == [CODE]


async def test_what_brought_a_told_code_is_not_taken_back(tmp_path: Path) -> None:
    """Law 17: A told code does not go because the event that brought it is superseded."""
    linked = {
        "ref": "ma",
        "kind": "linked",
        "occurred_at": "2026-06-14T09:00:00",
        "official_code": CODE,
    }
    undone = {
        "ref": "bo",
        "kind": "corrected",
        "occurred_at": "2026-06-14T10:00:00",
        "reason": "Gõ nhầm",
        "supersedes": "ma",
    }
    async with house(tmp_path, told(PORTAL)) as at:
        name = (await at.post(dossier(1, official_code=None))).body["id"]
        await at.event(name, linked)
        await at.until(name, idle)
        answer = await at.batcher.submit(
            RecordEvent(
                client=CLIENT,
                dossier=UUID(name),
                event=NewEvent.model_validate(undone),
                digest=b"",
            )
        )

        assert isinstance(answer, Denied)
        assert [one.pointer for one in answer.faults] == ["/supersedes"]


def losing(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Lose the answer to the first create, after everything was stored."""
    lost: list[str] = []

    def noted(method: str, path: str, headers: Any, body: bytes) -> Any:
        answer = handle(method, path, headers, body)
        create = b'"isUpdating":"False"' in body.replace(b" ", b"") or path.endswith(
            "--apply-online/"
        )
        if not create or lost:
            return answer
        lost.append(path)
        return 502, {"Content-Type": "text/html"}, b"<html>"

    return noted


@pytest.mark.parametrize("kind", [PORTAL, PROVINCE], ids=["portal", "igate"])
async def test_our_own_create_of_which_the_answer_was_lost(
    tmp_path: Path, kind: dict[str, Any]
) -> None:
    """Law 17: What exists there is ours, and the history follows."""
    async with house(tmp_path, told(kind)) as at:
        simulator: Any = at.hosts["s"].simulator
        simulator.handle = losing(simulator.handle)
        name = (await at.post(posted())).body["id"]
        found = await at.until(name, idle)

        words = [one["outcome"] for one in found["attempts"]]
        assert words[::-1] == ["uncertain", "delivered"]
        assert set(snapshots(at)) == {CODE}


async def test_what_they_are_known_to_hold_is_brought_up_to_date(tmp_path: Path) -> None:
    """Law 17: A takeover names the system: no create is asked for."""
    known = [{"system": "s", "ref": CODE, "as_of": "2026-06-14T10:00:00+07:00"}]
    event = {"ref": "b", "kind": "progress", "occurred_at": "2026-06-15T10:00:00", "action": "Xem"}
    async with house(tmp_path, told(PROVINCE, switches={"occupied": [CODE]})) as at:
        name = (await at.post(posted(known_in=known))).body["id"]
        await at.event(name, event)
        await at.until(name, idle)

        created = [one["created"] for one in at.effects("s") if one["kind"] == "snapshot"]
        assert (set(created), len(created) > 0) == ({False}, True)


async def test_a_retry_goes_through_once_the_other_one_is_gone(tmp_path: Path) -> None:
    """Whoever runs the system removes it, and the operator lets ours go again."""
    async with house(tmp_path, told(PORTAL, switches={"occupied": [CODE]})) as at:
        name = (await at.post(posted())).body["id"]
        await at.until(name, is_parked)
        at.hosts["s"].simulator.known.clear()  # type: ignore[attr-defined]
        chosen = await at.store.read(
            lambda connection: retrying.choose(connection, Choice(cause="exists_already"))
        )
        await at.store.write(
            lambda connection: retrying.make_ready(connection, chosen, linger=0, by="me", why="x")
        )
        await at.until(name, idle)

        assert snapshots(at) == [CODE]


async def test_a_deployment_may_say_that_it_replaces(tmp_path: Path) -> None:
    """Where all that stands there is surely ours, as after a restored backup."""
    own = told(PORTAL, switches={"occupied": [CODE]}, limits={"on_exists": "replace"})
    async with house(tmp_path, own) as at:
        await at.until((await at.post(posted())).body["id"], idle)

        assert snapshots(at) == [CODE]


async def test_the_others_go_on(tmp_path: Path) -> None:
    """Law 17: One taken code parks one dossier."""
    async with house(tmp_path, told(PORTAL, switches={"occupied": [CODE]})) as at:
        bodies = [
            dossier(1, source={"ref": f"r-{n}"}, official_code=f"H99.14-260302-{n:04d}")
            for n in range(4)
        ]
        names = [a.body["id"] for a in await asyncio.gather(*(at.post(one) for one in bodies))]
        for name in names:
            await at.until(name, lambda found: idle(found) or is_parked(found))

        assert set(snapshots(at)) == {body["official_code"] for body in bodies} - {CODE}
