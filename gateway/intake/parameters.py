"""The one reader of what stands in addresses and headers: typed, bounded, and never repeated.

Texts become NFC, a time without an offset is Vietnam's, a number is written in plain digits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Header, Path
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from adapters.kit.charsets.marks import composed, overloaded
from gateway.intake.problems import Problem
from gateway.words.fault import Fault
from schemas.base import VIETNAM
from schemas.status import Status

LONGEST = 200
"""Letters of a text in an address, and of an Idempotency-Key."""
LARGEST = 10**18
"""Beyond it no database keeps a place or a version."""
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
"""What no name has; the last one stands for bytes that were no UTF-8."""
DIGITS = re.compile(r"[0-9]{1,18}")
LOST_PLUS = re.compile(r"(?<=\d) (\d\d:?\d\d)$")
"""An offset whose plus sign was read as a space, as forms write it."""
EXAMPLE = "2026-03-02T09:30:00+07:00"
YEARS = range(1900, 2200)


def _wrong(expected: str) -> PydanticCustomError:
    return PydanticCustomError("parameter", "expected {expected}", {"expected": expected})


def text_of(value: str, most: int = LONGEST) -> str:
    """Give a text in the one form in which it is compared; raise ValueError for what is none."""
    if not 1 <= len(value) <= most or FORBIDDEN.search(value) or overloaded(value):
        raise ValueError
    return composed(value)


def _text(value: str) -> str:
    try:
        return text_of(value)
    except ValueError:
        raise _wrong(f"1–{LONGEST}, UTF-8") from None


def as_written(value: str) -> str:
    """Read the bytes of a header as UTF-8 where they are, else as what HTTP says they are."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _key(value: str | None) -> str | None:
    if not value:
        return None
    return _text(as_written(value))


def whole(value: str, least: int = 0, most: int = LARGEST) -> int:
    """Read a number in plain digits; raise ValueError for any other."""
    if DIGITS.fullmatch(value) is None or not least <= int(value) <= most:
        raise ValueError
    return int(value)


def _whole(least: int, most: int, value: Any) -> Any:
    try:
        return whole(str(value), least, most)
    except ValueError:
        expected = f"{least}, {least + 1}, …" if most == LARGEST else f"{least}–{most}"
        raise _wrong(expected) from None


def _version(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return whole(value.strip().removeprefix('"').removesuffix('"'), least=1)
    except ValueError:
        raise _wrong("1, 2, …") from None


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(LOST_PLUS.sub(r"+\1", value.strip()))
    except ValueError:
        raise _wrong(EXAMPLE) from None
    offset = moment.utcoffset() or timedelta()
    if moment.year not in YEARS or abs(offset) > timedelta(hours=14):
        raise _wrong(EXAMPLE)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def _status(value: str | None) -> str | None:
    if value is not None and value not in set(Status):
        raise _wrong(", ".join(Status))
    return value


def _up_to_200(value: Any) -> Any:
    return _whole(1, 200, value)


def _up_to_1000(value: Any) -> Any:
    return _whole(1, 1000, value)


def _number(value: Any) -> Any:
    return _whole(0, LARGEST, value)


Text = Annotated[
    str,
    BeforeValidator(_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST}),
]
Name = Annotated[Text, Path()]
"""A name in a path."""
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [EXAMPLE]}),
]
StatusName = Annotated[
    str,
    BeforeValidator(_status),
    WithJsonSchema({"type": "string", "enum": [one.value for one in Status]}),
]
PageOf200 = Annotated[
    int,
    BeforeValidator(_up_to_200),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 200}),
]
PageOf1000 = Annotated[
    int,
    BeforeValidator(_up_to_1000),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1000}),
]
Number = Annotated[int, BeforeValidator(_number), WithJsonSchema({"type": "integer"})]
"""A place in a sequence."""
ExpectedVersion = Annotated[
    int | None, BeforeValidator(_version), WithJsonSchema({"type": "integer", "minimum": 1})
]
IfMatch = Annotated[
    int | None,
    BeforeValidator(_version),
    WithJsonSchema({"type": "string", "examples": ['"3"']}),
    Header(alias="If-Match"),
]
IdempotencyKey = Annotated[
    str | None,
    BeforeValidator(_key),
    WithJsonSchema({"type": "string", "maxLength": LONGEST}),
    Header(alias="Idempotency-Key"),
]


def header_text(request: Request, name: str, most: int) -> str | None:
    """Read a header that may be percent-encoded; None: it is absent; raise ValueError: no text."""
    raw = request.headers.get(name)
    if raw is None:
        return None
    read = unquote(as_written(raw)).strip()
    return text_of(read, most) if read else ""


def only_known(request: Request) -> None:
    """Refuse parameters that a route does not have, and those that are given twice."""
    if not request.scope["query_string"]:
        return
    dependant = request.scope["route"].dependant
    known = {one.alias for one in get_flat_params(dependant) if isinstance(one.field_info, Query)}
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(given) - known)
    twice = sorted({name for name in known if given.count(name) > 1})
    faults = [Fault("unknown_parameter", f"/{name[:LONGEST]}") for name in unknown[:20]]
    faults += [Fault("repeated_parameter", f"/{name}") for name in twice]
    if faults:
        raise Problem(422, "invalid", faults)
