"""The battery has teeth: readers that take a no for a yes are found, whichever way they do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters import registry
from adapters.kit import Checkpoint, Http, Many, PollContext, Reply, Step, decoded
from gateway.workbench.battery import check_answers, check_proof, steps
from gateway.workbench.non_successes import shots
from gateway.workbench.samples.generator import STORIES
from gateway.workbench.transports import Subject, subject
from schemas.outcome import Delivered, Malformed, Outcome, Remote

FOUND = registry.find_adapters().adapters
Reads = Callable[[Reply], bool]


def done(step: Step) -> Delivered:
    """Say that they have it."""
    return Delivered(up_to=step.dossier.version, remote=Remote(created=True))


def planted(reads: Reads) -> Subject:
    """Put a reader of one's own into the smallest adapter."""
    one = subject(FOUND["echo"])

    async def deliver(step: Step, _settings: Any) -> Outcome:
        path = f"/dossiers/{step.dossier.id}"
        body = {"version": step.dossier.version}
        reply = await Http(method="PUT", path=path, json=body, effect="keyed")
        return done(step) if reads(reply) else Malformed(why="no", raw="")

    return replace(one, adapter=replace(one.adapter, deliver=deliver, deliver_many=None))


def value(reply: Reply) -> Any:
    """Read JSON, whatever it is."""
    found = decoded(reply)
    return found.value if found.kind == "json" else None


def says_yes(reply: Reply) -> bool:
    """Read as the contract has it."""
    found = value(reply)
    return reply.status == 200 and found == {"ok": True} and found["ok"] is True


READERS: dict[str, Reads] = {
    "any status of two hundred": lambda reply: 200 <= reply.status < 300,
    "anything but a server's fault": lambda reply: reply.status < 500,
    "the body, and never the status": lambda reply: value(reply) == {"ok": True},
    "whatever is not a no": lambda reply: (
        reply.status == 200
        and isinstance(value(reply), dict)
        and value(reply).get("ok") is not False
    ),
    "any JSON that is there": lambda reply: reply.status == 200 and bool(value(reply)),
    "a word in the text": lambda reply: reply.status == 200 and b"true" in reply.body,
    "yes, whatever stands beside it": lambda reply: (
        reply.status == 200 and isinstance(value(reply), dict) and value(reply).get("ok") is True
    ),
    "what equals true": lambda reply: reply.status == 200 and value(reply) == {"ok": True},
    "what is nearly true": lambda reply: (
        reply.status == 200 and isinstance(value(reply), dict) and bool(value(reply).get("ok"))
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_with_an_else_fine_is_found(name: str) -> None:
    """Law 13: Whatever it is that such a reader believes, some shot of the battery has it."""
    with pytest.raises(AssertionError, match="taken for a success"):
        check_proof(planted(READERS[name]))


def test_a_strict_reader_passes() -> None:
    """The battery does not find what is not there."""
    check_proof(planted(says_yes))


def test_a_checkpoint_before_the_answer_is_found() -> None:
    """Law 13: No memory may say that they hold what they have not answered for."""
    one = planted(says_yes)
    told = one.adapter.deliver

    async def deliver(step: Step, settings: Any) -> Outcome:
        outcome = await told(step, settings)
        await Checkpoint(remote=replace(step.remote, created=True, line=1), up_to=1)
        return outcome

    with pytest.raises(AssertionError, match="taken for a success"):
        check_proof(replace(one, adapter=replace(one.adapter, deliver=deliver)))


def test_an_item_that_nobody_spoke_of_is_found() -> None:
    """Law 13: A yes for several dossiers is none for one that it does not name."""
    one = subject(FOUND["echo"])

    async def deliver_many(told: Sequence[Step], settings: Any) -> Many:
        assert one.adapter.deliver_many is not None
        found = await one.adapter.deliver_many(told, settings)
        good = isinstance(found, Sequence) and any(isinstance(each, Delivered) for each in found)
        return [done(step) for step in told] if good else found

    with pytest.raises(AssertionError, match="several: POST /dossiers"):
        check_proof(replace(one, adapter=replace(one.adapter, deliver_many=deliver_many)))


def test_a_poll_that_hears_nothing_in_a_no_is_found() -> None:
    """Law 13: Reading a refusal as "nothing new" would move on past what was never heard."""
    one = subject(FOUND["igate"])

    async def poll(look: PollContext, settings: Any) -> Outcome | None:
        assert one.adapter.poll is not None
        outcome = await one.adapter.poll(look, settings)
        return None if isinstance(outcome, Malformed) else outcome

    with pytest.raises(AssertionError, match="poll: GET"):
        check_proof(replace(one, adapter=replace(one.adapter, poll=poll)))


def test_the_battery_is_no_handful() -> None:
    """It has at least the fifty kinds of answers that were met or thought of, each by its name."""
    names = [shot.name for shot in shots()]

    assert (len(names) >= 50, len(set(names))) == (True, len(names))


def test_every_story_is_told() -> None:
    """The battery meets each kind of dossier that the samples know."""
    assert set(steps()) == set(STORIES)


def test_a_contract_that_says_otherwise_fails() -> None:
    """What a contract lists of its answers is what the adapter makes of them."""
    one = planted(lambda reply: reply.status == 200)

    with pytest.raises(AssertionError, match=json.dumps('{"ok": "true"}')[1:-1]):
        check_answers(one)
