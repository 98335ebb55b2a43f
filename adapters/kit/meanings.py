"""What an answer means: each contract's table of answers, and the one function that reads by it.

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

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from adapters.kit.decoding import Decoded, decoded
from adapters.kit.denials import bare, denied
from adapters.kit.port import Reply
from adapters.kit.replies import SHOWN, judge, plain, redact, unread
from schemas.outcome import (
    Blocked,
    Effect,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Suspect,
    Uncertain,
    Unreachable,
)

Means = Literal["success", "exists", "absent", "refused", "later", "dead", "blocked"]
Owner = Literal["officer", "operator", "integrator"]
Words = Mapping[str, Sequence[str]]
NO_WORDS: Words = MappingProxyType({})
OK = frozenset(range(200, 300))
_CODES = re.compile(r"\b(?:\d{3}(?:\.\w{2,3}){2,3}|[a-z]\d{2}(?:\.\w{1,4}){0,5})-\d{6,8}-\d{4,8}\b")


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
    YES: ClassVar[str] = "(true)"
    NO: ClassVar[str] = "(false)"
    """JSON's own words, as codes; no text of theirs is any of these four."""

    def __post_init__(self) -> None:
        """Hold the law: no other status carries a success."""
        if self.means == "success" and not self.http <= OK:
            raise ValueError("only an answer with a status of 2xx can be a success")

    def fits(self, said: Said, words: Words) -> bool:
        """Say whether an answer is what this row speaks of."""
        return (
            said.status in self.http
            and (self.codes is None or said.code in self.codes)
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


def row_of(reply: Reply, table: Answers, words: Words = NO_WORDS) -> Row | None:
    """Find the row that names an answer, whatever its status is otherwise taken for."""
    said = _said(decoded(reply), reply.status, table)
    return None if said is None else _row(said, table, words)


def _row(said: Said, table: Answers, words: Words) -> Row | None:
    return next((one for one in table.rows if one.fits(said, words)), None)


def read_answer(
    reply: Reply,
    effect: Effect,
    table: Answers,
    words: Words = NO_WORDS,
    *,
    about: frozenset[str] = frozenset(),
    personal: Sequence[str] = (),
) -> Said | Outcome:
    """Read an answer by its table: what a row names, or the outcome of anything else.

    words: lists of the settings that rows name
    about: the codes of the dossier that was told; an answer about another one is no success
    """
    outcome = judge(reply, effect)
    if outcome is not None and not isinstance(outcome, (Suspect, Uncertain, Unreachable)):
        return outcome
    found = decoded(reply)
    said = _said(found, reply.status, table)
    if said is None:
        return outcome if outcome is not None else _page(found, words, effect)
    read = _by_row(said, table, words, about, personal)
    return outcome if outcome is not None and isinstance(read, Malformed) else read


def read_item(
    value: Any,
    table: Answers,
    words: Words = NO_WORDS,
    *,
    about: frozenset[str] = frozenset(),
    personal: Sequence[str] = (),
) -> Said | Malformed:
    """Read what an answer says of one dossier of several, by the table of such an item."""
    return _by_row(_spoken(value, 200, table), table, words, about, personal)


def _by_row(
    said: Said,
    table: Answers,
    words: Words,
    about: frozenset[str],
    personal: Sequence[str],
) -> Said | Malformed:
    """Find the first row that fits; a success that something denies is none."""
    row = _row(said, table, words)
    why = f"no row of the table for the code {said.code[:20]}"
    if row is not None and row.means == "success":
        denial = denied(said.value, said.sentence, row.says, spared=table.items)
        denial = denial or _of_another(said, about)
        if denial is None:
            return replace(said, shown="", row=row)  # nobody reads what a success says
        row, why = None, f"success, and {denial}"
    shown = redact(said.shown or _written(said.value), personal)
    return Malformed(why=why, raw=shown) if row is None else replace(said, shown=shown, row=row)


def verdict(said: Said, table: Answers, why: str = "") -> Outcome:
    """Say what an answer that is no success means, where the conversation makes no other use of it.

    why: what is wrong with a success that does not help
    """
    row = said.row
    match said.means:
        case "refused" | "exists" | "absent" if row is not None:
            where = row.pointer or table.pointed(said.sentence)
            problem = Problem(where, "refused_by_system", said.shown)
            return Refused(
                code=said.coded, message=said.shown, problems=(problem,), owner=row.owner
            )
        case "later":
            return Unreachable(why=f"they say later: {said.shown}"[:200])
        case "dead":
            return Blocked(why="they do not take our session")
        case "blocked":
            return Blocked(why="they do not take our account")
        case _:
            return Malformed(why=why or "an answer that does not fit the question", raw=said.shown)


def _said(found: Decoded, status: int, table: Answers) -> Said | None:
    """Find code and sentence; None: nothing of theirs was read."""
    if found.kind == "text" and table.plain:
        return Said(
            status=status,
            code=Row.TEXT,
            sentence=plain(found.value),
            shown=found.value,
            value=found.value,
        )
    if found.kind == "empty" and status not in OK:
        found = Decoded("json")
    return _spoken(found.value, status, table) if found.kind == "json" else None


def _spoken(value: Any, status: int, table: Answers) -> Said:
    """Find code and sentence in a value of JSON."""
    if table.single and isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        shown = "" if value is None else str(value)[: SHOWN * 4]
        return Said(status=status, code=Row.NOTHING, sentence="", shown=shown, value=value)
    code = next((value[name] for name in table.code if name in value), None)
    texts = [text for name in table.sentence for text in _texts(value.get(name), name)]
    shown = "; ".join(texts)
    return Said(status=status, code=_code(code), sentence=plain(shown), shown=shown, value=value)


def _code(value: Any) -> str:
    """Write a code as text: a number and its digits are one, `true` is no word."""
    if isinstance(value, bool):
        return Row.YES if value else Row.NO
    text = str(value).strip() if isinstance(value, (int, str)) else "(odd)"
    if value is None or not text:
        return Row.NOTHING
    return "(odd)" if text.startswith("(") else text


def _texts(value: Any, name: str) -> list[str]:
    """List the sentences of a field: one text, a list, or an object of lists by their field."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, dict):
        return [f"{key}: {text}" for key, one in value.items() for text in _texts(one, str(key))]
    if isinstance(value, list):
        return [text for one in value[:50] for text in _texts(one, name)]
    return [] if value is None or value is False else [str(value)]


def _held(value: Any) -> bool:
    """Say whether a field holds a text or a number."""
    return (isinstance(value, str) and bool(value.strip())) or type(value) is int


def _written(value: Any) -> str:
    """Write a value as they did."""
    return json.dumps(value, ensure_ascii=False)[: SHOWN * 4]


def _page(found: Decoded, words: Words, effect: Effect) -> Outcome:
    """Judge what is no answer of theirs; a page that says so itself is a maintenance page."""
    known = words.get("maintenance", ())
    if found.kind in {"page", "text"} and contains(plain(found.value), known):
        return Unreachable(why="a page says that they are being maintained")
    return unread(f"no answer of theirs: {found.kind}", effect)


def _of_another(said: Said, about: frozenset[str]) -> str | None:
    """Say that an answer is about another dossier, where it names one."""
    named = set(_CODES.findall(said.sentence))
    if about and named and not named & {plain(one) for one in about}:
        return "about another dossier"
    return None
