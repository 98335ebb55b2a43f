"""What `lienthong status` says of this machine's own clock."""

from __future__ import annotations

import pytest

from gateway.commands.status import Show
from gateway.operations.status import Status
from gateway.store.work.operating import Survey


@pytest.mark.parametrize(("skew", "said"), [(0.4, False), (-59.0, False), (-900.0, True)])
def test_a_clock_that_is_wrong_is_a_line(
    capsys: pytest.CaptureFixture[str], skew: float, said: bool
) -> None:
    """With which way and how far; one that is about right is no news."""
    seen = Status(survey=Survey(0, 0, ()), modes={}, at_risk_hours=24.0, clock_skew=skew)
    Show("en", as_json=False).status(seen, watched=False)

    assert ("clock is -900 s from the database's" in capsys.readouterr().out) == said
