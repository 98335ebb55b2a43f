"""How a body is opened: as far as a right reaches by itself, beyond that with a reason.

What a person reads is written down, with the reason, before it is answered: a reading that cannot
be kept is none.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from gateway.access.audit import Entry, record
from gateway.access.principals import Principal
from gateway.access.roles import Reach, Right
from gateway.intake.parameters import header_text
from gateway.intake.problems import Problem
from gateway.words.fault import Fault

HEADER = "X-Reason"
LONGEST = 500
"""Characters of a reason."""
SHORTEST = 3
"""Letters and digits of one that says anything."""
REASON: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "description": "why a body beyond one's own agencies is opened; kept in the audit",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        }
    ]
}
"""Describes the header in the specification; it is read by hand."""


def beyond(client: Principal) -> bool:
    """Say whether one may open bodies beyond one's own, if one says why."""
    return client.reach(Right.BODIES) >= Reach.ALL_WITH_REASON


def stated_reason(request: Request) -> str | None:
    """Read why, None: it was not stated; a header carries diacritics as percent-encoded UTF-8."""
    try:
        reason = header_text(request, HEADER, LONGEST)
    except ValueError:
        raise reason_needed() from None
    if reason is None:
        return None
    said = sum(sign.isalnum() for sign in reason)
    if said < SHORTEST or not reason.isprintable():
        raise reason_needed()
    return reason


def stated_why(request: Request) -> str:
    """Read why something is done that needs no reason; what is no text is refused."""
    try:
        return header_text(request, HEADER, LONGEST) or ""
    except ValueError:
        fault = Fault("value", "/headers/x-reason", {"expected": f"1–{LONGEST}, UTF-8"})
        raise Problem(422, "invalid", [fault]) from None


def reason_needed() -> Problem:
    """Make the answer to whoever must say why, and did not or not in a way that can be kept."""
    return Problem(403, "reason_needed", more={"header": HEADER, "limit": LONGEST})


async def keep_reading(
    request: Request, client: Principal, what: str, name: str, reason: str | None
) -> None:
    """Write down that somebody read: a person always, anybody else who had to say why."""
    if client.sort != "person" and reason is None:
        return
    entry = Entry(who=client.audited, what=what, object=name, reason=reason or "")
    await request.app.state.parts.store.write(lambda connection: record(connection, entry))
