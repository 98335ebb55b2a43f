"""What every model of the common tongue is built from: frozen, closed, and strict about types."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam has had one fixed offset since 1975, so a fixed zone is exact and needs no zone files."""

DAY = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh, some time of that day")
"""The zone of a time of which only the day is known; the moment is then the end of its office."""

DATE_ONLY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = range(2, 9999)
"""Beyond them a time cannot be said in every zone."""


class Part(BaseModel):
    """A closed, frozen piece of the canonical dossier; an unknown field is an error, not a loss."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        serialize_by_alias=True,
        validate_by_name=True,  # `return_` and `from_` where Python has a keyword
        validate_by_alias=True,
    )


class _Seen(threading.local):
    """Whether a day was read since somebody looked: most dossiers have none, and are not walked."""

    day = False


SEEN = _Seen()


def _instant(value: Any) -> Any:
    """Read an instant; a time without an offset is Vietnamese time, a date alone is that day."""
    if isinstance(value, datetime):
        read = value
    elif not isinstance(value, str):
        raise PydanticCustomError("instant_type", "must be a text like 2026-03-02T09:30:00+07:00")
    else:
        read = _read(value.strip())
    if read.year not in YEARS:
        raise PydanticCustomError("instant_format", "is not a time in ISO 8601")
    if is_day(read):
        SEEN.day = True
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)


def _read(text: str) -> datetime:
    try:
        if DATE_ONLY.fullmatch(text):
            return day_of(date.fromisoformat(text))
        return datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("instant_format", "is not a time in ISO 8601") from None


def spoken(moment: datetime) -> str:
    """Say an instant the way every answer of ours does: ISO 8601 in Vietnamese time."""
    return moment.astimezone(VIETNAM).isoformat()


def day_of(day: date) -> datetime:
    """Give a time of which only the day is known: the end of the office's working day, marked."""
    return datetime.combine(day, time(17, 0), DAY)


def is_day(moment: datetime) -> bool:
    """Say whether only the day of this time is known."""
    return moment.tzname() == DAY.tzname(None)


def as_day(moment: datetime) -> datetime:
    """Mark a time as one of which only the day is known."""
    return moment.astimezone(DAY)


def date_of(moment: datetime) -> date:
    """Give the day in Vietnam."""
    return moment.astimezone(VIETNAM).date()


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(spoken, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-03-02T09:30:00+07:00"]},
        mode="serialization",
    ),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date-time"}, {"format": "date"}],
            "examples": ["2026-03-02T09:30:00+07:00", "2026-03-02"],
        },
        mode="validation",
    ),
]


def _partial_date(value: str) -> str:
    """Check a date that may lack its day or month: old papers often do."""
    parts = [int(part) for part in value.split("-")]
    try:
        date(*[*parts, 1, 1][:3])
    except ValueError:
        raise PydanticCustomError("no_such_date", "is not a day of the calendar") from None
    return value


PartialDate = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$"),
    AfterValidator(_partial_date),
]


def _whole_date(value: Any) -> Any:
    """Let only `YYYY-MM-DD` in; a number would be taken for seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not DATE_ONLY.fullmatch(value.strip()):
        raise PydanticCustomError("date_format", "must be a date like 2026-03-02")
    return value


Date = Annotated[date, BeforeValidator(_whole_date)]


Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Text35 = Annotated[str, StringConstraints(min_length=1, max_length=35)]
Text50 = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text500 = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Text1000 = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Text2000 = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Text4000 = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Text20000 = Annotated[str, StringConstraints(min_length=1, max_length=20000)]
Text65536 = Annotated[str, StringConstraints(min_length=1, max_length=65536)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


def utc(moment: datetime) -> datetime:
    """Bring an instant to UTC, the form in which times are stored."""
    return moment.astimezone(UTC)
