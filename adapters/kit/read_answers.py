"""Reads an answer by its contract's table: the status first, then the first row that fits.

In: a reply and a table (`adapters.kit.meanings`). Out: what a row says, or the outcome of all else.
Never: a success that something in the same answer denies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from adapters.kit.decoding import Decoded, decoded, seen
from adapters.kit.denials import denied
from adapters.kit.meanings import NO_WORDS, OK, Answers, Row, Said, Words, contains
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

T = TypeVar("T")
Personal = Sequence[str] | Callable[[], Sequence[str]]
"""What is masked in a text that is shown, or who knows it: most answers show none."""
_CODES = re.compile(r"\b(?:\d{3}(?:\.\w{2,3}){2,3}|[a-z]\d{2}(?:\.\w{1,4}){0,5})-\d{6,8}-\d{4,8}\b")


SHORT, MOST = 512, 256
"""Bytes of an answer that is remembered with its table, and how many of them are."""


def row_of(reply: Reply, table: Answers, words: Words = NO_WORDS) -> Row | None:
    """Find the row that names an answer, whatever its status is otherwise taken for."""
    key = _key("row", reply, words)
    if key in table.memo:
        known: Row | None = table.memo[key]
        return known
    said = _said(decoded(reply), reply.status, table)
    return _remember(table, key, None if said is None else _row(said, table, words))


def _key(what: str, reply: Reply, words: Words) -> Any:
    """Name an answer so that the same one is read once; None: it is too long to be remembered."""
    if len(reply.body) > SHORT:
        return None
    kind = reply.headers.get("content-type", "")
    return what, reply.status, kind, reply.body, tuple(map(tuple, words.values()))


def _flat(value: Any, words: Words) -> Any:
    """Name a short object without anything inside; None: it is another kind of value."""
    if not isinstance(value, dict) or len(value) > 8:
        return None
    if any(one is not None and type(one) not in {str, int, bool} for one in value.values()):
        return None
    said = tuple((name, type(one).__name__, one) for name, one in value.items())
    return ("item", said, tuple(map(tuple, words.values()))) if len(str(said)) <= SHORT else None


def _remember(table: Answers, key: Any, found: T) -> T:
    if key is not None:
        if len(table.memo) >= MOST:
            table.memo.clear()
        table.memo[key] = found
    return found


def _row(said: Said, table: Answers, words: Words) -> Row | None:
    return next((one for one in table.rows if one.fits(said, words)), None)


def read_answer(
    reply: Reply,
    effect: Effect,
    table: Answers,
    words: Words = NO_WORDS,
    *,
    about: frozenset[str] = frozenset(),
    personal: Personal = (),
) -> Said | Outcome:
    """Read an answer by its table: what a row names, or the outcome of anything else.

    words: lists of the settings that rows name
    about: the codes of the dossier that was told; an answer about another one is no success
    """
    key = _key("read", reply, words)
    if key in table.memo:
        known: Said = table.memo[key]
        return known
    outcome = judge(reply, effect)
    if outcome is not None and not isinstance(outcome, (Suspect, Uncertain, Unreachable)):
        return outcome
    found = decoded(reply)
    said = _said(found, reply.status, table)
    if said is None or (said.code == Row.PAGE and _row(said, table, words) is None):
        return outcome if outcome is not None else _page(found, words, effect)
    read = _by_row(said, table, words, about, personal)
    if isinstance(read, Said) and read.means == "success" and not _CODES.search(read.sentence):
        return _remember(table, key, read)  # it says the same of every dossier
    return outcome if outcome is not None and isinstance(read, Malformed) else read


def read_item(
    value: Any,
    table: Answers,
    words: Words = NO_WORDS,
    *,
    about: frozenset[str] = frozenset(),
    personal: Personal = (),
) -> Said | Malformed:
    """Read what an answer says of one dossier of several, by the table of such an item."""
    key = _flat(value, words)
    if key in table.memo:
        known: Said = table.memo[key]
        return known
    read = _by_row(_spoken(value, 200, table), table, words, about, personal)
    if isinstance(read, Said) and read.means == "success" and not _CODES.search(read.sentence):
        return _remember(table, key, read)
    return read


def _by_row(
    said: Said,
    table: Answers,
    words: Words,
    about: frozenset[str],
    personal: Personal,
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
    masked = personal() if callable(personal) else personal
    shown = redact(said.shown or _written(said.value), masked)
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
    if found.kind in {"page", "text"}:
        shown = seen(found.value) if found.kind == "page" else found.value
        return Said(status=status, code=Row.PAGE, sentence=plain(shown), shown=shown.strip())
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
