"""What an answer means: the table of answers that each contract has; `read_answers` reads by it.

A table has rows; the first that fits decides, and what no row names is `Malformed`. The HTTP status
comes first (`adapters.kit.replies.judge`): only 2xx can carry a success, and a row for another
status turns what `judge` leaves open into a word of its own. A row of success is believed only
where nothing else in the answer denies it: a negation, a word of failure, an error in a field
beside it, fewer done than asked, another dossier's code.

    ANSWERS = Answers(
        code=("error_code",), sentence=("message",),
        rows=(
            Row("later", words="later"),                    # a list in the settings
            Row("exists", says=("đã tồn tại",)),
            Row("refused", codes=frozenset({"-1"})),
            Row("success", codes=frozenset({"0"}), says=("thành công",)),
        ),
    )
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from adapters.kit.denials import bare
from adapters.kit.replies import plain

Means = Literal["success", "exists", "absent", "refused", "later", "dead", "blocked"]
Owner = Literal["officer", "operator", "integrator"]
Words = Mapping[str, Sequence[str]]
NO_WORDS: Words = MappingProxyType({})
OK = frozenset(range(200, 300))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; all that it states must hold.

    means: `success`; `exists`, `absent`: what they say of the dossier; `refused` by their rule;
        `later`; `dead`: of a session; `blocked`: of our account
    http: statuses; codes: at the place of the code (`Row.YES` is JSON's own `true`); None: any
    without: codes that it must not have
    says, also, lacks: the sentence has one of these, one of these as well, and none of those
    words: says one of a list of the settings, by its name: `later`, `maintenance`, `dead`
    has: names of fields that hold a text or a number; filled: of which one holds anything
    lists: names of fields that are lists; empty: there is nothing in the whole answer
    owner: who mends a refusal; pointer: what it is about, in the canonical dossier
    """

    means: Means
    http: frozenset[int] = OK
    codes: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    words: str = ""
    has: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    empty: bool = False
    owner: Owner = "officer"
    pointer: str = ""

    OK: ClassVar[frozenset[int]] = OK
    NOTHING: ClassVar[str] = "(nothing)"
    """The code of an answer that has none at its place."""
    TEXT: ClassVar[str] = "(text)"
    """The code of an answer in plain text."""
    PAGE: ClassVar[str] = "(page)"
    """The code of a page of HTML, or of a text where they answer in none: not their answer, and
    named by rows for what may stand before the service: a login, a notice."""
    YES: ClassVar[str] = "(true)"
    NO: ClassVar[str] = "(false)"
    """JSON's own words, as codes; no text of theirs is any of these five."""

    def __post_init__(self) -> None:
        """Hold the law: no other status carries a success."""
        if self.means == "success" and not self.http <= OK:
            raise ValueError("only an answer with a status of 2xx can be a success")
        if self.PAGE in (self.codes or ()) and self.means not in {"later", "dead"}:
            raise ValueError("a page says nothing of a dossier")

    def fits(self, said: Said, words: Words) -> bool:
        """Say whether an answer is what this row speaks of."""
        of_page = said.code == Row.PAGE  # read by the rows alone that name it
        return (
            said.status in self.http
            and (not of_page if self.codes is None else said.code in self.codes)
            and said.code not in self.without
            and (not self.says or contains(said.sentence, self.says, exact=self.means == "success"))
            and (not self.also or contains(said.sentence, self.also))
            and (not self.words or contains(said.sentence, words.get(self.words, ())))
            and not (self.lacks and contains(said.sentence, self.lacks))
            and self._shaped(said.value)
        )

    def _shaped(self, value: Any) -> bool:
        """Say whether an answer has the fields that this row wants."""
        of: Mapping[str, Any] = value if isinstance(value, dict) else {}
        return (
            all(_held(of.get(name)) for name in self.has)
            and (not self.filled or any(of.get(name) for name in self.filled))
            and all(isinstance(of.get(name), list) for name in self.lists)
            and not (self.empty and value)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How one service answers.

    code, sentence: names of the fields, of which the first that is there counts, or all of them
    rows: the first that fits decides
    plain: it also answers in plain text; the code is then `Row.TEXT`
    single: it answers with a list of one, which is meant
    items: names of fields that hold dossiers, whose own words deny nothing
    pointers: phrases of refusals, and what in the canonical dossier they are about
    """

    code: tuple[str, ...]
    sentence: tuple[str, ...]
    rows: tuple[Row, ...]
    plain: bool = False
    single: bool = False
    items: tuple[str, ...] = ()
    pointers: Sequence[tuple[str, str]] = ()
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What short answers came to that were read before: most answers are the same few bytes."""

    def pointed(self, text: str) -> str:
        """Find the canonical field by a phrase of theirs."""
        searched = plain(text)
        return next((pointer for phrase, pointer in self.pointers if phrase in searched), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer, read: status, code as text, sentence to compare and as it came, whole value."""

    status: int
    code: str
    sentence: str
    shown: str
    value: Any = None
    row: Row | None = None

    @property
    def means(self) -> str:
        """Name what its row says."""
        return self.row.means if self.row is not None else ""

    @property
    def coded(self) -> str:
        """Give the code of a refusal: theirs, or the HTTP status where they have none."""
        return str(self.status) if self.code == Row.NOTHING else self.code[:40]


def contains(sentence: str, words: Sequence[str], *, exact: bool = False) -> bool:
    """Say whether a sentence has one of these; one typed without marks is compared without.

    exact: marks are never left out, as in words of success
    """
    if not sentence:
        return False
    flat = sentence.isascii() and not exact
    return _any_of(tuple(words), flat=flat).search(sentence) is not None


@cache
def _any_of(words: tuple[str, ...], *, flat: bool) -> re.Pattern[str]:
    """Look for all words of a table or of the settings at once."""
    spelled = [plain(word) for word in words if plain(word)]
    found = "|".join(re.escape(bare(one) if flat else one) for one in spelled)
    return re.compile(found or r"(?!)")


def _held(value: Any) -> bool:
    """Say whether a field holds a text or a number."""
    return (isinstance(value, str) and bool(value.strip())) or type(value) is int
