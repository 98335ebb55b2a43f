"""FoxPro and dBase tables, by the structures of dBase III and Visual FoxPro."""

from __future__ import annotations

import struct
from datetime import date, datetime
from random import Random

from adapters.kit import charsets
from tests.adapters.tables.plain import CASELESS, in_font, settings
from tests.adapters.tables.values import Cells, Expected, Value, Written, rows

JULIAN = 2_440_588 - date(1970, 1, 1).toordinal()
"""From days since the year 1 to Julian ones."""
FPT, DBT3, DBT4 = "fpt", "dbt3", "dbt4"
VERSIONS = {FPT: (0xF5, 0x30), DBT3: (0x83,), DBT4: (0x8B,)}


class Memo:
    """A file with long texts."""

    def __init__(self, kind: str) -> None:
        """Begin with the header."""
        self.kind = kind
        self.block = 64 if kind == FPT else 512
        self.body = bytearray(512)

    def add(self, text: bytes) -> int:
        """Keep a text; give the number of its block."""
        number = len(self.body) // self.block
        if self.kind == FPT:
            self.body += struct.pack(">LL", 1, len(text)) + text
        elif self.kind == DBT3:
            self.body += text + b"\x1a\x1a"
        else:
            self.body += struct.pack("<LL", 0x0008FFFF, len(text) + 8) + text
        self.body += bytes(-len(self.body) % self.block)
        return number

    def whole(self) -> bytes:
        """Give the file."""
        following = len(self.body) // self.block
        if self.kind == FPT:
            self.body[:8] = struct.pack(">LHH", following, 0, self.block)
        else:
            self.body[:4] = struct.pack("<L", following)
        return bytes(self.body)


def column(draw: Random, name: str, found: list[Cells], version: int) -> tuple[str, int]:
    """Choose the type of a column, and how wide it is."""
    vfp = version == 0x30
    if name in {"CAPNHAT", "NGAYNOP", "HENTRA", "NGAYSINH"}:
        kind = draw.choice("CDT" if vfp and name != "NGAYSINH" else "CD")
        return kind, {"D": 8, "T": 8}.get(kind, 19)
    if name == "LEPHI":
        kind = draw.choice("CNFIYB" if vfp else "CNF")
        return kind, {"I": 4, "Y": 8, "B": 8, "C": 12}.get(kind, 10)
    if name in {"TRICHYEU", "GHICHU"} and version != 0x03:
        return "M", 4 if vfp else 10
    longest = max(len(cells[name].text.encode()) for cells in found)
    return "C", min(max(longest, 1), 65_000)


def in_dbf(draw: Random) -> Written:
    """Write a table, some rows of which are deleted."""
    font = draw.choice(("tcvn3", "tcvn3-capitals", "vni", "unicode"))
    container = draw.choice(("cp1258", "utf-8")) if font == "unicode" else "cp1252"
    kind = draw.choice((None, FPT, DBT3, DBT4))
    version = draw.choice(VERSIONS[kind]) if kind else draw.choice((0x03, 0x03))
    found = [in_font(draw, cells, font, mixed=False)[0] for cells in rows(draw, western=False)]
    memo = Memo(kind) if kind else None
    names = list(found[0])
    draw.shuffle(names)
    kinds = {name: column(draw, name, found, version) for name in names}
    lively = ["L" if draw.random() < 0.5 else "C" for _ in range(2)]
    body, expected = bytearray(), {}
    for number, cells in enumerate(found, 1):
        gone = draw.random() < 0.2
        body += b"*" if gone else b" "
        says = dict(cells)
        for name in names:
            data, says[name] = cell(cells[name], *kinds[name], (container, font), memo)
            when = cells[name].moment
            if kinds[name][0] == "T" and name == "CAPNHAT" and when is not None:
                says[name] = Value("", when.isoformat())
            body += data
        for one in lively:
            body += draw.choice((b"T", b"F", b"?", b" ")) if one == "L" else b"x"
        if not gone:
            expected[number] = Expected(says)
    fields = [(name, *kinds[name]) for name in names] + [("KHAC", one, 1) for one in lively]
    head = header(version, len(found), fields, draw.choice((0, 3, 0x4D, 0xC8, 0xFF)), draw)
    table = head + bytes(body) + draw.choice((b"\x1a", b"", b"\x1a\0\0\0"))
    files = {"a.dbf": table}
    if memo is not None:
        files[f"a.{kind[:3] if kind else ''}"] = memo.whole()
    how = settings(container, font)
    label = f"dbf {version:02x} {kind} {font}"
    return Written(label, files, how, expected, font in CASELESS)


def header(
    version: int, count: int, fields: list[tuple[str, str, int]], codepage: int, draw: Random
) -> bytes:
    """Write the header and the descriptions of the columns."""
    out = bytearray()
    at = 1
    for name, kind, width in fields:
        places = width >> 8 if kind == "C" else 0
        out += struct.pack("<11scLBB14x", name.encode(), kind.encode(), at, width & 0xFF, places)
        at += width
    link = bytes(263) if version == 0x30 else b""
    begins = 32 + len(out) + 1 + len(link)
    head = struct.pack(
        "<BBBBLHH17xB2x", version, draw.choice((26, 126)), 3, 2, count, begins, at, codepage
    )
    return head + bytes(out) + b"\r" + link


def cell(
    value: Value, kind: str, width: int, letters: tuple[str, str], memo: Memo | None
) -> tuple[bytes, Value]:
    """Write a cell; give also what it says, which a type may change."""
    blank = value.says is None and not value.left
    if kind == "M":
        assert memo is not None
        data = _bytes(value.text, *letters)
        number = memo.add(data) if data else 0
        if width == 4:
            return struct.pack("<L", number), value
        return (str(number) if number else "").rjust(10).encode(), value
    if kind in "DT":
        return _day(value, kind)
    if kind in "NFIYB":
        amount = 0 if blank else int(value.says)
        data = {
            "I": lambda: struct.pack("<i", amount),
            "Y": lambda: struct.pack("<q", amount * 10_000),
            "B": lambda: struct.pack("<d", float(amount)),
        }.get(kind, lambda: (b"" if blank else str(amount).encode()).rjust(width))()
        says = None if blank and kind in "NF" else amount
        return data, Value(value.text, says)
    return _bytes(value.text, *letters).ljust(width), value


def _day(value: Value, kind: str) -> tuple[bytes, Value]:
    """Write a day, or a moment."""
    when = value.moment
    if when is None:
        return b" " * 8 if kind == "D" else bytes(8), Value("", None)
    if kind == "D":
        return when.strftime("%Y%m%d").encode(), Value("", when.date().isoformat(), when)
    second = (when - datetime.combine(when.date(), datetime.min.time())).seconds
    return struct.pack("<LL", when.toordinal() + JULIAN, second * 1000), value


def _bytes(text: str, container: str, font: str) -> bytes:
    if font == "unicode":
        return charsets.encode(text, container)
    return bytes(ord(one) if ord(one) < 0x100 else one.encode("cp1252")[0] for one in text)
