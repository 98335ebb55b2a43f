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
from typing import TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store import schema
from gateway.store.errors import SchemaNewer, StoreUnavailable
from gateway.store.postgres_engine import NO_ANSWER, POOL, connect, is_away
from gateway.watch import metrics
from gateway.watch.outages import Outage, Silent

T = TypeVar("T")

AGAIN = frozenset({"23505", "40001", "40P01"})
"""SQLSTATE of a conflict, a serialisation failure, a deadlock: the job runs from its read again."""
MOVED = frozenset({"42P01", "42703"})
"""SQLSTATE of a table or a column that is not there: a newer program may have migrated."""
TRIES = 4
SECONDS = 15.0
"""For one job, commit included: a server that does not answer is a server that is away."""
READ_MILLIS = 10_000
CHANNEL = "lienthong"
_NOTICE = f"SET LOCAL synchronous_commit = off; SELECT pg_notify('{CHANNEL}', '%s')"
NOTICE_EVERY = 0.02
"""Seconds between two notices: what is announced meanwhile goes together."""
MANY = 1000
"""More systems than this are not named in a notice, whose text is bounded by the server."""


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


class PostgresStore:
    """The store of several processes; `write` and `read` as of the embedded one."""

    def __init__(
        self,
        dsn: str,
        seconds: float = SECONDS,
        outdated: Callable[[SchemaNewer], None] = lambda _: None,
        outage: Outage | None = None,
    ) -> None:
        """Keep the DSN; outdated: called when the schema is found to be newer than this program.

        outage: told when the database is away, and when it is back
        """
        self._outage = outage or Silent()
        self._under_way = 0
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
        self._under_way += 1
        try:
            done = await asyncio.shield(asyncio.create_task(self._write(job)))
        except StoreUnavailable as error:
            metrics.store(up=False)
            self._tell(error)
            raise
        finally:
            self._under_way -= 1
        metrics.store(up=True)
        self._outage.worked()
        return done

    def _tell(self, error: StoreUnavailable) -> None:
        """Count what says that the database is away; one with a newer schema is there."""
        if not isinstance(error, SchemaNewer):
            self._outage.failed(str(error))

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
                if is_away(state):
                    raise StoreUnavailable(str(state)) from None
                raise
            except _Died:
                if number > 1:
                    raise StoreUnavailable("the connection was lost") from None
            except NO_ANSWER as error:
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
        self._under_way += 1
        try:
            done = await self._read_again(job)
        except StoreUnavailable as error:
            self._tell(error)
            raise
        finally:
            self._under_way -= 1
        self._outage.worked()
        return done

    async def _read_again(self, job: Callable[[Connection], T]) -> T:
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
            if not is_away(state):
                raise
            raise StoreUnavailable(str(state)) from None
        except NO_ANSWER as error:
            raise StoreUnavailable(type(error).__name__) from None

    async def _read(self, job: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as connection:
            await connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {READ_MILLIS}")
            return await connection.run_sync(job)

    @property
    def most(self) -> int:
        """Give how many connections there may be."""
        return 2 * POOL

    def used(self) -> int:
        """Give how many connections are in use."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]

    def waiting(self) -> int:
        """Give how many jobs wait for a connection."""
        return max(0, self._under_way - self.used())

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
        except (sa.exc.DBAPIError, *NO_ANSWER) as error:
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
