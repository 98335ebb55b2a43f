"""The kit's folder: whole or not at all, and only what is complete."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.kit.errors import TransportError
from adapters.kit.files import Folder
from adapters.kit.port import Move, Put, Take
from schemas.outcome import Blocked, Unreachable


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


def folder(path: Path) -> tuple[Folder, Clock]:
    """Open a folder with a clock."""
    clock = Clock()
    return Folder(path, quiet_seconds=2.0, clock=clock), clock


async def settled(one: Folder, clock: Clock, pattern: str = "*.csv") -> dict[str, bytes]:
    """Look twice, with enough time in between."""
    await one.take(Take(pattern=pattern))
    clock.now += 3
    return await one.take(Take(pattern=pattern))


async def test_a_file_is_there_whole(tmp_path: Path) -> None:
    """A put file has its bytes, and no other file is left over."""
    one, _ = folder(tmp_path)
    await one.put(Put(name="in/a.csv", body=b"1"))
    await one.put(Put(name="in/a.csv", body=b"22"))

    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == {
        "a.csv": b"22"
    }


@pytest.mark.parametrize(
    ("lies", "there", "stands"), [(None, True, b"22"), (b"22", True, b"22"), (b"1", False, b"1")]
)
async def test_a_file_of_another_is_left(
    tmp_path: Path, lies: bytes | None, there: bool, stands: bytes
) -> None:
    """Where it is not to be replaced, another content stays; the same content is no other file."""
    one, _ = folder(tmp_path)
    if lies is not None:
        (tmp_path / "a.csv").write_bytes(lies)
    found = await one.put(Put(name="a.csv", body=b"22", replace=False))

    assert (found, (tmp_path / "a.csv").read_bytes()) == (there, stands)


async def test_nothing_is_left_of_a_write_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves neither the file nor a part of it."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    one, _ = folder(tmp_path)
    monkeypatch.setattr("adapters.kit.files.os.fsync", full)
    with pytest.raises(TransportError) as lost:
        await one.put(Put(name="in/a.csv", body=b"1"))

    assert isinstance(lost.value.outcome, Unreachable)
    assert list((tmp_path / "in").iterdir()) == []


async def test_a_file_that_grows_is_left_alone(tmp_path: Path) -> None:
    """What changed between two looks is not read."""
    one, clock = folder(tmp_path)
    export = tmp_path / "a.csv"
    export.write_bytes(b"half")
    await one.take(Take(pattern="*.csv"))
    clock.now += 3
    export.write_bytes(b"half and more")
    early = await one.take(Take(pattern="*.csv"))
    clock.now += 3

    assert (early, await one.take(Take(pattern="*.csv"))) == ({}, {"a.csv": b"half and more"})


@pytest.mark.parametrize("lock", [fcntl.flock, fcntl.lockf], ids=["flock", "lockf"])
async def test_a_locked_file_is_left_alone(tmp_path: Path, lock: object) -> None:
    """A file is not read for as long as another program holds a lock on it."""
    one, clock = folder(tmp_path)
    export = tmp_path / "a.csv"
    export.write_bytes(b"1")
    name = "flock" if lock is fcntl.flock else "lockf"
    holder = await asyncio.create_subprocess_exec(
        "python3",
        "-c",
        f"import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.{name}(f,fcntl.LOCK_EX);"
        "print(flush=True); sys.stdin.read()",
        str(export),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    held = await settled(one, clock)
    await holder.communicate(b"")
    clock.now += 3

    assert (held, await one.take(Take(pattern="*.csv"))) == ({}, {"a.csv": b"1"})


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.csv~", "a.tmp"])
async def test_temporary_names_are_left_alone(tmp_path: Path, name: str) -> None:
    """A file under a name of a write that is under way is not read."""
    one, clock = folder(tmp_path)
    (tmp_path / name).write_bytes(b"1")

    assert await settled(one, clock, "*") == {}


async def test_a_folder_that_is_away_is_not_made_anew(tmp_path: Path) -> None:
    """When a share is not mounted, nothing is written beside it."""
    one, _ = folder(tmp_path / "share")
    with pytest.raises(TransportError) as lost:
        await one.put(Put(name="in/a.csv", body=b"1"))

    assert isinstance(lost.value.outcome, Unreachable)
    assert not (tmp_path / "share").exists()


async def test_a_folder_that_goes_away_in_that_moment_is_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the write a share may be unmounted; what lay beside it would be lost."""
    share, honest = tmp_path / "share", Folder._there
    (share / "in").mkdir(parents=True)
    one, _ = folder(share)

    def unmounted(self: Folder, job: Callable[[], None]) -> None:
        def late() -> None:
            share.rename(tmp_path / "away")
            job()

        honest(self, late)

    monkeypatch.setattr(Folder, "_there", unmounted)
    for asked in (one.put(Put(name="in/a.csv", body=b"1")), one.move(Move(name="b", to="in/b"))):
        with pytest.raises(TransportError) as raised:
            await asked
        assert isinstance(raised.value.outcome, Unreachable)
        assert not share.exists()
        (tmp_path / "away").rename(share)


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "a\\b", ""])
async def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    """A name that points elsewhere is refused."""
    one, _ = folder(tmp_path)
    with pytest.raises(TransportError) as lost:
        await one.put(Put(name=name, body=b"1"))

    assert isinstance(lost.value.outcome, Blocked)


async def test_moving_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """A move that was made before a crash may be made again."""
    one, _ = folder(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"1")
    for _ in range(2):
        await one.move(Move(name="a.csv", to="done/a.csv"))

    assert (tmp_path / "done" / "a.csv").read_bytes() == b"1"
