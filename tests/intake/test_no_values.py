"""What a statement was given stays in the database: no error's text tells it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog

from gateway.access.keys import make_key
from gateway.main.bootstrap import open_store
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.store import clients
from gateway.store.engine import Store
from gateway.watch import log
from gateway.workbench.samples.generator import sample
from tests.intake.listening import listening

NAME = "Lò Thị Bí Mật"
REFUSING = {
    "sqlite": (
        "CREATE TRIGGER torn BEFORE INSERT ON dossier BEGIN SELECT RAISE(ABORT, 'torn'); END",
    ),
    "postgresql": ("ALTER TABLE dossier ADD CONSTRAINT torn CHECK (last_seq < 0)",),
}
"""What makes each insert fail; PostgreSQL then repeats the whole row in its error."""


async def tear(store: Store) -> None:
    """Let the database refuse every dossier."""

    def refuse(connection: sa.engine.Connection) -> None:
        for statement in REFUSING[connection.dialect.name]:
            connection.exec_driver_sql(statement)

    await store.write(refuse)


async def test_a_failing_insert_names_nobody(
    tmp_path: Path,
    database: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither the answer nor any line of the log has a value of the statement."""
    settings = Settings(data=tmp_path, **database)
    store = await open_store(settings)
    key, hashed = make_key("live")
    await store.write(lambda connection: clients.add(connection, "x", "live", ["*"], hashed))
    await tear(store)
    await store.close()
    content = sample(1, 1).requests[0].body
    content["source"]["ref"] = NAME
    async with (
        listening(await build(settings), settings) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        answer = await client.post(
            "/v1/dossiers", json=content, headers={"Authorization": f"Bearer {key}"}
        )
    told = answer.text + caplog.text + "".join(capfd.readouterr())

    assert (answer.status_code, NAME in told, "parameters" in told) == (500, False, False)


@pytest.fixture
def as_set_up() -> Iterator[None]:
    """Put logging back to what it was before."""
    handlers, before = logging.getLogger().handlers[:], structlog.get_config()
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.configure(**before)


def test_a_library_s_line_keeps_its_values_to_itself(
    as_set_up: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what a library logs the log has the first line as it was written, and the error's kind."""
    log.configure()
    try:
        int(NAME)
    except ValueError:
        logging.getLogger("lib").exception("it failed for %s\nand %s", NAME, NAME)
    told = capsys.readouterr().err

    assert (NAME in told, "it failed for" in told, "ValueError" in told) == (False, True, True)


def test_of_a_traceback_that_a_library_logs_as_text_the_kind_of_error_is_said(
    as_set_up: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server does so with what fails while it starts."""
    log.configure()
    text = "\n".join(["Traceback (most recent call last):", "  x", f"KeyError: {NAME}"])
    logging.getLogger("lib").error(text)
    told = capsys.readouterr().err

    assert (NAME in told, '"KeyError"' in told) == (False, True)
