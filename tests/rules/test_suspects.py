"""Whose fault a suspect answer is: properties over sequences of outcomes of several dossiers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.gate import Gate, Result, claimed, places, record
from gateway.rules.outcomes import SUSPECT, Decision, Lane, Park, Wait, decide
from gateway.rules.suspects import call_of
from schemas.outcome import (
    Blocked,
    Delivered,
    Malformed,
    Outcome,
    Refused,
    Remote,
    Suspect,
    Uncertain,
    Unreachable,
)

GOOD = Delivered(up_to=1, remote=Remote())
FORBIDDEN = Suspect(why="HTTP 403")
ANSWERS: list[Outcome] = [
    GOOD,
    FORBIDDEN,
    Refused(code="7", message="no"),
    Malformed(why="x", raw=""),
    Unreachable(why="x"),
    Uncertain(why="x", effect="keyed"),
    Blocked(why="401"),
]


@dataclass
class Province:
    """One system whose answers come one by one, as the store tells the rules of them."""

    gate: Gate = field(default_factory=Gate)
    until: int = 0
    now: int = 0
    first: dict[str, int] = field(default_factory=dict)

    def answers(self, dossier: str, outcome: Outcome, *, idle: bool = False) -> Decision:
        """Let a dossier be tried, by a probe where the gate is closed, and learn what follows."""
        self.now += 1000
        self.gate = claimed(self.gate)
        first = self.first.get(dossier)
        lane = Lane(
            tries=0,
            uncertainty=0,
            failing_since=first,
            linger=0.0,
            on_uncertain="resend",
            dossier=dossier,
            call="POST /x",
            suspect_since=first,
        )
        decision, word, cause = decide(outcome, lane, self.gate, 0.0)
        alone = idle and first is not None
        result = Result(dossier, word, cause, call="POST /x", alone=alone)
        self.gate, self.until = record(
            self.gate, self.until, [result], now=self.now, at_once=8, scale=1.0
        )
        if isinstance(decision, Wait) and decision.reason == SUSPECT:
            self.first.setdefault(dossier, self.now)
        else:
            self.first.pop(dossier, None)
        return decision

    @property
    def open(self) -> bool:
        """Say whether others may go on now."""
        return places(self.gate, self.until, 0, self.now, 8) > 0


def tries(*answers: Outcome) -> st.SearchStrategy[list[tuple[str, Outcome]]]:
    """Draw who is answered what, in which order."""
    return st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(answers)), max_size=40)


@given(tries(*ANSWERS))
def test_who_is_singled_out_was_passed_by_another(told: list[tuple[str, Outcome]]) -> None:
    """Law 14: A suspect parks only if another dossier passed after its first try."""
    province, passed = Province(), dict[str, int]()
    for dossier, outcome in told:
        first = province.first.get(dossier)
        decision = province.answers(dossier, outcome)
        if outcome is FORBIDDEN and isinstance(decision, Park):
            others = [at for other, at in passed.items() if other != dossier]

            assert first is not None
            assert max(others, default=0) > first
        if outcome is GOOD:
            passed[dossier] = province.now


@given(tries(*ANSWERS))
def test_a_suspect_is_never_counted_as_a_failure_of_its_lane(
    told: list[tuple[str, Outcome]],
) -> None:
    """Law 14: It waits ten seconds, uncounted, however often it befalls it."""
    province = Province()
    waits = [province.answers(dossier, outcome) for dossier, outcome in told]
    suspects = [one for one in waits if isinstance(one, Wait) and one.reason == SUSPECT]

    assert {(one.seconds, one.counted) for one in suspects} <= {(10.0, False)}


@given(tries(*ANSWERS))
def test_three_in_a_row_close_it(told: list[tuple[str, Outcome]]) -> None:
    """Law 14: However it stood before, three different suspects with no pass between close it."""
    province = Province()
    for dossier, outcome in told:
        province.answers(dossier, outcome)
    befallen = [(province.answers(dossier, FORBIDDEN), province.open) for dossier in "xyz"]

    assert not all(still_open for _, still_open in befallen)
    assert not any(isinstance(one, Park) for one, _ in befallen)


@given(tries(GOOD, FORBIDDEN))
def test_two_in_a_row_let_the_others_go_on(told: list[tuple[str, Outcome]]) -> None:
    """Law 14: Others go on without a wait as long as fewer than three are suspect in a row."""
    province, row = Province(), set[str]()
    for dossier, outcome in told:
        parked = isinstance(province.answers(dossier, outcome), Park)
        row = set() if outcome is GOOD else row if parked else row | {dossier}

        assert province.open is (len(row) < 3)
        if not province.open:
            return


@given(tries(*ANSWERS), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40))
def test_a_system_that_takes_nothing_any_more_parks_nobody(
    told: list[tuple[str, Outcome]], dead: list[str]
) -> None:
    """Law 14: From the first on who becomes suspect as our account is shut, nobody parks."""
    province, fresh = Province(), False
    for dossier, outcome in told:
        province.answers(dossier, outcome)
    for dossier in dead:
        known = province.first.get(dossier) is not None
        decision = province.answers(dossier, FORBIDDEN)

        assert not (isinstance(decision, Park) and (fresh or not known))
        fresh = fresh or not known


@given(st.lists(st.booleans(), min_size=2, max_size=40))
def test_one_record_that_they_do_not_take_shuts_nobody_out(passes: list[bool]) -> None:
    """Law 14: Poison parks at its second try, and the gate stays open all the time."""
    province, fates = Province(), list[Decision]()
    for number, others in enumerate([*passes, True]):
        fates.append(province.answers("poison", FORBIDDEN))

        assert province.gate.state == "open"
        if isinstance(fates[-1], Park):
            break
        if others:
            province.answers(f"d{number}", GOOD)
    else:
        fates.append(province.answers("poison", FORBIDDEN))

    assert isinstance(fates[-1], Park)


@given(tries(GOOD, FORBIDDEN, Refused(code="7", message="no")), st.lists(st.booleans()))
def test_whoever_parks_closes_nothing(told: list[tuple[str, Outcome]], idle: list[bool]) -> None:
    """Law 14: It is the record's or the system's: never both, and least where nobody else waits."""
    province = Province()
    for place, (dossier, outcome) in enumerate(told):
        alone = idle[place % len(idle)] if idle else True
        decision = province.answers(dossier, outcome, idle=alone)

        assert not (isinstance(decision, Park) and province.gate.state == "closed")


def test_twice_on_an_idle_system_closes_it_and_parks_nobody() -> None:
    """Law 14: Where nobody else is there to be tried, one suspect twice closes the gate."""
    province = Province()
    fates = [province.answers("a", FORBIDDEN, idle=True) for _ in range(2)]

    assert [isinstance(one, Wait) for one in fates] == [True, True]
    assert (province.gate.state, province.gate.why) == ("closed", "suspects")


def test_once_on_an_idle_system_says_nothing_yet() -> None:
    """It is tried once more before the gate is closed for it."""
    province = Province()
    province.answers("a", FORBIDDEN, idle=True)

    assert (province.gate.state, province.gate.suspects) == ("open", ("a",))


def test_whoever_closes_it_is_named() -> None:
    """Law 14: Since when, why, by which dossier and on which call, until something passes."""
    province = Province()
    for dossier in "abc":
        province.answers(dossier, FORBIDDEN)
    closed = province.gate
    province.answers("d", Blocked(why="401"))
    blocked = province.gate
    province.answers("e", GOOD)
    opened = province.gate

    assert (closed.since, closed.why, closed.by, closed.call) == (3000, "suspects", "c", "POST /x")
    assert (blocked.since, blocked.why, blocked.by) == (3000, "blocked", "d")
    assert (opened.since, opened.why, opened.by, opened.call) == (None, None, None, None)


def test_whoever_parks_names_the_call() -> None:
    """Law 14: The integrator reads which call they refuse, and groups what is parked by it."""
    province = Province()
    province.answers("a", FORBIDDEN)
    province.answers("b", GOOD)
    fate = province.answers("a", FORBIDDEN)

    assert isinstance(fate, Park)
    assert (fate.owner, fate.reason, fate.cause) == (
        "integrator",
        "singled_out",
        "singled_out:POST /x: HTTP 403",
    )


def test_one_call_that_nobody_passes_stops_no_other_call() -> None:
    """Law 14: Where they refuse every change and take every create, creates go on all the time."""
    province, fates = Province(), list[Decision]()
    for _ in range(2):
        for number in range(40):
            fates.append(province.answers(f"change {number}", FORBIDDEN))
            province.answers(f"create {number}", GOOD)

            assert province.gate.state == "open"

    assert {one.cause for one in fates[40:] if isinstance(one, Park)} == {
        "singled_out:POST /x: HTTP 403"
    }


def test_a_no_of_their_rule_is_no_pass() -> None:
    """Law 14: Whoever is refused by a row of their contract clears nobody and accuses nobody."""
    province = Province()
    for dossier in "abc":
        province.answers(dossier, FORBIDDEN)
        province.answers(f"refused {dossier}", Refused(code="7", message="no"))

    assert (province.gate.state, province.gate.why) == ("probing", "suspects")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/v1/dossiers", "/api/v1/dossiers"),
        ("/dossiers/H99.14-260302-0001", "/dossiers/…"),
        ("/citizens/001086012345/files", "/citizens/…/files"),
        ("/people/Lò Thị Hoa?name=x", "/people/…"),
        ("/x?token=secret", "/x"),
        (f"/{'a' * 41}", "/…"),
    ],
)
def test_a_call_is_named_without_whom_it_is_about(path: str, shown: str) -> None:
    """What many may read has no code, no name and no query."""
    assert call_of("PUT", path) == f"PUT {shown}"


def test_a_talk_that_had_begun_before_proves_nothing() -> None:
    """Law 14: The address went wrong meanwhile: what they still took says nothing of a suspect."""
    province = Province()
    province.answers("x", FORBIDDEN)
    before = Result("y", "good", took=2000)
    province.gate, province.until = record(
        province.gate, province.until, [before], now=province.now + 10, at_once=8, scale=1.0
    )
    after = province.answers("x", FORBIDDEN)

    assert isinstance(after, Wait)
    assert province.gate.suspects == ("x",)
