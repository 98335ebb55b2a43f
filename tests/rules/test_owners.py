"""Law 17: whether two statements mean one citizen."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.rules.owners import agreement
from schemas.parts import Party

SYLLABLES = ["Lò", "Thị", "Hòa", "Hoa", "Nguyễn", "Đặng", "Thủy", "Mẫu", "A", "Vy"]
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=4).map(" ".join)
NUMBERS = st.dictionaries(
    st.sampled_from(["personal_number", "foreign_id", "passport"]),
    st.sampled_from(["001399000000", "001399000001"]),
)
BIRTHS = st.sampled_from([None, "1999", "1999-02", "1999-02-03", "1999-02-04", "1990"])


def party(name: str, numbers: dict[str, str] | None = None, birth: str | None = None) -> Party:
    """Make an owner."""
    identities = [{"kind": kind, "number": number} for kind, number in (numbers or {}).items()]
    made: dict[str, Any] = {"kind": "citizen", "name": name, "identities": identities}
    return Party.model_validate(made | ({"birth": birth} if birth else {}))


PARTIES = st.builds(party, NAMES, NUMBERS, BIRTHS)


def unmarked(left: str, right: str) -> bool:
    """Say whether one name is the other as software writes it that knows no marks."""
    bare = [
        "".join(
            sign
            for sign in unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
            if not unicodedata.combining(sign)
        )
        for name in (left, right)
    ]
    return bare[0] == bare[1] and bare[0] in (left, right)


@given(PARTIES, PARTIES)
@example(party("Hòa Hòa A"), party("Hoa Hoa A"))
def test_the_table_of_agreement(left: Party, right: Party) -> None:
    """Law 17: An equal number is the same; else a differing number, name or birth is not."""
    mine, theirs = ({one.kind: one.number for one in side.identities} for side in (left, right))
    common = mine.keys() & theirs.keys()
    births = {one for one in (left.birth, right.birth) if one}
    apart = len(births) == 2 and not any(
        one != other and other.startswith(one) for one in births for other in births
    )
    if any(mine[kind] == theirs[kind] for kind in common):
        expected = "same"
    elif common or apart or not (left.name == right.name or unmarked(left.name, right.name)):
        expected = "other"
    else:
        expected = "unknown"

    assert agreement(left, right) == expected
    assert agreement(right, left) == expected


@given(NAMES, st.sampled_from(["upper", "lower", "title", "NFD", "spaces", "bare"]))
def test_how_a_name_is_typed_is_no_difference(name: str, way: str) -> None:
    """Capitals, spaces, decomposed letters, and software that writes no marks at all."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", name.replace("Đ", "D"))
        if not unicodedata.combining(letter)
    )
    typed = {
        "NFD": unicodedata.normalize("NFD", name),
        "spaces": f" {name.replace(' ', '  ')} ",
        "bare": bare.upper(),
    }.get(way) or getattr(name, way)()

    assert agreement(party(name), party(typed)) == "unknown"


@pytest.mark.parametrize(
    ("left", "right"), [("Lê Thị Hoa", "Lê Thị Hòa"), ("Lò A Ân", "Lò A An"), ("Vũ Vy", "Vũ Vi")]
)
def test_another_mark_or_letter_is_another_name(left: str, right: str) -> None:
    """Two names that differ in a mark are two names, where both are written with marks."""
    assert agreement(party(left), party(right)) == "other"


@pytest.mark.parametrize(
    ("left", "right"),
    [("Đặng Hòa", "Ðặng Hoà"), ("Đặng Hòa", "\u0189ặng Hò\u200ba"), ("Đỗ A", "Đỗ\u00a0\ufeffA")],
)
def test_letters_that_look_alike_or_take_no_place_are_no_difference(left: str, right: str) -> None:
    """Another alphabet's Đ, and what copied text brings along unseen."""
    assert agreement(party(left), party(right)) == "unknown"


@pytest.mark.parametrize(("left", "right"), [("Hòa Lò", "Hoà Lò"), ("Lê Thuỷ", "Lê Thủy")])
def test_a_tone_on_either_vowel_is_one_name(left: str, right: str) -> None:
    """Both ways of placing a tone are in use."""
    assert agreement(party(left), party(right)) == "unknown"


@pytest.mark.parametrize("number", ["không có", "0", "-", "1.23E+11", "1099012345", "O01399000000"])
@pytest.mark.parametrize("kind", ["personal_number", "old_id_card", "tax_code"])
def test_a_wrong_number_proves_nothing(kind: str, number: str) -> None:
    """Two who have "không có" are not one, and what a spreadsheet ruined is nobody else's."""
    wrong = {kind: number}

    assert agreement(party("Lò Thị A", wrong), party("Lò Thị A", wrong)) == "unknown"
    assert agreement(party("Lò Thị A", wrong), party("Vũ Văn B", wrong)) == "other"
    assert (
        agreement(party("Lò Thị A", wrong), party("Lò Thị A", {kind: "001399000000"})) == "unknown"
    )


def test_how_a_number_is_typed_is_no_difference() -> None:
    """Spaces, an apostrophe and a branch's dash leave it the same number."""
    for kind, plain, typed in (
        ("personal_number", "001399000000", "'001 399 000 000"),
        ("tax_code", "0100109106001", "0100109106-001"),
        ("passport", "B1234567", "b 123-4567"),
    ):
        assert agreement(party("A", {kind: plain}), party("B", {kind: typed})) == "same"
