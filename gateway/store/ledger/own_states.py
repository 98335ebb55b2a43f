"""Lanes with a state of their own: what was not told by us, counted by system and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import SHOWN
from gateway.store.tables import lane


def counted(connection: Connection) -> dict[int, dict[str, int]]:
    """Count the lanes that have a state of their own, by system and state."""
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(
        sa.select(lane.c.system, lane.c.state, sa.func.count().label("many"))
        .where(lane.c.state.is_not(None))
        .group_by(lane.c.system, lane.c.state)
    ):
        found.setdefault(row.system, {})[row.state] = row.many
    return found


def shown(on_outbox: Mapping[str, int], aside: Mapping[str, int]) -> dict[str, int]:
    """Add them to the lanes on the outbox, under what users read."""
    whole = Counter(on_outbox)
    for state, many in aside.items():
        whole[SHOWN[state]] += many
    return dict(whole)
