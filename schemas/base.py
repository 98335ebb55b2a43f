"""What every model of the common tongue is built from: frozen, closed, and strict about types."""

from __future__ import annotations

import re
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

DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}")


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


def _instant(value: Any) -> Any:
    """Read an instant; a time without an offset is Vietnamese time, a date alone is refused."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=VIETNAM)
    if not isinstance(value, str):
        raise PydanticCustomError("instant_type", "must be a text like 2026-03-02T09:30:00+07:00")
    if DATE_ONLY.fullmatch(value.strip()):
        raise PydanticCustomError("instant_date_only", "needs a time of day as well as a date")
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        raise PydanticCustomError("instant_format", "is not a time in ISO 8601") from None
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)


def spoken(moment: datetime) -> str:
    """Say an instant the way every answer of ours does: ISO 8601 in Vietnamese time."""
    return moment.astimezone(VIETNAM).isoformat()


def office_day_end(day: date) -> datetime:
    """Say when the working day of an office ends, for a due time that is given as a date."""
    return datetime.combine(day, time(17, 0), VIETNAM)


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(spoken, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-03-02T09:30:00+07:00"]}
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
