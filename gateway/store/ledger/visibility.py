"""Who sees which dossier, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.rules.agencies import OLD_GROUPS, path_of
from gateway.store.tables import dossier, joined


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a principal, its agencies, and how far it sees (`access.roles.Reach`).

    everything: all dossiers of the environment; by_agency: all of its agencies, whosever they are
    own: those of which it is a source, and those that belong to its agencies
    """

    client: int
    environment: str
    agencies: tuple[str, ...]
    everything: bool = False
    by_agency: bool = False
    own: bool = True


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Say `gateway.access.may.may_see` in SQL."""
    where = dossier.c.environment == viewer.environment
    if viewer.everything:
        return where
    if not viewer.own and not viewer.by_agency:
        return sa.false()
    sources = sa.select(joined.c.dossier_id).where(
        joined.c.client == viewer.client, joined.c.verified
    )
    belongs = [
        within(column, viewer.agencies) for column in (dossier.c.agency, dossier.c.receiving)
    ]
    either = [
        dossier.c.owner == viewer.client,
        dossier.c.id.in_(sources),
        sa.and_(dossier.c.by_agency, sa.or_(*belongs)),
    ]
    if viewer.by_agency:
        either += [*belongs, within(dossier.c.helped, viewer.agencies)]
    return sa.and_(where, sa.or_(*either))


def within(column: sa.ColumnElement[Any], agencies: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Say in SQL whether an agency lies in one of these subtrees."""
    if "*" in agencies:
        return sa.true()
    return sa.or_(sa.false(), *(_below(column, root) for root in agencies))


def _below(agency: sa.ColumnElement[Any], root: str) -> sa.ColumnElement[bool]:
    """Say `gateway.rules.agencies.within` in SQL."""
    if root == "*":
        return sa.true()
    generation, path = path_of(root)
    old = _old(agency)
    if generation == "qd20":
        below = agency.startswith(f"{root}.", autoescape=True)
        return sa.or_(agency == root, sa.and_(below, sa.not_(old)))
    if not path:
        return old
    tail = ".".join(reversed(path))
    return sa.or_(agency == root, sa.and_(agency.endswith(f".{tail}", autoescape=True), old))


def _old(agency: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Say `path_of` in SQL: an older code has four groups, the first of three digits."""
    return sa.and_(
        sa.func.length(agency) - sa.func.length(sa.func.replace(agency, ".", "")) == OLD_GROUPS - 1,
        sa.func.substr(agency, 4, 1) == ".",
        sa.func.rtrim(sa.func.substr(agency, 1, 3), "0123456789") == "",
    )
