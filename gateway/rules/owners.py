"""Do two statements mean the same citizen? Same, other, or nobody can say (law 17).

Whoever types a name makes errors in signs, not in the person: capitals, spaces, the place of a tone
mark and a name written without any marks are no difference. A wrong letter is one, for a human.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from schemas.catalogue.spelling import name_key, seen
from schemas.identifiers import identities_of
from schemas.marks import composed
from schemas.parts import Party

Agreement = Literal["same", "other", "unknown"]
APART = re.compile(r"[\W_]+")


def agreement(left: Party, right: Party) -> Agreement:
    """Say whether two owners are one.

    same: an equal number of one kind. other: numbers of one kind differ, or names or births do.
    unknown: nothing contradicts, and nothing proves it. A number that is not well formed says
    nothing: two who have "không có" are not one, and what a spreadsheet ruined differs from nobody
    """
    one, two = _numbers(left), _numbers(right)
    common = one.keys() & two.keys()
    if any(one[kind] & two[kind] for kind in common):
        return "same"
    if common or not _alike(left.name, right.name) or not _one_day(left.birth, right.birth):
        return "other"
    return "unknown"


def _numbers(party: Party) -> dict[str, set[str]]:
    """Gather a party's well-formed numbers by kind, without the signs that group their digits."""
    found: dict[str, set[str]] = {}
    for one in identities_of(party):
        number = APART.sub("", one.number).upper()
        if number:
            found.setdefault(one.kind, set()).add(number)
    return found


def _alike(left: str, right: str) -> bool:
    one, two = _spelt(left), _spelt(right)
    if one == two:
        return True
    bare = _bare(one)
    # Software that cannot write marks writes none at all.
    return bare == _bare(two) and bare in {one, two}


def _spelt(name: str) -> str:
    """Spell a name in one way, without the signs that stand between its words."""
    return name_key(APART.sub(" ", composed(seen(name))))


def _bare(spelt: str) -> str:
    letters = unicodedata.normalize("NFD", spelt.replace("đ", "d"))
    return "".join(sign for sign in letters if not unicodedata.combining(sign))


def _one_day(left: str | None, right: str | None) -> bool:
    """Compare births, each as exact as it is known: 1990, 1990-05, 1990-05-01."""
    if left is None or right is None:
        return True
    return left.startswith(right) or right.startswith(left)
