"""What is done with one file: written whole, looked at unlocked, given a name that is free."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

T = TypeVar("T")
MOST_NAMES = 1000
"""Names under which a file is put beside others before that counts as a fault of ours."""


def belonging(entry: Path, endings: tuple[str, ...]) -> list[Path]:
    """List the files of the same stem that have one of the endings, in any case."""
    return sorted(
        one
        for one in entry.parent.iterdir()
        if one != entry and one.stem.lower() == entry.stem.lower()
        if one.suffix.lower() in endings and one.is_file()
    )


def free_name(target: Path) -> Path:
    """Give a name that nothing has yet: the one that was asked for, or one with a number."""
    for number in range(MOST_NAMES):
        mark = f"~{number}" if number else ""
        found = target.with_name(f"{target.stem}{mark}{target.suffix}")
        if not found.exists():
            return found
    raise FileExistsError(str(target))


def make_room(root: Path, target: Path) -> None:
    """Make the folders between, never the root itself: it may go away at any moment."""
    place = root
    for part in target.parent.relative_to(root).parts:
        place /= part
        with contextlib.suppress(FileExistsError):
            place.mkdir()
            # Both programs work in it, whatever our umask is; the group may be the folder's own.
            place.chmod(stat.S_IMODE(place.stat().st_mode) | 0o770)


def write_whole(root: Path, target: Path, body: bytes) -> None:
    """Write under another name, sync, and rename: whole or not at all."""
    make_room(root, target)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o660)
        os.replace(temporary, target)  # noqa: PTH105 - atomic, as the name says
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def unlocked(entry: Path, job: Callable[[BinaryIO], T]) -> T | None:
    """Do something with a file unless somebody holds a lock on it, in either way to lock."""
    try:
        with entry.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return job(file)
    except (BlockingIOError, PermissionError, FileNotFoundError):
        return None  # on shares of Windows a locked file cannot even be opened


def closed(file: BinaryIO) -> bool:
    """Say whether nobody has a file open for writing, as far as this machine can tell.

    A lease for reading is refused to us while somebody does; where there are no leases (shares,
    files of others) nobody can tell, and the file counts as closed.
    """
    try:
        # Whoever opens it meanwhile is told to us by a signal: by one that ends nobody.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
