"""Files of theirs: which are whole, where they are put, and which nobody reads."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from adapters.kit.files import Folder
from adapters.kit.port import Digest, Find, Head, Lying, Move, Prune

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Clock:
    """Time as it is set."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Begin at nought."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path, clock: Clock) -> Folder:
    """Open a folder with two files."""
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(b"1234")
    return Folder(tmp_path, quiet_seconds=2.0, clock=clock)


CSV = ("*.csv",)


async def test_a_file_that_does_not_change_is_whole(folder: Folder, clock: Clock) -> None:
    """After so many seconds as were asked for, in the order of names."""
    early = await folder.find(Find(patterns=CSV, quiet=60.0))
    clock.now = 59.0
    still = await folder.find(Find(patterns=CSV, quiet=60.0))
    clock.now = 60.0

    assert (early, still) == ((), ())
    assert await folder.find(Find(patterns=CSV, quiet=60.0)) == (
        Lying("a.csv", 4),
        Lying("b.csv", 4),
    )


async def test_a_pause_in_writing_is_no_end(folder: Folder, clock: Clock, tmp_path: Path) -> None:
    """A file that goes on growing begins to be quiet anew."""
    await folder.find(Find(patterns=CSV, quiet=60.0))
    clock.now = 59.0
    with (tmp_path / "a.csv").open("ab") as more:
        more.write(b"5")
    await folder.find(Find(patterns=CSV, quiet=60.0))
    clock.now = 70.0

    assert await folder.find(Find(patterns=CSV, quiet=60.0)) == (Lying("b.csv", 4),)


@pytest.mark.parametrize("marker", ["{name}.done", "{stem}.ok"])
async def test_a_marker_says_at_once_that_a_file_is_whole(
    folder: Folder, tmp_path: Path, marker: str
) -> None:
    """It belongs to the file, and without it the file is never whole."""
    found = marker.format(name="a.csv", stem="a")
    (tmp_path / found).touch()

    assert await folder.find(Find(patterns=CSV, marker=marker)) == (Lying("a.csv", 4, (found,)),)


async def test_a_file_that_is_open_for_writing_is_not_whole(folder: Folder, tmp_path: Path) -> None:
    """However long it is quiet; and being looked at never disturbs whoever opens it next."""
    with (tmp_path / "a.csv").open("ab"):
        held = await folder.find(Find(patterns=CSV, quiet=0.0))
    for _ in range(50):
        await folder.find(Find(patterns=CSV, quiet=0.0))
        (tmp_path / "a.csv").open("ab").close()

    assert held == (Lying("b.csv", 4),)
    assert len(await folder.find(Find(patterns=CSV, quiet=0.0))) == 2


async def test_a_file_that_is_locked_is_not_whole(folder: Folder, tmp_path: Path) -> None:
    """As programs lock what they write."""
    with (tmp_path / "a.csv").open("rb") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        found = await folder.find(Find(patterns=CSV, quiet=0.0))

    assert found == (Lying("b.csv", 4),)


async def test_what_belongs_to_a_file_must_be_whole_too(
    folder: Folder, clock: Clock, tmp_path: Path
) -> None:
    """By its stem, whatever the capitals."""
    (tmp_path / "A.FPT").write_bytes(b"12")
    asked = Find(names=("a.csv",), beside=(".fpt",), quiet=60.0)
    await folder.find(asked)
    clock.now = 50.0
    (tmp_path / "A.FPT").write_bytes(b"123")
    await folder.find(asked)
    clock.now = 100.0
    early = await folder.find(asked)
    clock.now = 110.0

    assert early == ()
    assert await folder.find(asked) == (Lying("a.csv", 7, ("A.FPT",)),)


async def test_a_move_overwrites_nothing(folder: Folder, tmp_path: Path) -> None:
    """Whoever has the name keeps it."""
    await folder.move(Move(name="a.csv", to="done/x.csv"))
    (tmp_path / "b.csv").write_bytes(b"other")
    await folder.move(Move(name="b.csv", to="done/x.csv"))

    assert {one.name: one.read_bytes() for one in (tmp_path / "done").iterdir()} == {
        "x.csv": b"1234",
        "x~1.csv": b"other",
    }


async def test_only_what_we_put_away_is_ever_deleted(folder: Folder, tmp_path: Path) -> None:
    """By the day in its name; a report goes with its file and is not counted."""
    (tmp_path / "done").mkdir()
    old, new = "20260101-0123abcd-a.csv", "20260301-0123abcd-a.csv"
    for name in (old, f"{old}.errors.csv", new, "20250101.csv", "20250101-KHAC-0.csv", "a.csv"):
        (tmp_path / "done" / name).touch()

    assert await folder.prune(Prune(folder="done", before="20260201")) == 1
    assert {one.name for one in (tmp_path / "done").iterdir()} == {
        new,
        "20250101.csv",
        "20250101-KHAC-0.csv",
        "a.csv",
    }
    assert await folder.prune(Prune(folder="nowhere", before="20260201")) == 0


async def test_a_file_can_be_looked_into_and_hashed(folder: Folder, tmp_path: Path) -> None:
    """One that has gone is empty, and has no hash."""
    (tmp_path / "a.csv").write_bytes(b"")

    assert await folder.digest(Digest(name="a.csv")) == EMPTY
    assert await folder.digest(Digest(name="gone")) is None
    assert await folder.head(Head(name="b.csv", size=2)) == b"12"
    assert await folder.head(Head(name="gone")) == b""


def test_a_file_that_no_pattern_finds_is_named(folder: Folder, tmp_path: Path) -> None:
    """Capitals count; what is hidden, or still being written, is nobody's business."""
    for name in ("C.CSV", ".hidden", "d.csv.part", "e.fpt"):
        (tmp_path / name).touch()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "f.txt").touch()

    assert folder.unread(("*.csv", "*.fpt")) == ["C.CSV"]
    assert folder.unread(("below/*.csv",)) == ["below/f.txt"]


async def test_a_link_is_no_file(folder: Folder, tmp_path: Path) -> None:
    """It is not followed; under a wanted name it is named, as a folder or a pipe is."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link.csv").symlink_to(tmp_path / "a.csv")
    (tmp_path / "out" / "dead.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "out" / "folder.csv").mkdir()
    (tmp_path / "out" / "folder").mkdir()
    os.mkfifo(tmp_path / "out" / "pipe.csv")

    assert await folder.find(Find(patterns=("out/*.csv",), quiet=0.0)) == ()
    assert folder.unread(("out/*.csv",)) == [
        "out/dead.csv",
        "out/folder.csv",
        "out/link.csv",
        "out/pipe.csv",
    ]
