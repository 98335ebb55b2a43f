"""The driver's other talks: files, several steps at once, polls, and what is only translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from adapters.kit.driver import first_request, preview
from adapters.kit.port import (
    Checkpoint,
    Hand,
    Many,
    Move,
    PollContext,
    Put,
    Step,
    Take,
)
from gateway.workbench.transports import NOW
from schemas.inbound import Report
from schemas.outcome import (
    CannotExpress,
    Malformed,
    Outcome,
    Refused,
    Remote,
    Unreachable,
)
from tests.adapters.kit.scripted import (
    ASKED,
    DONE,
    FIRST,
    KEYED,
    SECOND,
    Deliver,
    MemoryFolder,
    OwnSettings,
    Scene,
    adapter,
    reply,
    sends,
)

NO = CannotExpress("/notes", "too long")


@pytest.mark.parametrize(
    ("asked", "name"),
    [(Put(name="a", body=b""), "a"), (Take(pattern="*"), "*"), (Move(name="a", to="b"), "a")],
    ids=["put", "take", "move"],
)
async def test_a_folder_that_is_gone_ends_the_talk(asked: Put | Take | Move, name: str) -> None:
    """The outcome is the folder's, and the ledger says at which file."""
    scene = Scene()
    scene.folder.lost = Unreachable(why="not mounted")
    outcome = await scene.tell(sends(asked))

    assert outcome == scene.folder.lost
    assert scene.trace == [(type(asked).__name__.upper(), name, None, 0, "Unreachable")]


async def test_files_stand_in_the_ledger() -> None:
    """Each file that was written, read or put away has a line, without its content."""
    scene = Scene()
    await scene.tell(sends(Put(name="a", body=b"x"), Take(pattern="*"), Move(name="a", to="b")))

    assert [line[:2] for line in scene.trace] == [("PUT", "a"), ("TAKE", "*"), ("MOVE", "a")]


async def test_a_folder_says_whether_another_file_lies_there() -> None:
    """One that says nothing has written it, as every folder did before it could be asked."""
    found: list[bool] = []

    async def deliver(step: Step, settings: Any) -> Outcome:
        found.append(await Put(name="a", body=b"x", replace=False))
        return DONE

    class Left(MemoryFolder):
        async def put(self, asked: Put) -> bool:
            return False

    scene = Scene()
    await scene.tell(deliver)
    scene.folder = Left()
    await scene.tell(deliver)

    assert found == [True, False]


async def told(found: Many) -> Any:
    """Tell two steps at once to an adapter that ends so."""

    async def many(steps: Sequence[Step], settings: Any) -> Many:
        await KEYED
        return found

    return await Scene([reply()]).conversation(deliver_many=many).run_many([FIRST, SECOND])


async def test_several_steps_have_an_outcome_each() -> None:
    """In order; what cannot be expressed is the outcome of its own step only."""
    assert await told([DONE, NO]) == [DONE, NO]


async def test_an_outcome_of_several_repeats_nobody() -> None:
    """Each is cleaned of what its own step may not have repeated."""
    quoted = [Refused(code="7", message=f"bad {step.dossier.notes}") for step in (FIRST, SECOND)]

    assert await told(quoted) == [Refused(code="7", message="bad •••")] * 2


async def test_one_outcome_for_all_repeats_nobody() -> None:
    """It may quote any of them."""
    quoted = Refused(code="7", message=f"{FIRST.dossier.notes}, {SECOND.dossier.notes}")

    assert await told(quoted) == Refused(code="7", message="•••, •••")


@pytest.mark.parametrize("found", [[], [DONE], [DONE] * 3], ids=len)
async def test_an_outcome_too_few_or_too_many_is_believed_of_nobody(found: list[Outcome]) -> None:
    """Law 13: Nobody can say whose they are."""
    assert await told(found) == Malformed(why="not an outcome for each step", raw="")


async def test_several_steps_that_cannot_be_expressed_are_said() -> None:
    """What was raised befalls all of them, who then go one by one."""

    async def many(steps: Sequence[Step], settings: Any) -> Many:
        raise NO

    assert await Scene().conversation(deliver_many=many).run_many([FIRST, SECOND]) is NO


async def test_several_steps_lost_together_are_lost_for_all() -> None:
    """A transport that fails is one outcome for the whole call."""
    lost = Unreachable(why="refused")

    async def many(steps: Sequence[Step], settings: Any) -> Many:
        await KEYED
        return [DONE, DONE]

    scene = Scene([lost])

    assert await scene.conversation(deliver_many=many).run_many([FIRST, SECOND]) == lost


async def test_who_tells_one_by_one_is_not_asked_for_several() -> None:
    """It is a mistake of the caller."""
    with pytest.raises(TypeError, match="one step at a time"):
        await Scene().conversation().run_many([FIRST])


async def test_a_poll_hands_in_what_it_heard() -> None:
    """All of it was stored with its cursor, and the adapter got a verdict for each."""
    scene = Scene([reply()])
    words: list[str] = []

    async def poll(look: PollContext, settings: Any) -> Outcome | None:
        await ASKED
        verdicts = await Hand(items=(Report(ref="r", code="c"),), cursor=f"{look.cursor}+1")
        words.extend(one.word for one in verdicts)
        return None

    look = PollContext(cursor="7", now=NOW)
    outcome = await scene.conversation(poll=poll).run_poll(look)

    assert (outcome, words, [one.cursor for one in scene.handed]) == (None, ["stored"], ["7+1"])


async def test_a_poll_that_is_cut_says_why() -> None:
    """Nothing was handed in, so nothing of it is lost."""
    lost = Unreachable(why="refused")

    async def poll(look: PollContext, settings: Any) -> Outcome | None:
        await ASKED
        return None

    scene = Scene([lost])
    outcome = await scene.conversation(poll=poll).run_poll(PollContext(cursor="", now=NOW))

    assert (outcome, scene.handed) == (lost, [])


async def test_who_does_not_poll_is_not_asked_to() -> None:
    """It is a mistake of the caller."""
    with pytest.raises(TypeError, match="does not poll"):
        await Scene().conversation().run_poll(PollContext(cursor="", now=NOW))


async def _raises(step: Step, settings: Any) -> Outcome:
    raise NO


async def _breaks(step: Step, settings: Any) -> Outcome:
    raise KeyError(step.key)


KEPT = Checkpoint(remote=Remote(), up_to=1)


@pytest.mark.parametrize(
    ("deliver", "expected"),
    [
        (sends(KEYED), KEYED),
        (sends(KEPT, Put(name="a", body=b"")), Put(name="a", body=b"")),
        (sends(Take(pattern="*")), Take(pattern="*")),
        (sends(), None),
        (_raises, NO),
    ],
    ids=["http", "after a checkpoint", "take", "nothing to send", "cannot"],
)
def test_the_first_request_is_found_without_sending(deliver: Deliver, expected: object) -> None:
    """Law 12: In shadow this is all that happens: it is translated and nobody is spoken to."""
    assert first_request(adapter(deliver), FIRST, OwnSettings()) == expected


@pytest.mark.parametrize(
    ("deliver", "why"),
    [
        (_breaks, "the adapter failed: KeyError"),
        (sends(Move(name="a", to="b")), "not a request"),
    ],
    ids=["bug", "move"],
)
def test_a_translation_that_fails_blames_no_field(deliver: Deliver, why: str) -> None:
    """A client is warned, and its post is taken all the same."""
    found = first_request(adapter(deliver), FIRST, OwnSettings())

    assert isinstance(found, CannotExpress)
    assert (found.field, found.why) == ("", why)


@pytest.mark.parametrize(("deliver", "said"), [(_raises, NO), (sends(KEYED), None)])
def test_a_preview_says_only_what_cannot_be_said(deliver: Deliver, said: object) -> None:
    """What can be told has no word of warning."""
    assert preview(adapter(deliver), FIRST, OwnSettings()) is said
