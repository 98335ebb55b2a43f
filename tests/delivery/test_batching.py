"""Who is told in one conversation, and who goes alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.delivery.batching import grouped
from gateway.store.work.lanes import Claim
from gateway.store.work.turns import Work
from schemas.outcome import Remote


def work(number: int, *, tries: int = 0, uncertainty: int = 0, voided: bool = False) -> Work:
    """Give a claimed lane."""
    claim = Claim(
        dossier_id=UUID(int=number),
        system=1,
        fence=1,
        done_seq=0,
        head_seq=1,
        remote=Remote(),
        born_here=False,
        uncertainty=uncertainty,
        tries=tries,
        failing_since=None,
    )
    return Work(claim, cast(Any, SimpleNamespace(voided=voided)), ())


LANES = [work(1), work(2, tries=1), work(3), work(4, uncertainty=1), work(5), work(6)]


@pytest.mark.parametrize(
    ("together", "groups"),
    [
        (1, [[1], [2], [3], [4], [5], [6]]),
        (2, [[1, 3], [5, 6], [2], [4]]),
        (3, [[1, 3, 5], [6], [2], [4]]),
        (9, [[1, 3, 5, 6], [2], [4]]),
    ],
)
def test_whoever_failed_or_is_in_doubt_goes_alone(together: int, groups: list[list[int]]) -> None:
    """Law 5: Only the fresh are told together: who is guilty shows when they go one by one."""
    found = [[one.claim.dossier_id.int for one in group] for group in grouped(LANES, together)]

    assert found == groups
