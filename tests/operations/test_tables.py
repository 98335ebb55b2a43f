"""Tables in use: refused at the start by file and line, replaced without a release, aging seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from typer.testing import CliRunner

from gateway.admission.tables import announce
from gateway.commands.app import program
from gateway.dossiers.tables import Table
from gateway.main.bootstrap import find_systems
from gateway.operations.doctor_tables import tables
from gateway.rules.calendar import Office
from gateway.settings import Settings, SettingsError, load
from schemas.base import VIETNAM
from schemas.catalogue.communes import Corrections, resolve, use
from schemas.catalogue.duration import Duration
from schemas.catalogue.sheets import Stand
from tests.operations.begun import begun

STAND = "# as_of: 2026-11-20\n# published_until: 2027-12-31\n"
HOLIDAYS = STAND + "day,until,works,reason\n2026-12-28,2026-12-29,no,x\n2026-12-26,,yes,x\n"
COMMUNES = "generation,code,name,district,province,valid_from\nsince,25840,Xã Thử,,79,2025-07-01\n"
EARLY, LATE = date(2026, 11, 28), date(2028, 1, 1)


@pytest.fixture(autouse=True)
def shipped() -> Iterator[None]:
    """Give back the communes that ship, whatever the test used."""
    yield
    use(Corrections())


def written(folder: Path, text: str) -> Path:
    """Write a table."""
    (folder / "t.csv").write_text(text, "utf-8")
    return folder / "t.csv"


async def test_a_file_brings_days_off_and_communes(settings: Settings, tmp_path: Path) -> None:
    """At the start, over what ships; a start without it has what ships again."""
    (tmp_path / "c.csv").write_text(COMMUNES, "utf-8")
    own = replace(settings, holidays=written(tmp_path, HOLIDAYS), communes=tmp_path / "c.csv")
    received = datetime(2026, 12, 25, 9, tzinfo=VIETNAM)
    three = Duration.model_validate({"amount": 3, "unit": "working_day"})
    due, named = [], []
    async with begun(settings) as store:
        for one in (own, settings):
            calendar = (await find_systems(one, store)).calendar
            due.append((calendar.due(received, three, Office()), calendar.published_until))
            named.append(resolve("25840").candidates[0].name)

    assert due == [
        (datetime(2026, 12, 31, 17, tzinfo=VIETNAM), date(2027, 12, 31)),
        (datetime(2026, 12, 30, 17, tzinfo=VIETNAM), date(2026, 12, 31)),
    ]
    assert named == ["Xã Thử", "Phường Long Nguyên"]


@pytest.mark.parametrize(
    ("setting", "text", "why"),
    [
        ("holidays", "day,works\n2026-13-01,no\n", "line 2, day: is not a day"),
        ("communes", COMMUNES + "since,1,,,79,2025-07-01\n", "line 3, code: is not five digits"),
        ("agencies", "code,scheme,name\nH99,qd2,x\n", "line 2, scheme: is not one of"),
        ("procedures", STAND + "code,name\n,x\n", "row 4, code: "),
    ],
)
async def test_a_row_that_cannot_be_read_ends_the_start(
    settings: Settings, tmp_path: Path, setting: str, text: str, why: str
) -> None:
    """Named by setting, file, line and column; the doctor says the same and looks on."""
    file = written(tmp_path, text)
    own = replace(settings, **{setting: file})  # type: ignore[arg-type]
    async with begun(settings) as store:
        with pytest.raises(SettingsError) as found:
            await find_systems(own, store)

    assert str(found.value).startswith(f"LIENTHONG_{setting.upper()}: {file}: ")
    assert why in str(found.value)
    assert [one.text for one in tables(own, EARLY) if not one.good] == [str(found.value)]


def test_the_doctor_says_what_is_stale(settings: Settings, tmp_path: Path) -> None:
    """A stale file is not in order; what ships is only named, and so is a file without a day."""
    own = replace(settings, holidays=written(tmp_path, HOLIDAYS))
    bare = replace(settings, agencies=tmp_path / "b.csv")
    (tmp_path / "b.csv").write_text("code,scheme,name\n")

    assert [one.good for one in tables(own, EARLY)] == [True, True]
    assert [one.text for one in tables(own, LATE) if not one.good] == [
        f"LIENTHONG_HOLIDAYS: {own.holidays} is stale since 2027-12-31"
    ]
    assert [one.good for one in tables(settings, LATE)] == [True] * 3
    assert "name a newer table in LIENTHONG_HOLIDAYS" in str(list(tables(settings, LATE)))
    assert "says neither as_of nor published_until" in str(list(tables(bare, EARLY)))


def test_a_start_says_what_is_stale() -> None:
    """In the log, and for how long each may be believed in a metric."""
    old = Table("agencies", Path("a.csv"), Stand(None, date(2026, 12, 31)))
    timeless = Table("procedures", Path("p.csv"), Stand())
    with capture_logs() as early:
        announce([old, timeless], EARLY)
    with capture_logs() as late:
        announce([old, timeless], LATE)
    until = REGISTRY.get_sample_value(
        "lienthong_table_until_timestamp_seconds", {"table": "agencies"}
    )

    assert early == []
    assert [(one["event"], one["table"], one["file"], one["until"]) for one in late] == [
        ("table_stale", "agencies", "a.csv", "2026-12-31")
    ]
    assert until == datetime(2026, 12, 31, 23, 59, 59, 999999, UTC).timestamp()


def test_commands_count_with_the_files_of_the_deployment(tmp_path: Path) -> None:
    """What is looked up at a shell is what the gateway would say."""
    env = {"LIENTHONG_COMMUNES": str(written(tmp_path, COMMUNES))}
    told = CliRunner().invoke(program(), ["catalogue", "commune", "25840"], env=env)
    days = {"LIENTHONG_HOLIDAYS": str(tmp_path / "h.csv")}
    (tmp_path / "h.csv").write_text(HOLIDAYS)
    words = ["procedures", "due", "1.000656", "2026-12-25T09:00"]
    due = [CliRunner().invoke(program(), words, env=one).output for one in (days, {})]

    assert "Xã Thử" in told.output
    assert load({**env, **days}).communes == tmp_path / "t.csv"
    assert load({**env, **days}).holidays == tmp_path / "h.csv"
    assert [one.partition("T")[0] for one in due] == ["2026-12-26", "2026-12-28"]
