"""What a claimed lane has to say: all that they were not told, and nothing that is theirs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from gateway.rules.outcomes import ALONE
from gateway.store.ledger.bodies import pack
from gateway.store.work.lanes import Claim
from gateway.store.work.steps import unpack
from gateway.workbench.checks import step_of
from gateway.workbench.full import pair
from schemas.outcome import Remote

FIRST, SECOND = (step_of(document) for document in pair())
BODY = pack(FIRST.events[0], FIRST.dossier)
OTHER = pack(SECOND.events[0], SECOND.dossier)
CLAIM = Claim(
    dossier_id=UUID(int=1),
    system=1,
    fence=1,
    done_seq=0,
    head_seq=3,
    remote=Remote(),
    born_here=False,
    uncertainty=0,
    tries=0,
    failing_since=None,
)


def stored(seq: int, **more: Any) -> SimpleNamespace:
    """Give a row as the table `event` has it; the third is another event than the others."""
    row = {"seq": seq, "origin": None, "supersedes": None, "body": OTHER if seq == 3 else BODY}
    return SimpleNamespace(**row | more)


def test_all_that_they_were_not_told_is_told() -> None:
    """Law 3: From the first event on that they do not have, in the order of arrival."""
    (work,), _ = unpack("a", [replace(CLAIM, done_seq=1)], [[stored(n) for n in (1, 2, 3)]])

    assert work.events == (FIRST.events[0], SECOND.events[0])


def test_the_dossier_is_that_of_the_last_event() -> None:
    """Without what stays in the house: the client's own data."""
    (work,), _ = unpack("a", [CLAIM], [[stored(1), stored(3)]])

    assert work.dossier.summary == SECOND.dossier.summary
    assert (work.dossier.extensions, work.dossier.source.raw) == (None, None)


def test_what_they_told_us_is_not_told_back() -> None:
    """Law 12: An event of theirs goes to everybody else."""
    rows = [stored(1, origin="a"), stored(3, origin="b")]
    (work,), _ = unpack("a", [CLAIM], [rows])

    assert work.events == (SECOND.events[0],)


def test_what_a_correction_replaces_is_left_to_it() -> None:
    """Whoever was not told the wrong line is told the right one only."""
    (work,), _ = unpack("a", [CLAIM], [[stored(1), stored(3, supersedes=1)]])

    assert work.events == (SECOND.events[0],)


def test_doubt_is_about_the_code_that_was_sent() -> None:
    """Law 17: A create that may have landed under another code makes nothing ours under this."""
    doubtful = replace(CLAIM, uncertainty=1)
    same, other = [stored(1), stored(2)], [stored(1), stored(3)]
    works, _ = unpack("a", [doubtful, doubtful, CLAIM], [same, other, same])

    assert [work.doubt for work in works] == [True, False, False]


def test_a_code_that_came_later_leaves_the_doubt() -> None:
    """Nothing can have landed under the code that was not there yet."""
    bare = FIRST.dossier.model_copy(update={"official_code": None})
    rows = [stored(1, body=pack(FIRST.events[0], bare)), stored(2)]
    (work,), _ = unpack("a", [replace(CLAIM, uncertainty=1)], [rows])

    assert work.doubt


def test_what_goes_alone_is_in_no_doubt() -> None:
    """Law 17: A batch that failed as a whole is no create that may have landed."""
    (work,), _ = unpack("a", [replace(CLAIM, uncertainty=ALONE)], [[stored(1)]])

    assert not work.doubt


def test_a_body_that_cannot_be_read_is_that_lanes_misfortune() -> None:
    """Law 3: The others go on."""
    bad = replace(CLAIM, dossier_id=UUID(int=2))
    work, unreadable = unpack("a", [bad, CLAIM], [[stored(1, body=b"torn")], [stored(1)]])

    assert ([one.claim for one in work], unreadable) == ([CLAIM], [bad])
