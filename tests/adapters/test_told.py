"""What ends, changes or takes back a dossier is told to every system, or parks its lane."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from adapters import registry
from gateway.workbench.checks import step_of
from gateway.workbench.full import START, pair
from gateway.workbench.transports import Simulated, Subject, play, simulated, spelled, subject
from schemas.dossier import Dossier
from schemas.outcome import CannotExpress, Delivered, Remote

MARKER = "ngoài thẩm quyền 7391"
NEW_CODE, OTHER_CODE = "H99.14-260302-0999", "BN-0999"
CLOSED = ("refused_at", "finished_at", "returned_at")


def at(hours: int) -> str:
    """Say a time after the beginning."""
    return (START + timedelta(hours=hours)).isoformat()


@dataclass(frozen=True)
class Story:
    """What a system was told before, and the one event that is new."""

    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    event: dict[str, Any]
    says: tuple[str, ...] = (MARKER,)
    """Texts that stand in what is sent."""
    gone: tuple[str, ...] = ()
    """Times that stood in the record and must be said to be absent."""


OPEN: dict[str, Any] = {"status": "processing", **dict.fromkeys(CLOSED)}
DONE: dict[str, Any] = OPEN | {"status": "finished", "finished_at": at(30)}
DUE = {"at": at(100), "precision": "instant", "none": False}
CORRECTED: dict[str, Any] = {"kind": "corrected", "status": "processing"}
STORIES = (
    Story(
        "refused",
        OPEN,
        OPEN | {"status": "refused", "refused_at": at(40)},
        {"kind": "refused", "status": "refused"},
    ),
    Story("stopped", OPEN, OPEN | {"status": "stopped"}, {"kind": "stopped", "status": "stopped"}),
    Story(
        "due_changed",
        OPEN,
        OPEN | {"due": DUE},
        {"kind": "due_changed", "status": "processing", "due": DUE},
    ),
    Story("due_corrected", OPEN, OPEN | {"due": DUE}, CORRECTED | {"patch": {"due": DUE}}),
    Story("voided", OPEN, OPEN | {"voided": True}, {"kind": "voided", "status": "processing"}),
    Story(
        "linked",
        OPEN,
        OPEN | {"codes": [{"value": OTHER_CODE, "kind": "portal"}]},
        {
            "kind": "linked",
            "status": "processing",
            "codes": [{"value": OTHER_CODE, "kind": "portal"}],
        },
        says=(MARKER, OTHER_CODE),
    ),
    Story(
        "code_corrected",
        OPEN,
        OPEN | {"official_code": NEW_CODE},
        CORRECTED | {"patch": {"official_code": NEW_CODE}},
        says=(MARKER, NEW_CODE),
    ),
    Story(
        "finish_moved",
        DONE,
        DONE | {"finished_at": at(35)},
        CORRECTED | {"status": "finished", "patch": {"finished_at": at(35)}},
    ),
    Story(
        "finish_taken_back",
        DONE,
        OPEN,
        CORRECTED | {"supersedes": "xong"},
        gone=("finished_at",),
    ),
    Story(
        "return_taken_back",
        DONE | {"status": "returned", "returned_at": at(31)},
        DONE,
        CORRECTED | {"status": "finished", "supersedes": "trả"},
        gone=("returned_at",),
    ),
    Story(
        "refusal_taken_back",
        OPEN | {"status": "refused", "refused_at": at(30)},
        OPEN,
        CORRECTED | {"supersedes": "từ chối"},
        gone=("refused_at",),
    ),
)
FOUND = registry.find_adapters().adapters
WAYS: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("commune_files", {}, False),
    ("commune_files", {"format": "xml"}, False),
    ("echo", {}, False),
    ("echo", {"style": "snapshot"}, False),
    ("igate", {}, False),
    ("national_portal", {}, False),
    ("national_portal", {"voided": "park"}, False),
    ("national_portal", {}, True),
    ("national_portal", {"portal_born": "answer"}, True),
    ("national_portal", {"portal_born": "answer", "voided": "park"}, True),
    ("national_portal", {"portal_born": "none"}, True),
)
"""Adapters with settings that tell otherwise, and whether the dossier was born there."""
FIELDS = {
    "national_portal": {
        "refused_at": "NgayTuChoi",
        "finished_at": "NgayKetThucXuLy",
        "returned_at": "NgayTra",
    },
    "igate": {"finished_at": "completedDate", "returned_at": "returnedDate"},
}
"""Where a contract has a time of its own, by what it is called in the dossier."""


def document(state: dict[str, Any], version: int, event: dict[str, Any]) -> dict[str, Any]:
    """Write a full dossier in a state, with its newest event."""
    bare = {"ref": f"b-{version}", "seq": version, "occurred_at": at(40), "recorded_at": at(40)}
    start = {"official_code": "H99.14-260302-0001", "notes": "ghi chú", "voided": False}
    return pair()[0] | start | state | {"version": version, "events": [bare | event]}


def begun(one: Subject, story: Story, far: Simulated, *, born: bool) -> Remote:
    """Tell everything that was before; give what the lane remembers of it."""
    event = {"kind": "progress", "action": "Thụ lý", "status": story.before["status"]}
    step = step_of(document(story.before, 1, event))
    outcome, _, _ = play(one, replace(step, born_here=born), far)
    assert isinstance(outcome, Delivered), outcome
    return outcome.remote


def told(one: Subject, story: Story, *, born: bool) -> tuple[object, list[dict[str, Any]]]:
    """Tell the new event to a system that knew everything before; give outcome and requests."""
    far = simulated(one)
    if born:
        far.simulator.seed(["H99.14-260302-0001"])
    remote = begun(one, story, far, born=born)
    event = {"action": "Bước mới", "reason": MARKER} | story.event
    step = step_of(document(story.after, 2, event))
    outcome, sent, _ = play(one, replace(step, remote=remote, born_here=born), far)
    return outcome, [spelled(request) for request in sent]


def values(name: str, value: Any) -> list[Any]:
    """Find everything that stands under a name, however deep."""
    if isinstance(value, dict):
        here = [value[name]] if name in value else []
        return here + [found for one in value.values() for found in values(name, one)]
    return (
        [found for one in value for found in values(name, one)] if isinstance(value, list) else []
    )


def test_every_adapter_is_told_stories() -> None:
    """No adapter that has a folder is left out."""
    assert {name for name, _, _ in WAYS} == set(FOUND)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_happened_and_why_is_told_or_parks(
    way: tuple[str, dict[str, Any], bool], story: Story
) -> None:
    """The new event's reason and codes stand in what is sent, or the lane is not done."""
    name, others, born = way
    outcome, sent = told(replace(subject(FOUND[name]), others=others), story, born=born)
    text = json.dumps(sent, ensure_ascii=False)

    if isinstance(outcome, CannotExpress):
        assert outcome.field in {"/voided", "/official_code"}
        assert not sent
        return
    assert isinstance(outcome, Delivered), outcome
    assert not [one for one in story.says if one not in text]


@pytest.mark.parametrize("story", [one for one in STORIES if one.gone], ids=lambda one: one.name)
@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_time_that_is_gone_is_sent_as_absent(name: str, story: Story) -> None:
    """A closing time that no longer stands is emptied in their record."""
    _, sent = told(subject(FOUND[name]), story, born=False)
    fields = [FIELDS[name][gone] for gone in story.gone if gone in FIELDS[name]]

    assert all(set(values(field, sent)) <= {"", None} and values(field, sent) for field in fields)


@pytest.mark.parametrize("name", ["due_changed", "due_corrected", "finish_moved"])
@pytest.mark.parametrize("style", ["answer", "none"])
def test_a_system_without_the_record_is_told_the_new_time_in_words(style: str, name: str) -> None:
    """Where only a text is sent, the text says what the time is now."""
    story = next(one for one in STORIES if one.name == name)
    one = replace(subject(FOUND["national_portal"]), others={"portal_born": style})
    _, sent = told(one, story, born=True)
    head = Dossier.model_validate(
        {k: v for k, v in document(story.after, 2, {}).items() if k != "events"}
    )
    time = head.due.at if "due" in name and head.due else head.finished_at

    assert time is not None
    assert time.strftime("%d/%m/%Y %H:%M") in json.dumps(sent, ensure_ascii=False)
