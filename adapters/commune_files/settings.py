"""The settings of one installation of old software."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.commune_files.columns import CONSTANTS, DATES, READ
from adapters.kit import charsets
from adapters.kit.communes import Expects
from adapters.kit.port import FolderSettings, OdbcSettings
from adapters.kit.sql import single_select


def _charset(name: str) -> str:
    if name not in (*charsets.CHARSETS, *charsets.FONTS[1:]):
        raise ValueError(f"there is no such charset; there are {', '.join(charsets.CHARSETS)}")
    return name


def _font(name: str) -> str:
    if name not in charsets.FONTS:
        raise ValueError(f"there is no such font; there are {', '.join(charsets.FONTS)}")
    return name


Charset = Annotated[str, AfterValidator(_charset)]
Font = Annotated[str, AfterValidator(_font)]
Words = Mapping[str, Mapping[str, str]]


class FileSettings(BaseModel):
    """How files are written; of several files, those whose names a pattern finds.

    charset: how letters become bytes; the name of a font says both, as before
    font: which letters they are; fonts: of single columns
    mixed: what a cell is that both Unicode and the font can mean: its row is reported, or it is
        the font's (`font`) because nobody types Unicode there
    unended: the last line of a text may have no end
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    charset: Charset = "utf-8"
    font: Font = "unicode"
    fonts: Mapping[str, Font] = Field(default_factory=lambda: MappingProxyType({}))
    mixed: Literal["report", "font"] = "report"
    sheet: str | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    unended: bool = False

    @model_validator(mode="before")
    @classmethod
    def _both(cls, stated: Any) -> Any:
        """Take a charset that is the name of a font for both."""
        return split(stated, "charset", "font")

    def font_of(self, column: str) -> str:
        """Say which letters a column's cells are typed in."""
        return self.fonts.get(column, self.font)


def split(stated: Any, charset: str, font: str) -> Any:
    """Take a charset that is the name of a font for a container and a font, where none is stated.

    That is how both were set when they were one.
    """
    if not isinstance(stated, dict) or stated.get(charset) not in charsets.FONTS[1:]:
        return stated
    container, letters = charsets.split(stated[charset])
    return {font: letters} | stated | {charset: container}


def _select(sql: str) -> str:
    return single_select(sql, 1)


class ViewSettings(OdbcSettings):
    """A view in a database of the software, which is read and never written to.

    select: one SELECT; its `?` is where the last one came to, and it is ordered by `cursor`
    cursor: the column that grows with every change: a time or a number; since: where to begin
    batch: rows of one page; overlap_seconds: how far to look back, for what was committed late
    font, fonts: which letters texts are, see `FileSettings`; typed: of the columns with a font,
        no cell is Unicode already
    """

    select: Annotated[str, AfterValidator(_select)]
    cursor: str
    since: datetime | date | int
    batch: int = Field(500, ge=1, le=5000)
    overlap_seconds: int = Field(0, ge=0, le=7 * 86400)
    font: Font = "unicode"
    fonts: Mapping[str, Font] = Field(default_factory=lambda: MappingProxyType({}))
    typed: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> ViewSettings:
        """Refuse a statement whose pages would come in any order."""
        if "order by" not in " ".join(self.select.lower().split()):
            raise ValueError(f"select: it must end with ORDER BY {self.cursor} and a unique column")
        return self


class CommuneSettings(FolderSettings):
    """One installation of old software.

    mapping: a TOML file of these settings, for whoever knows the columns; what is set here counts
    format: of the files we write; charset, font, delimiter: of all files
    exports_charset, exports_font: of exports, if they differ
    fonts: of single columns; mixed, sheet, unended: see `FileSettings`
    files: patterns of names → what of these is different in such files
    inbox, acks, ack_seconds: where our files go; whether and how often to look for `NAME.ok`/`.err`
    exports: which files to read, one pattern or several
    complete: when a file is whole: unchanged for `quiet_seconds`, by `marker`, or as soon as it
        is there under its name (`renamed`)
    reading, done, bad: where they lie while they are read, and afterwards for `keep_days`
    columns: canonical field (JSON pointer) → column of the exports; empty: the default table
    words: canonical field → their word → canonical word; constants: what every row means unsaid
    dates, dates_written: forms of dates, read in this order, and written
    communes: the generation of communes that it expects; `as_written` changes nothing
    view: a view in its database, read beside the files
    guard_formulas: put an apostrophe before cells that spreadsheets would run; changes the data
    """

    format: Literal["csv", "xml"] = "csv"
    mapping: Path | None = None
    charset: Charset = "utf-8"
    font: Font = "unicode"
    exports_charset: Charset | None = None
    exports_font: Font | None = None
    fonts: Mapping[str, Font] = Field(default_factory=lambda: MappingProxyType({}))
    mixed: Literal["report", "font"] = "report"
    sheet: str | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    unended: bool = False
    files: Mapping[str, FileSettings] = Field(default_factory=lambda: MappingProxyType({}))
    inbox: str = "in"
    acks: bool = False
    ack_folder: str = "ack"
    ack_seconds: float = Field(60.0, gt=0)
    exports: str | tuple[str, ...] = "out/*.csv"
    complete: Literal["quiet", "marker", "renamed"] = "quiet"
    quiet_seconds: float = Field(60.0, ge=0)
    marker: str = "{name}.done"
    reading: str = "reading"
    done: str = "done"
    bad: str = "bad"
    keep_days: int | None = Field(92, ge=1)
    columns: Mapping[str, str] = Field(default_factory=lambda: READ)
    words: Words = Field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = Field(default_factory=lambda: CONSTANTS)
    dates: tuple[str, ...] = DATES
    dates_written: str = "%d/%m/%Y %H:%M:%S"
    communes: Expects = "as_written"
    view: ViewSettings | None = None
    guard_formulas: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """Give the patterns of exports."""
        return (self.exports,) if isinstance(self.exports, str) else self.exports

    def how(self, name: str) -> FileSettings:
        """Say how an export of that name is written, without the folders in front of it."""
        own = next(
            (one for pattern, one in self.files.items() if fnmatch.fnmatchcase(name, pattern)), None
        )
        theirs = self.exports_charset is not None
        stated: dict[str, Any] = {
            "charset": self.exports_charset or self.charset,
            "font": self.exports_font or ("unicode" if theirs else self.font),
            "fonts": self.fonts,
            "mixed": self.mixed,
            "sheet": self.sheet,
            "delimiter": self.delimiter,
            "unended": self.unended,
        }
        if own is not None:
            stated |= {each: getattr(own, each) for each in own.model_fields_set}
        return FileSettings(**stated)

    @model_validator(mode="before")
    @classmethod
    def _mapped(cls, stated: Any) -> Any:
        """Take what a mapping file says for what is not set beside it."""
        if isinstance(stated, dict) and stated.get("mapping"):
            stated = _read(Path(stated["mapping"])) | stated
        if isinstance(stated, dict):
            stated = {name: _composed(value) for name, value in stated.items()}
        return split(split(stated, "charset", "font"), "exports_charset", "exports_font")

    @model_validator(mode="after")
    def _apart(self) -> CommuneSettings:
        """Refuse folders in which we would take our own files for theirs."""
        theirs = {pattern.rpartition("/")[0] for pattern in self.patterns}
        for name in ("inbox", "reading", "done", "bad"):
            if getattr(self, name) in theirs:
                raise ValueError(f"{name}: {getattr(self, name)!r} is where exports lie")
        return self


def _composed(value: Any) -> Any:
    """Put the marks of what is set in order, as those of cells are before they are compared."""
    if isinstance(value, str):
        return charsets.respelt(value, "unicode")
    if isinstance(value, Mapping):
        return {_composed(name): _composed(one) for name, one in value.items()}
    return value


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ValueError(f"mapping: {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"mapping: {path} is no TOML file: {error}") from None
