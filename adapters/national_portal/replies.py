"""Reading the portal: HTTP 200 says nothing, the code says little, the sentence decides."""

from __future__ import annotations

from adapters.kit.port import Reply, Step
from adapters.kit.replies import judge, plain, read_json, redact, strings_of
from adapters.national_portal import codes
from adapters.national_portal.settings import PortalSettings
from schemas.outcome import (
    Effect,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Uncertain,
    Unreachable,
)

KNOWN_CODES = frozenset({"0", "00", "-1", "1", "3", "-3"})
SUCCESS = "thành công"


class Answer:
    """Their reply, read leniently: code as text, message in comparable form."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = plain(message)
        self.shown = message

    def succeeded(self, settings: PortalSettings) -> bool:
        """Say whether it means yes."""
        said = SUCCESS in self.message or not settings.require_success_text
        return self.code in {"0", "00"} and said


def read(reply: Reply, effect: Effect) -> Answer | Outcome:
    """Read a reply; progress is also answered in plain text."""
    outcome = judge(reply, effect)
    if outcome is not None:
        return outcome
    answer = read_json(reply, effect)
    match answer:
        case {"error_code": int() | str() as code}:
            return Answer(str(code).strip(), str(answer.get("message") or ""))
        case Unreachable() | Uncertain():
            text = reply.body.decode("utf-8", "replace").strip()
            html = text.startswith("<") or "html" in reply.headers.get("content-type", "")
            if effect == "append" and not html and SUCCESS in plain(text):
                return Answer("0", text)
            return answer
        case str() as text if effect == "append" and SUCCESS in plain(text):
            return Answer("0", text)
        case _:
            return Malformed(why="an answer without error_code", raw=redact(str(answer)))


def refusal(answer: Answer, step: Step) -> Outcome:
    """Say what a negative answer means."""
    shown = redact(answer.shown, strings_of(step.dossier))
    if answer.code not in KNOWN_CODES:
        return Malformed(why=f"unknown error_code {answer.code[:10]}", raw=shown)
    if answer.code in {"0", "00"}:
        return Malformed(why="error_code 0 without the words of success", raw=shown)
    pointer = next((at for phrase, at in codes.POINTERS if phrase in answer.message), "")
    return Refused(
        code=answer.code, message=shown, problems=(Problem(pointer, "refused_by_system", shown),)
    )
