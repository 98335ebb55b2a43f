"""Tries whether we may write, and undoes it.

Rights that are read say nothing of a full disk, or of a server that takes no writes.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from gateway.store.tables import dossier, event, lane, outbox, system

TRIED = (dossier, event, lane, outbox)
ROW = {"id": -1, "name": "tried by the doctor", "gate": {}, "gate_until": 0, "inflight": 0}


class Undone(Exception):  # noqa: N818 - how a trial ends, always
    """What was tried is undone; refused: what of it failed, and why."""

    def __init__(self, refused: tuple[str, ...]) -> None:
        super().__init__(", ".join(refused))
        self.refused = refused


def try_to_write(connection: Connection) -> None:
    """Make a table, write and draw a fence as a gateway does; always ends in `Undone`."""
    acts: dict[str, Sequence[sa.Executable]] = {
        "to make tables": [sa.text("CREATE TABLE lienthong_doctor (number integer)")],
        "to write dossiers": _writing(),
    }
    if connection.dialect.name == "postgresql":
        acts["to draw fences"] = [sa.text("SELECT nextval('fence')")]
    refused = []
    for name, act in acts.items():
        try:
            with connection.begin_nested():
                for statement in act:
                    connection.execute(statement)
        except sa.exc.DBAPIError as error:
            refused.append(f"{name} ({getattr(error.orig, 'sqlstate', None) or error.orig})")
    raise Undone(tuple(refused))


def try_embedded(engine: Engine) -> tuple[str, ...]:
    """Do the same to an embedded database; give what of it failed, and why."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                try_to_write(connection)
            except Undone as undone:
                return undone.refused
            finally:
                connection.exec_driver_sql("ROLLBACK")
    except sa.exc.DBAPIError as error:
        return (str(error.orig),)
    raise AssertionError  # a trial always ends in `Undone`


def _writing() -> list[sa.Executable]:
    """Write one row, and none of each table that holds dossiers: rights are asked all the same."""
    row = system.insert().values(ROW), sa.delete(system).where(system.c.id < 0)
    acts: list[sa.Executable] = list(row)
    for table in TRIED:
        nothing = sa.select(table).where(sa.false())
        acts += [
            table.insert().from_select(list(table.c.keys()), nothing),
            table.update().where(sa.false()).values({table.primary_key.columns[0].name: None}),
            table.delete().where(sa.false()),
        ]
    return acts
