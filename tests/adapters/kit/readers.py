"""Readers that do what a hostile file can make a reader do; each file's text says which."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.kit.port import Adapter, Facts, FolderSettings, RowRead, Step, UnusableFile
from schemas.outcome import Outcome

MEGABYTE = 1024 * 1024


class ReaderSettings(FolderSettings):
    """Settings with something that no reader may know."""

    password: SecretStr = SecretStr("")
    mark: str = ""


def read(path: Path, beside: tuple[Path, ...], settings: ReaderSettings) -> Iterator[RowRead]:
    """Give two rows, then do what the file says."""
    yield RowRead(1, {"n": 1, "mark": settings.mark})
    yield RowRead(2, {"n": 2}, "left", "out")
    yield from DOES[path.read_text("utf-8")](settings, beside)


def _unusable(*_: Any) -> Iterator[RowRead]:
    raise UnusableFile("no more of it")


def _bug(*_: Any) -> Iterator[RowRead]:
    raise RuntimeError("a name that nobody may see")


def _memory(*_: Any) -> Iterator[RowRead]:
    return iter((bytearray(10_000 * MEGABYTE),)[:0])


def _processor(*_: Any) -> Iterator[RowRead]:
    while True:
        pass


def _silence(*_: Any) -> Iterator[RowRead]:
    time.sleep(60)
    return iter(())


def _crash(*_: Any) -> Iterator[RowRead]:
    ctypes.string_at(0)
    return iter(())


def _exit(*_: Any) -> Iterator[RowRead]:
    os._exit(7)


def _long(*_: Any) -> Iterator[RowRead]:
    yield RowRead(3, {"n": "x" * 32 * MEGABYTE})


def _secrets(settings: ReaderSettings, beside: tuple[Path, ...]) -> Iterator[RowRead]:
    shown = [settings.password.get_secret_value(), os.environ.get("LIENTHONG_SECRET", "")]
    yield RowRead(3, {"shown": shown, "beside": [one.name for one in beside]})


DOES: dict[str, Any] = {
    "whole": lambda *_: iter(()),
    "unusable": _unusable,
    "bug": _bug,
    "memory": _memory,
    "processor": _processor,
    "silence": _silence,
    "crash": _crash,
    "exit": _exit,
    "long": _long,
    "secrets": _secrets,
}
"""What a file does behind its two rows, by its text."""


async def deliver(_step: Step, _settings: ReaderSettings) -> Outcome:
    """Tell nothing."""
    raise AssertionError


ADAPTER: Adapter[Any] = Adapter(
    name="readers",
    settings=ReaderSettings,
    facts=Facts(version="1"),
    deliver=deliver,
    reader=read,
)
