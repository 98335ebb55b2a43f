"""Law 11: no system is told a wrong number as somebody's identity, and a right one in one form."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import registry
from gateway.workbench.checks import step_of
from gateway.workbench.full import pair
from gateway.workbench.transports import Subject, play, simulated, spelled, subject
from schemas.identifiers import fault
from schemas.outcome import CannotExpress, Delivered, Outcome, Untold
from tests.adapters.test_told import WAYS
from tests.schemas.numbers import FILLERS, KINDS, RUINED, TYPED, right

FOUND = registry.find_adapters().adapters
FULL = pair()[0] | {"official_code": "H99.14-260302-0001", "voided": False}
TELLERS = [
    replace(subject(FOUND[name]), others=others)
    for name, others, born in WAYS
    if not born and "voided" not in others
]
WANTING = [one for one in TELLERS if "no_identity" in one.adapter.settings.model_fields]
NUMBERS = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), right(kind)))
Identities = list[dict[str, str]]


def stated(kind: str, number: str) -> dict[str, str]:
    """Write an identity."""
    return {"kind": kind, "number": number}


GOOD = stated("personal_number", "001399000001")


def document(everywhere: Identities, owner: Identities | None = None) -> dict[str, Any]:
    """Write a full dossier with these identities wherever one may be stated."""
    made: dict[str, Any] = copy.deepcopy(FULL)
    own = everywhere if owner is None else owner
    event = made["events"][0]
    parties = [made["submitter"], *(one["holder"] for one in (*made["results"], *event["results"]))]
    made["owner"]["account_id"] = "không có" if everywhere else None
    for party in [made["owner"], *parties]:
        party["representative"]["identities"] = everywhere
    for party in parties:
        party["identities"] = everywhere
    made["owner"]["identities"] = own
    event["patch"] = {"owner": {"identities": own}, "results": [{"holder": parties[-1]}]}
    return made


def told(one: Subject, made: dict[str, Any]) -> tuple[Outcome | CannotExpress, list[Any]]:
    """Tell a dossier; give the outcome and everything that was sent."""
    outcome, sent, _ = play(one, step_of(made), simulated(one))
    return outcome, [spelled(request) for request in sent]


@cache
def clean(at: int) -> list[Any]:
    """Give what an adapter sends of a dossier without a wrong number."""
    return told(TELLERS[at], document([], [GOOD]))[1]


@settings(max_examples=6, deadline=None)
@given(NUMBERS, st.sampled_from(FILLERS))
def test_a_wrong_number_leaves_no_trace_in_any_request(made: tuple[Any, str], filler: str) -> None:
    """Beside a right number every adapter sends the same as if the wrong ones were not stated."""
    kind, number = made
    ruined = [ruin(number, kind) for _, ruin in RUINED.values()]
    wrong = [stated(kind, text) for text in (filler, *filter(None, ruined)) if fault(kind, text)]
    told_of = document(wrong[:9], [*wrong[:9], GOOD])
    for at, one in enumerate(TELLERS):
        outcome, sent = told(one, told_of)

        assert isinstance(outcome, Delivered), (one, outcome)
        assert sent == clean(at)
        assert "not sent" in (outcome.note or "") or one.adapter.name == "commune_files"


@settings(max_examples=4, deadline=None)
@given(NUMBERS, st.sampled_from(sorted(TYPED)))
def test_a_right_number_is_sent_in_one_form(made: tuple[Any, str], way: str) -> None:
    """However it was typed, every adapter sends the number as it is written."""
    kind, number = made
    for one in TELLERS:
        outcomes, sent = zip(
            *(
                told(one, document([], [GOOD, stated(kind, text)]))
                for text in (number, TYPED[way](number))
            ),
            strict=True,
        )

        assert sent[0] == sent[1]
        assert all(isinstance(one, Delivered) for one in outcomes)


@pytest.mark.parametrize("identities", [[], [stated("personal_number", "1.23E+11")]])
@pytest.mark.parametrize("one", WANTING, ids=lambda one: f"{one.adapter.name} {one.others}")
def test_without_an_identity_it_parks_or_stays_untold(one: Subject, identities: Identities) -> None:
    """Where the contract wants one: by the procedure, nothing is sent either way."""
    made = document([], identities)
    found = {}
    for code, way in (("*", "park"), (made["procedure"]["code"], "untold"), ("9.9", "untold")):
        ways = {"no_identity": {code: way}}
        outcome, sent = told(replace(one, others={**one.others, **ways}), made)
        assert sent == []
        assert isinstance(outcome, CannotExpress)
        found[code] = (type(outcome), outcome.field, "well formed" in outcome.why)
    place = ("/owner/identities", bool(identities))

    assert list(found.values()) == [
        (CannotExpress, *place),
        (Untold, *place),
        (CannotExpress, *place),
    ]


@pytest.mark.parametrize("one", WANTING, ids=lambda one: f"{one.adapter.name} {one.others}")
@pytest.mark.parametrize("code", ["0", "không có", "1.2E+05"])
def test_what_is_no_code_is_told_as_none(one: Subject, code: str) -> None:
    """Under `0` a system would hold the dossiers of many people as one: the lane parks."""
    made = document([], [GOOD]) | {"official_code": code}
    outcome, sent = told(one, made)

    assert isinstance(outcome, CannotExpress)
    assert (outcome.field, sent) == ("/official_code", [])
