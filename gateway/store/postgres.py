"""The store on PostgreSQL: any number of processes, the same statements.

The functions of the store are written once over a synchronous `Connection`; here they run on
asyncpg underneath (`run_sync`). A job that meets a conflict, a deadlock or a serialisation error
runs once more from its first read.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.store import schema
from gateway.store.errors import SchemaNewer, StoreUnavailable
from gateway.watch import metrics

T = TypeVar("T")

AGAIN = frozenset({"23505", "40001", "40P01"})
"""SQLSTATE of a conflict, a serialisation failure, a deadlock: the job runs from its read again."""
MOVED = frozenset({"42P01", "42703"})
"""SQLSTATE of a table or a column that is not there: a newer program may have migrated."""
TRIES = 4
SECONDS = 15.0
"""For one job, commit included: a server that does not answer is a server that is away."""
READ_MILLIS = 10_000
IDLE_MILLIS = 5_000
"""A process that was frozen in the middle of a transaction loses it, and its locks, after this."""
CHANNEL = "lienthong"
_NOTICE = f"SET LOCAL synchronous_commit = off; SELECT pg_notify('{CHANNEL}', '%s')"
NOTICE_EVERY = 0.02
"""Seconds between two notices: what is announced meanwhile goes together."""
MANY = 1000
"""More systems than this are not named in a notice, whose text is bounded by the server."""
POOL = 10


AWAY = ("08", "53", "57", "58", "25006", "XX")
"""SQLSTATEs (or their classes) of a server that cannot serve now: connection, resources, shutdown,
disk, a standby that takes no writes, a server's own failure."""


def _is_away(state: str | None) -> bool:
    """Say whether an error means that the server is away; one without a state never reached it."""
    return state is None or state.startswith(AWAY)


def connect(dsn: str, warned: Callable[[Any], None]) -> AsyncEngine:
    """Open PostgreSQL by a DSN as of libpq: several hosts, `target_session_attrs`, … are its own.

    Nothing connects yet. warned: called with the connection on which the server gave a warning
    """

    async def creator() -> Any:
        made = await asyncpg.connect(
            dsn,
            timeout=5,
            server_settings={
                "application_name": "lienthong",
                "jit": "off",
                # A plan made on a small table would go on reading all of it when it has grown;
                # ours are asked once for many rows, so planning each time costs little.
                "plan_cache_mode": "force_custom_plan",
                "idle_in_transaction_session_timeout": str(IDLE_MILLIS),
            },
        )
        made.add_log_listener(lambda where, note: _pass_on(where, note, warned))
        return made

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=creator,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=SECONDS,
        hide_parameters=True,  # an error's text must name no citizen
    )
    sa.event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(dbapi: Any, _record: Any, _proxy: Any) -> None:
    """Give out no connection that the server has ended; asking it each time would be a question."""
    if dbapi.driver_connection.is_closed():
        raise sa.exc.DisconnectionError


def _text(systems: set[int]) -> str:
    """Write what a notice says: the numbers of systems; nothing: all."""
    return "" if len(systems) > MANY else ",".join(map(str, sorted(systems)))


def _named(text: object) -> frozenset[int] | None:
    """Read what a notice says; what cannot be read is for all."""
    try:
        return frozenset(map(int, str(text).split(",")))
    except ValueError:
        return None


class _Died(Exception):  # noqa: N818 - an old connection, found dead when it was used
    """Nothing was committed on it: the job may run once more, on another connection."""


def _pass_on(where: Any, note: Any, warned: Callable[[Any], None]) -> None:
    """Pass a warning on; notices and lower are nobody's business."""
    if getattr(note, "severity_en", None) == "WARNING":
        warned(where)


class PostgresStore:
    """The store of several processes; `write` and `read` as of the embedded one."""

    def __init__(
        self,
        dsn: str,
        seconds: float = SECONDS,
        outdated: Callable[[SchemaNewer], None] = lambda _: None,
    ) -> None:
        """Keep the DSN; outdated: called when the schema is found to be newer than this program."""
        self._dsn = dsn
        self._seconds = seconds
        self._outdated = outdated
        self._warned: set[int] = set()
        self._engine = connect(dsn, lambda where: self._warned.add(id(where)))
        self._ear: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold: set[int] = set()
        self._told = 0.0

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction and return what it returns, after the commit.

        A caller that is cancelled meanwhile does not undo the job. Raises `StoreUnavailable` where
        the server is away; whether a commit that was under way took effect is then unknown, and
        the same request under the same reference settles it.
        """
        try:
            done = await asyncio.shield(asyncio.create_task(self._write(job)))
        except StoreUnavailable:
            metrics.store(up=False)
            raise
        metrics.store(up=True)
        return done

    async def _write(self, job: Callable[[Connection], T]) -> T:
        for number in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(self._seconds), self._engine.connect() as connection:
                    return await self._commit(connection, job)
            except sa.exc.DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                if state in AGAIN and number < TRIES:
                    continue
                if state in MOVED:
                    await self.check_schema()
                if _is_away(state):
                    raise StoreUnavailable(str(state)) from None
                raise
            except _Died:
                if number > 1:
                    raise StoreUnavailable("the connection was lost") from None
            except (OSError, TimeoutError, asyncpg.PostgresError, sa.exc.TimeoutError) as error:
                raise StoreUnavailable(type(error).__name__) from None
        raise AssertionError  # the last try returns or raises

    async def _commit(self, connection: AsyncConnection, job: Callable[[Connection], T]) -> T:
        """Run a job and commit it.

        A wait for a synchronous standby that is cancelled ends in success with a warning, although
        nothing may have been replicated: that is no commit that we may speak of.
        """
        raw = id((await connection.get_raw_connection()).driver_connection)
        begun = time.monotonic()
        async with connection.begin():
            try:
                done = await connection.run_sync(job)
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise _Died from error
                raise
            self._warned.discard(raw)
        if raw in self._warned:
            self._warned.discard(raw)
            raise StoreUnavailable("not replicated")
        metrics.COMMIT_SECONDS.observe(time.monotonic() - begun)
        return done

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction that may change nothing, within a time limit."""
        try:
            async with asyncio.timeout(self._seconds):
                try:
                    return await self._read(job)
                except sa.exc.DBAPIError as error:
                    if not error.connection_invalidated:
                        raise
                return await self._read(job)
        except sa.exc.DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in MOVED:
                await self.check_schema()
            if not _is_away(state):
                raise
            raise StoreUnavailable(str(state)) from None
        except (sa.exc.TimeoutError, OSError, TimeoutError) as error:
            raise StoreUnavailable(type(error).__name__) from None

    async def _read(self, job: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as connection:
            await connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {READ_MILLIS}")
            return await connection.run_sync(job)

    async def check_schema(self) -> None:
        """Raise `SchemaNewer` where somebody has migrated beyond what this program knows."""
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(schema.missing)
        except SchemaNewer as error:
            tell, self._outdated = self._outdated, lambda _: None  # once is enough to end by
            tell(error)
            raise

    async def migrate(self, noted: schema.Noted) -> list[str]:
        """Bring the database up to date; give what was applied. Two at once wait for each other."""
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(schema.apply_on, noted)
        except (sa.exc.DBAPIError, OSError, TimeoutError) as error:
            raise StoreUnavailable(type(error).__name__) from None

    def announce(self, systems: Collection[int]) -> None:
        """Tell other processes of work for these systems; many at once are one notice.

        Unnamed, each process would look at the outbox of every system that it knows.
        """
        self._untold |= set(systems)
        if not self._untold:
            return
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        """Say it after the commit, apart from it: inside, notices would queue up the commits.

        What is committed while a notice is under way may be too late for it, and makes another.
        """
        while self._untold:
            await asyncio.sleep(max(0.0, self._told + NOTICE_EVERY - time.monotonic()))
            self._told = time.monotonic()
            named, self._untold = self._untold, set()
            notice = _NOTICE % _text(named)
            with contextlib.suppress(  # workers look by themselves every second
                sa.exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError
            ):
                async with asyncio.timeout(self._seconds), self._engine.connect() as connection:
                    raw = (await connection.get_raw_connection()).driver_connection
                    if raw is not None:
                        await raw.execute(notice)  # both in one transaction, and one way there

    def listen(self, heard: Callable[[Collection[int] | None], None]) -> None:
        """Call `heard` whenever another process announces work, until the store is closed.

        It is given the systems that were named; None: all of them.
        """
        self._ear = asyncio.create_task(self._listen(heard))

    async def _listen(self, heard: Callable[[Collection[int] | None], None]) -> None:
        while True:
            try:
                await self._hear_until_cut(heard)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(1.0)

    async def _hear_until_cut(self, heard: Callable[[Collection[int] | None], None]) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, lambda *said: heard(_named(said[-1])))
            heard(None)  # what was announced while nobody listened
            await ended.wait()
        finally:
            connection.terminate()

    async def close(self) -> None:
        """Close all connections."""
        for task in (self._ear, self._telling):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await self._engine.dispose()
