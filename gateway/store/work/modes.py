"""Since when each system has been off, in shadow, or live; and what a change to live leaves aside.

Going live begins from now: what came to the outbox while nobody was to be told is not sent by
itself. What was owed already when the system ceased to be live is still owed.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import READY, SHADOWED, WAITING
from gateway.store import rows
from gateway.store.dialect import now as db_now
from gateway.store.tables import lane, mode_change, outbox

KEYS = ("dossier_id", "system")


def history(connection: Connection, of: int) -> list[tuple[int, str]]:
    """Give when a system took which mode, oldest first."""
    changes = connection.execute(
        sa.select(mode_change.c.at, mode_change.c.mode)
        .where(mode_change.c.system == of)
        .order_by(mode_change.c.at)
    )
    return [(row.at, row.mode) for row in changes]


def mode_at(changes: list[tuple[int, str]], at: int) -> str | None:
    """Say in which mode a system was at a time; None: it was not there yet."""
    return next((mode for since, mode in reversed(changes) if since <= at), None)


def note(connection: Connection, modes: Mapping[int, str]) -> dict[int, int]:
    """Note the modes in which systems are from now on; give how many lanes were left aside.

    Only a change is noted. At the first start nothing is known of before, and all stays as it is.
    """
    now = db_now(connection)
    aside: dict[int, int] = {}
    for of, mode in sorted(modes.items()):
        changes = history(connection, of)
        if changes and changes[-1][1] == mode:
            continue
        if changes and mode == "live":
            aside[of] = _leave(connection, of, _ceased(changes))
        at = max(now, changes[-1][0] + 1) if changes else now
        connection.execute(mode_change.insert().values(system=of, at=at, mode=mode))
    return aside


def _ceased(changes: list[tuple[int, str]]) -> int:
    """Say since when the system has not been live; 0: it never was."""
    last = max((index for index, (_, mode) in enumerate(changes) if mode == "live"), default=-1)
    return 0 if last < 0 else changes[last + 1][0]


def _leave(connection: Connection, of: int, since: int) -> int:
    """Leave aside what came to the outbox since a time; what is parked or asked stays."""
    waiting = connection.execute(
        sa.select(outbox.c.dossier_id, outbox.c.head_seq)
        .where(
            outbox.c.system == of,
            outbox.c.state.in_((READY, WAITING)),
            outbox.c.lease_until.is_(None),
            outbox.c.since >= since,
        )
        .order_by(outbox.c.dossier_id)
        .with_for_update()
    ).all()
    key = [{"dossier_id": row.dossier_id, "system": of} for row in waiting]
    said = [
        one | {"state": SHADOWED, "state_seq": row.head_seq}
        for one, row in zip(key, waiting, strict=True)
    ]
    writing = rows.Writing(connection)
    writing.update(lane, KEYS, said)
    writing.delete(outbox, KEYS, key)
    writing.write()
    return len(waiting)
