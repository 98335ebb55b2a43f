"""How identifiers are written: what is one, what only fills its place, and what a spreadsheet made.

    kind             form
    personal_number  12 digits
    old_id_card      9 digits
    tax_code         10 digits, the last a check digit; 13: these and a branch, also 10-3; or the 12
                     digits of a personal number
    phone            0 and 9 or 10 digits, 1800 and 1900 numbers, or + and a foreign number
    email            one @, a domain with a dot, plain letters
    official_code    unit, day, number of the day: all generations of codes that were seen
    all others       their form is not known: passports and foreign papers differ by country,
                     business registrations by year and province; only what is surely none is found

A wrong one is kept as it was said, and is nobody's identity. Pure: no clock, no I/O.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from schemas.parts import Identity, Party, Representative

Fault = Literal[
    "filler", "exponent", "zeros_lost", "letter_o", "length", "check_digit", "characters"
]

NO_IDENTITY = frozenset(
    {
        "khong",
        "khong co",
        "khong ro",
        "khong biet",
        "ko",
        "ko co",
        "k",
        "kc",
        "chua",
        "chua co",
        "chua cap",
        "chua ro",
        "dang lam",
        "mat",
        "none",
        "null",
        "nil",
        "nan",
        "na",
        "n a",
        "no",
        "trong",
        "test",
    }
)
"""Words for it, without their marks; so are signs alone, and one letter or digit over and over."""
NOT_SO = re.compile(r"(?:khong|ko|chua)\b[^\d]*")
"""A sentence that says that there is none: `không có CCCD`."""
ZERO_WIDTH = frozenset({"Cf", "Cc", "Mn"})
APOSTROPHES = "'\u2018\u2019\u02bc\u00b4`\u2032"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
LETTERS = str.maketrans("OoQlI|", "000111")
"""Letters that are typed in place of a digit."""
EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d*)?[eE][-+]?\d{1,3}")
SIGNED_EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d*)?[eE]\+\d{1,3}")
"""A number as a narrow column shows it; where letters may stand in a number, only with its sign."""
BETWEEN = re.compile(r"(?<=\d)[\s-]+(?=\d)")
GROUPED = re.compile(r"\d{1,4}(?:\.\d{2,4})+")
"""Dots between groups; `95012345678.0` is a number that went through arithmetic."""
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
OFFICIAL = re.compile(
    r"(?:[0-9]{3}(?:\.[0-9]{2}){2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,5})"
    r"-(?:[0-9]{6}|[0-9]{8})-[0-9]{4,8}"
)


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind is written.

    right: what is well formed, in the normal form; None: nobody knows the form
    lengths: of a kind that is digits alone; zeros: so many may be lost at its front
    """

    right: re.Pattern[str] | None = None
    lengths: tuple[int, ...] = ()
    zeros: int = 0
    sort: Literal["digits", "phone", "written", "packed"] = "written"


UNKNOWN = Form()
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        # The first digits are a province's or a country's: 001 to 096, or more.
        "personal_number": Form(re.compile(r"(?!([0-9])\1{11})[0-9]{12}"), (12,), 2, "digits"),
        "old_id_card": Form(re.compile(r"(?!([0-9])\1{8})[0-9]{9}"), (9,), 3, "digits"),
        "tax_code": Form(
            re.compile(r"(?!([0-9])\1{9})[0-9]{10}(?:[0-9]{2,3})?"), (10, 12, 13), 3, "digits"
        ),
        "passport": Form(sort="packed"),
        "foreign_id": Form(sort="packed"),
        "business_registration": UNKNOWN,
        "agency_code": UNKNOWN,
        "other": UNKNOWN,
        "account_id": UNKNOWN,
        "phone": Form(
            re.compile(r"0[1-9][0-9]{8,9}|1[89]00[0-9]{4,6}|\+(?!84)[1-9][0-9]{6,14}"),
            (10, 11),
            1,
            "phone",
        ),
        "email": Form(re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")),
        "official_code": Form(OFFICIAL),
    }
)
"""Every kind of `Identity`, and beside them what else is checked."""


def fault(kind: str, text: str) -> Fault | None:
    """Say what is wrong with a number; None: well formed, once it is in its normal form."""
    form = FORMS.get(kind, UNKNOWN)
    if form.right is not None:  # almost all are well formed: no more than this is done for them
        number = text.replace(" ", "") if form.lengths else text
        if form.right.fullmatch(number) is not None:
            return _by_digits(number) if kind == "tax_code" else None
    elif _has_digits(text):
        return None
    if stands_for_none(text):
        return "filler"
    plain = _spelled(text)
    exponent = EXPONENT if form.lengths else SIGNED_EXPONENT
    if exponent.fullmatch("".join(plain.split())) is not None:
        return "exponent"
    if form.right is None:
        return None
    if kind == "official_code":  # a key: it is looked for as it is written
        return "characters"
    number = _joined(form, plain)
    if form.right.fullmatch(number) is not None:
        return _by_digits(number) if kind == "tax_code" else None
    return _shape(form, number)


def _has_digits(text: str) -> bool:
    """Say whether a text is plain letters and digits, not one of them over and over."""
    if not text.isalnum():
        text = text.replace("-", "").replace(".", "").replace("_", "")
    return text.isascii() and text.isalnum() and not text.isalpha() and len(set(text)) > 1


def _shape(form: Form, number: str) -> Fault:
    """Say what keeps a text from being digits of the right number."""
    if not form.lengths:
        return "characters"
    bare = number.removeprefix("+") if form.sort == "phone" else number
    if bare.isascii() and bare.isdigit():
        short = (length - len(bare) for length in form.lengths)
        lost = any(1 <= missing <= form.zeros for missing in short)
        whole = form.sort == "phone" and number.startswith(("0", "+"))
        return "zeros_lost" if lost and not whole else "length"
    meant = bare.translate(LETTERS)
    return "letter_o" if meant.isascii() and meant.isdigit() else "characters"


def _by_digits(number: str) -> Fault | None:
    """Check what the digits of a tax code say of each other; twelve are a person's own number."""
    if len(number) != 12:
        return None if _checks(number) else "check_digit"
    # A branch's code that lost its zero has twelve digits too.
    return "zeros_lost" if number[0] != "0" and _checks(f"0{number}") else None


def _checks(number: str) -> bool:
    weighed: int = sum(map(operator.mul, WEIGHTS, map(int, number)))
    return 10 - weighed % 11 == int(number[9])


def stands_for_none(text: str) -> bool:
    """Say whether a text only fills the place of a number."""
    if _has_digits(text):
        return False
    spelt = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in spelt if unicodedata.category(letter) not in ZERO_WIDTH)
    plain = re.sub(r"[\W_]+", " ", bare).strip()
    if plain in NO_IDENTITY or NOT_SO.fullmatch(plain) is not None:
        return bool(text)
    return bool(text) and len(set(_digits(plain).replace(" ", ""))) <= 1


def normal(kind: str, text: str) -> str:
    """Spell a number in one way; what is no spelling is left as it is."""
    if text.isascii() and text.isdigit() and kind != "phone":
        return text
    form = FORMS.get(kind, UNKNOWN)
    return _joined(form, _spelled(text))


def _spelled(text: str) -> str:
    """Take off what is only typing: apostrophes in front, unseen letters, digits of elsewhere."""
    if not text.isascii():
        text = "".join(map(_plain, text))
    return text.strip().lstrip(APOSTROPHES).strip()


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if letter in DASHES:
        return "-"
    if letter.isspace():
        return " "
    if unicodedata.category(letter) == "Cf":
        return ""
    wide = ord(letter) - 0xFEE0
    return chr(wide) if 0x21 <= wide <= 0x7E else letter


def _digits(text: str) -> str:
    return text if text.isascii() else "".join(map(_plain, text))


def _joined(form: Form, plain: str) -> str:
    """Take out what stands between groups of a number."""
    if form.sort == "packed":
        return "".join(plain.split()).upper()
    if form.sort == "written":
        return " ".join(plain.split())
    if form.sort == "phone":
        return _national(re.sub(r"[\s.()-]+", "", plain))
    joined = BETWEEN.sub("", plain)
    return joined.replace(".", "") if GROUPED.fullmatch(joined) is not None else joined


ABROAD = re.compile(r"(?:\+|00)840?([1-9][0-9]{8,9})|84([35789][0-9]{8}|2[0-9]{9})")


def _national(number: str) -> str:
    """Say a Vietnamese number as it is dialled within the country."""
    found = ABROAD.fullmatch(number)
    return number if found is None else f"0{found[1] or found[2]}"


def usable(identity: Identity) -> Identity | None:
    """Give an identity as systems may be told of it: in its normal form; None: it is none."""
    kind, number = identity.kind, identity.number
    if fault(kind, number) is not None:
        return None
    spelled = normal(kind, number)
    return identity if spelled == number else identity.model_copy(update={"number": spelled})


def identities_of(
    party: Party | Representative, kinds: Collection[str] | None = None
) -> list[Identity]:
    """Give the identities of a party that systems may be told of, in the order in which they stand.

    kinds: those that the system takes; None: all
    """
    stated: Iterable[Identity] = party.identities
    chosen = (one for one in stated if kinds is None or one.kind in kinds)
    return [found for one in chosen if (found := usable(one)) is not None]


def identity_of(
    party: Party | Representative, kinds: Collection[str] | None = None
) -> Identity | None:
    """Give the first of them, for a system that takes one."""
    return next(iter(identities_of(party, kinds)), None)
