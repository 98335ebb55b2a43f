"""Late and superseded steps on timelines that only grow: by rules, and nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import registry
from adapters.kit import Step
from gateway.workbench.battery import steps
from gateway.workbench.transports import Simulated, play, simulated, subject
from schemas.event import Event
from schemas.outcome import Delivered, Remote
from schemas.status import Kind, Status

FOUND = registry.find_adapters().adapters
PORTAL, IGATE = subject(FOUND["national_portal"]), subject(FOUND["igate"])
PLAIN = steps()["plain"]
START = PLAIN.events[0].occurred_at


def happened(seq: int, hours: int, kind: Kind = Kind.PROGRESS, **more: Any) -> Event:
    """Let something happen some hours after the beginning."""
    status = {Kind.ACCEPTED: Status.ACCEPTED}.get(kind, Status.PROCESSING)
    base = {"kind": kind, "status": status, "ref": f"e{seq}", "action": f"bước {seq}", **more}
    return PLAIN.events[0].model_copy(
        update={**base, "seq": seq, "occurred_at": START + timedelta(hours=hours)}
    )


def told(far: Simulated, one: Any, batches: Sequence[Sequence[Event]]) -> list[Delivered]:
    """Tell steps one after the other, each with what is new."""
    remote, found = Remote(), []
    for events in batches:
        last = max(event.seq for event in events)
        dossier = PLAIN.dossier.model_copy(update={"version": last})
        step = Step(dossier=dossier, events=tuple(events), remote=remote)
        outcome, _, _ = play(one, step, far)
        assert isinstance(outcome, Delivered), outcome
        found.append(outcome)
        remote = outcome.remote
    return found


def rows(far: Simulated) -> list[str]:
    """List the times on the portal's timeline, in the order in which they came."""
    return [at for _, at in far.simulator.lines]


def hour(hours: int) -> str:
    """Write a time as the portal does."""
    return f"{START + timedelta(hours=hours):%Y%m%d%H%M%S}"


def test_steps_that_were_not_told_yet_go_by_their_time() -> None:
    """One that came late, before anything was told, takes its place in the history."""
    far = simulated(PORTAL)
    told(far, PORTAL, [[happened(1, 1, Kind.ACCEPTED), happened(2, 4), happened(3, 2)]])

    assert rows(far) == [hour(1), hour(2), hour(4)]


def test_a_step_that_is_too_late_is_no_row_and_the_ledger_says_so() -> None:
    """Law 6: A row would stand behind a newer one; the snapshot was brought up to date."""
    far = simulated(PORTAL)
    last = told(far, PORTAL, [[happened(1, 1, Kind.ACCEPTED), happened(2, 4)], [happened(3, 2)]])[1]

    assert (rows(far), last.note) == (
        [hour(1), hour(4)],
        "steps known too late for the timeline: 1",
    )


def test_received_is_a_row_however_late_it_comes() -> None:
    """The national index counts from it."""
    far = simulated(PORTAL)
    told(far, PORTAL, [[happened(1, 4)], [happened(2, 1, Kind.ACCEPTED)]])

    assert rows(far) == [hour(4), hour(1)]


def test_what_was_told_stays_and_its_correction_follows() -> None:
    """A correction is a row of its own, whatever its time; nothing is taken back."""
    far = simulated(PORTAL)
    fixed = happened(3, 1, Kind.CORRECTED, supersedes="e2")
    told(far, PORTAL, [[happened(1, 1, Kind.ACCEPTED), happened(2, 4)], [fixed]])

    assert rows(far) == [hour(1), hour(4), hour(1)]


def test_what_was_superseded_before_it_was_told_is_not_told() -> None:
    """The engine leaves it out of the step, and no adapter brings it back."""
    far = simulated(PORTAL)
    fixed = happened(3, 3, Kind.CORRECTED, supersedes="e2")
    told(far, PORTAL, [[happened(1, 1, Kind.ACCEPTED), fixed]])

    assert rows(far) == [hour(1), hour(3)]


HOURS = st.lists(st.integers(0, 30), min_size=1, max_size=24)


@settings(max_examples=40, deadline=None)
@given(HOURS, st.lists(st.integers(1, 23), max_size=3))
def test_no_row_goes_backwards(hours: list[int], cuts: list[int]) -> None:
    """However steps come and are cut into batches, times only grow, and none is told twice."""
    events = [happened(seq, at) for seq, at in enumerate(hours, 1)]
    places = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    far = simulated(PORTAL)
    told(far, PORTAL, [events[a:b] for a, b in pairwise(places)])
    found = rows(far)

    assert found == sorted(found)
    assert len(found) <= len(events)
    assert found[-1] == hour(max(hours))


def test_a_talk_that_was_broken_off_goes_on_where_it_was() -> None:
    """Rows of a later batch are told once, also where the order of time is not that of arrival."""
    events = [happened(seq, 40 - seq) for seq in range(1, 25)]
    far, kept = simulated(PORTAL), list[Remote]()
    dossier = PLAIN.dossier.model_copy(update={"version": 24})
    step = Step(dossier=dossier, events=tuple(events), remote=Remote())
    play(PORTAL, step, simulated(PORTAL), kept)
    far.simulator.seed([dossier.official_code])
    outcome, _, _ = play(PORTAL, replace(step, remote=kept[1]), far)

    assert isinstance(outcome, Delivered)
    assert rows(far) == [hour(40 - seq) for seq in range(14, 0, -1)]


def test_a_late_step_leaves_their_state_where_it_is() -> None:
    """What is late is told to iGate with its time, and moves its one present state nowhere."""
    seen: list[dict[str, Any]] = []
    far = simulated(IGATE)
    far.simulator.witness = seen.append
    finished = happened(2, 5, status=Status.FINISHED)
    late = happened(3, 2)
    told(far, IGATE, [[happened(1, 1, Kind.ACCEPTED), finished], [late]])
    states = [(one["seq"], one["status"]) for one in seen if one["kind"] == "event"]

    assert states == [(1, 1), (2, 4), (3, 4)]
