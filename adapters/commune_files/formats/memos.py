"""Memo files beside tables (`.fpt`, `.dbt`), where long texts lie in blocks.

A pointer into nowhere, or to a text that is cut, is the fault of the row that has it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

from adapters.kit.port import UnusableFile

MEMOS = (".fpt", ".dbt")
HEAD = 32
OLD_BLOCK = 512
FOURTH = b"\xff\xff\x08\x00"
"""How texts of dBase IV begin; those of dBase III begin at once."""
TEXT = 1
LONGEST = 1024 * 1024
END = b"\x1a"
NOWHERE = "points to no text of its memo file"
CUT = "has a text that ends before its end in the memo file"


class CellError(ValueError):
    """A cell that says nothing: why."""


class Memo:
    """A memo file."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Look at one that is as long as it says."""
        self._fox = path.suffix.lower() == ".fpt"
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        head = self._file.read(HEAD)
        if len(head) < (8 if self._fox else 4):
            raise UnusableFile("its memo file is cut")
        following = struct.unpack(">L" if self._fox else "<L", head[:4])[0]
        self._block = struct.unpack(">H", head[6:8])[0] if self._fox else OLD_BLOCK
        if not self._fox and len(head) >= 22:
            self._block = struct.unpack("<H", head[20:22])[0] or OLD_BLOCK
        if not self._block or self._size < (following - 1) * self._block:
            raise UnusableFile("its memo file is cut")

    def text(self, number: int) -> bytes:
        """Give the text that begins in a block; raises `CellError`."""
        begins = number * self._block
        if begins + 8 > self._size:
            raise CellError(NOWHERE)
        self._file.seek(begins)
        head = self._file.read(8)
        if self._fox:
            kind, length = struct.unpack(">LL", head)
            if kind != TEXT:
                raise CellError("is no text, but a picture or the like")
            return self._whole(length)
        if head.startswith(FOURTH):
            length = struct.unpack("<L", head[4:])[0]
            if length < 8:
                raise CellError(NOWHERE)
            return self._whole(length - 8).partition(b"\x1f")[0].rstrip(END)
        return self._ended(begins)

    def _whole(self, length: int) -> bytes:
        if length > LONGEST:
            raise CellError("points to a text longer than any")
        found = self._file.read(length)
        if len(found) < length:
            raise CellError(CUT)
        return found.rstrip(b"\0 ")

    def _ended(self, begins: int) -> bytes:
        self._file.seek(begins)
        found = bytearray()
        while len(found) <= LONGEST and (block := self._file.read(OLD_BLOCK * 8)):
            at = block.find(END)
            if at >= 0:
                return bytes(found + block[:at]).rstrip(b"\0 ")
            found += block
        raise CellError(CUT)
