"""Every act of an operator leaves a line in the audit, in the transaction of the act itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.access.audit import LONGEST, Entry, acting, record
from gateway.main.bootstrap import opened
from gateway.operations import migration, outbox_check
from gateway.operations.hold import hold, release
from gateway.operations.retry import Choice, Plan, carry_out, plan
from gateway.operations.retry_waves import Orders
from gateway.settings import Settings
from gateway.store.engine import Connection, Store
from gateway.store.tables import audit, outbox
from tests.store.work.test_operating import REFUSED, Office

BY = "os:day"


async def lines(store: Store) -> list[tuple[str, str, str, str, str]]:
    """Read the audit, without what every new database begins with."""
    rows = sa.select(audit).where(audit.c.what != "migrate").order_by(audit.c.id)
    found = await store.read(lambda connection: list(connection.execute(rows)))
    return [(row.who, row.what, row.object, row.reason, row.result) for row in found]


async def test_who_holds_and_releases_is_kept(office: Office, settings: Settings) -> None:
    """With the reason; a release of what nobody held changed nothing and says so."""
    await hold(office.store, settings, [], by=BY, why="works")
    for _ in range(2):
        await release(office.store, settings, ["a"], by=BY)

    assert await lines(office.store) == [
        (BY, "hold", "a", "works", "done"),
        (BY, "release", "a", "", "done"),
        (BY, "release", "", "", "done"),
    ]


async def test_every_wave_of_a_retry_is_kept(office: Office, settings: Settings) -> None:
    """Of which system, how many lanes, by whom and why; a plan alone leaves nothing."""
    await office.post(3)
    await office.end(REFUSED)
    planned = await plan(office.store, settings, Choice(system="a"))
    assert isinstance(planned, Plan)
    before = await lines(office.store)
    orders = Orders(by=BY, why="mended", first=2, patience=0.01)
    await carry_out(office.store, planned, orders, lingers={"a": 0}, tell=lambda _: None)

    assert (before, await lines(office.store)) == ([], [(BY, "retry", "a 2", "mended", "done")])


async def test_an_outbox_that_was_mended_is_kept(office: Office) -> None:
    """One in which nothing was forgotten is no act."""
    await office.post(2)
    await outbox_check.mend(office.store, by=BY)
    await office.store.write(lambda connection: connection.execute(outbox.delete()))
    await outbox_check.mend(office.store, by=BY)

    assert await lines(office.store) == [(BY, "outbox.mend", "2 lanes", "", "done")]


async def test_whoever_migrates_is_kept(tmp_path: Path, empty_database: dict[str, Any]) -> None:
    """Which migrations, once: a database that is up to date is left as it is."""
    settings = Settings(data=tmp_path, **empty_database)
    applied = [await migration.apply(settings) for _ in range(2)]
    rows = sa.select(audit.c.who, audit.c.what, audit.c.object)
    async with opened(settings) as store:
        found = await store.read(lambda connection: list(connection.execute(rows)))

    assert (applied[1], found) == ([], [(acting(), "migrate", " ".join(applied[0]))])


async def test_what_fails_leaves_no_line(office: Office) -> None:
    """The line is written where the act is, and is undone with it."""

    def fails(connection: Connection) -> None:
        record(connection, Entry(who=BY, what="try"))
        raise LookupError

    with pytest.raises(LookupError):
        await office.store.write(fails)

    assert await lines(office.store) == []


async def test_a_line_is_one_line(office: Office) -> None:
    """Nothing that somebody says steers a terminal, splits a line or has no end."""
    said = "a\nb\x1b[2J\x00\ud800" + "x" * (2 * LONGEST)
    entry = Entry(who=BY, what="try", object=said)
    await office.store.write(lambda connection: record(connection, entry))
    [(_, _, kept, *_)] = await lines(office.store)

    assert kept.startswith("a b [2J  x")
    assert (len(kept), kept[-1]) == (LONGEST, "…")


def test_the_environment_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets LOGNAME acts under his own name all the same."""
    before = acting()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")

    assert (acting(), before.startswith("os:")) == (before, True)
