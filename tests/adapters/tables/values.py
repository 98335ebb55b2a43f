"""What stands in random rows: each cell as it is typed, and what it says."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

COLUMNS = {
    "/source/ref": "SOBN",
    "/source/as_of": "CAPNHAT",
    "/procedure/code": "MATTHC",
    "/procedure/name": "TENTTHC",
    "/owner/name": "CHUHOSO",
    "/owner/birth": "NGAYSINH",
    "/owner/identities/0/number": "SODD",
    "/owner/addresses/0/commune/name": "TENXA",
    "/summary": "TRICHYEU",
    "/notes": "GHICHU",
    "/submitted_at": "NGAYNOP",
    "/due/at": "HENTRA",
    "/fees/0/amount": "LEPHI",
}
POINTERS = {column: pointer for pointer, column in COLUMNS.items()}
FREE = ("TENTTHC", "CHUHOSO", "TENXA", "TRICHYEU", "GHICHU")
"""Columns of words, which a font may hold."""
MOMENTS = ("CAPNHAT", "NGAYNOP", "HENTRA")
FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Vừ",
    "Giàng",
    "Lò",
    "Lý",
    "Đặng",
    "Quàng",
    "Tẩn",
)
MIDDLE = ("Văn", "Thị", "Công", "Mí", "Láo", "Hồng", "Đức", "Ngọc", "Thị Thanh", "")
GIVEN = ("Bé", "Ước", "Quỳnh", "Dũng", "Yến", "Sính", "Hơn", "Lử", "Tủa", "Ỷ", "Mẩy", "Ánh", "Đạt")
COMMUNES = ("Lũng Cú", "Mường Nhé", "Ia H'Drai", "Krông Pắc", "Đắk Tô", "Sà Dề Phìn", "Pù Nhi")
WORDS = (
    *("Đăng ký khai sinh", "Chứng thực bản sao", "cấp lại", "hộ kinh doanh", "đất ở", "số 12/3"),
    *("quyết định", "kèm theo", "bản chính", "TNHH MTV Thử Nghiệm", "lần 2", "100%", "a@b.example"),
)
WESTERN = ("“ghi chú”", "‘x’", "a – b", "…", "•", "một\u00a0hai", "5 €")
ODD = ('nói "thôi"', "a;b", "a,b", "a|b", "'0123", "=1+1", "-5", "+84 9", "@x", "<&>", "]]>", "\\n")


@dataclass(frozen=True, slots=True)
class Value:
    """One cell.

    text: as it is typed; says: what comes out, None for nothing
    moment: for cells with a type of their own
    left: the row comes without it, and that is reported
    """

    text: str
    says: Any
    moment: datetime | None = None
    left: bool = False


Kind = Literal["plain", "reported", "either"]


@dataclass(slots=True)
class Expected:
    """What must become of a row.

    wrong: columns one of which must be named, if it is reported
    kind: it comes out, or it is reported, or either of the two because both may be meant
    """

    cells: dict[str, Value]
    kind: Kind = "plain"
    wrong: tuple[str, ...] = ()


@dataclass(slots=True)
class Written:
    """A table that was written. files: the first is it; rows: by the numbers they have there."""

    name: str
    files: dict[str, bytes]
    settings: dict[str, Any]
    rows: dict[int, Expected]
    caseless: bool = False
    notes: list[str] = field(default_factory=list)


Cells = dict[str, Value]


def words(text: str) -> Value:
    """Make a cell of words."""
    says = unicodedata.normalize("NFC", text.strip())
    return Value(text, says or None)


def moment(draw: Random, *, stamped: bool) -> Value:
    """Make a cell with a day or a time, in one of the forms that are read."""
    when = datetime(1950, 1, 1) + timedelta(seconds=draw.randrange(100 * 365 * 86400))  # noqa: DTZ001 - as typed
    form = draw.choice(
        ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
    )
    if draw.random() < 0.1:
        when = when.replace(hour=0, minute=0, second=0)
    if "%S" not in form:
        when = when.replace(second=0)
    if "%H" not in form:
        when = when.replace(hour=0, minute=0)
    day = "%H" not in form or (not stamped and when.time() == datetime.min.time())
    return Value(when.strftime(form), when.date().isoformat() if day else when.isoformat(), when)


def _ref(draw: Random) -> Value:
    number = draw.randrange(10_000_000)
    text = draw.choice((f"BN-{number}", f"{number:010d}", f"H99.14-260302-{number:04d}"))
    return words(text)


def _identity(draw: Random) -> Value:
    if draw.random() < 0.15:
        return Value(draw.choice(("không có", "0", "-", "x", "KHÔNG CÓ")), None, left=True)
    return words(f"{draw.randrange(1, 97):03d}{draw.randrange(10**9):09d}")


def _birth(draw: Random) -> Value:
    if draw.random() < 0.3:
        return words(str(draw.randrange(1920, 2026)))
    found = moment(draw, stamped=True)
    return Value(found.text, found.says[:10], found.moment)


def _name(draw: Random) -> Value:
    return words(" ".join(filter(None, map(draw.choice, (FAMILY, MIDDLE, GIVEN)))))


def _free(draw: Random, *, lines: bool, western: bool) -> Value:
    parts = [draw.choice(draw.choice((WORDS, WORDS, ODD))) for _ in range(draw.randrange(1, 5))]
    if western and draw.random() < 0.3:
        parts.append(draw.choice(WESTERN))
    if draw.random() < 0.02:
        parts *= 400
    draw.shuffle(parts)
    return words((draw.choice((" ", "\n")) if lines else " ").join(parts))


def _money(draw: Random) -> Value:
    amount = draw.randrange(2_000_000)
    text = draw.choice((str(amount), f"{amount:,}".replace(",", ".")))
    return Value(text, amount)


def row(draw: Random, *, lines: bool = True, western: bool = True, blanks: bool = True) -> Cells:
    """Make a row; blanks: cells without a value, but for the number of the receipt."""
    found = {
        "SOBN": _ref(draw),
        "CAPNHAT": moment(draw, stamped=True),
        "MATTHC": words(f"{draw.randrange(1, 4)}.{draw.randrange(10**6):06d}"),
        "TENTTHC": words(draw.choice(WORDS)),
        "CHUHOSO": _name(draw),
        "NGAYSINH": _birth(draw),
        "SODD": _identity(draw),
        "TENXA": words(draw.choice(COMMUNES)),
        "TRICHYEU": _free(draw, lines=lines, western=western),
        "GHICHU": _free(draw, lines=lines, western=western),
        "NGAYNOP": moment(draw, stamped=False),
        "HENTRA": moment(draw, stamped=False),
        "LEPHI": _money(draw),
    }
    if blanks:
        for name in found:
            if name != "SOBN" and draw.random() < 0.1:
                found[name] = Value(draw.choice(("", "", " ")), None)
    return found


def rows(draw: Random, **how: bool) -> list[Cells]:
    """Make some rows."""
    return [row(draw, **how) for _ in range(draw.randrange(1, 9))]
