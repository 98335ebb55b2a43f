"""Spreadsheets: OpenXML by ECMA-376 part 1, by hand and by openpyxl; `.xls`; OpenDocument 1.2."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlwt
from openpyxl.styles import Font

from tests.adapters.tables.plain import typed
from tests.adapters.tables.values import FREE, MOMENTS, Cells, Expected, Value, Written, rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
FONTS = {".VnTime": "tcvn3", ".VnArialH": "tcvn3-capitals", "VNI-Times": "vni", "Arial": "unicode"}
FORMATS = (
    *("General", "000000000000", "0000", '"BN-"0000', "0\\-00", "dd/mm/yyyy", "dd/mm/yyyy\\ hh:mm"),
    *("0.000000", "[$-42A]dd/mm/yyyy;@", "dd/mm/yyyy hh:mm:ss", "@", "#,##0", "0#########"),
)
XFS = [(form, font) for font in FONTS for form in FORMATS]


def serial(when: datetime, *, mac: bool) -> float:
    """Count days since the beginning of the book's calendar."""
    nought = datetime(1904, 1, 1) if mac else datetime(1899, 12, 30)  # noqa: DTZ001 - as typed
    apart = when - nought
    return apart.days + apart.seconds / 86400


class Hand:
    """Writes OpenXML by hand: shared or inline strings, rich text, errors, gaps."""

    def __init__(self, draw: Random) -> None:
        """Begin a book."""
        self.draw = draw
        self.mac = draw.random() < 0.3
        self.strings: list[str] = []
        self.sheet: list[str] = []

    def style(self, form: str = "General", font: str = "Arial") -> int:
        """Give the number of a style."""
        return XFS.index((form, font))

    def string(self, place: str, text: str, font: str) -> str:
        """Write a text, as a shared or an inline one, in one run or several."""
        kept = escape(text.replace("_x", "_x005F_x"))
        style = self.style(font=font)
        if len(text) > 3 and self.draw.random() < 0.3:
            # The runs carry the font, and the cell none: as a text that was pasted.
            look = f'<rPr><sz val="11"/><rFont val={quoteattr(font)}/></rPr>'
            halves = (text[:2], text[2:])
            kept = "".join(
                f'<r>{look}<t xml:space="preserve">{escape(one)}</t></r>' for one in halves
            )
            style = self.style(font="Arial")
        else:
            kept = f'<t xml:space="preserve">{kept}</t>'
        if self.draw.random() < 0.3:
            return f'<c r="{place}" s="{style}" t="inlineStr"><is>{kept}</is></c>'
        self.strings.append(f'<si>{kept}<phoneticPr fontId="1"/></si>')
        return f'<c r="{place}" s="{style}" t="s"><v>{len(self.strings) - 1}</v></c>'

    def number(self, place: str, number: Any, form: str) -> str:
        """Write a number in a format."""
        style = self.style(form, self.draw.choice(list(FONTS)))
        return f'<c r="{place}" s="{style}"><v>{number}</v></c>'

    def cell(self, place: str, name: str, value: Value) -> tuple[str, Value, str]:
        """Write a cell; give what it says, and whether it spoils its row or may be meant twice."""
        chance = self.draw.random()
        if name != "SOBN" and chance < 0.01:
            return f'<c r="{place}" t="e"><v>#N/A</v></c>', value, "reported"
        if name != "SOBN" and chance < 0.02:
            return f'<c r="{place}"><f>A1&amp;B1</f><v></v></c>', value, "reported"
        if value.moment is not None and chance < 0.7:
            return self._moment(place, name, value)
        if name == "SODD" and value.text.isdigit() and len(value.text) == 12 and chance < 0.5:
            return self.number(place, int(value.text), "000000000000"), value, "plain"
        if name == "SOBN" and chance < 0.5:
            number = self.draw.randrange(1, 9999)
            form, shown = self.draw.choice(
                (
                    ("0000", f"{number:04d}"),
                    ('"BN-"0000', f"BN-{number:04d}"),
                    ("0\\-00", f"{number // 100}-{number % 100:02d}"),
                    ("0#########", f"0{number}"),
                )
            )
            return self.number(place, number, form), Value("", shown), "plain"
        if name == "MATTHC" and value.says and chance < 0.5:
            return self.number(place, float(value.text), "0.000000"), value, "plain"
        if name == "LEPHI" and value.says is not None:
            shown = self.number(place, value.says, self.draw.choice(("General", "#,##0")))
            return shown, value, "plain"
        return self._words(place, name, value)

    def _moment(self, place: str, name: str, value: Value) -> tuple[str, Value, str]:
        when = value.moment
        assert when is not None
        timed = when.time() != datetime.min.time()
        form = "dd/mm/yyyy hh:mm:ss" if timed else "dd/mm/yyyy"
        if self.draw.random() < 0.2:
            iso = f'<c r="{place}" t="d"><v>{when.isoformat()}</v></c>'
            return iso, Value("", _says(when, name)), "plain"
        if not timed and self.draw.random() < 0.5:
            form = "[$-42A]dd/mm/yyyy;@"
        number = repr(serial(when, mac=self.mac))
        return self.number(place, number, form), Value("", _says(when, name)), "plain"

    def _words(self, place: str, name: str, value: Value) -> tuple[str, Value, str]:
        if not value.text:
            return "", value, "plain"
        font = self.draw.choice(list(FONTS)) if name in FREE else "Arial"
        text = typed(value.text, FONTS[font]) if FONTS[font] != "unicode" else value.text
        if text is None:
            font, text = "Arial", value.text
        elif self.draw.random() < 0.2:
            text = value.text  # Unicode, in a cell that an old form set in a font of old
        both = FONTS[font] != "unicode"
        return self.string(place, text, font), value, "either" if both else "plain"

    def whole(self, name: str) -> bytes:
        """Pack the book, in which a sheet of another name is the first."""
        styles = _styles()
        calendar = '<workbookPr date1904="1"/>' if self.mac else "<workbookPr/>"
        book = (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{calendar}<sheets>'
            '<sheet name="Bìa" sheetId="1" state="hidden" r:id="rId7"/>'
            f'<sheet name="{name}" sheetId="2" r:id="rId3"/></sheets></workbook>'
        )
        target = self.draw.choice(("worksheets/sheet2.xml", "/xl/worksheets/sheet2.xml"))
        shared = self.draw.choice(("sharedStrings.xml", "SharedStrings.xml", "strings/all.xml"))
        related = "".join(
            f'<Relationship Id="{one}" Type="{OFFICE}/{kind}" Target="{to}"/>'
            for one, kind, to in (
                ("rId7", "worksheet", "worksheets/sheet1.xml"),
                ("rId3", "worksheet", target),
                ("rId1", "styles", "styles.xml"),
                ("rId2", "sharedStrings", shared),
            )
        )
        rows = "".join(self.sheet)
        parts = {
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f"{related}</Relationships>",
            "xl/styles.xml": styles,
            f"xl/{shared}": f'<sst xmlns="{MAIN}">{"".join(self.strings)}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>',
            "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/>'
            f'<sheetData>{rows}</sheetData><mergeCells count="1"><mergeCell ref="A1:C1"/>'
            "</mergeCells></worksheet>",
        }
        return packed(parts, self.draw.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))


def packed(parts: dict[str, str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack parts of a document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


def _styles() -> str:
    custom = [form for form in FORMATS if form != "General"]
    forms = "".join(
        f'<numFmt numFmtId="{164 + at}" formatCode={quoteattr(form)}/>'
        for at, form in enumerate(custom)
    )
    fonts = "".join(f"<font><sz val='11'/><name val={quoteattr(name)}/></font>" for name in FONTS)
    xfs = "".join(
        f'<xf numFmtId="{0 if form == "General" else 164 + custom.index(form)}" '
        f'fontId="{list(FONTS).index(font)}"/>'
        for form, font in XFS
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{forms}</numFmts><fonts>{fonts}</fonts>'
        f"<cellXfs>{xfs}</cellXfs></styleSheet>"
    )


def _says(when: datetime, name: str) -> str:
    if when.time() == datetime.min.time() or name == "NGAYSINH":
        return when.date().isoformat()
    return when.isoformat()


def letter(at: int) -> str:
    """Name a column."""
    return chr(65 + at)


def by_hand(draw: Random) -> Written:
    """Write a spreadsheet part by part."""
    book = Hand(draw)
    found = rows(draw)
    names = list(found[0])
    draw.shuffle(names)
    at, expected = 1, {}
    if draw.random() < 0.4:
        cover = book.string("A1", "BÁO CÁO TỔNG HỢP", "Arial")
        book.sheet.append(f'<row r="1">{cover}</row>')
        at = 3
    head = "".join(book.string(f"{letter(n)}{at}", name, "Arial") for n, name in enumerate(names))
    book.sheet.append(f'<row r="{at}">{head}</row>')
    for cells in found:
        at += draw.choice((1, 1, 1, 3))
        made, says, kinds = [], {}, {}
        for n, name in enumerate(names):
            text, says[name], kinds[name] = book.cell(f"{letter(n)}{at}", name, cells[name])
            made.append(text)
        hidden = draw.choice(("", ' hidden="1"'))
        book.sheet.append(f'<row r="{at}"{hidden}>{"".join(made)}</row>')
        kind: Any = max(kinds.values(), key=("plain", "either", "reported").index)
        wrong = tuple(name for name in names if kinds[name] != "plain")
        expected[at] = Expected(says, kind, wrong)
    data = book.whole("Hồ sơ")
    return Written("xlsx by hand", {"a.xlsx": data}, {"sheet": "Hồ sơ"}, expected, caseless=True)


def _typed_cells(draw: Random, cells: Cells) -> tuple[dict[str, Any], Cells]:
    """Give values with types of their own, and what they say."""
    out: dict[str, Any] = {}
    says = dict(cells)
    for name, value in cells.items():
        out[name] = value.text or None
        if value.moment is not None and draw.random() < 0.6:
            out[name] = value.moment
            says[name] = Value("", _says(value.moment, name))
        elif name == "LEPHI" and value.text:
            out[name] = value.says
        elif isinstance(out[name], str) and out[name].startswith(("=", "#")):
            out[name], says[name] = "~" + value.text, Value("", "~" + value.text.strip())
    return out, says


def by_library(draw: Random) -> Written:
    """Write a spreadsheet with openpyxl."""
    book = openpyxl.Workbook()
    page = book.create_sheet("Hồ sơ", 0)
    found = rows(draw)
    names = list(found[0])
    draw.shuffle(names)
    page.append(names)
    expected = {}
    for at, cells in enumerate(found, 2):
        out, says = _typed_cells(draw, cells)
        for column, name in enumerate(names, 1):
            cell = page.cell(at, column, out[name])
            if isinstance(out[name], datetime):
                timed = out[name].time() != datetime.min.time() and name != "NGAYSINH"
                cell.number_format = "dd/mm/yyyy hh:mm:ss" if timed else "dd/mm/yyyy"
            elif draw.random() < 0.2:
                cell.font = Font(name="Times New Roman")
        expected[at] = Expected(says)
    out_file = io.BytesIO()
    book.save(out_file)
    return Written("xlsx openpyxl", {"a.xlsx": out_file.getvalue()}, {}, expected)


def in_xls(draw: Random) -> Written:
    """Write an old spreadsheet with xlwt."""
    book = xlwt.Workbook()
    page = book.add_sheet("Ho so")
    found = rows(draw)
    names = list(found[0])
    draw.shuffle(names)
    for column, name in enumerate(names):
        page.write(0, column, name)
    expected = {}
    for at, cells in enumerate(found, 1):
        out, says = _typed_cells(draw, cells)
        wrong: tuple[str, ...] = ()
        for column, name in enumerate(names):
            form = "General"
            if isinstance(out[name], datetime):
                timed = out[name].time() != datetime.min.time() and name != "NGAYSINH"
                form = "dd/mm/yyyy hh:mm:ss" if timed else "dd/mm/yyyy"
            elif name == "SODD" and len(cells[name].text) == 12 and draw.random() < 0.3:
                out[name], form = int(cells[name].text), "000000000000"
            if name in MOMENTS and draw.random() < 0.02:
                page.row(at).set_cell_error(column, 0x2A)
                wrong = (*wrong, name)
            elif out[name] is not None:
                page.write(at, column, out[name], xlwt.easyxf(num_format_str=form))
        expected[at + 1] = Expected(says, "reported" if wrong else "plain", wrong)
    out_file = io.BytesIO()
    book.save(out_file)
    return Written("xls", {"a.xls": out_file.getvalue()}, {}, expected)


SPACES = "urn:oasis:names:tc:opendocument:xmlns"


def _ods_cell(draw: Random, name: str, value: Value) -> tuple[str, Value]:
    """Write a cell with the value and what is shown."""
    shown = "".join(
        f"<text:p>{escape(line)}</text:p>" for line in value.text.replace("  ", " ").split("\n")
    )
    if not value.text:
        return "<table:table-cell/>", value
    if value.moment is not None and draw.random() < 0.6:
        timed = value.moment.time() != datetime.min.time() and name != "NGAYSINH"
        iso = value.moment.isoformat() if timed else value.moment.date().isoformat()
        said = Value("", _says(value.moment, name))
        return _ods(f'office:value-type="date" office:date-value="{iso}"', shown), said
    if name == "SODD" and len(value.text) == 12 and draw.random() < 0.5:
        return _ods(f'office:value-type="float" office:value="{int(value.text)}"', shown), value
    return _ods('office:value-type="string"', shown), value


def _ods(kind: str, shown: str) -> str:
    return f"<table:table-cell {kind}>{shown}</table:table-cell>"


def in_ods(draw: Random) -> Written:
    """Write an OpenDocument spreadsheet, with blank rows and columns said once for many."""
    found = rows(draw)
    names = list(found[0])
    draw.shuffle(names)
    lines = ["".join(_ods_cell(draw, "", Value(name, name))[0] for name in names)]
    at, expected, body = 1, {}, [f"<table:table-row>{lines[0]}</table:table-row>"]
    for cells in found:
        blank = draw.choice((0, 0, 0, 2))
        if blank:
            body.append(
                f'<table:table-row table:number-rows-repeated="{blank}"><table:table-cell '
                'table:number-columns-repeated="16384"/></table:table-row>'
            )
        at += blank + 1
        made = {name: _ods_cell(draw, name, cells[name]) for name in names}
        body.append(
            f"<table:table-row>{''.join(made[name][0] for name in names)}</table:table-row>"
        )
        expected[at] = Expected({name: made[name][1] for name in names})
    return Written("ods", {"a.ods": ods("".join(body))}, {}, expected)


def ods(table_rows: str) -> bytes:
    """Pack a document with one table."""
    content = (
        f'<office:document-content xmlns:office="{SPACES}:office:1.0" '
        f'xmlns:table="{SPACES}:table:1.0" xmlns:text="{SPACES}:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Hồ sơ">{table_rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{SPACES}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    return packed({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


SHEETS: dict[str, Callable[[Random], Written]] = {
    "hand": by_hand,
    "openpyxl": by_library,
    "xls": in_xls,
    "ods": in_ods,
}
