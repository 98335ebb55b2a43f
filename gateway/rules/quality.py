"""What a reader of the data should know about it: flags, and whether it was in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.rules.formats import FORMAT, malformed
from gateway.rules.times import CLOSING, ORDER, disorder, ended, moved, moved_flags, punctuality
from schemas.base import utc
from schemas.dossier import Dossier, Quality
from schemas.event import Event
from schemas.status import Kind

Flags = Sequence[tuple[str, str]]
MENDED = frozenset({ORDER, FORMAT})
"""Flags that a dossier bears for as long as they are true."""
NO_IDENTITY = "no_identity"
"""Of a party in whose number's place stood a filler, until it has a number."""


def marked(
    before: Dossier | None, dossier: Dossier, event: Event, flags: Flags, now: datetime
) -> Dossier:
    """Say beside the dossier what its times and its identifiers are worth."""
    marks: list[tuple[str, str]] = []
    if before is not None and (event.inferred or event.kind is not Kind.REOPENED):
        named = moved(before, dossier)
        told = event.inferred or ended(before)
        marks += moved_flags([name for name in named if name in CLOSING or told])
    told_in_time = punctuality(before, dossier, event)
    if told_in_time is not dossier.punctuality:
        dossier = dossier.model_copy(update={"punctuality": told_in_time})
    standing = [(ORDER, at) for at in disorder(dossier)]
    standing += [(FORMAT, one.pointer) for one in malformed(dossier)]
    held = dossier.data_quality
    kept = tuple(
        one
        for one in held
        if (one.code not in MENDED or (one.code, one.pointer) in standing)
        and (one.code != NO_IDENTITY or not _identified(dossier, one.pointer))
    )
    if len(kept) < len(held):
        dossier = dossier.model_copy(update={"data_quality": kept})
    new = [*flags, *marks, *standing]
    return flagged(dossier, new, now) if new else dossier


def _identified(dossier: Dossier, pointer: str | None) -> bool:
    """Say whether a party has a number by now."""
    party = getattr(dossier, (pointer or "").strip("/"), None)
    return bool(getattr(party, "identities", ()))


def flagged(dossier: Dossier, flags: Flags, now: datetime) -> Dossier:
    """Add flags, as (code, pointer), that the dossier does not bear yet."""
    known = {(flag.code, flag.pointer) for flag in dossier.data_quality}
    new = [
        Quality(code=code, pointer=at or None, since=utc(now))
        for code, at in dict.fromkeys(flags)
        if (code, at or None) not in known
    ]
    return dossier.model_copy(update={"data_quality": (*dossier.data_quality, *new)})
