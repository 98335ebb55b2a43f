"""Which events may stand twice after an attempt: a table over what was doubted and sent."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, CERTAIN, MAY_STAND, MAY_STAND_TWICE
from gateway.store.work.finished import Finished
from gateway.store.work.lanes import Claim
from schemas.outcome import Remote, Uncertain

WHOLE = (3, 6)


def finished(uncertainty: int, appended: int | None, *, again: bool = False) -> Finished:
    """End an attempt at events 3 to 6."""
    claim = Claim(
        dossier_id=uuid7(),
        system=1,
        fence=1,
        done_seq=2,
        head_seq=6,
        remote=Remote(),
        born_here=False,
        uncertainty=uncertainty,
        tries=0,
        failing_since=None,
        again=again,
    )
    return Finished(
        id=uuid7(),
        claim=claim,
        outcome=Uncertain(why="x", effect="append"),
        started_at=0,
        ended_at=0,
        detail={},
        jitter=0.0,
        appended=appended,
    )


@pytest.mark.parametrize(
    ("uncertainty", "appended", "again", "expected"),
    [
        (CERTAIN, 4, False, None),
        (MAY_STAND, 4, False, None),
        (MAY_STAND_TWICE, None, False, None),
        (MAY_STAND_TWICE, 4, False, (3, 4)),
        (MAY_STAND_TWICE, 2, False, (3, 3)),
        (ALL_MAY_STAND_TWICE, 4, False, WHOLE),
        (ALL_MAY_STAND_TWICE, None, False, None),
        (CERTAIN, 4, True, WHOLE),
    ],
)
def test_what_was_added_while_it_may_have_stood_is_doubled(
    uncertainty: int, appended: int | None, again: bool, expected: tuple[int, int] | None
) -> None:
    """Law 5: The first line alone after a lost answer, each after a restore or a resend."""
    assert finished(uncertainty, appended, again=again).doubled == expected
