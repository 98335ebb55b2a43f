"""Law 11: what is taken for an identifier, and how it is spelled."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.words.formats import FORMATS
from schemas.identifiers import FORMS, Fault, fault, identities_of, normal, stands_for_none
from schemas.parts import Identity, Party
from tests.schemas.numbers import FILLERS, KINDS, RUINED, TYPED, Kind, right

NUMBERS = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), right(kind)))


def test_every_kind_has_its_row() -> None:
    """No kind of identity is left to an "else: fine"."""
    kinds = set(get_args(Identity.model_fields["kind"].annotation))

    assert set(FORMS) == kinds | {"phone", "email", "account_id", "official_code"}
    assert set(FORMATS) == set(get_args(Fault))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(TYPED)), NUMBERS)
def test_typing_changes_no_number(way: str, made: tuple[Kind, str]) -> None:
    """However a right number is typed, it is well formed and one and the same."""
    kind, number = made
    typed = TYPED[way](number)

    assert (fault(kind, typed), normal(kind, typed)) == (None, number)


@settings(max_examples=160, deadline=None)
@given(st.sampled_from(sorted(RUINED)), NUMBERS)
def test_a_ruined_number_is_named(way: str, made: tuple[Kind, str]) -> None:
    """Each way to ruin a number has its word, and what it left is no identity."""
    kind, number = made
    expected, ruin = RUINED[way]
    wrong = ruin(number, kind)
    # A person's number that lost two zeros may be a tax code: one in eleven has its check digit.
    assume(wrong and not (kind == "tax_code" and len(number) == 12 and len(wrong) == 10))
    party = Party.model_validate(
        {"kind": "citizen", "name": "A", "identities": [{"kind": kind, "number": wrong}]}
    )

    assert fault(kind, wrong) == expected
    assert identities_of(party) == []


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.text(min_size=1, max_size=20))
def test_the_normal_form_is_its_own(kind: str, text: str) -> None:
    """Whatever is said, spelling it twice changes no more, and never what is thought of it."""
    spelled = normal(kind, text)

    assert normal(kind, spelled) == spelled
    assert (fault(kind, text) is None) <= (fault(kind, spelled) is None)


@pytest.mark.parametrize("text", FILLERS)
def test_a_filler_is_nothing_of_any_kind(text: str) -> None:
    """What fills a field that must not stay empty is named so, for kinds of unknown form too."""
    assert ({fault(kind, text) for kind in FORMS}, stands_for_none(text)) == ({"filler"}, True)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("tax_code", "0100109106", None),
        ("tax_code", "0100109106-001", None),
        ("tax_code", "0100109107", "check_digit"),
        ("tax_code", "100109106", "zeros_lost"),
        # A branch's code that lost its zero has as many digits as a person's number.
        ("tax_code", "100109106001", "zeros_lost"),
        ("personal_number", "1.099E+09", "exponent"),
        ("personal_number", "1,099E+09", "exponent"),
        ("personal_number", "1.23E+11", "exponent"),
        ("personal_number", "1096012345", "zeros_lost"),
        ("personal_number", "O01096012345", "letter_o"),
        ("personal_number", "123456789", "length"),
        # A decimal of a float is no twelfth digit.
        ("personal_number", "95012345678.0", "characters"),
        ("old_id_card", "1234567.00", "characters"),
        ("passport", "b 1234567", None),
        ("passport", "1.2E+07", "exponent"),
        ("passport", "1E07", None),
        ("account_id", "7f3a-0012", None),
        ("account_id", "1.23E+11", "exponent"),
        ("business_registration", "01A8012345", None),
        ("agency_code", "000.00.14.H99", None),
        ("other", "12/UBND-GCN", None),
        ("phone", "0900 000 031", None),
        ("phone", "+84 (0)912.345.678", None),
        ("phone", "84912345678", None),
        ("phone", "024 3825 3536", None),
        ("phone", "+856 20 5555 5555", None),
        ("phone", "912345678", "zeros_lost"),
        ("phone", "9.12346E+08", "exponent"),
        ("phone", "0912345678/0987654321", "characters"),
        ("phone", "113", "length"),
        ("email", "mau31@example.test", None),
        ("email", "mẫu@example.test", "characters"),
        ("email", "mau@example", "characters"),
        ("official_code", "H99.14.05-260302-0007", None),
        ("official_code", "000.00.14.H99-260302-0007", None),
        ("official_code", "1.2E+05", "exponent"),
        ("official_code", "BN-17", "characters"),
    ],
)
def test_the_table_of_forms(kind: str, text: str, expected: Fault | None) -> None:
    """One line for each form that was seen, and for what is near it."""
    assert fault(kind, text) == expected
