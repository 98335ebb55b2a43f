"""Idempotency keys: which were used, and for what."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.tables import idempotency

Used = dict[tuple[int, str], bytes]
"""By client and key: the digest of the request."""


def used(connection: Connection, wanted: Iterable[tuple[int, str]]) -> Used:
    """Read which of these keys were used before."""
    keys = list(wanted)
    if not keys:
        return {}
    rows = connection.execute(
        sa.select(idempotency.c.client, idempotency.c.key, idempotency.c.digest).where(
            sa.tuple_(idempotency.c.client, idempotency.c.key).in_(keys)
        )
    )
    return {(row.client, row.key): row.digest for row in rows}


def keep(connection: Connection, new: Used, now: int) -> None:
    """Remember keys."""
    if new:
        connection.execute(
            idempotency.insert(),
            [
                {"client": client, "key": key, "digest": digest, "created_at": now}
                for (client, key), digest in new.items()
            ],
        )
