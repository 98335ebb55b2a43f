"""Everything that can hold a dossier up is said in both languages, with what to do next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from gateway.rules import gate as gates
from gateway.rules.gate import RECENT, Gate, Result
from gateway.rules.leases import PARK_AFTER_LAPSES, Withheld, lease
from gateway.rules.outcomes import AskLater, Close, Lane, Leave, Park, Wait, decide, word
from gateway.words.causes import CAUSES, KINDS, UNKNOWN, explain
from gateway.words.standing import STANDING
from schemas.outcome import (
    EXISTS_ALREADY,
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Pending,
    Refused,
    Remote,
    Suspect,
    Uncertain,
    Unreachable,
    Untold,
)

ROOT = Path(__file__).parents[2]
OUTCOMES: list[Outcome | CannotExpress] = [
    Delivered(up_to=1, remote=Remote()),
    Pending(remote=Remote(), ask_after=1),
    Refused(code="7", message="no"),
    Refused(code=EXISTS_ALREADY, message="no"),
    Unreachable(why="x"),
    *(Uncertain(why="x", effect=effect) for effect in ("read", "keyed", "append")),
    Blocked(why="x"),
    Suspect(why="x"),
    Malformed(why="x", raw=""),
    CannotExpress("/a", "x"),
    Untold("/a", "x"),
]
GATES = [Gate(), Gate(good_at=9), Gate(passed_at=9), Gate(state="probing", why="one_cause")]


def decided() -> Iterator[str]:
    """Give every cause that the rules can decide on, and the word of every outcome."""
    for outcome, gate, tries, on in product(OUTCOMES, GATES, (0, 20), ("resend", "park")):
        lane = Lane(
            tries=tries,
            uncertainty=0,
            failing_since=5,
            linger=0,
            on_uncertain=on,
            suspect_since=5,
        )
        fate, _, _ = decide(outcome, lane, gate, 0.0)
        match fate:
            case Wait(reason=reason):
                yield reason
            case Park(reason=reason, cause=cause):
                yield from (reason, cause)
            case Leave(cause=cause):
                yield cause
            case AskLater() | Close():
                pass
        if not isinstance(fate, AskLater | Close):
            yield word(outcome)


def leased() -> Iterator[str]:
    """Give every reason for which a picked lane is parked instead of leased."""
    for before, parks in product(range(PARK_AFTER_LAPSES), (True, False)):
        found = lease(
            expired=True,
            uncertainty=0,
            expired_leases=before,
            appends=True,
            parks_uncertain=parks,
        )
        if isinstance(found, Withheld):
            yield found.reason


def written() -> Iterator[str]:
    """Give every reason and cause that is written without a rule, read from the source."""
    names = {"reason", "cause", "reason_", "cause_"}
    rooms = (ROOT / "gateway" / room for room in ("store", "dossiers"))
    for file in (path for room in rooms for path in room.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            values: list[ast.expr] = []
            if isinstance(node, ast.keyword) and node.arg in names:
                values = [node.value]
            elif isinstance(node, ast.Dict):
                values = [
                    value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant) and key.value in names
                ]
            for value in values:
                either = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
                for one in either:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield one.value


def closed() -> Iterator[str]:
    """Give every reason for which a gate closes."""
    for results in (
        [Result("a", "blocked")],
        [Result(str(number), "bad") for number in range(9)],
        [Result(str(number), "suspect") for number in range(3)],
        [Result(str(number), "odd", "x") for number in range(RECENT)],
    ):
        gate, _ = gates.record(Gate(), 0, results, now=1, at_once=1, scale=1.0)
        yield gate.why or "open"


def test_the_walk_meets_what_the_engine_is_known_to_say() -> None:
    """A walk that found nothing would prove nothing."""
    met = {*decided(), *leased(), *written(), *closed()}

    assert met >= {
        "refused:7",
        "exists_already",
        "uncertain:append",
        "too_many_failures:unreachable",
        "system_paused",
        "lapsed",
        "may_stand_once",
        "needs_code",
        "asked_holds",
        "failing",
        "one_cause",
        "blocked",
        "suspect",
        "suspects",
        "singled_out:x",
    }


@pytest.mark.parametrize("cause", sorted({*decided(), *leased(), *written(), *closed()}))
def test_every_cause_of_the_engine_is_said(cause: str) -> None:
    """In both languages, and neither of them falls back on a word for the unknown."""
    said = [*explain(cause, "vi"), *explain(cause, "en")]

    assert [text for text in said if not text or text in (*UNKNOWN.what, *UNKNOWN.step)] == []


def test_the_tables_are_whole() -> None:
    """Nothing is left empty, and the two languages are not the same text."""
    pairs = [pair for cause in CAUSES.values() for pair in (cause.what, cause.step)]
    torn = [pair for pair in (*pairs, *STANDING.values()) if not all(pair) or pair[0] == pair[1]]

    assert (torn, "uncertain" in KINDS) == ([], True)


def test_a_cause_of_another_version_is_said_to_be_unknown() -> None:
    """A command never ends with an error because of what is stored."""
    assert explain("never_heard_of:x", "en") == (UNKNOWN.what[1], UNKNOWN.step[1])
