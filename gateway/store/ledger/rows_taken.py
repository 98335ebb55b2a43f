"""The row that was last taken of each ref of a source: the same one again changes nothing.

It is trusted only while all that decides on a row is as it was: the dossier has had no event since,
stands for itself, and knows of no newer row; the source surely means it; none of its codes is
another dossier's too, or one under which a report waits; and no lane waits for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.engine import Connection

from gateway.rules.lane_states import ASKED
from gateway.store import rows
from gateway.store.tables import row_taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A row, and where it left its dossier.

    digest: of its body, as it was given
    as_of: of the newest row that the dossier knows of this source, in milliseconds
    """

    client: int
    ref: str
    digest: bytes
    dossier: UUID
    version: int
    as_of: int


def unchanged(connection: Connection, client: int, said: Mapping[str, bytes]) -> dict[str, UUID]:
    """Give the dossiers, by ref, of which a source says what it said last; `said`: digests."""
    if not said:
        return {}
    if connection.dialect.name == "postgresql":
        found = connection.execute(_POSTGRES, {"client": client, "refs": list(said)})
    else:
        found = connection.execute(
            _SQLITE, {"client": client, "refs": to_json(list(said)).decode()}
        )
    return {row.ref: row.dossier_id for row in found if row.digest == said[row.ref]}


def keep(connection: Connection, taken: Sequence[Taken]) -> None:
    """Keep what was taken, in the place of what the same refs said before."""
    rows.put(
        connection,
        row_taken,
        [
            {
                "client": one.client,
                "ref": one.ref,
                "digest": one.digest,
                "dossier_id": one.dossier,
                "version": one.version,
                "as_of": one.as_of,
            }
            for one in taken
        ],
    )


_AS_IT_WAS = f"""
    d.last_seq = t.version AND d.merged_into IS NULL AND NOT d.voided
    AND (d.owner = t.client AND d.ref = t.ref AND d.as_of = t.as_of
         OR j.verified AND j.as_of = t.as_of)
    AND (SELECT 1 FROM dossier_code c WHERE c.dossier_id = d.id AND (
        (SELECT 1 FROM dossier_code o WHERE o.value = c.value AND o.dossier_id <> c.dossier_id
         AND c.kind <> 'local' AND o.kind <> 'local' LIMIT 1) IS NOT NULL
        OR (SELECT 1 FROM evidence e WHERE e.code = c.value AND e.dossier_id IS NULL LIMIT 1)
        IS NOT NULL) LIMIT 1) IS NULL
    AND (SELECT 1 FROM outbox o WHERE o.dossier_id = d.id AND o.state = {ASKED} LIMIT 1) IS NULL
"""  # noqa: S608 - constants
"""Single values, and no joins: those the server might answer by reading whole tables."""
_POSTGRES = sa.text(
    "SELECT t.ref, t.digest, t.dossier_id FROM unnest(CAST(:refs AS text[])) AS v(ref), "  # noqa: S608 - constants
    "LATERAL (SELECT r.* FROM row_taken r WHERE r.client = :client AND r.ref = v.ref OFFSET 0) t, "
    "LATERAL (SELECT o.* FROM dossier o WHERE o.id = t.dossier_id OFFSET 0) d "
    "LEFT JOIN LATERAL (SELECT f.verified, f.as_of FROM joined f "
    "WHERE f.client = t.client AND f.ref = t.ref AND f.dossier_id = d.id OFFSET 0) j ON true "
    f"WHERE {_AS_IT_WAS}"
)
"""Each is looked up by itself (`OFFSET 0` keeps it so), as in `dossiers`."""
_SQLITE = sa.text(
    "SELECT t.ref, t.digest, t.dossier_id FROM json_each(:refs) v "  # noqa: S608 - constants
    "CROSS JOIN row_taken t ON t.client = :client AND t.ref = v.value "
    "CROSS JOIN dossier d ON d.id = t.dossier_id "
    "LEFT JOIN joined j ON j.client = t.client AND j.ref = t.ref AND j.dossier_id = d.id "
    f"WHERE {_AS_IT_WAS}"
).columns(row_taken.c.ref, row_taken.c.digest, row_taken.c.dossier_id)
