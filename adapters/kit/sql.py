"""The only way into a database of theirs: one SELECT at a time, over ODBC, as a user who may read.

A statement runs in a thread that nobody waits for: where a driver hangs, the query counts as lost,
and no other begins before that thread has come back. What the server says is never repeated, for it
may quote a row; its SQLSTATE is.

    08…, HYT…, 40…, 53…, 55…, 57…     Unreachable: away, too slow, or busy
    anything else                     Blocked: a login, a driver, a right or a statement is wrong
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

from adapters.kit.errors import TransportError
from adapters.kit.port import OdbcSettings, Query, Selected, UnreadCell, Value
from schemas.outcome import Blocked, Outcome, Unreachable

T = TypeVar("T")
LONGEST_CELL = 64 * 1024
"""Characters of a cell; nothing that belongs into a dossier is longer."""
LARGEST_PAGE = 32 * 1024 * 1024
"""Characters of all rows of one query; the rest is for the next one."""
MARGIN = 5.0
"""Seconds beyond those of the driver, after which it counts as one that hangs."""
PASSING = ("08", "HYT", "40", "53", "55", "57")
"""How SQLSTATEs begin of what passes by itself."""
READ = (str, int, float, Decimal, date, time)
MEANING = {
    "28": "the login was refused",
    "IM": "there is no such ODBC driver or data source",
    "01000": "the ODBC driver cannot be loaded",
    "42": "the statement is refused",
    "22": "a value cannot be read by the statement",
    "08": "the database cannot be reached",
    "HYT": "the database is too slow",
}
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]")
WRITES = re.compile(
    r"(?i)\b(insert|update|delete|merge|into|exec|execute|call|drop|alter|create|truncate|grant"
    r"|revoke|deny|backup|restore|shutdown|use|set|declare|begin|commit|rollback|waitfor|kill"
    r"|dbcc|bulk|openrowset|openquery|opendatasource)\b"
)
Connect = Callable[..., Any]
"""`pyodbc.connect`, or what stands for it in tests."""


def single_select(sql: str, parameters: int) -> str:
    """Give a statement back that is one SELECT and takes so many parameters; else `ValueError`.

    Databases take a second statement without a semicolon too, so words that write are refused
    outside of quotes. It guards against mistakes; that nothing is written is the user's rights.
    """
    bare = QUOTED.sub("''", sql)
    if not re.match(r"(?i)\s*select\b", bare):
        raise ValueError("it must begin with SELECT")
    for mark in (";", "--", "/*"):
        if mark in bare:
            raise ValueError(f"it must be one SELECT, without {mark}")
    written = WRITES.search(bare)
    if written is not None:
        raise ValueError(f"it may only read, and has the word {written[0].upper()}")
    if bare.count("?") != parameters:
        raise ValueError(f"it must have {parameters} ?, and has {bare.count('?')}")
    return sql


def odbc_connect(*words: Any, **named: Any) -> Any:
    """Open a connection with pyodbc, which not every installation has."""
    return importlib.import_module("pyodbc").connect(*words, **named)


@dataclass(slots=True)
class OdbcDatabase:
    """One database of theirs: a connection is opened by the first query, and closed by `close`."""

    settings: OdbcSettings
    connect: Connect = odbc_connect
    margin: float = MARGIN
    _connection: Any = None
    _cursor: Any = None
    _busy: threading.Lock = field(default_factory=threading.Lock)

    async def query(self, asked: Query) -> Selected:
        """Read rows, or raise `TransportError`."""
        try:
            single_select(asked.sql, len(asked.parameters))
        except ValueError as error:
            raise TransportError(Blocked(why=f"the statement: {error}")) from None
        seconds = self.settings.connect_seconds + self.settings.query_seconds + self.margin
        return await self._apart(lambda: self._rows(asked), seconds)

    async def reach(self) -> str | None:
        """Log in and ask nothing; None: they let us in."""
        try:
            await self._apart(self._opened, self.settings.connect_seconds + self.margin)
        except TransportError as lost:
            return str(getattr(lost.outcome, "why", ""))
        finally:
            await self.close()
        return None

    async def close(self) -> None:
        """Close the connection; one that hangs is left to its thread."""
        connection, self._connection = self._connection, None
        if connection is not None and not self._busy.locked():
            with contextlib.suppress(TransportError):
                await self._apart(connection.close, self.margin)

    async def _apart(self, job: Callable[[], T], seconds: float) -> T:
        """Run a job in a thread of its own, one at a time, which does not hold up our end."""
        if not self._busy.acquire(blocking=False):
            raise TransportError(Unreachable(why="the database still works on the last query"))
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def tell(result: T | None, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(result)  # type: ignore[arg-type] # what the job gave
            else:
                done.set_exception(error)

        def run() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = job()
            except Exception as found:  # noqa: BLE001 - a driver may fail in any way
                error = TransportError(means(found))
            finally:
                self._busy.release()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(tell, result, error)

        threading.Thread(target=run, name="odbc", daemon=True).start()
        try:
            async with asyncio.timeout(seconds):
                return await done
        except TimeoutError:
            self._give_up()
            raise TransportError(Unreachable(why="the database does not answer")) from None

    def _give_up(self) -> None:
        """Ask the driver to stop, and never use that connection again."""
        cursor, self._cursor, self._connection = self._cursor, None, None
        if cursor is not None:
            threading.Thread(target=_cancel, args=(cursor,), name="odbc", daemon=True).start()

    def _opened(self) -> Any:
        if self._connection is None:
            own = self.settings
            opened = self.connect(
                connection_string(own),
                autocommit=True,
                readonly=True,
                timeout=own.connect_seconds,
            )
            # Some drivers know no limit for queries; ours is around all of them.
            with contextlib.suppress(Exception):
                opened.timeout = own.query_seconds
            # Text comes in UTF-16 from the driver, which knows the code page of its columns.
            with contextlib.suppress(ImportError):
                wide = importlib.import_module("pyodbc")
                opened.setdecoding(wide.SQL_CHAR, encoding="utf-16le", ctype=wide.SQL_WCHAR)
                opened.setdecoding(wide.SQL_WCHAR, encoding="utf-16le", ctype=wide.SQL_WCHAR)
            self._connection = opened
        return self._connection

    def _rows(self, asked: Query) -> Selected:
        self._cursor = cursor = self._opened().cursor()
        try:
            cursor.execute(asked.sql, *asked.parameters)
            columns = tuple(str(one[0]) for one in cursor.description)
            rows: list[tuple[Value, ...]] = []
            size, end = 0, False
            while len(rows) <= asked.limit and size <= LARGEST_PAGE:
                try:
                    row = cursor.fetchone()
                except UnicodeError:
                    row = (UnreadCell("a cell of this row holds text that is none"),) * len(columns)
                if row is None:
                    end = True
                    break
                rows.append(tuple(map(cell, row)))
                size += sum(len(one) for one in rows[-1] if isinstance(one, str))
        finally:
            self._cursor = None
            cursor.close()
        return Selected(columns=columns, rows=tuple(rows[: asked.limit]), end=end)


def _cancel(cursor: Any) -> None:
    with contextlib.suppress(Exception):
        cursor.cancel()


def cell(value: Any) -> Value:
    """Take what a driver gave, or say why it is left out."""
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        return UnreadCell("is longer than anything that belongs into a dossier")
    if value is None or isinstance(value, (*READ, UnreadCell)):
        found: Value = value
        return found
    return UnreadCell(f"is {type(value).__name__}, which is not read")


def connection_string(own: OdbcSettings) -> str:
    """Write what ODBC is told; whatever a login holds stays a part of it."""
    said = [own.connection.rstrip("; ")]
    for name, secret in (("UID", own.username), ("PWD", own.password)):
        if secret is not None:
            text = secret.get_secret_value()
            # Only where it must be: not every driver takes the braces off again.
            if re.search(r"[;{}=]|^\s|\s$", text):
                text = f"{{{text.replace('}', '}}')}}}"
            said.append(f"{name}={text}")
    return ";".join(said)


def means(error: Exception) -> Outcome:
    """Say what a failure means, by its SQLSTATE alone."""
    if isinstance(error, TransportError):
        return error.outcome
    if isinstance(error, ImportError):
        return Blocked(why="pyodbc or the ODBC driver manager is not installed: lienthong[sql]")
    state = str(error.args[0]) if error.args else ""
    if not re.fullmatch(r"[0-9A-Z]{5}", state):
        return Blocked(why=f"the database: {type(error).__name__}")
    said = next((text for start, text in MEANING.items() if state.startswith(start)), "it failed")
    why = f"{said} (SQLSTATE {state})"
    return Unreachable(why=why) if state.startswith(PASSING) else Blocked(why=why)
