"""Codes that more than one open dossier has: for a human."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.store.tables import client, dossier, dossier_code

CONTESTING = ("official", "portal", "interlinked", "claimed")
"""Kinds of codes of which one dossier alone can have one."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """A dossier that has a contested code; `kind` says as what, `client` who brought it."""

    code: str
    dossier: UUID
    kind: str
    client: str
    agency: str | None
    status: str


def contested(connection: Connection, limit: int) -> list[Claimant]:
    """Give contested codes with all who claim them, the newest first."""
    open_ = [
        dossier_code.c.kind.in_(CONTESTING),
        dossier.c.merged_into.is_(None),
        dossier.c.voided.is_(False),
    ]
    mine = dossier_code.join(dossier, dossier.c.id == dossier_code.c.dossier_id)
    codes = (
        sa.select(dossier_code.c.value, dossier.c.environment)
        .select_from(mine)
        .where(*open_)
        .group_by(dossier_code.c.value, dossier.c.environment)
        .having(sa.func.count() > 1)
        .order_by(sa.func.max(dossier.c.created_at).desc())
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            dossier_code.c.value,
            dossier.c.id,
            dossier_code.c.kind,
            client.c.name,
            dossier.c.agency,
            dossier.c.status,
        )
        .select_from(mine.join(client, client.c.id == dossier.c.owner))
        .join(
            codes,
            sa.and_(
                codes.c.value == dossier_code.c.value,
                codes.c.environment == dossier.c.environment,
            ),
        )
        .where(*open_)
        .order_by(dossier_code.c.value, dossier.c.id)
    )
    return [Claimant(*row) for row in rows]
