"""State, events and times agree, whatever comes when: an independent model says the same."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dossiers.record import DossierRecord, millis
from gateway.rules.beginning import begin
from gateway.rules.history import Version, follow
from gateway.store.ledger.bodies import pack, unpack_dossier, unpack_event
from schemas.base import VIETNAM
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from tests.rules import histories, history_model

EXAMPLES = int(os.environ.get("LIENTHONG_EXAMPLES", "40"))
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ID = UUID("019a0000-0000-7000-8000-000000000001")
Said = dict[str, Any]
ACCEPTED = {"kind": "accepted", "received_at": "2026-03-02", "due": {"at": "2026-03-20"}}


def opened(events: Sequence[Said] = ()) -> list[Version]:
    """Post a dossier, with a history or without."""
    content = NewDossier.model_validate(histories.posted() | {"events": list(events)})
    made = begin(content, id=ID, environment="sandbox", now=NOW)
    return [one for one in made if isinstance(one, Version)]


def tell(versions: list[Version], said: Said) -> bool:
    """Post an event; say whether it was taken."""
    first = versions[0].dossier
    made = follow(
        versions[-1].dossier,
        [one.event for one in versions],
        NewEvent.model_validate(said),
        now=NOW,
        first=lambda: first,
    )
    if isinstance(made, Version):
        versions.append(made)
    return isinstance(made, Version)


def apart(events: Sequence[Said]) -> list[Said]:
    """Leave events of which each has a moment of its own, so that arrival decides nothing."""
    return list({one["occurred_at"]: one for one in events if "supersedes" not in one}.values())


def timeless(dossier: Said) -> Said:
    """Leave out what tells how a dossier came to be as it is."""
    return {
        name: sorted(value, key=str) if name in {*history_model.LISTS, "codes"} else value
        for name, value in dossier.items()
        if name not in {"version", "data_quality", "punctuality"}
    }


def spoken(version: Version) -> Said:
    """Give a version as it is given out."""
    found: Said = json.loads(version.dossier.model_dump_json(exclude_none=True))
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories.events())
def test_the_dossier_is_what_its_events_add_up_to(events: list[Said]) -> None:
    """Law 16: After each event that is taken the dossier is the model's, leaf by leaf."""
    versions, taken = opened(), []
    for said in events:
        if not tell(versions, said):
            continue
        taken.append(said)
        held = history_model.shown(spoken(versions[-1]))
        wanted = history_model.told(histories.posted(), taken)

        assert not list(history_model.differences(held, wanted))


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories.events(most=8))
def test_what_is_stored_goes_on_as_what_was_not(events: list[Said]) -> None:
    """A history that is read back for each event leads to the same dossier."""
    kept, stored = opened(), opened()
    for said in events:
        read = [
            Version(unpack_event(body), unpack_dossier(body))
            for body in (pack(one.event, one.dossier) for one in stored)
        ]
        assert tell(read, said) == tell(kept, said)
        stored = read

        assert spoken(stored[-1]) == spoken(kept[-1])


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories.events(most=6), st.randoms(use_true_random=False))
def test_a_posted_history_may_come_in_any_order(events: list[Said], random: Any) -> None:
    """Law 16: The same list in another order is the same dossier, and the model's."""
    kept = opened()
    listed = [one for one in apart(events) if tell(kept, one)]
    first = opened(listed)
    random.shuffle(listed)

    second = opened(listed)

    assert [spoken(one) for one in first[-1:]] == [spoken(one) for one in second[-1:]]
    for one in first[-1:]:
        wanted = history_model.told(histories.posted(), listed)
        assert not list(history_model.differences(history_model.shown(spoken(one)), wanted))


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories.events(most=8), st.randoms(use_true_random=False))
def test_events_may_arrive_in_any_order(events: list[Said], random: Any) -> None:
    """Law 16: What was taken in one order and is taken in another leads to the same dossier."""
    kept, other = opened(), opened()
    taken = [one for one in apart(events) if tell(kept, one)]
    random.shuffle(taken)
    also = [one for one in taken if tell(other, one)]

    first, second = spoken(kept[-1]), spoken(other[-1])

    assert also != taken or timeless(first) == timeless(second)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories.events(most=6))
def test_a_refusal_leaves_no_trace(events: list[Said]) -> None:
    """The history and the dossier are the same after an event that is refused."""
    versions = opened()
    for said in events:
        before = [(one.event.model_dump_json(), one.dossier.model_dump_json()) for one in versions]
        taken = tell(versions, said)

        after = [(one.event.model_dump_json(), one.dossier.model_dump_json()) for one in versions]

        assert after[: len(before)] == before
        assert len(after) == len(before) + taken


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    histories.events(most=8),
    st.sampled_from(["accepted", "processing", "awaiting_supplement", "stopped", "refused"]),
    st.integers(1, 26),
)
def test_what_is_taken_over_is_newer_than_what_it_was_before(
    events: list[Said], status: str, day: int
) -> None:
    """Law 16: Nothing older than the state that was taken over moves it, and times go with it."""
    as_of = f"2026-03-{day:02}T12:00:00+07:00"
    taken_over = histories.posted() | {"status": status, "source": {"ref": "1", "as_of": as_of}}
    made = begin(NewDossier.model_validate(taken_over), id=ID, environment="sandbox", now=NOW)
    versions = [one for one in made if isinstance(one, Version)]
    for said in events:
        before = spoken(versions[-1])
        if tell(versions, said) and history_model.moment(said["occurred_at"]) < as_of:
            moved = spoken(versions[-1])["status"] != before["status"]
            assert not moved or "supersedes" in said
        head = versions[-1].dossier
        assert (head.finished_at is not None) == (head.status in {"finished", "returned"}) or (
            head.status == "returned"
        )
        assert (head.returned_at is not None) == (head.status == "returned")
        assert head.refused_at is None or head.status == "refused"


@pytest.mark.parametrize(("put_right", "status"), [(2, "finished"), (30, "processing")])
def test_only_a_right_clock_holds_back_what_is_older(put_right: int, status: str) -> None:
    """Law 16: Once an operator has said as of when a source spoke, newer events move the state."""
    taken_over = histories.posted() | {"status": "processing"}
    taken_over["source"] = {"ref": "1", "as_of": "2026-03-30T08:00:00+07:00"}
    made = begin(NewDossier.model_validate(taken_over), id=ID, environment="sandbox", now=NOW)
    record = DossierRecord(ID, 1, "1", b"")
    for one in made:
        assert isinstance(one, Version)
        record.add(one, origin=None, digest=b"")
    record.as_of = millis(datetime(2026, 3, put_right, 8, tzinfo=VIETNAM))
    said = {"ref": "e", "kind": "finished", "occurred_at": "2026-03-10T08:00:00", "reason": "x"}

    after = record.follow(NewEvent.model_validate(said), now=NOW)

    assert isinstance(after, Version)
    assert after.dossier.status == status


DAY = "2026-03-05"
CUT_OFF = [
    ({"kind": "stopped", "reason": "theo đơn"}, {"kind": "resumed", "reason": "x"}),
    ({"kind": "refused", "reason": "thiếu"}, {"kind": "reopened", "reason": "x"}),
    ({"kind": "finished", "reason": "x"}, {"kind": "reopened", "reason": "x"}),
]


@pytest.mark.parametrize(("end", "again"), CUT_OFF)
def test_a_dossier_goes_on_again_on_the_day_on_which_it_ended(end: Said, again: Said) -> None:
    """Law 16: Of two days alike the end came first, if it was told first."""
    versions, approver = opened(), {"approver": histories.OFFICER}
    told = [
        tell(versions, {"ref": f"e{number}", "occurred_at": DAY} | approver | one)
        for number, one in enumerate((ACCEPTED, end, again))
    ]

    assert told == [True] * 3
    assert versions[-1].dossier.status == "processing"


@pytest.mark.parametrize(("end", "again"), CUT_OFF)
def test_a_posted_end_comes_before_what_goes_on_that_day(end: Said, again: Said) -> None:
    """Law 16: A list in any order has one order: nothing goes on that did not end."""
    approver = {"approver": histories.OFFICER}
    listed = [
        {"ref": one["kind"], "occurred_at": DAY} | approver | one for one in (again, end, ACCEPTED)
    ]

    assert opened(listed)[-1].dossier.status == "processing"


def test_what_ended_a_day_before_may_end_again_on_the_day_on_which_it_went_on() -> None:
    """Law 16: A list in any order has one order: an end of its own day needs no end before it."""
    approver = {"approver": histories.OFFICER, "reason": "x"}
    listed = [
        {"ref": "3", "kind": "finished", "occurred_at": DAY} | approver,
        {"ref": "2", "kind": "reopened", "occurred_at": DAY} | approver,
        {"ref": "1", "kind": "finished", "occurred_at": "2026-03-04"} | approver,
        {"ref": "0", "occurred_at": "2026-03-03"} | ACCEPTED,
    ]

    assert opened(listed)[-1].dossier.status == "finished"


def test_most_of_what_the_model_is_shown_is_taken() -> None:
    """The properties above speak of histories that are taken, not of refusals."""
    counted = [0, 0]

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(histories.events())
    def count(events: list[Said]) -> None:
        versions = opened()
        for said in events:
            counted[tell(versions, said)] += 1

    count()
    refused, taken = counted
    assert taken > refused
