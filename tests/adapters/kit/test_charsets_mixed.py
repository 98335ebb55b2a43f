"""Cells of Unicode and of a font in one sheet: kept, converted or reported, never another name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import charsets
from tests.adapters.kit.test_charsets_fonts import kept
from tests.adapters.kit.vietnamese import GIVEN, PEOPLE, SURNAMES, communes

TYPED = ("tcvn3", "tcvn3-capitals", "vni", "viqr")
NAMES = st.one_of(
    PEOPLE,
    PEOPLE.map(str.upper),
    st.sampled_from(communes()),
    st.sampled_from([name.split(" ", 1)[1] for name in communes()]),
    st.sampled_from(SURNAMES + GIVEN),
)


def read(cell: str, font: str) -> str | None:
    """Read a cell; None: it is reported."""
    try:
        return charsets.respelt(cell, font)
    except charsets.CharsetError:
        return None


def typed(name: str, font: str) -> str:
    """Give what a program that knows no font shows of a name."""
    return charsets.encode(name, "utf-8", font).decode()


@pytest.mark.parametrize("font", TYPED)
@given(name=NAMES)
def test_a_name_in_unicode_is_kept_or_reported(font: str, name: str) -> None:
    """It never becomes the name that the font's letters would be."""
    text = charsets.decode(name.encode(), "utf-8")
    same = {text, text.upper()} if font == "tcvn3-capitals" else {text}

    assert read(name, font) in {None, *same}


@pytest.mark.parametrize("font", TYPED)
@given(name=NAMES)
def test_a_name_typed_under_the_font_is_converted_or_reported(font: str, name: str) -> None:
    """It never stays as what it looks like."""
    text = charsets.decode(name.encode(), "utf-8")

    assert read(typed(text, font), font) in {None, kept(text, font)}


@pytest.mark.parametrize("font", TYPED)
@pytest.mark.parametrize("as_typed", [str, str.upper], ids=["names", "capitals"])
def test_every_commune_with_its_kind_is_told_apart(font: str, as_typed: type[str]) -> None:
    """Of all names of both generations, in Unicode and under the font, none is reported."""
    names = [as_typed(charsets.decode(name.encode(), "utf-8")) for name in communes()]
    unicode = [name for name in names if (read(name, font) or "").upper() != name.upper()]
    fonts = [name for name in names if read(typed(name, font), font) != kept(name, font)]

    assert (unicode, fonts) == ([], [])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("L¸ TrÇn", "Lá Trần"),
        ("Lª ThÞ Cóc", "Lê Thị Cúc"),
        ("Kr«ng N¨ng", "Krông Năng"),
        ("300.000®", "300.000đ"),
        ("Lê Thị Bé", "Lê Thị Bé"),
        ("Bùi Minh Tú", "Bùi Minh Tú"),
        ("LÊ CÔNG BÉ", "LÊ CÔNG BÉ"),
        ("Xã A Bung", "Xã A Bung"),
        ("Cá nhân", "Cá nhân"),
        ("Nestlé® Việt Nam", "Nestlé® Việt Nam"),
        ("François Müller", "François Müller"),
        ("Ông Ké", "Ông Ké"),
        ("36°C", "36°C"),
        ("5 ½", "5 ½"),
        ("3×4 m²", "3×4 m²"),
        ("5 – 7", "5 – 7"),
        ("e\u0303\u0302", "ễ"),
        ("", ""),
    ],
)
def test_a_cell_that_only_one_reading_explains_is_read_so(cell: str, text: str) -> None:
    """By its syllables, its capitals and its signs; where no word is at stake, as it is shown."""
    assert text == charsets.respelt(cell, "tcvn3")


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("Võ Công Lý", "may be Unicode or tcvn3"),
        ("Thái Công Lý", "may be Unicode or tcvn3"),
        ("Lê Công Bé", "may be Unicode or tcvn3"),
        ("Vò Thanh Quang", "may be Unicode or tcvn3"),
        ("NguyÔn Thị Bé", "is partly tcvn3, partly Unicode"),
        ("José", "is Vietnamese neither in Unicode nor in tcvn3"),
    ],
)
def test_a_cell_that_may_be_two_is_reported(cell: str, why: str) -> None:
    """Whichever was meant: it says so instead of choosing."""
    with pytest.raises(charsets.CharsetError) as found:
        charsets.respelt(cell, "tcvn3")

    assert why == found.value.why


def test_what_came_as_bytes_is_always_of_the_font() -> None:
    """No Unicode was typed into a file of one byte a letter."""
    assert charsets.respelt("Lê Công Bé", "tcvn3", mixed=False) == "Lờ Cụng Bộ"
    with pytest.raises(charsets.CharsetError, match="position 1: is Unicode already, not vni"):
        charsets.respelt("Lễ", "vni", mixed=False)


@pytest.mark.parametrize("name", ["utf-8", "unicode", "cp1258", "cp1252"])
def test_without_a_font_a_cell_is_composed_and_kept(name: str) -> None:
    """Nothing is Vietnamese or not where nobody said that it may be otherwise."""
    assert charsets.respelt("L\u00b8 e\u0303\u0302", name) == "L\u00b8 ễ"


@given(data=st.data(), font=st.sampled_from(TYPED))
def test_any_text_is_read_or_reported(data: st.DataObject, font: str) -> None:
    """No cell of any letters raises anything else."""
    cell = data.draw(st.text())

    assert isinstance(read(cell, font), str | None)
