"""Reading answers: what the HTTP status alone says, JSON that may not be JSON, redaction.

    2xx                      the body has to be read: only here can a success stand
    401 407, 3xx             Blocked: our account, or our address
    408 425 429 503          Unreachable: come back later, after `Retry-After`
    413 414 431              Refused: this record is too large for them
    any other 4xx            Suspect: the record, or us; other dossiers will show
    1xx, 5xx, anything else  no answer of theirs was read

What an answer with a body means says the table of its contract (`adapters.kit.read_answers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel

from adapters.kit.decoding import decoded, text_of
from adapters.kit.port import Reply, Step
from schemas.dossier import Dossier
from schemas.marks import composed
from schemas.outcome import (
    EXISTS_ALREADY,
    Blocked,
    Effect,
    Outcome,
    Problem,
    Refused,
    Suspect,
    Uncertain,
    Unreachable,
)

SHOWN = 500
"""Characters of a foreign answer that are kept."""
LATER = frozenset({408, 425, 429, 503})
WRONG_CREDENTIAL = frozenset({401, 407})
TOO_LARGE = frozenset({413, 414, 431})


def unread(why: str, effect: Effect) -> Outcome:
    """Say that no answer of theirs was read: harmless after a mere reading."""
    return Unreachable(why=why) if effect == "read" else Uncertain(why=why, effect=effect)


def judge(reply: Reply, effect: Effect) -> Outcome | None:
    """Say what the status alone decides; None: the body has to be read."""
    status = reply.status
    if status in LATER:
        return Unreachable(why=f"HTTP {status}", retry_after=retry_after(reply))
    if status in WRONG_CREDENTIAL or 300 <= status < 400:
        return Blocked(why=f"HTTP {status}")
    if status in TOO_LARGE:
        return Refused(code=str(status), message=f"HTTP {status}: too large for this system")
    if 400 <= status < 500:
        return Suspect(why=f"HTTP {status}", raw=redact(text_of(reply) or ""))
    return None if 200 <= status < 300 else unread(f"HTTP {status}", effect)


def exists(
    step: Step, said: str, *, ours: bool = False, pointer: str = "/official_code"
) -> Refused | None:
    """Decide on a create that they answer with "exists already"; None: go on as with a change.

    It is ours where an earlier create of ours may have landed, where they are known to hold the
    dossier, and where a look-up shows our own id there (`ours`). Everything else may be another
    citizen's dossier under a code that was mistyped or taken: it parks for the officer.
    said: their words, redacted; pointer: what the officer has to change, "" if nothing
    """
    known = step.remote.created or step.born_here
    if ours or step.doubt or known or step.on_exists == "replace":
        return None
    return Refused(
        code=EXISTS_ALREADY, message=said, problems=(Problem(pointer, EXISTS_ALREADY, said),)
    )


def retry_after(reply: Reply) -> float | None:
    """Read Retry-After: seconds, or a date judged by the answer's own Date."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), 24 * 3600.0)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(reply.headers.get("date", ""))
        return min(max(0.0, (until - sent).total_seconds()), 24 * 3600.0)
    except (TypeError, ValueError):
        return None


def read_json(reply: Reply, effect: Effect) -> Any:
    """Read a JSON body; what is not whole JSON becomes the outcome that nothing was read.

    A gateway in between answers HTML or plain text with any status: that is not their answer.
    """
    found = decoded(reply)
    if found.kind == "json":
        return found.value
    # A text that is a JSON string is JSON all the same, and never a page.
    return unread("the answer is not JSON", effect)


def plain(text: str) -> str:
    """Bring a foreign sentence into a form in which it can be compared: NFC, case, spaces."""
    return " ".join(composed(text).casefold().split())


def redact(text: str, personal: Iterable[str] = ()) -> str:
    """Cut a foreign text short and mask numbers, e-mail addresses and the given strings.

    Raw JSON may write letters by their numbers: they are read first, or no name would be found.
    """
    read = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), text[: SHOWN * 8])
    shown = composed(read.encode("utf-8", "replace").decode()[: SHOWN * 4])
    for one in sorted({one for one in personal if len(one) > 2}, key=len, reverse=True):
        shown = re.sub(re.escape(one), "•••", shown, flags=re.IGNORECASE)
    shown = re.sub(r"[\w.+-]+@[\w-]+\.[\w.-]+", "•••", shown)
    return re.sub(r"\d{6,}", "•••", shown)[:SHOWN]


PERSONAL = frozenset(
    {
        "name",
        "family",
        "middle",
        "given",
        "number",
        "phone",
        "email",
        "fax",
        "detail",
        "account_id",
        "birth",
        "received_by",
    }
)


def strings_of(dossier: Dossier) -> tuple[str, ...]:
    """List the personal strings of a dossier, to be masked wherever a system repeats them."""
    parties = (
        dossier.owner,
        dossier.submitter,
        dossier.assisted_by,
        dossier.return_,
        *(result.holder for result in dossier.results),
    )
    return tuple(text for party in parties if party is not None for text in _texts(party))


def _texts(part: BaseModel) -> Iterator[str]:
    for name, value in part:
        if isinstance(value, str) and name in PERSONAL:
            yield value
            if name == "number" and not value.isalnum():  # as it is told: without what groups it
                yield re.sub(r"[\W_]+", "", value)
        elif isinstance(value, BaseModel):
            yield from _texts(value)
        elif isinstance(value, tuple):
            for one in value:
                if isinstance(one, BaseModel):
                    yield from _texts(one)
