"""Writes FoxPro tables as old software leaves them: bytes of a font, and a codepage that lies."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

WIDEST = 254
BLOCK = 64
WITH_MEMO, WITHOUT_MEMO = 0xF5, 0x03
WESTERN = 0x03
"""The codepage byte of Windows-1252, which such files carry whatever they hold."""


def table(
    rows: Sequence[Mapping[str, bytes]],
    *,
    memos: Sequence[str] = (),
    deleted: Sequence[int] = (),
    codepage: int = WESTERN,
) -> tuple[bytes, bytes]:
    """Give the bytes of the .DBF and of its .FPT; all cells are text.

    memos: columns whose text lies in the .FPT; deleted: numbers of rows marked as such, from 0
    """
    names = list(rows[0])
    widths = {
        name: 10 if name in memos else min(WIDEST, max(1, *(len(row[name]) for row in rows)))
        for name in names
    }
    held = bytearray(struct.pack(">LHH504x", 512 // BLOCK, 0, BLOCK))
    body = bytearray()
    for number, row in enumerate(rows):
        body += b"*" if number in deleted else b" "
        for name in names:
            cell = _kept(held, row[name]) if name in memos else row[name]
            body += cell[: widths[name]].ljust(widths[name])
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), b"M" if name in memos else b"C", width, 0)
        for name, width in widths.items()
    )
    size, kind = 1 + sum(widths.values()), WITH_MEMO if memos else WITHOUT_MEMO
    head = struct.pack(
        "<BBBBLHH17xB2x", kind, 126, 3, 2, len(rows), 32 + len(fields) + 1, size, codepage
    )
    return head + fields + b"\r" + bytes(body) + b"\x1a", bytes(held)


def _kept(held: bytearray, text: bytes) -> bytes:
    """Append a memo; give its block's number as the table holds it."""
    if not text:
        return b""
    number = len(held) // BLOCK
    held += struct.pack(">LL", 1, len(text)) + text
    held += bytes(-len(held) % BLOCK)
    return str(number).rjust(10).encode()
