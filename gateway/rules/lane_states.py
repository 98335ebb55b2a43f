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

SHADOWED, OFF, ADDED, SETTLED = "shadowed", "off", "added", "settled"
"""States of a lane on which nothing is to be done although we have not told it all of it: in shadow
mode it was translated and not sent; it passed by while the system was off, or before the system was
there; somebody told them by hand. Such a lane stands on no outbox, until an event or a person puts
it there."""

UNTOLD_BY_US = frozenset({SHADOWED, OFF, ADDED})
"""Those of them of which the system may know nothing: what a backfill brings up to date."""

SHOWN = {SHADOWED: "shadowed", OFF: "untold", ADDED: "untold", SETTLED: "settled"}
"""As users read them; why is said by the reason, which is the lane's own state."""
