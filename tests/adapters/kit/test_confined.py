"""A file is read in a process of its own, and whatever it does to that one, this one lives."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.kit.confined import Limits, Reading, read_whole
from adapters.kit.port import Batch, RowRead
from tests.adapters.kit.readers import ADAPTER, ReaderSettings

LIMITS = Limits(memory=512 * 1024 * 1024, processor=1)
"""Without a short limit of silence: a busy machine is slow to begin."""


def batch(folder: Path, text: str, limits: Limits = LIMITS) -> Batch:
    """Read a file that does what its text says."""
    file = folder / "a.txt"
    file.write_text(text, "utf-8")
    own = ReaderSettings(folder=folder, mark="ấ", password=SecretStr("mật"))
    return asyncio.run(read_whole(ADAPTER, own, file, (folder / "a.fpt",), limits))


FAULTS = {
    "whole": None,
    "unusable": "no more of it",
    "bug": "it cannot be read (RuntimeError)",
    "memory": "reading it takes more memory than a file may",
    "processor": "reading it took more than 1 seconds of processor time",
    "crash": "reading it ended its process (signal 11), mostly for want of memory",
    "exit": "reading it ended its process (code 7)",
    "long": "a row of it is longer than anything that belongs into a dossier",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_file_ends_its_reading_and_nothing_else(tmp_path: Path, kind: str) -> None:
    """The rows before stand, and one sentence says why there are no more."""
    found = batch(tmp_path, kind)

    assert (found.fault, found.end) == (FAULTS[kind], True)
    assert found.rows == (RowRead(1, {"n": 1, "mark": "ấ"}), RowRead(2, {"n": 2}, "left", "out"))


def test_a_file_that_hangs_is_left(tmp_path: Path) -> None:
    """After so many seconds without a row."""
    found = batch(tmp_path, "silence", Limits(silence=5.0))

    assert found.fault == "reading it said nothing for 5 seconds"


def test_a_reader_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a setting that is one nor our environment reaches the process that reads."""
    monkeypatch.setenv("LIENTHONG_SECRET", "bí mật")
    found = batch(tmp_path, "secrets")

    assert found.rows[-1].body == {"shown": ["*" * 10, ""], "beside": ["a.fpt"]}


async def test_rows_come_in_batches_and_go_on_where_they_ended(tmp_path: Path) -> None:
    """A batch says how far it came, and a new process begins behind it."""
    file = tmp_path / "a.txt"
    file.write_text("whole", "utf-8")
    own = ReaderSettings(folder=tmp_path)
    first = await Reading.begin(ADAPTER, own, file)
    one = await first.rows(1)
    await first.close()
    second = await Reading.begin(ADAPTER, own, file, after=one.after)
    two = await second.rows(5)

    assert ([row.row for row in one.rows], one.after, one.end) == ([1], 1, False)
    assert ([row.row for row in two.rows], two.after, two.end) == ([2], 2, True)


async def test_a_file_that_went_away_is_said(tmp_path: Path) -> None:
    """Between the look and the reading."""
    found = await read_whole(ADAPTER, ReaderSettings(folder=tmp_path), tmp_path / "gone")

    assert found.fault == "it went away while it was read (No such file or directory)"
