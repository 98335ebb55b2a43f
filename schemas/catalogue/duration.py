"""How long a procedure may take: an amount, its unit, and until when of a day it is received."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Part

HALF = Decimal("0.5")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _clock(value: Any) -> Any:
    """Let only `HH:MM` in; a number would be taken for seconds since midnight."""
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    if not isinstance(value, str) or not CLOCK.fullmatch(value.strip()):
        raise PydanticCustomError("clock_format", "must be a time of day like 15:00")
    return time.fromisoformat(value.strip())


def _spoken(value: time) -> str:
    return f"{value:%H:%M}"


Clock = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(_spoken, return_type=str, when_used="json"),
]


class Unit(StrEnum):
    """In what a duration is counted."""

    WORKING_DAY = "working_day"
    WORKING_HOUR = "working_hour"
    CALENDAR_DAY = "calendar_day"


class Duration(Part):
    """The time that a procedure may take after reception.

    `amount` is in `unit`: working days in halves, calendar days whole, hours to the hundredth.
    No working days at all is the same-day procedure: done on the day of its reception.
    """

    amount: Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)] = Field(
        title="Thời hạn", description="how many units; 0 working days: on the day of reception"
    )
    unit: Unit = Field(title="Đơn vị tính", description="in what it is counted")
    received_until: Clock | None = Field(
        None,
        title="Tiếp nhận trong ngày đến",
        description="what comes later in the day counts as received on the next working day",
    )

    @property
    def same_day(self) -> bool:
        """Whether the result is due on the day of reception."""
        return self.unit is Unit.WORKING_DAY and self.amount == 0

    @model_validator(mode="after")
    def _countable(self) -> Duration:
        """Refuse parts of a day that no calendar counts."""
        if self.unit is Unit.CALENDAR_DAY and (self.amount % 1 or not self.amount):
            raise PydanticCustomError("duration", "calendar days are counted whole, from 1 on")
        if self.unit is Unit.WORKING_DAY and self.amount % HALF:
            raise PydanticCustomError("duration", "working days are counted in halves")
        if self.unit is Unit.WORKING_HOUR and not self.amount:
            raise PydanticCustomError("duration", "needs more than no working hours")
        return self
