"""Nothing personal and no secret where operators look: marked values travel every path."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import aio_pika
import asyncpg
import pytest

from gateway.workbench.servers import PrivateRabbit
from tests.flow.canary_gateway import CanaryGateway, canary_gateway
from tests.flow.journeys import calls, dossier, lay_out, posts, refusals
from tests.flow.marks import PERSONAL, SECRETS
from tests.flow.marks import found as marks_in

Postgres = Callable[[], str]
STORED = """
    SELECT concat_ws(' ', t.reason, t.cause, t.parked_for, t.detail::text) FROM outbox t
    UNION ALL SELECT concat_ws(' ', a.outcome, a.adapter, a.worker, a.detail::text) FROM attempt a
    UNION ALL SELECT concat_ws(' ', i.cursor, i.why) FROM inbox i
    UNION ALL SELECT concat_ws(' ', s.name, s.gate::text, s.held_why) FROM system s
    UNION ALL SELECT concat_ws(' ', e.why, e.pointers::text) FROM evidence e
    UNION ALL SELECT encode(n.token, 'escape') FROM session n
    UNION ALL SELECT concat_ws(' ', d.name, d.holder) FROM leadership d
    UNION ALL SELECT c.name FROM counter c
"""
"""What the gateway itself wrote beside the bodies: reasons, causes, redacted answers, tokens."""


async def stored(dsn: str) -> str:
    """Read what the gateway wrote down beside the bodies."""
    connection = await asyncpg.connect(dsn)
    try:
        return "\n".join(str(row[0]) for row in await connection.fetch(STORED))
    finally:
        await connection.close()


async def until(dsn: str, sql: str) -> None:
    """Wait until a count is above nothing."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(20):
            while not await connection.fetchval(sql):
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def queued(rabbit: PrivateRabbit) -> list[str]:
    """Read every message of every queue, with its headers, and put it back; wait for the first."""
    connection = await aio_pika.connect(rabbit.url)
    read: list[str] = []
    begun = time.monotonic()
    async with connection:
        while not read and time.monotonic() < begun + 10:
            names = await asyncio.to_thread(rabbit.control, "list_queues", "name", "--silent")
            for name in (one for one in names.split() if one.startswith("lienthong.")):
                channel = await connection.channel()
                queue = await channel.get_queue(name, ensure=False)
                while (message := await queue.get(no_ack=False, fail=False)) is not None:
                    read.append(f"{name} {message.info()} {message.body.decode('latin-1')}")
                await channel.close()  # unacknowledged: they go back
    return read


async def commands(gateway: CanaryGateway, one: str) -> dict[str, str]:
    """Ask everything that an operator may ask, also when the servers are away."""
    dsn, amqp = gateway.environ["LIENTHONG_DATABASE"], gateway.environ["LIENTHONG_AMQP"]
    away = {
        "LIENTHONG_DATABASE": dsn.partition("@")[0] + "@127.0.0.1:1/none",
        "LIENTHONG_AMQP": amqp.partition("@")[0] + "@127.0.0.1:1/",
    }
    asked: list[tuple[list[str], dict[str, str]]] = [
        (["doctor", "--login"], {}),
        (["status"], {}),
        (["status", "--json"], {}),
        (["parked"], {}),
        (["parked", "--json"], {}),
        (["retry", "--system", "portal"], {}),
        (["retry", "--dossier", one], {}),
        (["retry", "--system", "echo", "--yes", "--patience", "3"], {}),
        (["outbox"], {}),
        (["clients", "list"], {}),
        (["hold", "portal"], {}),
        (["doctor"], away),
        (["status"], away),
        (["doctor"], {"LIENTHONG_SEAL_KEY": SECRETS["password"]}),
    ]
    said = {f"{words} {more}": await gateway.ask(*words, **more) for words, more in asked}
    for words in (["serve", "--port", "1"], ["worker"]):
        said[f"{words} away"] = await gateway.command(*words, **away, LIENTHONG_METRICS_PORT="")
    return said


async def metrics(gateway: CanaryGateway) -> dict[str, str]:
    """Scrape both processes."""
    found = {}
    for name, port in (("api", gateway.port), ("worker", gateway.worker_port)):
        answer = await gateway.api.get(f"http://127.0.0.1:{port}/metrics")
        found[f"metrics of the {name}"] = answer.text
    return found


def chosen_names(gateway: CanaryGateway) -> str:
    """Name the files that the gateway makes, and what it says about exports."""
    ours = [*(gateway.folder / "data").rglob("*"), *(gateway.share / "in").rglob("*")]
    reports = list(gateway.share.rglob("*.errors.csv"))
    told = [file.read_text("utf-8") for file in reports]
    return "\n".join([*map(str, ours + reports), *told])


async def further(gateway: CanaryGateway, dsn: str) -> None:
    """Let the portal answer in other ways too, once its refusals are parked."""
    await until(dsn, "SELECT count(*) FROM outbox WHERE cause LIKE 'refused:-1%'")
    for tune in ("shapeless", "page"):
        gateway.portal.tune = tune
        made = (await gateway.api.post("/v1/dossiers", json=dossier(15, tune))).json()
        tried = "SELECT count(*) FROM attempt a JOIN system s ON s.id = a.system"
        await until(dsn, f"{tried} WHERE s.name = 'portal' AND a.dossier_id = '{made['id']}'")


async def test_marked_values_stay_where_they_belong(
    tmp_path: Path, postgres: Postgres, rabbit: PrivateRabbit
) -> None:
    """In bodies and in the sealed session, and nowhere else."""
    dsn = postgres()
    async with canary_gateway(tmp_path / "gateway", dsn, rabbit) as gateway:
        lay_out(gateway)
        taken, one = await posts(gateway.api)
        messages = await queued(rabbit)
        refused, heard = await refusals(gateway, one), await calls(gateway)
        await further(gateway, dsn)
        seen = await commands(gateway, one) | await metrics(gateway)
        rows, files = await stored(dsn), chosen_names(gateway)
        reached = marks_in(" ".join(gateway.portal.heard), PERSONAL)
    marks = PERSONAL | SECRETS | {"key": gateway.key}
    said = {f"answer {n}": f"{one.text} {one.headers}" for n, one in enumerate(refused + heard)}
    kept = {"queues": "\n".join(messages), "rows": rows, "files": files}
    places = seen | said | kept | gateway.logs()

    assert {name: held for name, text in places.items() if (held := marks_in(text, marks))} == {}
    # and the marks were there to be found
    assert {one.status_code for one in taken} == {200, 201}
    assert {one.json()["error_code"] for one in heard} == {0, -1}
    assert {one.status_code for one in refused} >= {400, 401, 403, 404, 405, 409, 413, 415, 422}
    assert reached >= {"name", "number", "phone", "note", "file"}
    assert len(messages) > 0
    assert {"dem-1.csv.errors.csv" in files, "refused:-1" in rows, "•" in rows} == {True}
    assert "malformed:no row of the table" in rows


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "json": json.dumps,
    "json in json": lambda one: json.dumps(json.dumps(one)),
    "percent": quote,
    "bytes": lambda one: repr(one.encode()),
    "base64": lambda one: base64.b64encode(f"ab {one}".encode()).decode(),
    "url-safe base64": lambda one: base64.urlsafe_b64encode(one.encode()).decode(),
    "hex": lambda one: one.encode().hex(),
    "latin-1": lambda one: one.encode().decode("latin-1"),
    "spaced": " ".join,
}


@pytest.mark.parametrize("form", WRITTEN)
def test_the_search_finds_a_mark_however_it_is_written(form: str) -> None:
    """Each mark alone, in the middle of a line of a log; a clean line holds none."""
    marks = PERSONAL | SECRETS
    lines = {name: f'{{"x": "{WRITTEN[form](mark)}"}}' for name, mark in marks.items()}

    assert {name: {name} for name in marks} == {
        name: marks_in(line, marks) for name, line in lines.items()
    }
    assert marks_in('{"event": "swept", "system": "province", "woken": 3}', marks) == set()
