"""Transactions: one writer that groups, readers on their own connections.

Every store function takes a SQLAlchemy `Connection` and is written once for both dialects. On
SQLite all writes go through one thread; what has queued up meanwhile shares one commit, each job
inside its own savepoint, so a failing job fails alone (ADR 0004).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from gateway.store import schema
from gateway.store.errors import SchemaNewer, StoreUnavailable
from gateway.watch import metrics

T = TypeVar("T")
Job = tuple[Callable[[Connection], Any], Future[Any]]

BUSY_SECONDS = 10.0
GROUP = 64
"""At most so many jobs share one commit."""


def _keep_private(path: Path) -> None:
    """Let only the owner read a database: what SQLite puts beside it has the same rights."""
    with contextlib.suppress(OSError):  # somebody else's, or a folder that is not there: said later
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with contextlib.suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def connect(path: Path) -> Engine:
    """Open an embedded database: WAL, and a commit returns when the disk has it."""
    _keep_private(path)
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=sa.pool.QueuePool,
        pool_size=8,
        max_overflow=0,
        hide_parameters=True,  # an error's text must name no citizen
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class Store(Protocol):
    """The store, whichever database is underneath."""

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction and return what it returns, after the commit."""
        ...

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on a connection of its own; what it changes is thrown away."""
        ...

    async def check_schema(self) -> None:
        """Raise `SchemaNewer` where somebody has migrated beyond what this program knows."""
        ...

    def announce(self, systems: Collection[int]) -> None:
        """Tell other processes, where there may be any, of work for these systems."""
        ...

    async def close(self) -> None:
        """Finish what was begun, then close."""
        ...


def _ended(job: Callable[[Connection], T], connection: Connection) -> T:
    """Run a job; a StopIteration, which no future can bear, would hold its caller for ever."""
    try:
        return job(connection)
    except StopIteration as error:
        raise RuntimeError("a job ran out of what it looked for") from error


class EmbeddedStore:
    """The embedded store: `write` joins the next group commit, `read` never waits for it."""

    def __init__(
        self, engine: Engine, outdated: Callable[[SchemaNewer], None] = lambda _: None
    ) -> None:
        """Begin to write; outdated: called when the schema is found to be newer than we are."""
        self.engine = engine
        self._outdated = outdated
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(max_workers=3, thread_name_prefix="store-read")
        self._writer = threading.Thread(
            target=self._write_for_ever, name="store-write", daemon=True
        )
        self._writer.start()

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction and return what it returns, after the commit.

        A caller that is cancelled meanwhile does not undo the job.
        """
        future: Future[T] = Future()
        # In the caller's context: what is written down names the request that it is for.
        context = copy_context()
        self._jobs.put((lambda connection: context.run(_ended, job, connection), future))
        return await asyncio.shield(asyncio.wrap_future(future))

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on a connection of its own; what it changes is thrown away."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, job)

    def _read(self, job: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return _ended(job, connection)
            except sa.exc.OperationalError as error:
                raise StoreUnavailable(str(error.orig)) from None
            finally:
                connection.exec_driver_sql("ROLLBACK")

    async def check_schema(self) -> None:
        """Raise `SchemaNewer` where somebody has migrated beyond what this program knows."""
        try:
            await self.read(schema.missing)
        except SchemaNewer as error:
            tell, self._outdated = self._outdated, lambda _: None  # once is enough to end by
            tell(error)
            raise

    def announce(self, systems: Collection[int]) -> None:
        """Tell nobody: other processes over this database look at the outbox by themselves."""

    async def close(self) -> None:
        """Finish what was queued, then stop."""
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _write_for_ever(self) -> None:
        with self.engine.connect() as connection:
            while (first := self._jobs.get()) is not None:
                group = [first]
                last = False
                while len(group) < GROUP and not self._jobs.empty():
                    following = self._jobs.get()
                    if following is None:
                        last = True
                        break
                    group.append(following)
                self._commit(connection, group)
                if last:
                    return

    def _commit(self, connection: Connection, group: list[Job]) -> None:
        """Run a group in one transaction; answer only after the commit."""
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        begun = time.monotonic()
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for job, future in group:
                connection.exec_driver_sql("SAVEPOINT job")
                try:
                    answers.append((future, job(connection), None))
                    connection.exec_driver_sql("RELEASE job")
                except Exception as error:  # noqa: BLE001 - it is the caller's, and is given to it
                    connection.exec_driver_sql("ROLLBACK TO job")
                    connection.exec_driver_sql("RELEASE job")
                    answers.append((future, None, error))
            connection.exec_driver_sql("COMMIT")
            metrics.COMMIT_SECONDS.observe(time.monotonic() - begun)
        except sa.exc.DBAPIError as error:
            if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                connection.exec_driver_sql("ROLLBACK")
            answers = [(future, None, StoreUnavailable(str(error.orig))) for _, future in group]
        for future, value, failure in answers:
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)


__all__ = [
    "BUSY_SECONDS",
    "GROUP",
    "Connection",
    "EmbeddedStore",
    "Store",
    "connect",
]
