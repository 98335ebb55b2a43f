"""Exports as old software leaves them: tables, spreadsheets, and every charset."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from adapters.commune_files import ADAPTER
from adapters.commune_files.reading import read as reader
from adapters.commune_files.settings import CommuneSettings
from adapters.kit import charsets
from adapters.kit.port import UnusableFile
from gateway.commands.app import program
from gateway.demo.foxpro import table
from gateway.settings import SettingsError

ROW = {
    "SoBienNhan": "BN-1",
    "CapNhatLuc": "02/03/2026 17:30:00",
    "MaTTHC": "1.001193",
    "TenTTHC": "Đăng ký khai sinh",
    "MaCoQuan": "H99.14.05",
    "TenCoQuan": "UBND xã Bản Thử",
    "LoaiDoiTuong": "Cá nhân",
    "ChuHoSo": "Lò Thị Ước Thử",
    "Kenh": "Trực tiếp",
    "TrangThai": "Đã tiếp nhận",
    "NgayNop": "02/03/2026 08:00:00",
}
SHORT = {name: name.upper()[:10] for name in ROW}
COLUMNS = {pointer: column for pointer, column in ADAPTER.tables[1].items() if column in ROW}


def own(**more: Any) -> CommuneSettings:
    """Make settings."""
    return CommuneSettings(folder=Path(), **more)


def in_table(row: Mapping[str, str], charset: str, **more: Any) -> dict[str, bytes]:
    """Write a table with one row and, before it, one that was deleted."""
    cells = {SHORT[name]: charsets.encode(cell, charset) for name, cell in row.items()}
    gone = {**cells, "SOBIENNHAN": b"gone"}
    body, memo = table([gone, cells], memos=["TENTTHC"], deleted=[0], **more)
    return {"a.dbf": body, "a.fpt": memo}


def short(**more: Any) -> CommuneSettings:
    """Make settings for the columns of a table."""
    columns = {pointer: SHORT[column] for pointer, column in COLUMNS.items()}
    return own(columns=columns, **more)


def read(files: Mapping[str, bytes], settings: CommuneSettings) -> list[Any]:
    """Read the first file as a poll does; give each row's body, or column and reason."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in files]
        for path, body in zip(paths, files.values(), strict=True):
            path.write_bytes(body)
        found: list[Any] = []
        try:
            for one in reader(paths[0], tuple(paths[1:]), settings):
                found.append(one.body if one.body is not None else (one.field, one.why))  # noqa: PERF401
        except UnusableFile as error:
            found.append(("", str(error)))
        return found


def in_csv(row: Mapping[str, str], charset: str) -> bytes:
    """Write a CSV file with one row."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)
    return charsets.encode(out.getvalue(), charset)


EXPECTED = read({"a.csv": in_csv(ROW, "utf-8")}, own())


@pytest.mark.parametrize("charset", charsets.NAMES)
def test_a_csv_file_reads_alike_in_every_charset(charset: str) -> None:
    """What was typed is what comes out, and TCVN3's lost capitals come back in the name."""
    assert read({"a.csv": in_csv(ROW, charset)}, own(charset=charset)) == EXPECTED


@pytest.mark.parametrize("charset", ["tcvn3", "vni", "viqr", "cp1258", "utf-8"])
@pytest.mark.parametrize("codepage", [0x00, 0x03, 0xC8])
def test_a_table_reads_alike_whatever_its_codepage_byte_says(charset: str, codepage: int) -> None:
    """Memo texts are found, deleted rows are not, and the byte is not believed."""
    files = in_table(ROW, charset, codepage=codepage)

    assert read(files, short(exports_charset=charset)) == EXPECTED


def test_a_table_without_its_memo_file_is_not_read() -> None:
    """Half of a dossier would be taken for the whole."""
    files = in_table(ROW, "tcvn3")

    assert read({"a.dbf": files["a.dbf"]}, short(exports_charset="tcvn3")) == [
        ("", "its memo file (.fpt or .dbt) is not beside it")
    ]


@pytest.mark.parametrize("kept", [0, 3, 40, 300])
def test_a_damaged_table_is_one_clear_line(kept: int) -> None:
    """Cut anywhere, it says that it is damaged, or lacks what it must have."""
    files = in_table(ROW, "tcvn3")
    files["a.dbf"] = files["a.dbf"][:kept]
    found = read(files, short(exports_charset="tcvn3"))

    assert [len(found), found[0][0]] == [1, ""]
    assert found[0][1]


def workbook(row: Mapping[str, Any], kind: str, sheet: str = "Sheet1") -> bytes:
    """Write a spreadsheet, old or new, whose first sheet is another."""
    out = io.BytesIO()
    if kind == "xls":
        old = xlwt.Workbook()
        old.add_sheet("Khac").write(0, 0, "x")
        page = old.add_sheet(sheet)
        for number, (name, cell) in enumerate(row.items()):
            page.write(0, number, name)
            style = xlwt.easyxf(num_format_str="DD/MM/YYYY HH:MM:SS")
            page.write(1, number, cell, *([style] if isinstance(cell, datetime) else []))
        old.save(out)
        return out.getvalue()
    new = openpyxl.Workbook()
    made = new.create_sheet(sheet)
    made.append(list(row))
    made.append(list(row.values()))
    new.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
@pytest.mark.parametrize("charset", ["utf-8", "tcvn3", "vni"])
def test_a_spreadsheet_reads_alike(kind: str, charset: str) -> None:
    """Real dates as dates, whole numbers without a point, and a font's letters respelt."""
    typed = {
        name: charsets.encode(cell, charset).decode("utf-8" if charset == "utf-8" else "latin-1")
        for name, cell in ROW.items()
    }
    row: dict[str, Any] = typed | {"NgayNop": datetime(2026, 3, 2, 8, 0)}  # noqa: DTZ001 - a cell
    settings = own(exports_charset=charset, sheet="HoSo")

    assert read({f"a.{kind}": workbook(row, kind, "HoSo")}, settings) == EXPECTED


def test_cells_that_are_unicode_already_are_kept() -> None:
    """A sheet that is set to a font may have been typed in Unicode, all of it or in part."""
    files = {"a.xlsx": workbook(ROW, "xlsx", "HoSo")}

    assert read(files, own(exports_charset="vni", sheet="HoSo")) == EXPECTED


def test_a_cell_that_may_be_two_names_spoils_its_row_only() -> None:
    """In Unicode it is one name, as letters of the font another: nobody knows."""
    files = {"a.xlsx": workbook(ROW | {"ChuHoSo": "Lê Công Bé"}, "xlsx", "HoSo")}

    assert read(files, own(exports_charset="tcvn3", sheet="HoSo")) == [
        ("ChuHoSo", "not tcvn3: position 0 may be Unicode or tcvn3")
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.xlsx": b"no"}, "not a spreadsheet"),
        ({"a.xls": b""}, "the file is empty"),
        ({"a.dbf": b"no"}, "not a DBF table"),
        ({"a.csv": b"\xff\n"}, "not utf-8, in 1 of 1 lines"),
        ({"a.xlsx": workbook(ROW, "xlsx")}, "it has no sheet called 'HoSo'"),
    ],
)
def test_a_file_that_is_something_else_is_one_clear_line(
    files: dict[str, bytes], said: str
) -> None:
    """It says what it is not."""
    found = read(files, own(sheet="HoSo"))

    assert [len(found), found[0][0]] == [1, ""]
    assert found[0][1].startswith(said)


def test_a_mapping_file_says_the_columns(tmp_path: Path) -> None:
    """What is set beside it counts more."""
    file = tmp_path / "columns.toml"
    file.write_text('charset = "vni"\nsheet = "A"\n[columns]\n"/source/ref" = "SOBN"\n', "utf-8")
    found = own(mapping=file, sheet="B")

    assert (found.charset, found.font, found.sheet) == ("cp1252", "vni", "B")
    assert dict(found.columns) == {"/source/ref": "SOBN"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mapping": "absent.toml"}, "mapping: absent.toml cannot be read"),
        ({"charset": "ascii"}, "there is no such charset"),
    ],
)
def test_a_wrong_setting_is_said(settings: dict[str, str], said: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(ValidationError, match=said):
        own(**settings)


def run(*words: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(program(), ["preview", *map(str, words)])


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up a system, and give an export of its with a bad second row."""
    file = tmp_path / "dem-1.csv"
    bad = in_csv(ROW | {"TrangThai": "Lạ"}, "vni").splitlines(keepends=True)[1]
    file.write_bytes(in_csv(ROW, "vni") + bad)
    systems = tmp_path / "systems.toml"
    systems.write_text(
        '[systems.old]\nadapter = "commune_files"\n'
        f'[systems.old.settings]\nfolder = "{tmp_path}"\ncharset = "vni"\n'
        '[systems.echo]\nadapter = "echo"\n'
        '[systems.echo.settings]\nbase_url = "http://127.0.0.1:1"\n',
        "utf-8",
    )
    monkeypatch.setenv("LIENTHONG_SYSTEMS", str(systems))
    monkeypatch.setenv("LIENTHONG_DATA", str(tmp_path / "data"))
    return file


def test_preview_shows_rows_and_what_is_bad(export: Path) -> None:
    """Nothing is stored, and a bad row is an exit code."""
    done = run("old", export)

    assert done.exit_code == 1
    assert "  /owner/name: Lò Thị Ước Thử" in done.output
    assert "row 3 TrangThai: is a word that the settings do not know" in done.output
    assert "1 rows would be taken, 1 not" in done.output
    assert not (export.parent / "data").exists()


@pytest.mark.parametrize(
    ("system", "file", "said"),
    [
        ("new", "dem-1.csv", "no system is called 'new'; there are: echo, old"),
        ("echo", "dem-1.csv", "echo is not fed by files"),
        ("old", "absent.csv", "absent.csv cannot be read: No such file or directory"),
    ],
)
def test_wrong_input_is_one_line(export: Path, system: str, file: str, said: str) -> None:
    """It names what is wrong."""
    done = run(system, export.parent / file)

    assert isinstance(done.exception, SettingsError)
    assert str(done.exception).endswith(said)


GOOD = in_csv(ROW, "utf-8")
HEAD, ROW_LINE = GOOD.splitlines(keepends=True)


def test_a_wrong_byte_costs_its_line_and_no_other() -> None:
    """What the next line says has nothing to do with it."""
    bad = ROW_LINE.replace("Thử".encode(), b"\xff\xfe")
    found = read({"a.csv": HEAD + ROW_LINE + bad + ROW_LINE}, own())

    assert found == [*EXPECTED, ("", "not utf-8"), *EXPECTED]


def test_a_file_in_another_charset_is_none() -> None:
    """One sentence says so, whatever its plain lines say."""
    other = in_csv(ROW, "tcvn3").splitlines(keepends=True)[1]

    assert read({"a.csv": HEAD + other * 3}, own())[-1] == ("", "not utf-8, in 3 of 4 lines")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD.replace(b",", b";"), "its columns are separated by ';': set `delimiter`"),
        (GOOD.replace(b",", b"\t"), "its columns are separated by '\\t': set `delimiter`"),
        (GOOD.decode().encode("utf-16"), "not utf-8: it is UTF-16"),
    ],
)
def test_what_is_only_set_wrongly_is_named(body: bytes, said: str) -> None:
    """Whoever reads the line knows which setting to change."""
    assert read({"a.csv": body}, own()) == [("", said)]


def test_lines_may_end_as_on_the_oldest_machines() -> None:
    """With a carriage return alone."""
    assert read({"a.csv": GOOD.replace(b"\r\n", b"\r")}, own()) == EXPECTED
