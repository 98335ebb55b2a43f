"""Whether any dossier, or any try of a system, bears a word by which a plan is narrowed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.agencies import within
from gateway.store.ledger.untold import Told, of_tries
from gateway.store.tables import attempt, dossier, system


def procedure(connection: Connection, code: str) -> bool:
    """Say whether any dossier is under this procedure."""
    found = sa.select(dossier.c.id).where(dossier.c.procedure == code).limit(1)
    return connection.execute(found).first() is not None


def agency(connection: Connection, root: str) -> bool:
    """Say whether any dossier is at this agency or below it."""
    codes = sa.union(sa.select(dossier.c.agency), sa.select(dossier.c.receiving))
    return any(
        code is not None and within(code, root) for code in connection.execute(codes).scalars()
    )


def by_try(connection: Connection, name: str, told: Told) -> bool:
    """Say whether any try of a system is one of those that are meant."""
    found = (
        sa.select(attempt.c.id)
        .join(system, system.c.id == attempt.c.system)
        .where(system.c.name == name, *of_tries(told, attempt.c))
        .limit(1)
    )
    return connection.execute(found).first() is not None
