"""What `lienthong status` says of this machine's own clock, and of what may come too late."""

from __future__ import annotations

import json

import pytest

from gateway.commands.status import Show
from gateway.operations.status import Status
from gateway.rules.gate import Gate
from gateway.store.work.operating import Standing, Survey, Trouble


@pytest.mark.parametrize(("skew", "said"), [(0.4, False), (-59.0, False), (-900.0, True)])
def test_a_clock_that_is_wrong_is_a_line(
    capsys: pytest.CaptureFixture[str], skew: float, said: bool
) -> None:
    """With which way and how far; one that is about right is no news."""
    seen = Status(survey=Survey(0, 0, ()), modes={}, at_risk_hours=24.0, clock_skew=skew)
    Show("en", as_json=False).status(seen, watched=False)

    assert ("clock is -900 s from the database's" in capsys.readouterr().out) == said


def at_risk(hours: float | None) -> Status:
    """Let one system lack a dossier that is due in so many hours."""
    due = None if hours is None else int(hours * 3_600_000)
    one = Standing(
        name="portal",
        gate=Gate(),
        gate_until=0,
        inflight=0,
        held_by=None,
        held_why=None,
        at_risk=int(due is not None),
        earliest_due=due,
    )
    return Status(survey=Survey(0, 1, (one,)), modes={"portal": "live"}, at_risk_hours=24.0)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (2.5, "may not be told in time; the earliest is due 1970-01-01 09:30:00 (2.5 hours left)"),
        (-1.0, "fell due while they waited, the earliest 1970-01-01 06:00:00 (1 hours ago)"),
        (None, ""),
    ],
)
def test_the_earliest_due_time_and_the_hours_left_are_said(
    capsys: pytest.CaptureFixture[str], hours: float | None, said: str
) -> None:
    """Of what may not be told in time: in words, and for scripts."""
    Show("en", as_json=False).status(at_risk(hours), watched=False)
    Show("en", as_json=True).status(at_risk(hours), watched=True)
    shown, _, script = capsys.readouterr().out.strip().rpartition("\n")
    (found,) = json.loads(script)["systems"]

    assert (said in shown, "earliest" in shown) == (True, hours is not None)
    assert (found["hours_left"], found["earliest_due"] is None) == (hours, hours is None)


def test_an_age_is_said_as_ago(capsys: pytest.CaptureFixture[str]) -> None:
    """The last error was, and is not yet to come."""
    trouble = Trouble(outcome="uncertain", why=None, at=1000)
    one = Standing(
        name="a",
        gate=Gate(),
        gate_until=0,
        inflight=0,
        held_by=None,
        held_why=None,
        trouble=trouble,
    )
    seen = Status(survey=Survey(30_000, 0, (one,)), modes={"a": "live"}, at_risk_hours=24.0)
    Show("en", as_json=False).status(seen, watched=False)
    Show("vi", as_json=False).status(seen, watched=False)
    said = " ".join(capsys.readouterr().out.split())

    assert ("[29 s ago]" in said, "[29 s trước]" in said) == (True, True)


def test_a_closed_gate_says_since_when_and_by_whom(capsys: pytest.CaptureFixture[str]) -> None:
    """Law 14: For a person in one line and for a script by name, with dossier and call."""
    gate = Gate(state="closed", why="suspects", since=0, by="0192-d", call="PUT /cases/…")
    one = Standing(name="a", gate=gate, gate_until=9000, inflight=0, held_by=None, held_why=None)
    seen = Status(survey=Survey(1, 0, (one,)), modes={"a": "live"}, at_risk_hours=24.0)
    for as_json in (False, True):
        Show("en", as_json=as_json).status(seen, watched=False)
    table, _, told = capsys.readouterr().out.partition("{")
    (row,) = json.loads("{" + told)["systems"]
    line = " ".join(table.split())

    assert "Closed since 1970-01-01 07:00:00, on PUT /cases/…, by dossier 0192-d." in line
    assert (row["gate_why"], row["gate_by"], row["gate_call"]) == (gate.why, gate.by, gate.call)
    assert row["gate_since"].startswith("1970-01-01T07:00:00")
