"""Files that no export is, as they turn up among exports: each must end alone, with a sentence."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def hostile(export: bytes) -> Mapping[str, bytes]:
    """Give one of each kind by name; `export`: a good file, which some are made of."""
    return {
        "bia-1-trang-loi.csv": b"<!DOCTYPE html><title>504 Gateway Time-out</title>",
        "bia-2-sai-cot.csv": b"A,B,C\n1,2,3\n",
        "bia-3-bi-cat.csv": export[: len(export) - 7],
        "bia-4-khong-dong.dbf": _table(length=0, count=1),
        "bia-5-thieu-dong.dbf": _table(length=3, count=100),
        "bia-6-hai-o-xa.xlsx": _far_cells(),
        "bia-7-khong-phai.xlsx": b"PK\x03\x04" + bytes(100),
        "bia-8-bom.xlsx": _bomb(),
    }


def _table(*, length: int, count: int) -> bytes:
    """Write a table of one column of two letters, whose header may say anything."""
    column = struct.pack("<11sc4xBB14x", b"MA", b"C", 2, 0)
    head = struct.pack("<BBBBLHH20x", 3, 126, 3, 2, count, 32 + len(column) + 1, length)
    return head + column + b"\r" + b" 01 02\x1a"


def _far_cells() -> bytes:
    """Write a sheet of two cells, the first and the last that a sheet can have."""
    first = '<row r="1"><c r="A1"><v>1</v></c></row>'
    last = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return _workbook(f'<worksheet xmlns="{SHEET}"><sheetData>{first}{last}</sheetData></worksheet>')


def _bomb() -> bytes:
    """Write a sheet of a few kilobytes that unpacks to one cell of fifty million letters."""
    cell = f'<c r="A1" t="inlineStr"><is><t>{"0" * 50_000_000}</t></is></c>'
    data = f"<sheetData><row>{cell}</row></sheetData>"
    return _workbook(f'<worksheet xmlns="{SHEET}">{data}</worksheet>')


def _workbook(sheet: str) -> bytes:
    """Pack a sheet with the least that makes it a spreadsheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}">'
            '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()
