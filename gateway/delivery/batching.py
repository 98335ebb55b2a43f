"""Which claimed lanes are told in one conversation."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store.work.turns import Work


def grouped(works: Sequence[Work], together: int) -> list[Sequence[Work]]:
    """Say what is told together; what failed, may have landed, or is void goes alone."""
    if together == 1:
        return [[one] for one in works]
    fresh = [one for one in works if not _alone(one)]
    alone = [one for one in works if _alone(one)]
    groups = [fresh[start : start + together] for start in range(0, len(fresh), together)]
    return [*groups, *([one] for one in alone)]


def _alone(one: Work) -> bool:
    return bool(one.claim.tries or one.claim.uncertainty or one.dossier.voided)
