"""The states of what remains to be told to a system, as the outbox has them.

A lane that is leased to a worker is ready, with the end of its lease set.
"""

from __future__ import annotations

READY, WAITING, PARKED, ASKED, UNTOLD = 1, 2, 3, 4, 5
"""May be claimed; waits for a time or an event; waits for a human; they have it and will judge; is
not told, because a setting says so, until an event changes what was lacking."""

NAMES = {
    READY: "ready",
    WAITING: "waiting",
    PARKED: "parked",
    ASKED: "asked",
    UNTOLD: "untold",
}
"""As users read them."""
