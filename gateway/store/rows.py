"""Many rows in one statement, and many statements in one question.

On PostgreSQL a statement per row, and a way to the server per table, is what intake and completion
would spend most of their time on, in both processes: rows go as one array a column (`unnest`), and
the statements of a transaction's end as one (`WITH … AS (INSERT …)`). SQLite is as fast with one
`executemany` after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]
Part = tuple[sa.Table, str, tuple[str, ...], tuple[str, ...], str | None]
"""Table, what is done (insert, again, put, update, delete), keys, other columns, the rising one."""

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
_RESERVED = frozenset({"window", "value", "at", "until", "cursor"})


def _sql(column: sa.Column[Any]) -> str:
    """Name the type of an array's elements."""
    return next(name for kind, name in _TYPES if isinstance(column.type, kind))


def _quoted(name: str) -> str:
    return f'"{name}"' if name in _RESERVED else name


def _given(table: sa.Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the columns whose value the server itself knows."""
    return tuple(name for name in names if "postgresql" not in table.c[name].info)


def _cast(table: sa.Table, name: str) -> str:
    own: str | None = table.c[name].info.get("postgresql")
    if own is not None:
        return own
    value = f"v.{_quoted(name)}"
    return f"CAST({value} AS json)" if isinstance(table.c[name].type, sa.JSON) else value


def _arrays(table: sa.Table, names: tuple[str, ...], number: int) -> str:
    """Write the arrays of some columns as a relation `v`."""
    names = _given(table, names)
    arrays = ", ".join(f"CAST(:p{number}_{name} AS {_sql(table.c[name])}[])" for name in names)
    return f"unnest({arrays}) AS v({', '.join(_quoted(name) for name in names)})"


def _statement(part: Part, number: int) -> str:
    """Write one part, its parameters under its number."""
    table, what, keys, names, rising = part
    same = " AND ".join(f"t.{_quoted(key)} = v.{_quoted(key)}" for key in keys)
    if what == "delete":
        return f"DELETE FROM {table.name} AS t USING {_arrays(table, keys, number)} WHERE {same}"  # noqa: S608 - our own names
    if what != "update":
        columns = ", ".join(_quoted(name) for name in names)
        values = ", ".join(_cast(table, name) for name in names)
        harmless = " ON CONFLICT DO NOTHING" if what == "again" else ""
        if what == "put":
            changes = [f"{_quoted(name)} = EXCLUDED.{_quoted(name)}" for name in names]
            harmless = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(changes)}"
        source = f"SELECT {values} FROM {_arrays(table, names, number)}"  # noqa: S608 - our own names
        return f"INSERT INTO {table.name} ({columns}) {source}{harmless}"
    changes = [f"{_quoted(name)} = {_cast(table, name)}" for name in names]
    more = names
    if rising is not None:
        changes.append(f"{rising} = GREATEST(t.{rising}, v.{rising})")
        more = (*names, rising)
    source = _arrays(table, keys + more, number)
    return f"UPDATE {table.name} AS t SET {', '.join(changes)} FROM {source} WHERE {same}"  # noqa: S608 - our own names


@lru_cache(maxsize=256)
def _question(parts: tuple[Part, ...]) -> sa.TextClause:
    """Put statements together; the order among them means nothing: each is for rows of its own."""
    *first, last = [_statement(part, number) for number, part in enumerate(parts)]
    before = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(first))
    return sa.text(f"WITH {before} {last}" if first else last)


def _columns(table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Turn rows into one list a column; what a row lacks is the column's default."""
    found: dict[str, list[Any]] = {}
    for name in _given(table, names):
        column = table.c[name]
        default = column.default.arg if column.default is not None else None  # type: ignore[attr-defined]
        values = [row.get(name, default) for row in rows]
        if isinstance(column.type, sa.JSON):
            values = [None if one is None else to_json(one).decode() for one in values]
        elif isinstance(column.type, sa.Boolean):
            values = [bool(one) for one in values]
        found[name] = values
    return found


@dataclass(slots=True)
class Writing:
    """What a transaction writes at its end; no two parts may touch the same row."""

    connection: Connection
    _parts: list[Part] = field(default_factory=list)
    _values: dict[str, list[Any]] = field(default_factory=dict)

    def insert(self, table: sa.Table, rows: Sequence[Row], *, again: bool = False) -> None:
        """Insert rows; `again`: one that is already there stays as it is."""
        if not rows:
            return
        if self.connection.dialect.name == "postgresql":
            names = tuple(column.name for column in table.c)
            self._add((table, "again" if again else "insert", (), names, None), names, rows)
            return
        statement = sqlite.insert(table).on_conflict_do_nothing() if again else table.insert()
        self.connection.execute(statement, [dict(row) for row in rows])

    def put(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Insert rows; one whose key is already there is replaced."""
        if not rows:
            return
        keys = tuple(column.name for column in table.primary_key)
        names = tuple(column.name for column in table.c)
        if self.connection.dialect.name == "postgresql":
            self._add((table, "put", keys, names, None), names, rows)
            return
        given = sqlite.insert(table)
        changes = {name: given.excluded[name] for name in names if name not in keys}
        statement = given.on_conflict_do_update(index_elements=keys, set_=changes)
        self.connection.execute(statement, [dict(row) for row in rows])

    def update(
        self,
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
        if self.connection.dialect.name == "postgresql":
            self._add((table, "update", keys, names, rising), keys + names + more, rows)
            return
        same = sa.and_(*(table.c[key] == sa.bindparam(f"{key}_") for key in keys))
        changes: dict[str, Any] = {name: sa.bindparam(f"{name}_") for name in names}
        if rising is not None:
            changes[rising] = sa.func.max(table.c[rising], sa.bindparam(f"{rising}_"))
        self.connection.execute(
            table.update().where(same).values(**changes),
            [{f"{name}_": row[name] for name in keys + names + more} for row in rows],
        )

    def delete(self, table: sa.Table, keys: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Delete rows by their keys."""
        if not rows:
            return
        if self.connection.dialect.name == "postgresql":
            self._add((table, "delete", keys, (), None), keys, rows)
            return
        same = sa.and_(*(table.c[key] == sa.bindparam(f"{key}_") for key in keys))
        gone = [{f"{name}_": row[name] for name in keys} for row in rows]
        self.connection.execute(table.delete().where(same), gone)

    def _add(self, part: Part, names: tuple[str, ...], rows: Sequence[Row]) -> None:
        number = len(self._parts)
        self._parts.append(part)
        values = _columns(part[0], names, rows)
        self._values |= {f"p{number}_{name}": column for name, column in values.items()}

    def write(self) -> None:
        """Send what was gathered."""
        if self._parts:
            self.connection.execute(_question(tuple(self._parts)), self._values)
            self._parts, self._values = [], {}


def insert(
    connection: Connection, table: sa.Table, rows: Sequence[Row], *, again: bool = False
) -> None:
    """Insert rows at once."""
    writing = Writing(connection)
    writing.insert(table, rows, again=again)
    writing.write()


def update(
    connection: Connection, table: sa.Table, keys: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Change rows at once."""
    writing = Writing(connection)
    writing.update(table, keys, rows)
    writing.write()


def put(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows at once; one whose key is already there is replaced."""
    writing = Writing(connection)
    writing.put(table, rows)
    writing.write()
