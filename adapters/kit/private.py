"""What an answer may not repeat: whoever sees an outcome sees no person and no secret in it.

Adapters redact where they read. This holds for all of them at the end of every conversation, also
for a code or a field name in which nobody expected a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import BaseModel, SecretStr

from adapters.kit.port import Settings, Step
from adapters.kit.replies import redact, strings_of
from schemas.event import Event
from schemas.outcome import (
    Blocked,
    Delivered,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Suspect,
    Uncertain,
    Unreachable,
)

SHORT = 60
"""Characters of a foreign code or field name: they become causes, by which people count."""
LEAST = 5
"""Letters of what is no name or number of a person: less would blot out parts of codes."""
FREE = frozenset({"note", "reason", "action", "content", "receipt_note", "tracking", "department"})


def private_of(step: Step, settings: Settings) -> tuple[str, ...]:
    """List what may not be repeated: people, free text, names of files, our own secrets."""
    dossier = step.dossier
    free = (dossier.source.ref, dossier.notes, dossier.summary)
    files = [file.name for part in dossier.components for file in part.files]
    files += [file.name for result in dossier.results for file in result.files]
    told = (text for event in step.events for text in _told(event))
    more = (*filter(None, free), *files, *told, *_secrets(settings))
    return (*strings_of(dossier), *(text for text in more if len(text) >= LEAST))


def _told(event: Event) -> Iterator[str]:
    """Give the free words of an event and of its parts, and who acted."""
    parts: list[BaseModel] = [event]
    parts += [one for one in (event.supplement, event.hand_over) if one is not None]
    for part in parts:
        yield from (text for name, text in part if name in FREE and isinstance(text, str))
    people = (event.officer, event.approver)
    yield from (one.name for one in people if one is not None)
    if event.hand_over is not None and event.hand_over.received_by:
        yield event.hand_over.received_by


def _secrets(settings: BaseModel) -> Iterator[str]:
    for _, value in settings:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, Settings):
            yield from _secrets(value)


def cleaned(outcome: Outcome, private: tuple[str, ...]) -> Outcome:
    """Give the outcome without what is private, in every text that somebody will read."""
    match outcome:
        case Refused(code=code, message=message, problems=problems):
            return replace(
                outcome,
                code=redact(code, private)[:SHORT],
                message=redact(message, private),
                problems=tuple(_problem(one, private) for one in problems),
            )
        case Malformed(why=why, raw=raw) | Suspect(why=why, raw=raw):
            return replace(outcome, why=redact(why, private), raw=redact(raw, private))
        case Unreachable(why=why) | Uncertain(why=why) | Blocked(why=why):
            return replace(outcome, why=redact(why, private))
        case Delivered(note=str() as note):
            return replace(outcome, note=redact(note, private))
        case _:
            return outcome


def _problem(one: Problem, private: tuple[str, ...]) -> Problem:
    pointer, code = redact(one.pointer, private)[:SHORT], redact(one.code, private)[:SHORT]
    return Problem(pointer, code, redact(one.detail, private))
