"""A view in the database of old software: pages of rows, from a real server and from a fake one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.commune_files import ADAPTER
from adapters.commune_files.settings import CommuneSettings, ViewSettings
from adapters.kit.driver import Conversation
from adapters.kit.errors import TransportError
from adapters.kit.files import Folder
from adapters.kit.port import Hand, OdbcSettings, PollContext, Query
from adapters.kit.session import SessionCache
from adapters.kit.sql import OdbcDatabase, connection_string
from gateway.workbench.machine import NoServer, install
from gateway.workbench.servers import PrivatePostgres
from gateway.workbench.transports import NOW
from schemas.inbound import Verdict
from schemas.outcome import Blocked, Outcome, Unreachable

COLUMNS = ("SoBienNhan", "CapNhatLuc", "MaTTHC", "ChuHoSo", "TrangThai")
SELECT = "SELECT * FROM v_hoso WHERE CapNhatLuc >= ? ORDER BY CapNhatLuc, SoBienNhan"
T0 = datetime(2026, 3, 2, 8, 0)  # noqa: DTZ001 - as databases give it
VIEW = {"connection": "Driver={X}", "select": SELECT, "cursor": "CapNhatLuc", "since": T0}


def row(ref: str, seconds: float, name: str = "Lò Thị Mẫu Thử") -> tuple[Any, ...]:
    """Make a row of the view."""
    return (ref, T0 + timedelta(seconds=seconds), "2.000635", name, "Đang xử lý")


class OdbcError(Exception):
    """What a driver raises: a state, and words that may quote a row."""


@dataclass
class FakeServer:
    """A database behind the seam of the carrier.

    fails: by which state; hangs: until when it works on, whatever it is told
    begun, stopped: whether it was asked, and told to stop
    """

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    columns: tuple[str, ...] = COLUMNS
    fails: str = ""
    hangs: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    found: list[tuple[Any, ...]] = field(default_factory=list)
    timeout: int = 0

    def __call__(self, *words: Any, **named: Any) -> FakeServer:
        """Open a connection."""
        return self

    def cursor(self) -> FakeServer:
        """Open a cursor."""
        return self

    def close(self) -> None:
        """Close it."""

    def setdecoding(self, *words: Any, **named: Any) -> None:
        """Read texts so."""

    def cancel(self) -> None:
        """Stop."""
        self.stopped.set()

    @property
    def description(self) -> list[tuple[str]]:
        """Name the columns."""
        return [(one,) for one in self.columns]

    def execute(self, sql: str, since: datetime) -> None:
        """Find rows."""
        self.asked += 1
        self.begun.set()
        if self.hangs is not None:
            self.hangs.wait(60)
        if self.fails:
            raise OdbcError(self.fails, "key (Lò Thị Mẫu Thử) exists")
        self.found = [
            one for one in self.rows if not isinstance(one[1], datetime) or one[1] >= since
        ]

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row."""
        return self.found.pop(0) if self.found else None


@dataclass
class Poll:
    """A gateway that polls a folder and a view, and remembers as the store does."""

    root: Any
    connect: Any
    view: dict[str, Any] = field(default_factory=dict)
    cursor: str = ""
    handed: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    now: datetime = NOW
    die_at: int = 10_000

    async def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Store rows and cursor."""
        self.die_at -= 1
        if self.die_at < 0:
            raise KeyboardInterrupt
        self.cursor = asked.cursor
        self.handed += asked.items
        for name, count in asked.files.items():
            self.counts[name] = self.counts.get(name, 0) + count
        return tuple(Verdict(ref=item.ref, word="stored") for item in asked.items)

    def settings(self) -> CommuneSettings:
        """Give the system's settings."""
        return CommuneSettings(folder=self.root, view=ViewSettings(**(VIEW | self.view)))

    def __call__(self) -> tuple[Outcome | None, list[str]]:
        """Poll once; give how it ended and which rows were handed in."""
        settings, before = self.settings(), len(self.handed)
        assert settings.view is not None
        folder = Folder(self.root)

        async def poll() -> Outcome | None:
            database = OdbcDatabase(settings.view, self.connect)  # type: ignore[arg-type]
            conversation = Conversation(
                adapter=ADAPTER,
                settings=settings,
                folder=folder,
                exports=folder,
                database=database,
                session_cache=SessionCache(60),
                hand=self.hand,
                seconds=60,
            )
            try:
                return await conversation.run_poll(PollContext(cursor=self.cursor, now=self.now))
            finally:
                await database.close()

        outcome = asyncio.run(poll())
        return outcome, [one.ref for one in self.handed[before:]]

    def report(self) -> str:
        """Give the day's report."""
        return "".join(one.read_text("utf-8") for one in (self.root / "bad").glob("*.csv"))


def test_each_row_comes_once_and_what_changed_comes_again(tmp_path: Any) -> None:
    """Pages follow each other to the end; a quiet view hands nothing in; a change is seen."""
    server = FakeServer([row(f"A{number:03}", number) for number in range(25)])
    poll = Poll(tmp_path, server, {"batch": 10})

    first = poll()
    poll()
    quiet = poll()
    server.rows = [*server.rows[1:], row("A000", 99)]
    changed = poll()

    assert first[0] is None
    assert sorted(set(first[1])) == [f"A{number:03}" for number in range(25)]
    assert quiet == (None, [])
    assert "A000" in changed[1]


def test_many_rows_of_one_instant_are_passed(tmp_path: Any) -> None:
    """A page full of one value of the cursor column holds up nobody, and nothing is lost."""
    server = FakeServer([*(row(f"A{number:02}", 1) for number in range(35)), row("Z", 2)])
    poll = Poll(tmp_path, server, {"batch": 10})

    _, refs = poll()

    assert len(set(refs)) == 36


def test_more_rows_of_one_instant_than_can_be_passed_are_told(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no way past, the poll ends and says so, instead of turning for ever."""
    monkeypatch.setattr("adapters.commune_files.view.MOST_AT_ONCE", 20)
    server = FakeServer([row(f"A{number:02}", 1) for number in range(35)])

    outcome, _ = Poll(tmp_path, server, {"batch": 10})()

    assert isinstance(outcome, Blocked)
    assert "more than 20 rows have one value of CapNhatLuc" in outcome.why
    assert server.asked < 5


def test_a_row_far_ahead_hides_no_other(tmp_path: Any) -> None:
    """A clock that was wrong once does not carry the cursor past what is written meanwhile."""
    server = FakeServer([row("A", 1), row("AHEAD", 40 * 365 * 86400)])
    poll = Poll(tmp_path, server)
    poll()
    server.rows.insert(1, row("B", (NOW.replace(tzinfo=None) - T0).total_seconds() + 30))
    poll.now += timedelta(minutes=1)

    _, refs = poll()

    assert "B" in refs


def test_what_was_committed_late_is_seen_with_an_overlap(tmp_path: Any) -> None:
    """A row whose time is older than the newest one is found where we look back that far."""
    server = FakeServer([row("A", 1), row("C", 30)])
    poll = Poll(tmp_path, server, {"overlap_seconds": 60})
    poll()
    server.rows.insert(1, row("B", 20))

    _, refs = poll()

    assert "B" in refs


@pytest.mark.parametrize("die_at", range(8))
def test_killed_anywhere_it_goes_on(tmp_path: Any, die_at: int) -> None:
    """Whenever the gateway dies, no row is lost and every bad one is in the report."""
    rows = [row(f"A{number}", number) for number in range(9)]
    rows[4] = (*rows[4][:4], "Mất tích")
    poll = Poll(tmp_path, FakeServer(rows), {"batch": 3}, die_at=die_at)
    with pytest.raises(KeyboardInterrupt):
        poll()
    poll.die_at = 10_000

    poll()

    assert {one.ref for one in poll.handed} == {f"A{number}" for number in range(9)} - {"A4"}
    assert poll.report().count("is a word that the settings do not know") == 1


def test_a_bad_row_costs_itself_and_is_told_without_its_content(tmp_path: Any) -> None:
    """Its time, its place, its column and the reason stand in the day's report, once."""
    server = FakeServer(
        [
            row("A", 1),
            row("B", 1, "x" * 100_000),
            ("C", T0 + timedelta(seconds=1), b"\x00", "Bàn Thị Mẫu", "Đang xử lý"),
            row("D", 2),
        ]
    )
    poll = Poll(tmp_path, server)

    _, refs = poll()
    server.rows.append(row("E", 3))
    poll()

    assert refs == ["A", "D"]
    assert poll.report().splitlines() == [
        "moc,dong,truong,ly_do",
        "2026-03-02T08:00:01,2,ChuHoSo,is longer than anything that belongs into a dossier",
        '2026-03-02T08:00:01,3,MaTTHC,"is bytes, which is not read"',
    ]
    assert poll.counts["view_bad_rows"] == 2


def test_letters_of_a_font_become_what_was_typed(tmp_path: Any) -> None:
    """A column of Western text that was typed under TCVN3 gives the name, as in files."""
    typed = "Lß V¨n MÉu"
    server = FakeServer([row("A", 1, typed)])
    poll = Poll(tmp_path, server, {"fonts": {"ChuHoSo": "tcvn3"}, "typed": True})

    poll()

    assert poll.handed[0].body["owner"]["name"] == "Lò Văn Mẫu"


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        ([row("A", 2), row("B", 1)], COLUMNS, "do not ascend by CapNhatLuc"),
        ([], ("SoBienNhan", "CapNhatLuc"), "lacks the columns ChuHoSo, MaTTHC"),
        ([], (*COLUMNS, "chuhoso"), "the column ChuHoSo occurs twice"),
        ([("A", "02/03/2026", "x", "y", "z")], COLUMNS, "neither a time nor a whole number"),
    ],
)
def test_a_view_that_would_lose_rows_is_refused(
    tmp_path: Any, rows: Any, columns: Any, said: str
) -> None:
    """Unordered rows, missing or double columns and dates as text end the poll with their name."""
    outcome, refs = Poll(tmp_path, FakeServer(rows, columns))()

    assert isinstance(outcome, Blocked)
    assert said in outcome.why
    assert refs == []


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("08001", Unreachable),
        ("HYT00", Unreachable),
        ("40001", Unreachable),
        ("28000", Blocked),
        ("42S02", Blocked),
        ("IM002", Blocked),
        ("01000", Blocked),
        ("HY000", Blocked),
        ("Lò Thị", Blocked),
    ],
)
def test_a_failure_means_what_its_state_says(tmp_path: Any, state: str, kind: type) -> None:
    """What is away is asked again, what is wrong is the operator's; no words of theirs."""
    outcome, _ = Poll(tmp_path, FakeServer(fails=state))()

    assert type(outcome) is kind
    assert "Lò" not in str(outcome)


async def test_a_server_that_hangs_is_left() -> None:
    """No answer in time is told as such, the driver is asked to stop, and no second one begins."""
    server = FakeServer(hangs=threading.Event())
    assert server.hangs is not None
    settings = OdbcSettings(connection="Driver={X}", connect_seconds=1, query_seconds=1)
    database = OdbcDatabase(settings, server, margin=-1.7)
    asked = Query(sql="SELECT ?", parameters=(T0,))

    first = asyncio.create_task(database.query(asked))
    await asyncio.sleep(0)
    # The loop stands still, and with it the time limit, until the server works on the query.
    assert server.begun.wait(60)
    try:
        with pytest.raises(TransportError) as late:
            await first
        with pytest.raises(TransportError) as busy:
            await database.query(asked)
        told_to_stop = await asyncio.to_thread(server.stopped.wait, 60)
    finally:
        server.hangs.set()

    assert isinstance(late.value.outcome, Unreachable)
    assert isinstance(busy.value.outcome, Unreachable)
    assert (server.asked, told_to_stop) == (1, True)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t WHERE a >= ? ORDER BY a",
        "SELECT a INTO b FROM t WHERE a >= ? ORDER BY a",
        "SELECT a FROM t WHERE a >= ? ORDER BY a; SELECT 1",
        "SELECT a FROM t WHERE a >= ? ORDER BY a DELETE FROM t",
        "SELECT a FROM t ORDER BY a",
        "SELECT a FROM t WHERE a >= ? AND b = ? ORDER BY a",
        "SELECT a FROM t WHERE a >= ?",
        "SELECT a FROM t WHERE a >= ? ORDER BY a -- b",
    ],
)
def test_only_one_ordered_select_is_let_through(sql: str) -> None:
    """Whatever writes, is more than one, is unordered or takes no cursor ends the start."""
    with pytest.raises(ValidationError, match=r"select|it must|it may"):
        ViewSettings(**(VIEW | {"select": sql}))


def test_a_word_in_quotes_writes_nothing() -> None:
    """Names and texts may hold any word."""
    sql = "SELECT [Update], 'a;b?' AS x FROM t WHERE a >= ? ORDER BY a"

    assert ViewSettings(**(VIEW | {"select": sql})).select == sql


def test_a_login_stays_a_login() -> None:
    """A password breaks out of nothing, and none stands in the open connection string."""
    own = OdbcSettings(connection="Driver={X};", username="u", password="a};Server=evil")

    assert connection_string(own) == "Driver={X};UID=u;PWD={a}};Server=evil}"
    with pytest.raises(ValidationError, match="a login stands in"):
        OdbcSettings(connection="Driver={X};Pwd=geheim")


@pytest.fixture(scope="module")
def postgres_view(postgres_program: None) -> Iterator[tuple[PrivatePostgres, dict[str, Any]]]:
    """Give a PostgreSQL with a view and somebody who may read it, and the way there over ODBC."""
    try:
        pyodbc = _odbc()
        server = PrivatePostgres()
        server.start()
    except (NoServer, ImportError) as error:
        pytest.skip(f"NO ODBC DRIVER, SO NO REAL VIEW WAS READ: {error}")
    assert "PostgreSQL Unicode" in pyodbc.drivers()
    quoted = ", ".join(f'"{one}"' for one in COLUMNS)
    server.order(
        "CREATE TABLE hoso (so varchar(20), luc timestamp, ma varchar(20), chu varchar(80), "
        "tt varchar(20)); CREATE ROLE reader LOGIN; "
        f"CREATE VIEW v_hoso ({quoted}) AS TABLE hoso; GRANT SELECT ON v_hoso TO reader"
    )
    try:
        yield (
            server,
            {
                "connection": "Driver={PostgreSQL Unicode};Server=127.0.0.1;Database=postgres;"
                f"Port={server.port}",
                "username": "reader",
                "select": 'SELECT * FROM v_hoso WHERE "CapNhatLuc" >= ? '
                'ORDER BY "CapNhatLuc", "SoBienNhan"',
                "batch": 10,
            },
        )
    finally:
        server.stop()


def _odbc() -> Any:
    """Load pyodbc with a driver, and install the driver if need be."""
    import importlib

    try:
        found = importlib.import_module("pyodbc")
    except ImportError:
        install("unixodbc")
        found = importlib.import_module("pyodbc")
    if "PostgreSQL Unicode" not in found.drivers():
        install("odbc-postgresql")
    return found


@pytest.mark.real
def test_a_real_view_is_read_over_odbc(tmp_path: Any, postgres_view: Any) -> None:
    """PostgreSQL through its driver: every row, letters and fractions of seconds included."""
    from adapters.kit.sql import odbc_connect

    server, view = postgres_view
    server.order(
        "INSERT INTO hoso SELECT 'A' || n, timestamp '2026-03-02 08:00:00.123' + n * interval "
        "'1 second', '2.000635', 'Lò Thị Mẫu Thử', 'Đang xử lý' FROM generate_series(1, 35) n"
    )
    poll = Poll(tmp_path, odbc_connect, view)

    outcome, refs = poll()
    poll()
    server.order("UPDATE hoso SET luc = '2026-03-02 09:00', tt = 'Đã xong' WHERE so = 'A7'")
    _, changed = poll()

    assert outcome is None
    assert set(refs) == {f"A{number}" for number in range(1, 36)}
    assert poll.handed[0].body["owner"]["name"] == "Lò Thị Mẫu Thử"
    assert poll.handed[0].body["source"]["as_of"] == "2026-03-02T08:00:01.123000"
    assert "A7" in changed


@pytest.mark.real
def test_a_real_server_refuses_as_the_table_says(tmp_path: Any, postgres_view: Any) -> None:
    """A table that is none is the operator's; a server that is away is asked again."""
    from adapters.kit.sql import odbc_connect

    _, view = postgres_view
    none = view | {"select": "SELECT a FROM nowhere WHERE a >= ? ORDER BY a"}
    away = view | {"connection": "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=1"}
    driver = view | {"connection": "Driver={There is none};Server=127.0.0.1"}

    ends = [Poll(tmp_path, odbc_connect, one)()[0] for one in (none, away, driver)]

    assert ends == [
        Blocked(why="the statement is refused (SQLSTATE 42P01)"),
        Unreachable(why="the database cannot be reached (SQLSTATE 08001)"),
        Blocked(why="the ODBC driver cannot be loaded (SQLSTATE 01000)"),
    ]
