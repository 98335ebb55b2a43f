"""Names of units as people write them: every unit is recognised, and no other is taken for it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import pytest

from schemas.catalogue.communes import old_units, resolve, same_name, units_ever
from schemas.catalogue.generations import same_area
from schemas.catalogue.spelling import unit_key

SHORT = {
    "Xã": ("X.", "X. ", "X ", "x."),
    "Phường": ("P.", "P. ", "P ", "p."),
    "Thị trấn": ("TT.", "TT. ", "TT ", "T.T. ", "Tt."),
    "Đặc khu": ("ĐK.", "ĐK ", "Ð.K. ", "ĐK. ", "Ðặc khu "),
}
OPEN = {"i": "y", "í": "ý", "ì": "ỳ", "ỉ": "ỷ", "ĩ": "ỹ", "ị": "ỵ"}
OPEN |= {other: one for one, other in OPEN.items()}
PAIRS = [("oà", "òa"), ("oá", "óa"), ("oả", "ỏa"), ("oè", "òe"), ("uý", "úy"), ("uỷ", "ủy")]
PAIRS += [("oạ", "ọa"), ("oã", "õa"), ("oẻ", "ỏe"), ("uỳ", "ùy"), ("uỵ", "ụy"), ("oé", "óe")]
CONSONANTS = "bcdđghklmnpqrstvx"


def opened(name: str) -> str:
    """Write the vowel of every open syllable with the other letter."""

    def other(found: re.Match[str]) -> str:
        return found[1] + OPEN[found[2]]

    vowels = "".join(OPEN)
    words = (f"(?i)([{CONSONANTS}])([{vowels}])(?![^\\W_])", f"(?i)((?<![^\\W_])qu)([{vowels}])\\b")
    for pattern in words:
        name = re.sub(pattern, other, name)
    return name


def toned(name: str) -> str:
    """Put the tone on the other letter of a pair at the end of a word."""
    for one, other in PAIRS:
        name = re.sub(rf"{other}\b", one, name)
    return name


def invisible(name: str) -> str:
    """Put letters that nobody sees behind the first and the last letter."""
    return f"{name[0]}\u200b\u00ad{name[1:-1]}\u2060{name[-1]}\ufeff"


def shortened(name: str) -> str:
    """Give the kind in the first of its short forms that chance picks."""
    for kind, forms in SHORT.items():
        if name.startswith(f"{kind} "):
            return DICE.choice(forms) + name.removeprefix(f"{kind} ")
    return name


def numbered(name: str) -> str:
    """Write numbers with a zero in front."""
    return re.sub(r"(?<!\d)(\d)", r"0\1", name)


DICE = random.Random(20)
WAYS: list[Callable[[str], str]] = [
    lambda name: name.replace("Đ", "Ð").replace("đ", "ð"),
    lambda name: name.replace("Đ", "\u0189"),
    opened,
    toned,
    numbered,
    shortened,
    invisible,
    lambda name: name.replace(" ", "\u00a0"),
    lambda name: name.replace(" ", "  "),
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: name.replace("'", "’").replace("-", "\u2011"),
    str.upper,
    str.lower,
]


def every() -> Iterator[tuple[str, str]]:
    """Give code and name of every unit of both generations."""
    yield from ((code, one.name) for code, one in old_units().items())
    yield from ((code, one.name) for code, names in units_ever().items() for one in names)


def test_every_unit_is_recognised_however_its_name_is_written() -> None:
    """In chance mixtures of all ways, of which none is of use for one name alone."""
    lost = []
    used: Counter[int] = Counter()
    for code, name in every():
        typed = name
        for number in sorted(DICE.sample(range(len(WAYS)), 3)):
            used[number] += WAYS[number](typed) != typed
            typed = WAYS[number](typed)
        if not same_name(typed, name) or (
            resolve(code, name=typed).candidates != resolve(code, name=name).candidates
        ):
            lost.append((code, name, typed))

    assert lost == []
    assert len(used) == len(WAYS)
    assert min(used.values()) >= 10


def test_no_two_names_of_one_province_become_one() -> None:
    """Of a generation: two units differ as their plain names do, with and without the kind."""
    names = defaultdict(set)
    for one in old_units().values():
        names["before", one.province].add(one.name)
    for kept in units_ever().values():
        names["since", kept[0].province] |= {one.name for one in kept}

    for own in names.values():
        keys = {unit_key(one) for one in own}

        assert len(keys) == len({toned(one).casefold().replace("’", "'") for one in own})


def test_few_names_of_the_country_become_one() -> None:
    """Two pairs, in provinces far apart, which are one name in two spellings."""
    found = defaultdict(set)
    for _, name in every():
        found[unit_key(name)].add(toned(name).casefold().replace("’", "'").replace(" ", ""))

    assert sorted(sorted(one) for one in found.values() if len(one) > 1) == [
        ["xãmỹquí", "xãmỹquý"],
        ["xãquiđức", "xãquyđức"],
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P. Phúc Xá", "Phường Phúc Xá", True),
        ("P.Phúc Xá", "X. Phúc Xá", False),
        ("TT Trần Văn Thời", "Thị trấn Trần Văn Thời", True),
        ("TX. Sơn Tây", "Thị xã Sơn Tây", True),
        ("TX. Sơn Tây", "Xã Sơn Tây", False),
        ("ĐK Côn Đảo", "đặc khu Côn Ðảo", True),
        ("Phường 01", "P.1", True),
        ("P1", "Phường 1", True),
        ("F.12", "Phường 12", True),
        ("Phường 10", "Phường 1", False),
        ("Phường II", "Phường 2", False),
        ("Ia H-Drai", "Xã Ia H'Drai", True),
        ("Ia HDrai", "Xã Ia H’Drai", True),
        ("Xã Mĩ Lý", "Xã Mỹ Lí", True),
        ("Qui Nhơn", "Phường Quy Nhơn", True),
        ("Xã Ý Yên", "Xã Í Yên", True),
        ("Xã Tai", "Xã Tay", False),
        ("Xã Thúy", "Xã Thúi", False),
        ("Xã H Bông", "Xã H'Bông", True),
        ("Xã Đa\u0323\u0306k", "Xã Đặk", True),
        ("X", "Xã X", True),
        ("P.", "Phường P", True),
    ],
)
def test_what_is_one_name_and_what_is_not(one: str, other: str, same: bool) -> None:
    """Each way of writing by itself, and its neighbours that mean something else."""
    assert same == same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Q. Ba Ðình", "Quận Ba Đình", True),
        ("H.Hoài Đức", "Huyện Hoài Đức", True),
        ("Q.1", "Quận 01", True),
        ("TX. Sơn Tây", "Thị xã Sơn Tây", True),
        ("TP.Huế", "Thành phố Huế", True),
        ("T. Cà Mau", "Cà Mau", True),
        ("Tỉnh Cà Mau", "TP. Cà Mau", False),
        ("", "Cà Mau", False),
    ],
)
def test_districts_and_provinces_are_shortened_too(one: str, other: str, same: bool) -> None:
    """Their kinds are their own: H is a district, and nothing before a commune."""
    assert same == same_area(one, other)
