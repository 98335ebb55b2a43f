"""Tables of text: CSV after RFC 4180, with every charset, font and delimiter; XML 1.0."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from adapters.kit import charsets
from tests.adapters.tables.values import FREE, Cells, Expected, Value, Written, rows

CONTAINERS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "cp1252")
FONTS = ("unicode", "tcvn3", "tcvn3-capitals", "vni", "viqr")
UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")
CASELESS = ("tcvn3", "tcvn3-capitals")
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
LETTERS = {"utf-8": "utf-8", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be"}


def letters(draw: Random) -> tuple[str, str]:
    """Choose a container and a font that go together."""
    container = draw.choice(CONTAINERS)
    fonts = FONTS[1:] if container == "cp1252" else FONTS
    return container, draw.choice(fonts)


def typed(text: str, font: str) -> str | None:
    """Give what a program without the font takes its letters for; None: it cannot write them."""
    try:
        data = charsets.encode(text, "cp1252", font)
    except charsets.CharsetError:
        return None
    shown = data.decode("cp1252", "replace")
    return "".join(
        chr(byte) if one == "\ufffd" else one for one, byte in zip(shown, data, strict=True)
    )


def in_font(draw: Random, found: Cells, font: str, *, mixed: bool) -> tuple[Cells, bool]:
    """Type the words of a row under a font; True: some of them may be meant in two ways."""
    if font == "unicode":
        return found, False
    cells, both = dict(found), False
    for name, value in found.items():
        text = typed(value.text, font)
        says = value.says
        if text is None or (name not in FREE and not value.text.isascii()):
            text, says = "Khong ghi", "Khong ghi"
            if value.left:
                text, says = "0", None
        elif mixed and name in FREE and draw.random() < 0.2:
            text = value.text
        if font == "viqr" and mixed and name in FREE:
            plain = value.text.replace("'", "").replace("\\", "")
            text, says = plain, value.says and (plain.strip() or None)
        both = both or (mixed and (not text.isascii() or font in {"viqr", "tcvn3-capitals"}))
        cells[name] = Value(text, says, value.moment, value.left)
    return cells, both


def packed(text: str, container: str, font: str, draw: Random) -> bytes:
    """Make bytes of a text whose letters are those of the font already."""
    if container in UNICODE:
        known = container if container != "utf-16" else draw.choice(("utf-16-le", "utf-16-be"))
        mark = MARKS[known] if container == "utf-16" or draw.random() < 0.5 else b""
        return mark + text.encode(LETTERS[known])
    if font == "unicode":
        return charsets.encode(text, container)
    return bytes(ord(one) if ord(one) < 0x100 else one.encode("cp1252")[0] for one in text)


def quoted(cell: str, delimiter: str, draw: Random) -> str:
    """Write a cell; quotes where they must be, and elsewhere by chance."""
    must = any(one in cell for one in (delimiter, '"', "\n", "\r"))
    if not must and draw.random() < 0.8:
        return cell
    return '"' + cell.replace('"', '""') + '"'


def prepared(draw: Random, container: str, font: str) -> list[tuple[Cells, bool]]:
    """Make rows whose cells fit the container, each typed under the font."""
    found = rows(draw, western=font == "unicode")
    return [in_font(draw, cells, font, mixed=container in UNICODE) for cells in found]


def settings(container: str, font: str, **more: Any) -> dict[str, Any]:
    """Say how a table is written."""
    return {"exports_charset": container, "exports_font": font, **more}


def in_csv(draw: Random) -> Written:
    """Write a CSV file."""
    container, font = letters(draw)
    delimiter, end = draw.choice(",;\t|"), draw.choice(("\n", "\r\n"))
    found = prepared(draw, container, font)
    names = list(found[0][0])
    draw.shuffle(names)
    columns = ["STT", *names]
    lines, at, expected = [], 1, {}

    def add(cells: Sequence[str]) -> None:
        nonlocal at
        line = delimiter.join(quoted(cell, delimiter, draw) for cell in cells) + end
        lines.append(line)
        at += line.count("\n")

    if draw.random() < 0.3:
        add(["BAO CAO"])
        add([])
    add(columns)
    for number, (cells, both) in enumerate(found, 1):
        if draw.random() < 0.1:
            add(["" for _ in columns])
        expected[at] = Expected(cells, "either" if both else "plain", tuple(FREE))
        add([str(number), *(cells[name].text for name in names)])
    body = packed("".join(lines), container, font, draw)
    if draw.random() < 0.1:
        body += b"" if container.startswith("utf-16") else b"\x1a"
    how = settings(container, font, delimiter=delimiter)
    return Written(f"csv {container} {font}", {"a.csv": body}, how, expected, font in CASELESS)


def in_xml(draw: Random) -> Written:
    """Write an XML file, with the cells that have something, in any order."""
    container, font = letters(draw)
    found = prepared(draw, container, font)
    expected, body = {}, []
    for number, (cells, both) in enumerate(found, 1):
        names = list(cells)
        draw.shuffle(names)
        inside = "".join(
            f"<{name}>{_inside(cells[name].text, draw)}</{name}>"
            for name in names
            if number == 1 or cells[name].text or draw.random() < 0.5
        )
        body.append(f"<hoso>{inside}</hoso>")
        expected[number] = Expected(cells, "either" if both else "plain", tuple(FREE))
    stated = f' encoding="{container}"' if font == "unicode" and draw.random() < 0.5 else ""
    head = f'<?xml version="1.0"{stated}?>' if draw.random() < 0.8 or stated else ""
    between = draw.choice(("", "\n", "\r\n  "))
    text = f"{head}<ds>{between}{between.join(body)}{between}</ds>"
    how = settings(container, font)
    data = packed(text, container, font, draw)
    return Written(f"xml {container} {font}", {"a.xml": data}, how, expected, font in CASELESS)


def _inside(text: str, draw: Random) -> str:
    if "]]>" not in text and draw.random() < 0.2:
        return f"<![CDATA[{text}]]>"
    return escape(text)
