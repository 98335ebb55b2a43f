"""What live systems were not told: a part of the doctor's findings, and no fault by itself."""

from __future__ import annotations

from collections.abc import Collection

from gateway.operations.findings import Finding
from gateway.rules.lane_states import UNTOLD_BY_US
from gateway.store.engine import Connection
from gateway.store.work import operating


def look(connection: Connection, live: Collection[str]) -> list[Finding]:
    """Name each live system with lanes that say that they were not told, and what counts them."""
    found = []
    for name, states in sorted(operating.left_aside(connection).items()):
        many = {state: states[state] for state in sorted(UNTOLD_BY_US) if states.get(state)}
        if name in live and many:
            said = ", ".join(f"{count} {state}" for state, count in many.items())
            hint = f"{name} is live, and was not told of what passed it by before: {said} lanes; "
            found.append(
                Finding(True, f"{hint}`lienthong backfill {name}` counts them and tells them")
            )
    return found
