"""The driver of conversations: what it hands on, when it sends nothing, and how a talk ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.kit.driver import Fenced, NotARequestError
from adapters.kit.port import Checkpoint, Hand, Move, Put, Step, Take
from schemas.outcome import (
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
)
from tests.adapters.kit.scripted import (
    ADDED,
    ASKED,
    DONE,
    FIRST,
    KEYED,
    Scene,
    reply,
    sends,
)

KEPT = Checkpoint(remote=Remote(created=True), up_to=1)


async def test_every_request_is_done_and_answered() -> None:
    """Law 4: A conversation asks for exchanges, files and checkpoints, and gets what it asked."""
    scene = Scene([reply(body="read"), reply(201, "made")])
    heard: list[Any] = []

    async def deliver(step: Step, settings: Any) -> Outcome:
        heard.append((await ASKED).body)
        heard.append((await KEYED).status)
        await KEPT
        await Put(name="in/a", body=b"a")
        heard.append(await Take(pattern="in/*"))
        await Move(name="in/a", to="done/a")
        return DONE

    outcome = await scene.tell(deliver)

    assert (outcome, heard) == (DONE, [b"read", 201, {"in/a": b"a"}])
    assert (scene.kept, scene.folder.files) == ([KEPT], {"done/a": b"a"})


@pytest.mark.parametrize("seconds", [0, 0.001], ids=["bare yield", "timer"])
async def test_anything_but_a_request_is_refused(seconds: float) -> None:
    """Law 4: Whoever awaits anything else is ended, and nothing of it is done."""
    scene = Scene()

    async def deliver(step: Step, settings: Any) -> Outcome:
        await asyncio.sleep(seconds)
        raise AssertionError("it went on")

    with pytest.raises(NotARequestError):
        await scene.tell(deliver)


@pytest.mark.parametrize(
    ("request_", "without"),
    [(KEYED, "transport"), (KEPT, "checkpoint"), (Hand(items=(), cursor=""), "checkpoint")],
    ids=["no transport", "no checkpoint", "hand"],
)
async def test_a_request_without_its_way_is_a_mistake(request_: Any, without: str) -> None:
    """What this conversation has no way to do is named by its kind."""
    scene = Scene()
    conversation = scene.conversation(sends(request_), **{without: None})
    conversation.hand = None

    with pytest.raises(NotARequestError, match=type(request_).__name__):
        await conversation.run(FIRST)


async def test_nothing_is_sent_that_could_not_finish() -> None:
    """Law 3: The third exchange of ten seconds does not begin with nine seconds left."""
    scene = Scene([reply()] * 3, takes=8.0, seconds=25.0)
    outcome = await scene.tell(sends(ADDED, ADDED, ADDED))

    assert (outcome, len(scene.sent)) == (
        Unreachable(why="no time left for a whole exchange"),
        2,
    )


async def test_an_exchange_that_just_fits_is_sent() -> None:
    """Law 3: With exactly the time of one exchange left it begins."""
    scene = Scene([reply()] * 2, takes=10.0, seconds=20.0)

    assert await scene.tell(sends(ADDED, ADDED)) == DONE


async def test_a_conversation_has_its_time_from_its_own_beginning() -> None:
    """Law 3: The deadline is so many seconds after this talk began, whenever that was."""
    scene = Scene([reply()] * 4, takes=10.0, seconds=20.0)
    outcomes = [await scene.tell(sends(ADDED, ADDED)) for _ in range(2)]

    assert outcomes == [DONE, DONE]


@pytest.mark.parametrize(
    "lost",
    [
        Unreachable(why="refused"),
        Uncertain(why="cut", effect="append"),
        Refused(code="1", message="x"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
async def test_a_failure_of_the_transport_never_reaches_the_adapter(lost: Outcome) -> None:
    """Law 5: The talk is closed, and its outcome is what the failure means."""
    scene = Scene([lost])
    closed: list[str] = []

    async def deliver(step: Step, settings: Any) -> Outcome:
        try:
            await ADDED
        except Exception:
            closed.append("an exception")
            raise
        finally:
            closed.append("closed")
        return DONE

    assert (await scene.tell(deliver), closed) == (lost, ["closed"])


async def test_what_cannot_be_expressed_is_said_before_anything_was_sent() -> None:
    """Law 5: After a mere look-up, and after a checkpoint, a field may still be refused."""
    scene = Scene([reply()])

    async def deliver(step: Step, settings: Any) -> Outcome:
        await ASKED
        await KEPT
        raise CannotExpress("/notes", "too long")

    with pytest.raises(CannotExpress, match="/notes"):
        await scene.tell(deliver)


@pytest.mark.parametrize(
    "request_", [KEYED, ADDED, Put(name="a", body=b"")], ids=["keyed", "append", "put"]
)
async def test_nothing_is_called_inexpressible_after_something_was_sent(request_: Any) -> None:
    """Law 5: Half of a step may stand there by then: a mistake of the adapter, not of a field."""
    scene = Scene([reply()])

    async def deliver(step: Step, settings: Any) -> Outcome:
        await request_
        raise CannotExpress("/notes", "too long")

    outcome = await scene.tell(deliver)

    assert isinstance(outcome, Malformed)
    assert outcome.why.startswith("CannotExpress at kit/test_driver.py:")


async def test_a_bug_of_an_adapter_is_an_answer_it_could_not_read() -> None:
    """Law 5: It names the place and shows the answer, in which nobody can be recognised."""
    owner = FIRST.dossier.owner.name
    assert owner
    scene = Scene([reply(body=f"error for {owner}, 001099012345, canary-password")])

    async def deliver(step: Step, settings: Any) -> Outcome:
        (await KEYED).headers["none"]
        return DONE

    outcome = await scene.tell(deliver)

    assert isinstance(outcome, Malformed)
    assert outcome.why.startswith("KeyError at kit/test_driver.py:")
    assert outcome.raw == "error for •••, •••, •••"


async def test_an_outcome_repeats_nobody() -> None:
    """Names, free text and secrets that an adapter quotes are masked at the end of the talk."""
    quoted = f"{FIRST.dossier.notes} by {FIRST.dossier.owner.name}, canary-password"
    scene = Scene()
    outcome = await scene.tell(sends(end=Refused(code="7", message=quoted)))

    assert outcome == Refused(code="7", message="••• by •••, •••")


async def test_a_note_of_a_delivery_repeats_nobody() -> None:
    """What is noted on a success is read by people as well."""
    noted = Delivered(up_to=1, remote=Remote(), note=f"cut {FIRST.dossier.notes}")
    outcome = await Scene().tell(sends(end=noted))

    assert isinstance(outcome, Delivered)
    assert outcome.note == "cut •••"


async def test_the_trace_has_no_query_and_no_body() -> None:
    """The ledger says what was exchanged, how it ended and how long it took, and no content."""
    scene = Scene([reply(), Uncertain(why="cut", effect="keyed")], takes=1.5)
    await scene.tell(sends(ASKED, KEYED))

    assert scene.trace == [
        ("GET", "/cases", 200, 1500, None),
        ("PUT", "/cases/1", None, 1500, "Uncertain"),
    ]


async def test_a_failure_of_ours_is_no_fault_of_the_adapter() -> None:
    """Law 3: A checkpoint that could not be stored ends the talk with the store's own error."""

    async def away(asked: Checkpoint) -> None:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="the database is away"):
        await Scene().tell(sends(KEPT), checkpoint=away)


async def test_whoever_lost_the_lease_says_nothing_more() -> None:
    """Law 3: A checkpoint that finds the lane in other hands ends the talk there and then."""
    scene = Scene([reply()] * 2)

    async def fenced(asked: Checkpoint) -> None:
        raise Fenced

    with pytest.raises(Fenced):
        await scene.tell(sends(ADDED, KEPT, ADDED), checkpoint=fenced)
    assert scene.sent == ["POST /lines"]
