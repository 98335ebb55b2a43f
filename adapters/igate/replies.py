"""Reading iGate: success and failure both come with HTTP 200."""

from __future__ import annotations

from typing import Any, TypeGuard

from adapters.igate import codes
from adapters.kit.port import Reply, Step
from adapters.kit.replies import judge, plain, read_json, redact, strings_of
from schemas.outcome import (
    Effect,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Uncertain,
    Unreachable,
)

EXISTS = ("đã tồn tại", "already exist", "đã được tiếp nhận")
"""They have it: whatever we were about to add is there (observed wording)."""
NO_ERRORS: tuple[Any, ...] = (None, "", [], {})


def read(reply: Reply, effect: Effect, step: Step) -> Any | Outcome:
    """Give the body of a success, or the outcome of anything else."""
    outcome = judge(reply, effect)
    if outcome is not None:
        return outcome
    answer = read_json(reply, effect)
    if isinstance(answer, (Unreachable, Uncertain)):
        return answer
    if not isinstance(answer, dict):
        return answer
    status, errors = answer.get("status"), answer.get("errors")
    if status in {500, "500", 400, "400"} or errors not in NO_ERRORS:
        return refusal(answer, step)
    if isinstance(status, (int, str)) and not isinstance(status, bool) and str(status) != "200":
        return Malformed(why=f"unknown status {status}"[:60], raw=_shown(answer, step))
    return answer


def refusal(answer: dict[str, Any], step: Step) -> Refused:
    """Turn their errors, an object of lists or one sentence, into canonical problems."""
    found = []
    for name, text in _errors(answer.get("errors")):
        shown = redact(text, strings_of(step.dossier))
        found.append(Problem(_pointer(name, text), "refused_by_system", shown))
    title = redact(str(answer.get("title") or "refused"), strings_of(step.dossier))
    return Refused(code=str(answer.get("status", "500")), message=title, problems=tuple(found))


def _errors(errors: Any) -> list[tuple[str, str]]:
    if isinstance(errors, dict):
        return [
            (str(name), str(text))
            for name, texts in errors.items()
            for text in (texts if isinstance(texts, list) else [texts])
        ]
    if isinstance(errors, list):
        return [("", str(one)) for one in errors]
    return [("", str(errors))] if errors else []


def _pointer(name: str, text: str) -> str:
    """Find the canonical field by their field's name, else by a word of the sentence."""
    for searched in (plain(name), plain(text)):
        for word, pointer in codes.POINTERS:
            if word in searched:
                return pointer
    return ""


def says_exists(outcome: Any) -> TypeGuard[Refused]:
    """Say whether a refusal means that they have it."""
    if not isinstance(outcome, Refused):
        return False
    said = plain(" ".join([outcome.message, *(one.detail for one in outcome.problems)]))
    return any(words in said for words in EXISTS)


def odd(why: str, answer: Any, step: Step) -> Malformed:
    """Say that an answer lacks what it must have."""
    return Malformed(why=why, raw=_shown(answer, step))


def _shown(answer: Any, step: Step) -> str:
    return redact(str(answer), strings_of(step.dossier))


def name_in(value: Any) -> str | None:
    """Read a name in any of their three shapes: list of languages, one object, plain text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, dict):
        found = value.get("name") or value.get("translate")
        return name_in(found)
    if isinstance(value, list):
        rows = [one for one in value if isinstance(one, dict)]
        wanted = [one for one in rows if one.get("languageId") == codes.VIETNAMESE] or rows
        return name_in(wanted[0].get("name")) if wanted else None
    return None
