"""Files that were made to do harm: each is one sentence in its report, and the next one is read."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from adapters.commune_files import ADAPTER
from adapters.kit.files import Folder
from adapters.kit.port import Hand
from gateway.workbench.transports import all_stored, read_exports, subject
from schemas.inbound import Verdict
from tests.adapters.tables.check import come_out, settings
from tests.adapters.tables.fox import Memo, header
from tests.adapters.tables.sheets import MAIN, OFFICE, PACKAGE, ods, packed

MEGABYTE = 1024 * 1024
GOOD = (
    "SoBienNhan,CapNhatLuc,MaTTHC,ChuHoSo,TrangThai\n"
    "BN-1,02/03/2026 17:30:00,2.000635,Lò Thị Mẫu Thử,Đang xử lý\n"
)


def book(rows: str, target: str = "worksheets/sheet1.xml", identity: str = "r1") -> dict[str, str]:
    """Give the parts of a spreadsheet with one sheet."""
    kinds = (("r1", "worksheet", target), ("r2", "sharedStrings", "sharedStrings.xml"))
    related = "".join(
        f'<Relationship Id="{one}" Type="{OFFICE}/{kind}" Target="{to}"/>'
        for one, kind, to in kinds
    )
    return {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="A" sheetId="1" r:id="{identity}"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>'
        "</worksheet>",
    }


def bomb() -> bytes:
    """Give a spreadsheet whose texts are a thousand times what they take."""
    parts, out = book(""), io.BytesIO()
    del parts["xl/sharedStrings.xml"]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, text in parts.items():
            file.writestr(name, text)
        with file.open("xl/sharedStrings.xml", "w") as part:
            for _ in range(260):
                part.write(bytes(MEGABYTE))
    return out.getvalue()


def laughs() -> bytes:
    """Give XML whose one word is thousands of millions of words."""
    named = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(9))
    word = f'<!DOCTYPE r [<!ENTITY e0 "ha">{named}]><r><h><SoBienNhan>&e9;</SoBienNhan></h></r>'
    return word.encode()


def table(width: int, length: int, count: int = 1) -> bytes:
    """Give a table of one column."""
    head = struct.pack("<BBBBLHH20x", 3, 26, 1, 1, count, 65, width)
    column = struct.pack("<11sc4xBB14x", b"SOBN", b"C", length, 0)
    return head + column + b"\r" + b" BN-1      \x1a"


REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
    'office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
    "</table:table-cell></table:table-row>"
)
Hostile = dict[str, tuple[Callable[[], bytes], str]]
HOSTILE: Hostile = {
    "a-bomb.xlsx": (bomb, "unpacked it is larger than any export"),
    "b-laughs.xml": (laughs, "not XML"),
    "c-repeated.ods": (lambda: ods(REPEATED), "lacks the columns"),
    "d-many.dbf": (lambda: table(11, 10, 2**32 - 1), "incomplete"),
}
"""What may take memory or time, or end a process."""
WRONG: Hostile = {
    "outside.xlsx": (lambda: packed(book("", "../../../etc/passwd")), "is missing"),
    "absent.xlsx": (lambda: packed(book("", identity="r9")), "is missing"),
    "far.xlsx": (lambda: packed(book('<row r="1"><c r="ZZZZZZ1"/></row>')), "beyond the last"),
    "low.xlsx": (lambda: packed(book('<row r="1048577"/>')), "further away"),
    "back.xlsx": (lambda: packed(book('<row r="2"/><row r="2"/>')), "in no order"),
    "deep.xml": (lambda: b"<a>" * 100_000, "not XML"),
    "nothing.dbf": (lambda: table(0, 10), "contradicts itself"),
    "wide.dbf": (lambda: table(65_535, 10), "contradicts itself"),
    "beyond.dbf": (lambda: table(11, 200), "contradicts itself"),
    "empty.dbf": (lambda: table(1, 0), "contradicts itself"),
}
"""What says what cannot be."""


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_says_what_cannot_be_is_a_sentence(tmp_path: Path, name: str) -> None:
    """Looked at before anything is read by it."""
    body, why = WRONG[name]
    (tmp_path / name).write_bytes(body())
    rows, said = come_out([tmp_path / name], settings())

    assert (rows, why in (said or "")) == ([], True), said


POINTERS = {
    "itself": b"0000000001",
    "negative": b"-000000001",
    "beyond": b"4294967295",
    "long": b"0000000009",
}


@pytest.mark.parametrize("pointer", POINTERS)
def test_a_memo_that_points_to_none_costs_its_row(tmp_path: Path, pointer: str) -> None:
    """The next row has its text."""
    columns = [(name, "C", 20) for name in ("CAPNHAT", "MATTHC", "CHUHOSO")]
    head = header(0xF5, 2, [("SOBN", "M", 10), *columns], 3, Random(0))
    rest = b"".join(cell.ljust(20) for cell in (b"02/03/2026", b"2.000635", b"Mau Thu"))
    memo = Memo("fpt")
    memo.body += struct.pack(">LL", 1, 2**31) + bytes(56)  # block 8, which is longer than the file
    memo.body += struct.pack(">LL", 1, 2**31) + bytes(56)
    good = str(memo.add(b"BN-2")).rjust(10).encode()
    rows = b" " + POINTERS[pointer] + rest + b" " + good + rest + b"\x1a"
    (tmp_path / "a.dbf").write_bytes(head + rows)
    (tmp_path / "a.fpt").write_bytes(memo.whole())
    read, fault = come_out([tmp_path / "a.dbf", tmp_path / "a.fpt"], settings())
    found = [one for one in read if one.row]

    assert ([one.row for one in found], fault) == ([1, 2], None)
    assert (found[0].body, found[0].field) == (None, "SOBN")
    assert found[1].body is not None
    assert found[1].body["source"]["ref"] == "BN-2"


def test_each_hostile_file_is_a_sentence_and_the_next_is_read(tmp_path: Path) -> None:
    """In processes of their own, within their limits, in one poll."""
    out = tmp_path / "out"
    out.mkdir()
    for name, (body, _) in HOSTILE.items():
        (out / name).write_bytes(body())
    with (out / "e-line.csv").open("wb") as line:
        os.truncate(line.fileno(), 300 * MEGABYTE)
    (out / "z-good.csv").write_text(GOOD, "utf-8")
    refs: list[str] = []

    async def hand(asked: Hand) -> tuple[Verdict, ...]:
        refs.extend(item.ref for item in asked.items)
        return await all_stored(asked)

    one = replace(subject(ADAPTER), others={"exports": "out/*"})
    read_exports(one, "", Folder(tmp_path, quiet_seconds=0.0, scale=0.0), hand)
    said = {
        file.name.split("-", 2)[2].removesuffix(".errors.csv"): file.read_text("utf-8")
        for file in (tmp_path / "bad").glob("*.errors.csv")
    }

    assert refs == ["BN-1"]
    assert said.keys() == {*HOSTILE, "e-line.csv"}
    assert {name for name, (_, why) in HOSTILE.items() if why not in said[name]} == set()
    assert "has no end" in said["e-line.csv"]
