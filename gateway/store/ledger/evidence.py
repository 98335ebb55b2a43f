"""What contradicts, and what fits no dossier yet: kept word for word, moving nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.dossiers.evidence import Evidence
from gateway.store.tables import evidence


def _unpack(row: Any) -> Evidence:
    return Evidence(
        id=row.id,
        source=row.source,
        ref=row.ref,
        why=row.why,
        at=row.at,
        dossier_id=row.dossier_id,
        code=row.code,
        pointers=tuple(row.pointers),
        body=json.loads(zlib.decompress(row.body)),
    )


def known(connection: Connection, source: str, refs: Iterable[str]) -> set[str]:
    """Say which of a source's refs are kept already."""
    return set(
        connection.execute(
            sa.select(evidence.c.ref).where(
                evidence.c.source == source, evidence.c.ref.in_(list(refs))
            )
        ).scalars()
    )


def keep(connection: Connection, found: Sequence[Evidence]) -> frozenset[tuple[str, str]]:
    """Keep evidence; give the sources and refs of what was kept already, which stays as it is."""
    already = set()
    for one in found:
        if known(connection, one.source, [one.ref]):
            already.add((one.source, one.ref))
            continue
        text = json.dumps(one.body, ensure_ascii=False, separators=(",", ":"))
        connection.execute(
            evidence.insert().values(
                id=one.id,
                source=one.source,
                ref=one.ref,
                dossier_id=one.dossier_id,
                code=one.code,
                why=one.why,
                pointers=list(one.pointers),
                at=one.at,
                body=zlib.compress(text.encode(), 1),
            )
        )
    return frozenset(already)


def orphans(connection: Connection, codes: Iterable[str]) -> list[Evidence]:
    """Give what was said of codes that no dossier had, oldest first."""
    wanted = list(codes)
    if not wanted:
        return []
    if connection.dialect.name == "postgresql":
        return [_unpack(row) for row in connection.execute(_ORPHANS, {"codes": wanted})]
    rows = connection.execute(
        sa.select(evidence)
        .where(evidence.c.dossier_id.is_(None), evidence.c.code.in_(wanted))
        .order_by(evidence.c.at, evidence.c.id)
    )
    return [_unpack(row) for row in rows]


_ORPHANS = sa.text(
    f"SELECT {', '.join(evidence.c.keys())} FROM evidence "  # noqa: S608 - our own names
    "WHERE dossier_id IS NULL AND code = ANY(CAST(:codes AS text[])) ORDER BY at, id"
).columns(*evidence.c)
"""One statement whatever their number: it is asked with every post, and almost never finds any."""


def forget(connection: Connection, ids: Sequence[UUID]) -> None:
    """Drop what has since become an event."""
    if ids:
        connection.execute(evidence.delete().where(evidence.c.id.in_(list(ids))))


def of_dossier(connection: Connection, dossier_id: UUID) -> list[Evidence]:
    """Give all evidence on a dossier, oldest first."""
    rows = connection.execute(
        sa.select(evidence)
        .where(evidence.c.dossier_id == dossier_id)
        .order_by(evidence.c.at, evidence.c.id)
    )
    return [_unpack(row) for row in rows]


def counts(connection: Connection) -> list[tuple[str, str, int]]:
    """Count evidence by source and reason."""
    return [
        (row.source, row.why, row.many)
        for row in connection.execute(
            sa.select(evidence.c.source, evidence.c.why, sa.func.count().label("many")).group_by(
                evidence.c.source, evidence.c.why
            )
        )
    ]
