"""Servers for the tests: those that the environment names, else private ones, else a loud skip."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from xdist.scheduler import LoadScopeScheduling

from gateway.main.bootstrap import open_store
from gateway.settings import Settings
from gateway.workbench import reaper
from gateway.workbench.machine import NoServer
from gateway.workbench.servers import PrivatePostgres, PrivateRabbit

NO_POSTGRES = "NO POSTGRESQL, SO NOTHING OF IT WAS TESTED: {}"
NO_RABBIT = "NO RABBITMQ, SO NOTHING OF IT WAS TESTED: {}"
LONGEST = (
    "crash/test_short.py",
    "flow/test_servers.py",
    "flow/test_canary.py",
    "flow/test_commands.py",
    "retries/test_rabbit.py",
    "flow/test_demo.py",
    "flow/test_stopping.py",
    "store/test_failover.py",
    "watch/test_prometheus.py",
)
"""Files of half a minute and more, the longest first."""


ON_RABBIT = (
    "tests/flow/test_servers.py",
    "tests/flow/test_canary.py",
    "tests/flow/test_commands.py",
    "tests/retries/test_rabbit.py",
    "tests/retries/test_port.py",
    "tests/retries/test_deadlines.py",
    "tests/retries/test_inspection.py",
    "tests/watch/test_quiet.py",
    "tests/flow/test_retries.py",
)
"""Files that go to one and the same process: a broker takes long to start."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole files to the processes of a run that has several."""
    made = LoadScopeScheduling(config, log)
    made._split_scope = _together
    return made


def _together(test: str) -> str:
    """Name what a test goes with: its file, or all that need a broker."""
    file = test.partition("::")[0]
    return "on RabbitMQ" if file in ON_RABBIT else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files: whoever gets one last lets all others wait for it."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let everything that tests start end with this run, however it ends, and its folders too."""
    os.environ.update(reaper.mark())
    if (made := _temporary(session)) is not None:
        reaper.remove(made)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what pytest itself keeps, for whoever wants to know why a test failed."""
    if (made := _temporary(session)) is not None:
        reaper.keep(made)


def _temporary(session: pytest.Session) -> Path | None:
    """Name the run's temporary folder; those of a run's workers lie in it."""
    if hasattr(session.config, "workerinput"):
        return None
    made: Path = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    return made


class Makes(Protocol):
    """Makes a database and says where it is: empty, or a copy of the one of this name."""

    def __call__(self, template: str | None = None) -> str:
        """Make one."""


def _given(dsn: str) -> Makes:
    """Make databases on a server that the environment names; they are ours to drop, it is not."""

    def make(template: str | None = None) -> str:
        name = f"lienthong_{uuid.uuid4().hex[:12]}"
        of = "" if template is None else f" TEMPLATE {template}"

        async def create() -> None:
            connection = await asyncpg.connect(dsn)
            await connection.execute(f"CREATE DATABASE {name}{of}")
            await connection.close()

        asyncio.run(create())
        return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))

    return make


@pytest.fixture(scope="session")
def postgres_program() -> None:
    """Have PostgreSQL on this machine, for whoever starts servers of his own."""
    try:
        PrivatePostgres.find()
    except NoServer as error:
        pytest.skip(NO_POSTGRES.format(error))


@pytest.fixture(scope="session")
def rabbit_program() -> None:
    """Have RabbitMQ on this machine, for whoever starts servers of his own."""
    try:
        PrivateRabbit.find()
    except NoServer as error:
        pytest.skip(NO_RABBIT.format(error))


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Makes]:
    """Give a function that makes an empty PostgreSQL database and says where it is."""
    named = os.environ.get("LIENTHONG_TEST_DATABASE")
    if named is not None:
        yield _given(named)
        return
    request.getfixturevalue("postgres_program")
    try:
        server = PrivatePostgres()
        server.start()
    except NoServer as error:
        pytest.skip(NO_POSTGRES.format(error))
    try:
        yield lambda template=None: server.database(f"t{uuid.uuid4().hex[:12]}", template)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated(postgres: Makes) -> Callable[[], str]:
    """Give a function that copies a database with all migrations: they are slow to apply."""
    first = postgres()

    async def migrate() -> None:
        await (await open_store(Settings(data=Path(), postgres=first))).close()

    asyncio.run(migrate())
    name = urlsplit(first).path[1:]

    def copy() -> str:
        made = postgres(name)
        with ThreadPoolExecutor(1) as aside:  # whoever asks may run a loop of his own
            aside.submit(asyncio.run, _be_another(made)).result()
        return made

    return copy


async def _be_another(dsn: str) -> None:
    """Let a copied database be one of its own: with the number of another it were its restore."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE counter SET value = $1 WHERE name = 'database'", uuid.uuid4().int >> 66
    )
    await connection.close()


@pytest.fixture(scope="session")
def rabbit(rabbit_program: None) -> Iterator[PrivateRabbit]:
    """Give a RabbitMQ node of our own, which a test may stop, freeze and rob of its queues."""
    del rabbit_program
    try:
        server = PrivateRabbit()
        server.start()
    except NoServer as error:
        pytest.skip(NO_RABBIT.format(error))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["embedded", "postgres"])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give the setting of each kind of database in turn: every test of the store runs on both."""
    if request.param == "embedded":
        return {}
    make = request.getfixturevalue("migrated")
    return {"postgres": make()}


@pytest.fixture(params=["embedded", "postgres"])
def empty_database(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give the setting of each kind of database in turn, before any migration."""
    if request.param == "embedded":
        return {}
    make = request.getfixturevalue("postgres")
    return {"postgres": make()}
