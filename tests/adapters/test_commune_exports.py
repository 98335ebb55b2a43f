"""Exports in a real folder, night after night: each is read whole, once, and nothing is lost."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.commune_files import ADAPTER
from adapters.commune_files.inbound import MOST_AGAIN, MOST_REPORTED
from adapters.kit.port import Hand, Move, Put, Rows
from gateway.demo.foxpro import table
from gateway.workbench.near_folder import NearFolder
from gateway.workbench.transports import NOW, all_stored, read_exports, subject
from schemas.inbound import Verdict

HEADER = "SoBienNhan,CapNhatLuc,MaTTHC,ChuHoSo,TrangThai"
FOX = {"sobn": "SoBienNhan", "capnhat": "CapNhatLuc", "matthc": "MaTTHC", "chuhoso": "ChuHoSo"}


def line(ref: str) -> str:
    """Write a row."""
    return f"{ref},02/03/2026 17:30:00,2.000635,Lò Thị Mẫu Thử,Đang xử lý\n"


def export(*refs: str) -> bytes:
    """Write an export."""
    return "".join((HEADER + "\n", *map(line, refs))).encode()


class Killed(BaseException):
    """The end of a process, which nothing catches."""


class Clock:
    """Time as it is set."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@dataclass
class Office:
    """A folder with old software on one side, and on the other a gateway that may die."""

    root: Path
    settings: dict[str, Any] = field(default_factory=dict)
    cursor: str = ""
    handed: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    left: int = 10_000
    died: bool = False
    outcomes: list[Any] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    before: Callable[[Any], None] = lambda _asked: None
    now: datetime = NOW

    def __post_init__(self) -> None:
        """Open the folder."""
        (self.root / "out").mkdir()
        office = self

        class Mortal(NearFolder):
            async def move(self, asked: Move) -> bool:
                office.live(asked)
                return await super().move(asked)

            async def put(self, asked: Put) -> bool:
                office.live(asked)
                return await super().put(asked)

            async def rows(self, asked: Rows, *more: Any) -> Any:
                office.live(asked)
                return await super().rows(asked, *more)

        self.folder = Mortal(self.root, quiet_seconds=0.0, clock=self.clock)

    def live(self, asked: Any) -> None:
        """Go on living, or not."""
        self.before(asked)
        self.left -= 1
        if self.left < 0:
            self.die()

    def die(self) -> None:
        """End this process, which gives nothing back."""
        self.died = True
        raise Killed

    async def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Store rows and cursor, as the store does."""
        self.live(asked)
        self.cursor = asked.cursor
        self.handed += [item.ref for item in asked.items]
        for name, count in asked.files.items():
            self.counts[name] = self.counts.get(name, 0) + count
        return await all_stored(asked)

    def poll(self, times: int = 1) -> list[str]:
        """Look so often, with a minute in between; give what was handed in."""
        before = len(self.handed)
        one = replace(subject(ADAPTER), others={"quiet_seconds": 60, **self.settings})
        for _ in range(times):
            outcome = read_exports(
                one, self.cursor, self.folder, self.hand, self.now, died=self.died
            )
            self.died = False
            self.outcomes.append(outcome)
            self.clock.now += 60
            self.now += timedelta(minutes=1)
        return self.handed[before:]

    def lay(self, name: str, body: bytes) -> Path:
        """Lay out an export."""
        path = self.root / "out" / name
        path.write_bytes(body)
        return path

    def files(self, folder: str) -> dict[str, bytes]:
        """Give what lies in a folder, without the day and hash in front of the names."""
        place = self.root / folder
        found = sorted(place.iterdir()) if place.is_dir() else []
        return {one.name.split("-", 2)[2]: one.read_bytes() for one in found}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Open an office."""
    return Office(tmp_path)


def test_an_export_that_pauses_is_read_when_it_is_whole(office: Office) -> None:
    """Half of it is not taken for the whole, however long the pause, below the set time."""
    path = office.lay("dem.csv", export("BN-1"))
    half = office.poll()
    with path.open("ab") as more:
        more.write(line("BN-2").encode())
    early = office.poll()

    assert (half, early, office.poll()) == ([], [], ["BN-1", "BN-2"])


def test_each_night_is_kept_under_its_own_name(office: Office) -> None:
    """The same name the next night, with the same bytes or others, overwrites nothing."""
    for refs in (["BN-1"], ["BN-1", "BN-2"], ["BN-1"]):
        office.lay("dem.csv", export(*refs))
        office.poll(2)
        office.now += timedelta(days=1)
    names = sorted(one.name for one in (office.root / "done").iterdir())
    hashes = [
        hashlib.sha256(export(*refs)).hexdigest()[:8] for refs in (["BN-1"], ["BN-1", "BN-2"])
    ]

    assert names == [
        f"20260302-{hashes[0]}-dem.csv",
        f"20260303-{hashes[1]}-dem.csv",
        f"20260304-{hashes[0]}-dem.csv",
    ]


def test_an_export_that_grew_after_it_was_put_away_is_read_again(office: Office) -> None:
    """Its writer had paused for longer than the set time, and went on in the file it held."""
    office.lay("dem.csv", export("BN-1"))
    office.poll(2)
    (away,) = (office.root / "done").iterdir()
    with away.open("ab") as more:
        more.write(line("BN-2").encode())

    assert office.poll(2) == ["BN-1", "BN-2"]
    assert office.files("done") == {"dem.csv": export("BN-1", "BN-2")}


def test_a_cut_export_that_goes_on_is_read_again(office: Office) -> None:
    """It stood among the bad ones with a sentence, and then it was whole."""
    office.lay("dem.csv", export("BN-1", "BN-2")[:-20])
    first = office.poll(2)
    away = next(one for one in (office.root / "bad").iterdir() if one.suffix == ".csv")
    report = office.files("bad")["dem.csv.errors.csv"].decode()
    with next(
        one for one in (office.root / "bad").iterdir() if not one.name.endswith(".errors.csv")
    ).open("ab") as more:
        more.write(export("BN-1", "BN-2")[-20:])

    assert (first, office.poll(2)) == (["BN-1"], ["BN-1", "BN-2"])
    assert "incomplete" in report
    assert office.files("done") == {"dem.csv": export("BN-1", "BN-2")}, away


def test_an_export_that_changes_while_it_is_read_is_read_again(office: Office) -> None:
    """What is put away is what was read."""
    office.lay("dem.csv", export("BN-1"))

    def change(asked: Any) -> None:
        if isinstance(asked, Move) and asked.to.startswith("done/"):
            (office.root / asked.name).write_bytes(export("BN-1", "BN-2"))

    office.before = change

    assert office.poll(2) == ["BN-1", "BN-1", "BN-2"]
    assert office.files("done") == {"dem.csv": export("BN-1", "BN-2")}


def test_an_export_that_never_rests_goes_to_the_bad_ones(office: Office) -> None:
    """After some tries, with a sentence, so that the next one is read."""
    office.lay("a.csv", export("BN-1"))
    office.lay("b.csv", export("BN-9"))

    def change(asked: Any) -> None:
        if isinstance(asked, Move) and asked.name.endswith("a.csv"):
            with (
                contextlib.suppress(FileNotFoundError),
                (office.root / asked.name).open("ab") as more,
            ):
                more.write(line("BN-2").encode())

    office.before = change
    found = office.poll(2)

    assert found.count("BN-1") == MOST_AGAIN + 1
    assert found[-1] == "BN-9"
    assert b"it changed again and again" in office.files("bad")["a.csv.errors.csv"]


def test_a_marker_comes_and_goes_with_its_export(tmp_path: Path) -> None:
    """An old marker never speaks for the next night's export."""
    office = Office(tmp_path, {"complete": "marker", "marker": "{name}.xong"})
    office.lay("dem.csv", export("BN-1"))
    without = office.poll(3)
    office.lay("dem.csv.xong", b"")
    found = office.poll()
    office.lay("dem.csv", export("BN-2"))

    assert (without, found, office.poll(3)) == ([], ["BN-1"], [])


def test_an_export_under_its_name_may_be_read_at_once(tmp_path: Path) -> None:
    """Where the software renames what it has written."""
    office = Office(tmp_path, {"complete": "renamed"})
    office.lay("dem.csv", export("BN-1"))

    assert office.poll() == ["BN-1"]


def test_a_file_that_kills_is_tried_twice(office: Office) -> None:
    """Found aside at a start it is read once more, and then it goes to the bad ones."""
    office.lay("a.csv", export("BN-1"))
    office.lay("b.csv", export("BN-9"))

    def kill(asked: Any) -> None:
        if isinstance(asked, Rows) and asked.name.endswith("a.csv"):
            office.die()

    office.before = kill
    office.clock.now = 60
    deaths = 0
    for _ in range(5):
        try:
            office.poll()
        except Killed:
            deaths += 1

    assert (deaths, office.handed) == (2, ["BN-9"])
    assert b"it ended the gateway" in office.files("bad")["a.csv.errors.csv"].replace(
        b"reading it", b"it"
    )


@pytest.mark.parametrize(
    "name", ["n" * 250 + ".csv", "đề nghị " * 19 + ".csv", "a[1] 'b' \"c\".csv", "-x.csv"]
)
def test_a_name_stops_nothing(office: Office, name: str) -> None:
    """However long and odd it is; with ours before it, it must still fit."""
    office.lay(name, export("BN-1"))
    office.lay("z.csv", export("BN-9"))

    assert set(office.poll(2)) == {"BN-1", "BN-9"}
    assert len(list((office.root / "done").iterdir())) == 2


def test_a_report_says_what_it_does_not_list(office: Office) -> None:
    """Of very many bad rows; not one of which makes a good export."""
    bad = line("BN-1").replace("Đang xử lý", "Lạ") * (MOST_REPORTED + 300)
    office.lay("a.csv", export() + bad.encode())
    office.poll(2)
    report = office.files("bad")["a.csv.errors.csv"].decode().splitlines()

    assert report[1] == ",,not one row of it could be taken"
    assert report[-1] == ',,"and 300 more lines, which are not listed"'
    assert len(report) == MOST_REPORTED + 3


def test_a_name_that_is_no_text_stops_nothing(office: Office) -> None:
    """As of a program that writes its own charset onto a share; a cursor can hold it."""
    (office.root / "out" / os.fsdecode(b"n\xff\xfe.csv")).write_bytes(export("BN-1"))
    office.lay("z.csv", export("BN-9"))

    assert set(office.poll(2)) == {"BN-1", "BN-9"}
    assert office.files("done").keys() == {"n.csv", "z.csv"}
    assert office.cursor.encode("utf-8")


def test_a_share_that_goes_away_is_no_fault_of_the_file(office: Office) -> None:
    """Whatever was going on, it goes on when the share is back."""
    office.lay("a.csv", export("BN-1", "BN-2"))
    office.poll()
    aside = office.root.with_name("aside")

    def away(asked: Any) -> None:
        if office.root.exists() and (isinstance(asked, (Rows, Put)) or "done" in str(asked)):
            office.root.rename(aside)

    office.before = away
    for _ in range(4):
        office.poll()
        if aside.exists():
            aside.rename(office.root)
    office.before = lambda _asked: None
    office.poll(3)

    assert set(office.handed) == {"BN-1", "BN-2"}
    assert office.files("done") == {"a.csv": export("BN-1", "BN-2")}


def test_a_file_that_somebody_took_away_is_reported(office: Office) -> None:
    """It lies nowhere any more, and holds nothing up."""
    office.lay("a.csv", export("BN-1"))
    office.poll()

    def take(asked: Any) -> None:
        if isinstance(asked, Rows):
            (office.root / asked.name).unlink(missing_ok=True)

    office.before = take
    office.poll()
    office.before = lambda _asked: None
    office.lay("b.csv", export("BN-9"))

    assert office.poll(2) == ["BN-9"]
    assert b"it went away" in office.files("bad")["a.csv.errors.csv"]


@pytest.mark.parametrize("effects", range(9))
def test_nothing_is_lost_whenever_the_gateway_dies(office: Office, effects: int) -> None:
    """Whoever looks next reads the rest, and each file ends where it belongs, once."""
    office.settings = {"exports": ["out/*.csv", "out/*.dbf"]}
    office.lay("a.csv", export("BN-1", "BN-2"))
    office.poll()
    office.left = effects
    with contextlib.suppress(Killed):
        office.poll()
    office.left = 10_000
    office.poll(3)

    assert set(office.handed) == {"BN-1", "BN-2"}
    assert office.files("done") == {"a.csv": export("BN-1", "BN-2")}
    assert not list((office.root / "reading").iterdir())


def test_what_lies_aside_and_nobody_knows_of_is_read(office: Office) -> None:
    """As after a backup of the database was restored."""
    (office.root / "reading").mkdir()
    (office.root / "reading" / "20260302180000-dem.csv").write_bytes(export("BN-1"))

    assert office.poll() == ["BN-1"]
    assert office.files("done") == {"dem.csv": export("BN-1")}


def test_a_cursor_of_the_edition_before_begins_anew(office: Office) -> None:
    """A row that is read again changes nothing."""
    office.cursor = json.dumps({"sha": "0" * 64, "row": 1, "bad": [[1, "x", "y"]], "whole": True})
    office.lay("dem.csv", export("BN-1"))

    assert office.poll(2) == ["BN-1"]


def test_what_was_put_away_is_deleted_after_its_time_and_counted(tmp_path: Path) -> None:
    """With its report; what has no day in its name stays."""
    office = Office(tmp_path, {"keep_days": 10})
    office.lay("a.csv", export("BN-1") + b"BN-2,cut\n")
    office.poll(2)
    (office.root / "done" / "theirs.csv").touch()
    office.now += timedelta(days=11)
    office.poll()

    assert [one.name for one in (office.root / "done").iterdir()] == ["theirs.csv"]
    assert office.counts == {"read": 1, "pruned": 1}


def fox(*refs: str) -> tuple[bytes, bytes]:
    """Write a table whose procedure lies in the memo file."""
    cells = {"capnhat": b"02/03/2026", "matthc": b"2.000635", "chuhoso": b"Mau Thu"}
    return table([{"sobn": ref.encode(), **cells} for ref in refs], memos=["matthc"])


FOXED = {
    "exports": "out/*.dbf",
    "columns": {
        "/source/ref": "sobn",
        "/source/as_of": "capnhat",
        "/procedure/code": "matthc",
        "/owner/name": "chuhoso",
    },
}


@pytest.fixture
def foxed(tmp_path: Path) -> Office:
    """Open an office whose software leaves tables."""
    return Office(tmp_path, FOXED)


def test_a_table_waits_for_its_memo_file(foxed: Office) -> None:
    """It may come later, and must be whole as well."""
    body, memo = fox("BN-1")
    foxed.lay("a.dbf", body)
    early = foxed.poll(3)
    foxed.lay("A.FPT", memo)

    assert (early, foxed.poll(2)) == ([], ["BN-1"])
    assert foxed.files("done") == {"a.dbf": body, "A.FPT": memo}


def test_a_table_whose_memo_file_never_comes_is_put_aside_with_the_reason(foxed: Office) -> None:
    """After some looks, so that later exports are read."""
    foxed.lay("a.dbf", fox("BN-1")[0])

    assert foxed.poll(8) == []
    assert b"memo file" in foxed.files("bad")["a.dbf.errors.csv"]


@pytest.mark.parametrize("effects", range(14))
def test_a_table_and_its_memo_are_put_away_together_whenever_the_gateway_dies(
    foxed: Office, effects: int
) -> None:
    """Whoever looks next reads the rest, and neither of the two stays behind."""
    body, memo = fox("BN-1", "BN-2")
    foxed.lay("a.dbf", body)
    foxed.lay("a.fpt", memo)
    foxed.poll()
    foxed.left = effects
    with contextlib.suppress(Killed):
        foxed.poll()
    foxed.left = 10_000
    foxed.poll(3)

    assert set(foxed.handed) == {"BN-1", "BN-2"}
    assert foxed.files("done") == {"a.dbf": body, "a.fpt": memo}


def test_a_memo_that_changed_under_the_same_table_is_read(foxed: Office) -> None:
    """The table's bytes alone do not say that there is nothing new."""
    body, memo = fox("BN-1")
    for more in (b"", bytes(512)):
        foxed.lay("a.dbf", body)
        foxed.lay("a.fpt", memo + more)
        foxed.poll(2)

    assert foxed.handed == ["BN-1", "BN-1"]


@pytest.mark.parametrize("ending", [".dbf", ".fpt"])
def test_a_table_or_memo_that_goes_on_where_it_was_put_is_read_with_the_other(
    foxed: Office, ending: str
) -> None:
    """Its writer paused for longer than the set time, where nobody can tell that it held on."""
    whole = dict(zip((".dbf", ".fpt"), fox("BN-1", "BN-2"), strict=True))
    for name, body in whole.items():
        foxed.lay(f"a{name}", body[:-8] if name == ending else body)
    foxed.poll(2)
    (away,) = foxed.root.glob(f"[bd]*/*-a{ending}")
    with away.open("ab") as more:
        more.write(whole[ending][-8:])
    foxed.handed.clear()

    assert foxed.poll(3) == ["BN-1", "BN-2"]
    assert foxed.files("done") == {f"a{name}": body for name, body in whole.items()}
