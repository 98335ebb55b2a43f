"""What claimed lanes have to say: read packed, within the claim; unpacked after its commit."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.rules.outcomes import ALL_MAY_STAND_TWICE, CERTAIN
from gateway.rules.withhold import withheld
from gateway.store.ledger.bodies import unpack_dossier, unpack_event
from gateway.store.tables import event
from gateway.store.work.lanes import Claim
from schemas.dossier import Dossier
from schemas.event import Event


@dataclass(frozen=True, slots=True)
class Work:
    """A claim with what has to be said.

    doubt: an earlier try may have landed, under the code that the dossier has now
    lost: it may have been told in a time of which a restored database knows nothing
    """

    claim: Claim
    dossier: Dossier
    events: tuple[Event, ...]
    doubt: bool = False
    lost: bool = False
    ordered: bool = False
    """Its lane was doubted so before: a person let it go nevertheless."""


@dataclass(frozen=True, slots=True)
class Restored:
    """When the database was restored, in ms, and how what happened before that is doubted."""

    at: int
    uncertainty: int


Versions = Sequence[Any]
"""What is stored of one lane's step: rows of the table `event`, the newest last."""


def versions(connection: Connection, claims: Sequence[Claim]) -> list[Versions]:
    """Read what each claimed lane has to say, still packed; in the order of the claims."""
    if not claims:
        return []
    if connection.dialect.name == "postgresql":
        found: dict[UUID, list[Any]] = {one.dossier_id: [] for one in claims}
        asked = {
            "ids": [one.dossier_id for one in claims],
            "firsts": [_first(one) for one in claims],
            "lasts": [one.head_seq for one in claims],
        }
        for row in connection.execute(_VERSIONS, asked):
            found[row.dossier_id].append(row)
        return [found[one.dossier_id] for one in claims]
    return [
        connection.execute(
            sa.select(event.c.seq, event.c.origin, event.c.supersedes, event.c.body)
            .where(
                event.c.dossier_id == one.dossier_id,
                event.c.seq >= _first(one),
                event.c.seq <= one.head_seq,
            )
            .order_by(event.c.seq)
        ).all()
        for one in claims
    ]


_VERSIONS = sa.text(
    "SELECT e.dossier_id, e.seq, e.origin, e.supersedes, e.body FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:firsts AS integer[]), CAST(:lasts AS integer[])"
    ") AS v(id, first, last) JOIN event e ON e.dossier_id = v.id AND e.seq BETWEEN v.first "
    "AND v.last ORDER BY e.dossier_id, e.seq"
)


def _first(one: Claim) -> int:
    """Say from which event on to read: the newest at least, for the dossier as it is."""
    return min(one.done_seq + 1, one.head_seq)


def unpack(
    name: str,
    claims: Sequence[Claim],
    found: Sequence[Versions],
    restored: Restored | None = None,
) -> tuple[list[Work], list[Claim]]:
    """Unpack what each lane has to say; and say which lanes cannot be read.

    A lane that cannot be read is one lane's misfortune: it must not hold up its system.
    restored: what happened before that may have been told, wherever the lane comes from
    """
    work: list[Work] = []
    unreadable: list[Claim] = []
    for one, stored in zip(claims, found, strict=True):
        try:
            work.append(_doubted(_work(name, one, stored), stored, restored))
        except (ValueError, LookupError, zlib.error):
            unreadable.append(one)
    return work, unreadable


def _work(name: str, one: Claim, stored: Versions) -> Work:
    """Give the newest dossier and the events not yet told, which may be none.

    None: a checkpoint confirmed the last of them and its worker died before it could complete that.
    An event that the system itself told us is not told back, and one that a later event in the
    same step supersedes is left to its correction.
    """
    gone: set[int] = set()
    for row in reversed(stored):
        if row.supersedes is not None and row.seq not in gone:
            gone.add(row.supersedes)
    told = tuple(
        unpack_event(row.body)
        for row in stored
        if row.seq > one.done_seq and row.origin != name and row.seq not in gone
    )
    doubt = one.uncertainty > CERTAIN and not _recoded(stored)
    return Work(one, withheld(unpack_dossier(stored[-1].body)), told, doubt)


def _doubted(work: Work, stored: Versions, restored: Restored | None) -> Work:
    """Doubt a step with something that happened before a restore: nobody knows what was told."""
    if restored is None:
        return work
    if all(event.occurred_at.timestamp() * 1000 > restored.at for event in work.events):
        return work
    claim = work.claim
    claim = replace(claim, uncertainty=max(claim.uncertainty, restored.uncertainty))
    ordered = work.claim.uncertainty == ALL_MAY_STAND_TWICE
    return replace(work, claim=claim, doubt=not _recoded(stored), lost=True, ordered=ordered)


def _recoded(stored: Versions) -> bool:
    """Say whether the official code was another one at some try: then a doubt may be about that."""
    codes = {unpack_dossier(row.body).official_code for row in stored}
    return len(codes - {None}) > 1
