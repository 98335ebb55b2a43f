"""Many rows in one statement.

On PostgreSQL a statement per row is what intake and settling would spend most of their time on, in
both processes: rows go as one array a column (`unnest`). SQLite is as fast with `executemany`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]

_TYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.SmallInteger, "smallint"),
    (sa.BigInteger, "bigint"),
    (sa.Integer, "integer"),
    (sa.Boolean, "boolean"),
    (sa.Uuid, "uuid"),
    (sa.LargeBinary, "bytea"),
    (sa.JSON, "text"),  # and cast in the select: an array of json would be parsed twice
    (sa.Text, "text"),
)


def _sql(column: sa.Column[Any]) -> str:
    """Name the type of an array's elements."""
    return next(name for kind, name in _TYPES if isinstance(column.type, kind))


def _arrays(table: sa.Table, names: tuple[str, ...]) -> str:
    """Write the arrays of some columns as a relation `v`."""
    arrays = ", ".join(f"CAST(:{name} AS {_sql(table.c[name])}[])" for name in names)
    return f"unnest({arrays}) AS v({', '.join(quoted(name) for name in names)})"


def quoted(name: str) -> str:
    """Quote a column's name where it needs it."""
    return f'"{name}"' if name in {"window", "value", "at", "until", "cursor"} else name


def _cast(table: sa.Table, name: str) -> str:
    value = f"v.{quoted(name)}"
    return f"CAST({value} AS json)" if isinstance(table.c[name].type, sa.JSON) else value


@lru_cache(maxsize=64)
def _insert(table: sa.Table, names: tuple[str, ...], *, again: bool) -> sa.TextClause:
    columns = ", ".join(quoted(name) for name in names)
    values = ", ".join(_cast(table, name) for name in names)
    harmless = " ON CONFLICT DO NOTHING" if again else ""
    source = f"SELECT {values} FROM {_arrays(table, names)}"  # noqa: S608 - names of our own tables
    return sa.text(f"INSERT INTO {table.name} ({columns}) {source}{harmless}")


@lru_cache(maxsize=64)
def _update(
    table: sa.Table, keys: tuple[str, ...], names: tuple[str, ...], rising: str | None
) -> sa.TextClause:
    changes = ", ".join(f"{quoted(name)} = {_cast(table, name)}" for name in names)
    if rising is not None:
        changes += f", {rising} = GREATEST(t.{rising}, v.{rising})"
        names = (*names, rising)
    same = " AND ".join(f"t.{quoted(key)} = v.{quoted(key)}" for key in keys)
    return sa.text(
        f"UPDATE {table.name} AS t SET {changes} FROM {_arrays(table, keys + names)} WHERE {same}"  # noqa: S608 - names of our own tables
    )


def _columns(table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Turn rows into one list a column; what a row lacks is the column's default."""
    found: dict[str, list[Any]] = {}
    for name in names:
        column = table.c[name]
        default = column.default.arg if column.default is not None else None  # type: ignore[attr-defined]
        values = [row.get(name, default) for row in rows]
        if isinstance(column.type, sa.JSON):
            values = [None if one is None else to_json(one).decode() for one in values]
        elif isinstance(column.type, sa.Boolean):
            values = [bool(one) for one in values]
        found[name] = values
    return found


def insert(
    connection: Connection, table: sa.Table, rows: Sequence[Row], *, again: bool = False
) -> None:
    """Insert rows; `again`: one that is already there stays as it is."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        statement = sqlite.insert(table).on_conflict_do_nothing() if again else table.insert()
        connection.execute(statement, [dict(row) for row in rows])
        return
    names = tuple(column.name for column in table.c)
    connection.execute(_insert(table, names, again=again), _columns(table, names, rows))


def update(
    connection: Connection,
    table: sa.Table,
    keys: tuple[str, ...],
    rows: Sequence[Row],
    *,
    rising: str | None = None,
) -> None:
    """Change rows, each by its keys; all rows change the same columns.

    rising: a column that keeps the greater of its old and its new value
    """
    if not rows:
        return
    names = tuple(name for name in rows[0] if name not in keys and name != rising)
    more = () if rising is None else (rising,)
    if connection.dialect.name == "postgresql":
        values = _columns(table, keys + names + more, rows)
        connection.execute(_update(table, keys, names, rising), values)
        return
    same = sa.and_(*(table.c[key] == sa.bindparam(f"{key}_") for key in keys))
    changes: dict[str, Any] = {name: sa.bindparam(f"{name}_") for name in names}
    if rising is not None:
        changes[rising] = sa.func.max(table.c[rising], sa.bindparam(f"{rising}_"))
    connection.execute(
        table.update().where(same).values(**changes),
        [{f"{name}_": row[name] for name in keys + names + more} for row in rows],
    )
