"""A province's iGate over real sockets: codes, files, doubt, tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.kit.driver import Conversation
from adapters.kit.http import HttpTransport
from adapters.kit.port import Checkpoint
from adapters.kit.session import SessionCache
from gateway.workbench.checks import step_of
from gateway.workbench.faults import Faults
from gateway.workbench.samples.generator import sample
from gateway.workbench.simulate import Host, hosted
from gateway.workbench.transports import subject
from schemas.outcome import (
    EXISTS_ALREADY,
    CannotExpress,
    Delivered,
    Outcome,
    Refused,
    Remote,
    Uncertain,
)

SHA = "ab" * 32


def document(**change: Any) -> dict[str, Any]:
    """Write a dossier with one uploaded file."""
    made = dict(sample(3, 1).requests[0].body)
    made.pop("origin", None)
    part = dict(made["components"][0])
    part["files"] = [{"id": "t-1", "name": "to-khai.pdf", "sha256": SHA}]
    event = {
        "ref": "registered",
        "kind": "registered",
        "occurred_at": made["submitted_at"],
        "action": "Nộp hồ sơ",
        "status": "submitted",
        "seq": 1,
        "recorded_at": made["submitted_at"],
    }
    base: dict[str, Any] = {
        "id": "019a0000-0000-7000-8000-000000000001",
        "version": 1,
        "environment": "sandbox",
        "status": "submitted",
        "components": [part],
        "events": [event],
    }
    return made | base | change


class Told:
    """A conversation with a hosted iGate; what was checkpointed is kept."""

    def __init__(self, folder: Path, **switches: Any) -> None:
        self.host = Host("province", "igate", folder, Faults(flaky=False, seed=1), switches)
        self.kept: list[Remote] = []
        self.file = folder / "file"
        self.file.write_bytes(b"%PDF")
        self.session_cache = SessionCache(3600)
        self.port = 0

    @property
    def simulator(self) -> Any:
        """The simulated province."""
        return self.host.simulator

    async def tell(
        self, doc: dict[str, Any], *, cut_after: int | None = None
    ) -> Outcome | CannotExpress:
        """Tell a dossier; `cut_after`: the connection is cut at that checkpoint."""
        adapter = registry.find_adapters().adapters["igate"]

        async def keep(asked: Checkpoint) -> None:
            self.kept.append(asked.remote)
            if cut_after is not None and len(self.kept) > cut_after:
                raise ConnectionError

        transport = HttpTransport(
            f"http://127.0.0.1:{self.port}", exchange_seconds=5, files=lambda _sha: self.file
        )
        conversation = Conversation(
            adapter=adapter,
            settings=subject(adapter).settings,
            transport=transport,
            session_cache=self.session_cache,
            checkpoint=keep,
            seconds=30,
        )
        try:
            return await conversation.run(step_of(doc))
        except CannotExpress as error:
            return error
        finally:
            await transport.close()


@asynccontextmanager
async def telling(folder: Path, **switches: Any) -> AsyncIterator[Told]:
    """Host a province for as long as this is open."""
    told = Told(folder, **switches)
    async with hosted(told.host) as told.port:
        yield told


async def test_a_code_that_they_allocate_is_the_dossiers(tmp_path: Path) -> None:
    """Without a code one is taken from their pattern, and told to everybody."""
    async with telling(tmp_path) as told:
        outcome = await told.tell(document(official_code=None))

        assert isinstance(outcome, Delivered)
        assert outcome.official_code == "H99.14-260302-0001"


async def test_a_number_that_is_taken_gives_way_to_the_next(tmp_path: Path) -> None:
    """They gave us a number of which they say that it exists: a retry takes another."""
    async with telling(tmp_path, occupied=["H99.14-260302-0001"]) as told:
        first = await told.tell(document(official_code=None))
        memory = {"id": told.kept[-1].id, "notes": dict(told.kept[-1].notes)}
        outcome = await told.tell(document(official_code=None, _step={"remote": memory}))

        assert isinstance(first, Refused)
        assert isinstance(outcome, Delivered)
        assert (first.code, outcome.official_code) == (EXISTS_ALREADY, "H99.14-260302-0002")


async def test_a_code_is_remembered_over_a_retry(tmp_path: Path) -> None:
    """A try that was cut after taking a number goes on with the same number."""
    async with telling(tmp_path) as told:
        with pytest.raises(ConnectionError):
            await told.tell(document(official_code=None), cut_after=0)
        memory = {"id": told.kept[0].id, "notes": dict(told.kept[0].notes)}
        outcome = await told.tell(
            document(official_code=None, _step={"remote": memory, "doubt": True})
        )

        assert isinstance(outcome, Delivered)
        assert (outcome.remote.id, told.simulator.allocated) == ("H99.14-260302-0001", 1)


async def test_a_file_is_uploaded_once(tmp_path: Path) -> None:
    """What was uploaded before a cut is referred to, not sent again."""
    async with telling(tmp_path) as told:
        with pytest.raises(ConnectionError):
            await told.tell(document(), cut_after=0)
        memory = {"notes": dict(told.kept[0].notes), "id": told.kept[0].id}
        outcome = await told.tell(document(_step={"remote": memory, "doubt": True}))

        assert isinstance(outcome, Delivered)
        assert len(told.simulator.files) == 1


def asked(told: Told) -> dict[str, Any]:
    """Give what was remembered last before the answer to the create was lost."""
    last = next(one for one in told.kept if "asked" in one.notes)
    return {"id": last.id, "notes": dict(last.notes)}


async def test_doubt_is_resolved_by_a_look_up(tmp_path: Path) -> None:
    """A create whose answer was lost is found by its code: there is one dossier."""
    async with telling(tmp_path) as told:
        await told.tell(document())
        outcome = await told.tell(document(_step={"doubt": True, "remote": asked(told)}))

        assert isinstance(outcome, Delivered)
        assert len(told.simulator.dossiers) == 1


@pytest.mark.parametrize("absent", ["404", "null", "empty"])
async def test_every_way_to_say_that_nothing_is_there(tmp_path: Path, absent: str) -> None:
    """In doubt, and not found: it is created."""
    async with telling(tmp_path, absent=absent) as told:
        outcome = await told.tell(document(_step={"doubt": True}))

        assert isinstance(outcome, Delivered)


async def test_a_blind_look_up_ends_well(tmp_path: Path) -> None:
    """A look-up that does not see it yet leads to a create that says it exists."""
    async with telling(tmp_path, look_up_lag=1) as told:
        await told.tell(document())
        outcome = await told.tell(document(_step={"doubt": True, "remote": asked(told)}))

        assert isinstance(outcome, Delivered)
        assert len(told.simulator.dossiers) == 1


async def test_a_token_that_ended_is_renewed(tmp_path: Path) -> None:
    """401 in the middle costs one login, not the step."""
    async with telling(tmp_path) as told:
        await told.tell(document())
        told.simulator.tokens = dict.fromkeys(told.simulator.tokens, 0.0)
        outcome = await told.tell(document(version=2, _step={"remote": _memory(told)}))

        assert isinstance(outcome, Delivered)
        assert len(told.simulator.tokens) == 2


def _memory(told: Told) -> dict[str, Any]:
    last = told.kept[-1]
    return {"id": last.id, "created": True, "line": 0, "notes": dict(last.notes)}


async def test_a_state_outside_the_map_is_not_guessed(tmp_path: Path) -> None:
    """Law 11: A state without a number stops the step before anything is sent."""
    doc = document()
    doc["events"] = [doc["events"][0] | {"status": "submitted"}]
    async with telling(tmp_path) as told:
        adapter = registry.find_adapters().adapters["igate"]
        own: Any = subject(adapter).settings
        conversation = Conversation(
            adapter=adapter,
            settings=own.model_copy(update={"status_ids": {}}),
            session_cache=told.session_cache,
            seconds=30,
        )
        with pytest.raises(CannotExpress) as error:
            await conversation.run(step_of(doc))

        assert (error.value.field, told.host.calls) == ("/status", 0)


def changes(folder: Path) -> int:
    """Count the changes of state that the province took."""
    return (folder / "province.effects.jsonl").read_text("utf-8").count('"kind": "event"')


@pytest.mark.parametrize(
    ("before", "decided"),
    [({"state": "1"}, True), ({}, False)],
    ids=["after another state", "the first state"],
)
async def test_what_a_look_up_cannot_tell_is_left_to_a_human(
    tmp_path: Path, before: dict[str, str], decided: bool
) -> None:
    """Law 5: With `park`, a state in doubt is sent again only where they surely lack it."""
    async with telling(tmp_path) as told:
        await told.tell(document())
        notes = {key: value for key, value in told.kept[-1].notes.items() if key != "state"}
        memory = {"id": told.kept[-1].id, "created": True, "line": 0, "notes": notes | before}
        more = {"status": "processing", "kind": "progress", "seq": 2, "ref": "r2"}
        accepted = document()["events"][0] | more
        doubt = {"remote": memory, "doubt": True, "on_undecided": "park"}
        stood = changes(tmp_path)
        outcome = await told.tell(document(version=2, events=[accepted], _step=doubt))

        assert isinstance(outcome, Delivered if decided else Uncertain)
        assert changes(tmp_path) - stood == decided
