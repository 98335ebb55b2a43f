"""Reading iGate by its tables, and refusals that name their fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.igate import codes
from adapters.kit.meanings import Answers, Said
from adapters.kit.port import Reply, Step
from adapters.kit.read_answers import read_answer, verdict
from adapters.kit.replies import redact, strings_of
from schemas.outcome import Effect, Malformed, Outcome, Problem, Refused

if TYPE_CHECKING:
    from adapters.igate.settings import IgateSettings


def read(
    reply: Reply, effect: Effect, step: Step, table: Answers, settings: IgateSettings
) -> Said | Outcome:
    """Give what a row of the table names as success or as a fact, or the outcome of all else."""
    known = (step.dossier.official_code, step.remote.id, *(one.value for one in step.dossier.codes))
    said = read_answer(
        reply,
        effect,
        table,
        settings.words,
        about=frozenset(code for code in known if code),
        personal=lambda: strings_of(step.dossier),
    )
    if not isinstance(said, Said) or said.means in {"success", "absent"}:
        return said
    return said if said.means == "exists" else unhelpful(said, step, table)


def unhelpful(said: Said, step: Step, table: Answers) -> Outcome:
    """Say what an answer means that is neither a success nor a fact; a refusal by its fields."""
    outcome = verdict(said, table)
    if not isinstance(outcome, Refused):
        return outcome
    errors = _errors(said.value.get("errors")) if isinstance(said.value, dict) else []
    problems = []
    for name, text in errors:
        shown = redact(text, strings_of(step.dossier))
        where = table.pointed(name) or table.pointed(text)
        problems.append(Problem(where, "refused_by_system", shown))
    title = said.value.get("title") if isinstance(said.value, dict) else None
    message = redact(str(title), strings_of(step.dossier)) if title else outcome.message
    return replace(
        outcome,
        code=said.coded,
        message=message or "refused",
        problems=tuple(problems) or outcome.problems,
    )


def _errors(errors: Any) -> list[tuple[str, str]]:
    """List their errors, an object of lists or one sentence, each by its field."""
    if isinstance(errors, dict):
        return [
            (str(name), str(text))
            for name, texts in errors.items()
            for text in (texts if isinstance(texts, list) else [texts])
        ]
    if isinstance(errors, list):
        return [("", str(one)) for one in errors]
    return [("", str(errors))] if errors else []


def odd(why: str, answer: Any, step: Step) -> Malformed:
    """Say that an answer lacks what it must have."""
    return Malformed(why=why, raw=redact(str(answer), strings_of(step.dossier)))


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
