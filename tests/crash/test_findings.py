"""The audit of systems that keep each event by its key, with what could be wrong there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.echo.simulator import Simulator
from gateway.demo.audit import Followed
from tests.crash.findings import EVENTS, LINES, Case, Fault, Findings, Try, find
from tests.crash.tries import Jump, place, readings

ID = "0192f0c0-0000-7000-8000-000000000001"
STATUSES = ("submitted", "accepted", "processing")
EVENTS_OF = tuple(
    {
        "seq": n,
        "ref": f"buoc-{n}",
        "kind": "progress",
        "action": f"Bước {n}",
        "status": status,
        "occurred_at": f"2026-03-02T0{n}:00:00+07:00",
    }
    for n, status in enumerate(STATUSES, 1)
)
LANE = {"state": "done", "reason": None, "done_seq": 3, "via": None}
CODE = "H99.1-260302-00001"
MARKED = {"p": LANE | {"may_stand_twice": [[1, 1]]}}
CONTENT = {"owner": {"name": "Người Mẫu"}, "procedure": {"code": "1.999999"}}
CASE = Case(
    of=Followed(
        id=ID,
        code="",
        promised=frozenset({"buoc-1", "buoc-2", "buoc-3"}),
        events=EVENTS_OF,
        lanes={"echo": LANE},
        attempts=(),
    ),
    content=CONTENT,
    tries=(),
    parks=frozenset(),
    owed=frozenset({"echo"}),
)


def tell(folder: Path, events: list[dict[str, Any]], dossier: str = ID) -> None:
    """Let echo's simulator be told events one by one, and write its log as its host does."""
    with (folder / "echo.effects.jsonl").open("a", encoding="utf-8") as log:

        def witness(effect: dict[str, Any]) -> None:
            log.write(json.dumps({"call": 1, "arrived": 1.0, **effect}) + "\n")

        simulator = Simulator({}, witness)
        for event in events:
            body = {"events": [{"key": f"{dossier}-{event['seq']}", "event": event}]}
            simulator.handle("POST", f"/dossiers/{dossier}/events", {}, json.dumps(body).encode())


def audit(folder: Path, case: Case = CASE) -> Findings:
    """Audit this one dossier."""
    return find([case], folder, {"echo": EVENTS}, [], {})


def test_all_there_is_nothing_found(tmp_path: Path) -> None:
    """Told in order, and told again: echo keeps each event once."""
    tell(tmp_path, [*EVENTS_OF, EVENTS_OF[1]])

    assert audit(tmp_path).bad() == {}


PLANTED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "falsely_delivered": ([EVENTS_OF[0], EVENTS_OF[1]], ID),
    "out_of_order": ([EVENTS_OF[0], EVENTS_OF[2], EVENTS_OF[1]], ID),
    "altered": ([*EVENTS_OF[:2], EVENTS_OF[2] | {"status": "finished"}], ID),
    "phantom": ([*EVENTS_OF, EVENTS_OF[2] | {"seq": 4, "ref": "buoc-4"}], ID),
}


@pytest.mark.parametrize("fault", list(PLANTED))
def test_a_planted_fault_is_found(tmp_path: Path, fault: str) -> None:
    """Under its own name, and nothing else is."""
    tell(tmp_path, PLANTED[fault][0])

    assert list(audit(tmp_path).bad()) == [fault]


def test_a_dossier_that_nobody_posted_is_a_phantom(tmp_path: Path) -> None:
    """Whatever arrives must have been promised."""
    tell(tmp_path, list(EVENTS_OF))
    tell(tmp_path, [EVENTS_OF[0]], dossier="nobody")

    assert audit(tmp_path).bad() == {"phantom": ["echo nobody"]}


def test_a_lane_that_is_not_there_is_a_loss(tmp_path: Path) -> None:
    """A system that was never to be told would else be forgotten in silence."""
    tell(tmp_path, list(EVENTS_OF))
    case = replace(CASE, owed=frozenset({"echo", "province"}))

    assert audit(tmp_path, case).bad() == {"lost": [f"province {ID} no lane"]}


def test_an_explained_repeat_names_its_cause(tmp_path: Path) -> None:
    """The fault of the call where there was one, else what was broken at that moment."""
    rows = [
        {"kind": "line", "code": CODE, "at": "20260302010000", "text": "Bước 1", "call": call}
        | {"arrived": arrived}
        for call, arrived in ((1, 10.0), (2, 12.0), (3, 20.0))
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "p.effects.jsonl").write_text(text, encoding="utf-8")
    hit = {"call": 1, "fault": "reset_after", "stored": True, "at": 10.0}
    (tmp_path / "p.faults.jsonl").write_text(json.dumps(hit) + "\n", encoding="utf-8")
    tries = [
        Try("p", 1, 3, 9.5, 10.5, "uncertain", late=False, fence=1),
        Try("p", 1, 3, 11.5, 18.0, "lapsed", late=False, fence=2),
    ]
    of = replace(CASE.of, code=CODE, promised=frozenset(), events=EVENTS_OF[:1], lanes=MARKED)
    case = replace(CASE, of=of, tries=tries, owed=frozenset())
    found = find([case], tmp_path, {"p": LINES}, [Fault("kill_worker", 12.1, 14.0)], {})

    assert (found.bad(), found.explained) == ({}, 2)
    assert found.causes == {"reset_after": 1, "kill_worker": 1}


def test_a_wrong_clock_is_put_right() -> None:
    """Only what was noted while it was wrong, and by how much it was."""
    jump = Jump("7", begin=100.0, end=110.0, offset=-3600.0)

    assert readings(105.0 - 3600.0, [jump]) == [105.0 - 3600.0, 105.0]
    assert readings(120.0, [jump]) == [120.0]


def test_a_time_with_two_readings_is_placed_by_its_neighbours() -> None:
    """Noted at 700 by a clock that was ten minutes ahead, or true: the fences around it tell."""
    jump = Jump("7", begin=95.0, end=110.0, offset=600.0)
    two = (readings(700.0, [jump]), readings(701.0, [jump]))

    early = place([(4, ([99.0], [99.5])), (5, two), (6, ([101.0], [102.0]))])
    true = place([(40, ([698.0], [699.0])), (50, two), (60, ([703.0], [704.0]))])

    assert (early[1], true[1]) == ((100.0, 101.0), (700.0, 701.0))


def test_a_repeat_that_the_ledger_does_not_mark_is_unexplained(tmp_path: Path) -> None:
    """Law 5: A try that accounts for a repeat is not enough: the lane must name the event."""
    rows = [
        {"kind": "line", "code": CODE, "at": "20260302010000", "text": "Bước 1", "call": call}
        | {"arrived": arrived}
        for call, arrived in ((1, 10.0), (2, 12.0))
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "p.effects.jsonl").write_text(text, encoding="utf-8")
    hit = {"call": 1, "fault": "reset_after", "stored": True, "at": 10.0}
    (tmp_path / "p.faults.jsonl").write_text(json.dumps(hit) + "\n", encoding="utf-8")
    tries = [Try("p", 1, 3, 9.5, 10.5, "uncertain", late=False, fence=1)]
    of = replace(CASE.of, code=CODE, promised=frozenset(), events=EVENTS_OF[:1], lanes={"p": LANE})
    case = replace(CASE, of=of, tries=tries, owed=frozenset())

    found = find([case], tmp_path, {"p": LINES}, [Fault("kill_worker", 12.1, 14.0)], {})

    assert (len(found.bad()["unexplained"]), found.explained) == (1, 0)


SHADOWED = LANE | {"state": "shadowed", "done_seq": 0, "state_seq": 3}


@pytest.mark.parametrize(
    ("lane", "found"),
    [
        (SHADOWED, []),
        (SHADOWED | {"state": "done", "done_seq": 3}, ["falsely_delivered"]),
        (SHADOWED | {"state_seq": 2}, ["lost"]),
    ],
)
def test_what_shadow_mode_held_back_is_never_told(
    tmp_path: Path, lane: dict[str, Any], found: list[str]
) -> None:
    """Law 20: The ledger says shadowed of every event, and nothing counts as done."""
    case = replace(CASE, of=replace(CASE.of, lanes={"echo": lane}))

    bad = find([case], tmp_path, {"echo": EVENTS}, [], {}, frozenset({"echo"})).bad()

    assert list(bad) == found


def test_a_system_in_shadow_mode_that_was_told_something_is_a_phantom(tmp_path: Path) -> None:
    """Law 20: A promised event that goes there all the same was promised to others only."""
    tell(tmp_path, [EVENTS_OF[0]])
    case = replace(CASE, of=replace(CASE.of, lanes={"echo": SHADOWED}))

    bad = find([case], tmp_path, {"echo": EVENTS}, [], {}, frozenset({"echo"})).bad()

    assert bad == {"phantom": [f"echo {ID}"]}


@pytest.mark.parametrize(("barred", "found"), [({"echo"}, []), (set(), ["lost"])])
def test_only_a_barred_dossier_may_be_singled_out(
    tmp_path: Path, barred: set[str], found: list[str]
) -> None:
    """Law 14: Whoever else is parked as singled out was parked for another's fault, or for ours."""
    lane = LANE | {"state": "parked", "reason": "singled_out", "done_seq": 0}
    of = replace(CASE.of, lanes={"echo": lane})

    assert list(audit(tmp_path, replace(CASE, of=of, barred=frozenset(barred))).bad()) == found


LATE = EVENTS_OF[1] | {"seq": 4, "ref": "buoc-4", "action": "Bước trễ", "late": True}
EARLY = LATE | {"occurred_at": "2026-03-02T01:30:00+07:00"}


def test_a_late_step_moves_nothing_back(tmp_path: Path) -> None:
    """Law 6: It is told with its own time, and the number that they show stays the newest."""
    rows = [
        {"kind": "event", "dossier": ID, "seq": seq, "status": number, "call": seq, "arrived": 1.0}
        for seq, number in ((1, 0), (2, 1), (3, 2), (4, 2))
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "p.effects.jsonl").write_text(text, encoding="utf-8")
    of = replace(CASE.of, events=(*EVENTS_OF, EARLY), lanes={"p": LANE | {"done_seq": 4}})
    states = {status: number for number, status in enumerate(STATUSES)}

    found = find([replace(CASE, of=of, owed=frozenset())], tmp_path, {"p": EVENTS}, [], states)

    assert found.bad() == {}


@pytest.mark.parametrize(("told", "bad"), [((1, 4, 2, 3), []), ((1, 3, 2, 4), ["out_of_order"])])
def test_a_timeline_rises_by_time(tmp_path: Path, told: tuple[int, ...], bad: list[str]) -> None:
    """Law 6: What became known late may be told first where it belongs; no row goes backwards."""
    events = (*EVENTS_OF, EARLY)
    by_seq = {event["seq"]: event for event in events}
    rows = [
        {"kind": "line", "code": CODE, "text": by_seq[seq]["action"], "call": seq, "arrived": 1.0}
        | {"at": str(by_seq[seq]["occurred_at"]).translate(str.maketrans("", "", "-T:"))[:14]}
        for seq in told
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    snapshot = json.dumps({"kind": "snapshot", "code": CODE, "call": 9, "arrived": 1.0}) + "\n"
    (tmp_path / "p.effects.jsonl").write_text(text + snapshot, encoding="utf-8")
    of = replace(CASE.of, code=CODE, events=events, lanes={"p": LANE | {"done_seq": 4}})

    found = find([replace(CASE, of=of, owed=frozenset())], tmp_path, {"p": LINES}, [], {})

    assert list(found.bad()) == bad


@pytest.mark.parametrize(("marked", "bad"), [([[1, 1]], []), ([], ["out_of_order", "unexplained"])])
def test_a_line_in_doubt_may_stand_before_a_step_known_later(
    tmp_path: Path, marked: list[list[int]], bad: list[str]
) -> None:
    """What was sent and not heard of is there first; unmarked, it is out of order."""
    early = EVENTS_OF[0] | {"seq": 2, "ref": "e", "action": "Bước 0"}
    early["occurred_at"] = "2026-03-02T00:30:00+07:00"
    rows = [
        {"kind": "line", "code": CODE, "at": at, "text": text, "call": call, "arrived": 10.0 + call}
        for call, (at, text) in enumerate(
            [
                ("20260302010000", "Bước 1"),
                ("20260302003000", "Bước 0"),
                ("20260302010000", "Bước 1"),
            ]
        )
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "p.effects.jsonl").write_text(text, encoding="utf-8")
    hit = {"call": 0, "fault": "reset_after", "stored": True, "at": 10.0}
    (tmp_path / "p.faults.jsonl").write_text(json.dumps(hit) + "\n", encoding="utf-8")
    tries = [Try("p", 1, 1, 9.5, 10.5, "uncertain", late=False, fence=1)]
    lane = LANE | {"done_seq": 2, "may_stand_twice": marked}
    events = (EVENTS_OF[0], early)
    of = replace(CASE.of, code=CODE, promised=frozenset(), events=events, lanes={"p": lane})
    case = replace(CASE, of=of, tries=tries, owed=frozenset())

    found = find([case], tmp_path, {"p": LINES}, [Fault("kill_worker", 10.1, 14.0)], {})

    assert sorted(found.bad()) == bad
