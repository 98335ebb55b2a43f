"""Many rows as the product writes them: real rows, copied in SQL with ids and numbers of their own.

What is copied was posted and delivered by the product itself. New ids are UUIDv7 in the order of
time; references, codes and digests are new; bodies are the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

IDENTITY = """
CREATE OR REPLACE FUNCTION bench_id(kind text, n bigint, since bigint) RETURNS uuid AS $$
  SELECT (lpad(to_hex(since + n), 12, '0')
    || '7' || substr(m, 1, 3) || '8' || substr(m, 4, 3) || substr(m, 7, 12))::uuid
  FROM (SELECT md5(kind || n) AS m) AS made
$$ LANGUAGE sql IMMUTABLE
"""
NEW = {
    ("dossier", "id"): "bench_id('d', n, {since})",
    ("attempt", "id"): "bench_id('a', n, {since})",
    ("dossier", "ref"): "t.ref || '/' || n",
    ("dossier", "code"): "t.code || '/' || n",
    ("dossier_code", "value"): "t.value || '/' || n",
    ("dossier", "twin"): "decode(md5('t' || n), 'hex')",
    ("dossier", "digest"): "decode(md5('x' || n) || md5('y' || n), 'hex')",
    ("event", "digest"): "decode(md5('x' || n) || md5('y' || n), 'hex')",
}
"""What is new in a copied row; `dossier_id` is, everywhere."""
WHOLE = """
SELECT count(*) FROM (SELECT * FROM outbox ORDER BY dossier_id DESC LIMIT 1000) AS entry
WHERE NOT EXISTS (SELECT FROM lane WHERE dossier_id = entry.dossier_id)
   OR NOT EXISTS (SELECT FROM event WHERE dossier_id = entry.dossier_id)
   OR NOT EXISTS (SELECT FROM dossier WHERE id = entry.dossier_id)
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
HALVES = (("dossier", "lane", "outbox"), ("event", "dossier_code", "attempt"))
"""Which tables are filled side by side."""
STEP = 250_000
"""Rows of one statement."""
ASLEEP = {"state": "2", "wake_at": "t.since + 1000000000", "reason": "'unreachable'"}
"""What is new in an entry of the outbox that waits, as after a failure, longer than any run."""


async def _columns(connection: asyncpg.Connection[Any], table: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position",
        table,
    )
    return [row["column_name"] for row in rows]


async def _copy(
    connection: asyncpg.Connection[Any],
    table: str,
    source: str,
    first: int,
    last: int,
    *,
    since: int,
    changed: dict[str, str] | None = None,
) -> None:
    """Copy the rows of one dossier, once for each number."""
    names = await _columns(connection, table)
    new = {column: made for (of, column), made in NEW.items() if of == table}
    new |= {"dossier_id": NEW["dossier", "id"], **(changed or {})}
    made = [new[name].format(since=since) if name in new else f't."{name}"' for name in names]
    key = "id" if table == "dossier" else "dossier_id"
    listed = ", ".join(f'"{name}"' for name in names)
    await connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {', '.join(made)}"  # noqa: S608 - our own names
        f" FROM {table} AS t, generate_series({first}, {last}) AS n WHERE t.{key} = '{source}'"
    )


async def _fill(
    dsn: str, tables: Sequence[str], since: int, parts: Sequence[tuple[int, int, str, bool]]
) -> None:
    """Copy the rows of some tables; each part: from, to, whose rows, whether it waits."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET session_replication_role = replica")  # keys are right by make
        await connection.execute("SET synchronous_commit = off")  # of the loading alone
        for begin, end, source, waits in parts:
            changed = ASLEEP if waits else {}
            for first in range(begin, end + 1, STEP):
                last = min(first + STEP - 1, end)
                for table in tables:
                    more = changed if table == "outbox" else {}
                    await _copy(connection, table, source, first, last, since=since, changed=more)
    finally:
        await connection.close()


async def _multiply(dsn: str, total: int, ready: int, waiting: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(IDENTITY)
        done = await connection.fetchval("SELECT dossier_id FROM attempt LIMIT 1")
        open_ = await connection.fetchval("SELECT dossier_id FROM outbox LIMIT 1")
        told, since = total - ready - waiting, int(time.time() * 1000) - total
        parts = [(1, told, done, False), (told + 1, told + waiting, open_, True)]
        parts.append((told + waiting + 1, total, open_, False))
        indexes = await connection.fetch(INDEXES, [table for half in HALVES for table in half])
        for index in indexes:
            await connection.execute(f'DROP INDEX "{index["indexname"]}"')
        await asyncio.gather(*(_fill(dsn, half, since, parts) for half in HALVES))
        for index in indexes:  # made again in one go, which is several times quicker
            await connection.execute(index["indexdef"].replace(" ON ONLY ", " ON "))
        lacking = await connection.fetchval(WHOLE)
        if lacking:
            raise RuntimeError(f"{lacking} copied entries lack their rows")
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def multiply(dsn: str, total: int, *, ready: int, waiting: int = 0) -> None:
    """Fill a database up with dossiers, of which so many are ready to be told and so many wait.

    It must hold one dossier that was delivered, and one that was not.
    """
    asyncio.run(_multiply(dsn, total, ready, waiting))


def ask(dsn: str, sql: str) -> Any:
    """Ask for one value."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def stored(dsn: str, table: str) -> int:
    """Count rows."""
    if re.fullmatch(r"[a-z_]+", table) is None:
        raise ValueError(table)
    return int(ask(dsn, f"SELECT count(*) FROM {table}"))  # noqa: S608 - checked
