"""The trial by hand (`trial.py`) speaks of alerts and commands that the runbook has."""

from __future__ import annotations

import pytest

from tests.watch.scene import hasty
from tests.watch.trial import MODES, Mode, leads, shipped


@pytest.mark.parametrize("mode", MODES, ids=lambda one: one.name)
def test_the_runbook_leads_from_the_alert_to_the_command(mode: Mode) -> None:
    """For each way in which something breaks."""
    assert (leads(mode), shipped(mode.alert) != "?") == (True, True)


def test_a_hasty_rule_waits_for_seconds() -> None:
    """And asks what it asked."""
    rule = "expr: time() - max(a > 0) > 120 and rate(b[10m]) == 0\nfor: 12h"

    assert hasty(rule) == "expr: time() - max(a > 0) > 6 and rate(b[10s]) == 0\nfor: 2s"
