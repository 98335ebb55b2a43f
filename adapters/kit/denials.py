"""What takes back a success that stands in the same answer.

Systems say "thành công" inside its own negation, code 0 beside a list of errors, 200 beside
`"success": false`. Whatever denies a success is looked for before it is believed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from schemas.marks import composed

FAILURES = (
    "thất bại",
    "không thành công",
    "chưa thành công",
    "không thể",
    "không hợp lệ",
    "không tồn tại",
    "bị từ chối",
    "lỗi",
    "quá hạn",
    "hết hạn",
    "bị hủy",
    "bảo trì",
    "thử lại sau",
    "quay lại sau",
    "error",
    "fail",
    "exception",
    "denied",
    "invalid",
    "unsuccess",
    "reject",
)
"""Words of failure: none of them stands in a sentence of success."""
NEGATION = r"(?:không|khong|chưa|chua|chẳng|chang|chớ|ko|not|no|un|never)"
_PART = re.compile(r"(?<![\d/.])(?<!ngày )(\d{1,6})\s*(?:/|trên|of)\s*(\d{1,6})(?![\d/])")
_NONE = re.compile(r"(?:thành công|thanh cong)\W{0,3}(?:0(?![\d])|không\b|khong\b|false\b)")
_AT_FAULT = re.compile(
    r"err|fail|exception|problem|fault|reject|invalid|thatbai|lỗi|^(?:ma|mota|ds|danhsach)?_?loi$"
)
_YES = frozenset({"success", "successful", "succeeded", "issuccess", "ok", "thanhcong"})
_STATUS = frozenset({"status", "statuscode", "httpstatus", "status_code", "http_status"})
_SPOKEN = frozenset({"message", "msg", "title", "detail", "statusdescription", "thongbao", "mota"})
_EMPTY: tuple[Any, ...] = (None, "", "0", "00", "ok", "none", "null")
_MOST = 2000
"""So many fields of an answer are looked at."""


@cache
def bare(text: str) -> str:
    """Take the marks off a word of a table or of the settings."""
    flat = unicodedata.normalize("NFD", text).replace("đ", "d")
    return "".join(letter for letter in flat if not unicodedata.combining(letter))


_FAILED = re.compile("|".join(FAILURES))
_FLAT = re.compile("|".join(bare(words) for words in FAILURES))


@cache
def _before(success: tuple[str, ...]) -> re.Pattern[str]:
    """Find a negation before any of these words of success, in the same clause."""
    words = "|".join(re.escape(one) for one in (*success, *map(bare, success)))
    return re.compile(rf"\b{NEGATION}\b[^.;!]*(?:{words})" if words else r"(?!)")


@lru_cache(maxsize=1024)
def _named(key: str) -> str:
    """Bring the name of a field into the form in which names are compared."""
    return composed(key).casefold()


def denied(
    value: Any, sentence: str, success: Sequence[str] = (), *, spared: Sequence[str] = ()
) -> str | None:
    """Say what in an answer denies its success; None: nothing does.

    sentence: what they say, in the form in which sentences are compared
    spared: the answer's own fields that are not looked into
    success: the words of success, of which a negation before them makes the contrary
    """
    return _negated(sentence, success) or next(_nested(_without(value, spared)), None)


def _negated(sentence: str, success: Sequence[str]) -> str | None:
    if not sentence:
        return None
    failed = (_FLAT if sentence.isascii() else _FAILED).search(sentence)
    if failed is not None:
        return f'the words "{failed[0]}"'
    if _before(tuple(success)).search(sentence):
        return "its negation"
    if _NONE.search(sentence):
        return "of nothing"
    part = next((one for one in _PART.findall(sentence) if int(one[0]) < int(one[1])), None)
    return None if part is None else f"of {part[0]} in {part[1]} only"


def _without(value: Any, spared: Sequence[str]) -> Any:
    if not spared or not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if name not in spared}


def _nested(value: Any) -> Iterator[str]:
    """Look for errors in the fields of an answer, however deep they lie."""
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(_MOST):
        if not waiting:
            return
        name, one = waiting.pop()
        if isinstance(one, dict):
            waiting += [(_named(str(key)), inner) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(name, inner) for inner in one]
        if name and (why := _fault(name, one)) is not None:
            yield why
    if waiting:
        yield "too long to be looked through"


def _fault(name: str, value: Any) -> str | None:
    """Say what a field takes back."""
    word = value.strip().casefold() if isinstance(value, str) else value
    spoken = name in _SPOKEN or name.endswith(("description", "message"))
    if spoken and isinstance(value, str):
        said = " ".join(composed(value).casefold().split())
        why = _negated(said, ("thành công", "success"))
        return None if why is None else f"{why} in {name}"
    if _AT_FAULT.search(name):
        return None if _hollow(word) else f"a field {name}"
    if name in _YES and (word is False or word in ("false", "0", "no") or word == 0):
        return f"{name} is not"
    if name in _STATUS and str(word).isascii() and str(word).isdigit() and int(word) >= 300:
        return f"{name} {word}"
    return None


def _hollow(value: Any) -> bool:
    """Say whether a field of errors has none."""
    if isinstance(value, dict):
        return all(_hollow(one) for one in value.values())
    if isinstance(value, list):
        return all(_hollow(one) for one in value)
    return value is False or value in _EMPTY or (type(value) is int and value == 0)
