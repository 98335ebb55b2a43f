"""JSON as vendors really send it, and pydantic's errors in our words; values are never repeated."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.kit.charsets.marks import MOST as MOST_MARKS
from adapters.kit.charsets.marks import composed, overloaded
from gateway.words.fault import Fault
from schemas.base import VIETNAM
from schemas.dossier import Content
from schemas.event import NewEvent

M = TypeVar("M", bound=BaseModel)

DEEPEST = 32
MOST_FAULTS = 50
AS_SENT = frozenset({"data", "extensions", "patch", "raw"})
"""Free objects: nothing inside them is dropped as absent."""
READ_ONLY = frozenset({"id", "version", "environment", "supplements", "data_quality", "voided"})
MOST_EXTENSIONS = 32 * 1024
MOST_VALUES = 20_000
"""Values of a body outside of free objects: each may become a fault that costs far more than it."""
MOST_NAME = 100
"""Letters of a name in a pointer: whoever wrote a longer one finds it by them."""
AT_THE_ENDS = re.compile(r'"\s*(?:0001|9999)')
"""What may be a time of the calendar's first or last year."""
TOO_LARGE = "a number is too large"
FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):  # noqa: N818 - carries what the client is told
    """The body is not a JSON object that can be read; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        """Keep what is wrong."""
        super().__init__(fault.code)
        self.fault = fault


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object: BOM taken off, NFC, absent values dropped; raise `Unreadable`."""
    text, found = _read(body)
    if body.count(b",") > MOST_VALUES and _many(found) > MOST_VALUES:
        raise Unreadable(Fault("too_many_values", "", {"most": str(MOST_VALUES)}))
    if ("0001" in text or "9999" in text) and AT_THE_ENDS.search(text) is not None:
        _within_calendar(found, None)
    if UNUSUAL.search(text) is None and "\\u0000" not in text:
        with contextlib.suppress(Unreadable):  # the long way says where
            return dict(_without_absent(found, 0, as_sent=False))
    return dict(_clean(found, None, 0, as_sent=False))


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    """Read what is JSON, with its text as it is without escapes."""
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
        )
        if not isinstance(found, dict):
            raise Unreadable(Fault("type", "", {"expected": "{...}"}))
        if b"\\" in body:  # what was written with escapes, without them
            text = json.dumps(found, ensure_ascii=False)
    except UnicodeDecodeError:
        raise Unreadable(Fault("not_json", "", {"why": "not UTF-8"})) from None
    except json.JSONDecodeError as error:
        why = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise Unreadable(Fault("not_json", "", {"why": why})) from None
    except RecursionError:
        raise Unreadable(Fault("too_deep")) from None
    except ValueError:  # more digits than the interpreter reads
        raise Unreadable(Fault("not_json", "", {"why": TOO_LARGE})) from None
    return text, found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Unreadable(Fault("repeated_key", f"/{name[:50]}"))
            seen.add(name)
    return made


def _constant(name: str) -> Any:
    raise Unreadable(Fault("not_json", "", {"why": f"{name} is not JSON"}))


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable(Fault("not_json", "", {"why": TOO_LARGE}))
    return value


def _many(value: Any) -> int:
    """Count the values that a model would have to judge."""
    if isinstance(value, list):
        return len(value) + sum(_many(one) for one in value)
    if isinstance(value, dict):
        return len(value) + sum(_many(one) for key, one in value.items() if key not in AS_SENT)
    return 0


def _within_calendar(value: Any, at: Place) -> None:
    """Refuse times at either end of the calendar, which has no room for them in another zone."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "patch" or key not in AS_SENT:
                _within_calendar(one, (at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            _within_calendar(one, (at, index))
    elif isinstance(value, str) and value.strip()[:4] in {"0001", "9999"}:
        with contextlib.suppress(ValueError):
            try:
                datetime.fromisoformat(value.strip()).astimezone(VIETNAM)
            except OverflowError:
                expected = {"expected": TYPES["instant_type"]}
                raise Unreadable(Fault("value", _pointer(at), expected)) from None


Place = tuple[Any, str | int] | None
"""Where a value stands: what it stands in, and under which name. A pointer is made of it only where
it is needed: made on the way, a long name would be copied for each of many values below it."""


def _pointer(at: Place) -> str:
    names: list[str] = []
    while at is not None:
        at, name = at
        names.append(str(name)[:MOST_NAME])
    return "".join(f"/{name}" for name in reversed(names))


UNUSUAL = re.compile("[^\x00-\u02ff\u1e00-\u1eff\u2010-\u2027\u20ab]")
"""What may be a letter that is refused, or is not composed: the long way tells. One class, as any
alternative beside it would make the search four times as long."""


def _without_absent(value: Any, depth: int, *, as_sent: bool) -> Any:
    """Drop what is absent from a body whose letters are all in order."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth >= DEEPEST and value:
            raise Unreadable(Fault("too_deep"))
        below = depth + 1
        if kind is list:
            return [
                one if type(one) is str else _without_absent(one, below, as_sent=as_sent)
                for one in value
            ]
        return {
            key: one
            if type(one) is str
            else _without_absent(one, below, as_sent=as_sent or key in AS_SENT)
            for key, one in value.items()
            if as_sent or (one is not None and one != "")
        }
    return value


def _clean(value: Any, at: Place, depth: int, *, as_sent: bool) -> Any:
    if depth > DEEPEST:
        raise Unreadable(Fault("too_deep", _pointer(at)))
    if isinstance(value, str):
        return _text(value, at)
    if isinstance(value, list):
        return [
            _clean(one, (at, index), depth + 1, as_sent=as_sent) for index, one in enumerate(value)
        ]
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for key, one in value.items():
            if not as_sent and (one is None or one == ""):
                continue
            name = _text(key, at)
            if name in made:  # written in two ways, it is one name all the same
                raise Unreadable(Fault("repeated_key", _pointer((at, name))))
            made[name] = _clean(one, (at, key), depth + 1, as_sent=as_sent or key in AS_SENT)
        return made
    return value


def _text(value: str, at: Place) -> str:
    """Compose a text; how many marks a letter has is looked at before anybody sorts them."""
    if FORBIDDEN.search(value) is not None:
        raise Unreadable(Fault("forbidden_character", _pointer(at)))
    if overloaded(value):
        raise Unreadable(Fault("too_many_marks", _pointer(at), {"most": str(MOST_MARKS)}))
    return composed(value)


def validate(model: type[M], found: dict[str, Any]) -> M | tuple[Fault, ...]:
    """Validate against a model, or give all faults together."""
    ours = READ_ONLY - model.__pydantic_fields__.keys()
    faults = [Fault("read_only", f"/{name}") for name in sorted(ours & set(found))]
    rest = {name: value for name, value in found.items() if name not in ours}
    if len(json.dumps(rest.get("extensions", {}))) > MOST_EXTENSIONS:
        faults.append(Fault("too_long_extension", "/extensions"))
    try:
        read = model.model_validate(rest)
    except ValidationError as error:
        faults += [
            _fault(one, model)
            for one in error.errors(include_url=False, include_input=True)[:MOST_FAULTS]
        ]
        return tuple(faults)
    return tuple(faults) or read


def digest(read: BaseModel) -> bytes:
    """Hash what was said, so that the same said again is recognised: also by a newer version.

    What later editions of the schema added is left out where it says nothing, and the edition
    itself is none of what is said.
    """
    if "schema_version" in type(read).__pydantic_fields__:
        read = read.model_copy(update={"schema_version": FIRST_EDITION})
    parts = (read, *getattr(read, "events", ()))
    days = {at for part in parts for at in getattr(part, "day_times", ())}
    silent = days <= {"/due/at"}  # a promised day was one from the first edition on
    canonical = read.model_dump_json(exclude_none=True, exclude=ADDED if silent else None)
    return hashlib.sha256(canonical.encode()).digest()


FIRST_EDITION = "1.0"
ADDED: dict[str, Any] = {"day_times": True, "events": {"__all__": {"day_times"}}}


TYPES = {
    "string_type": "text",
    "int_type": "whole number",
    "bool_type": "true or false",
    "tuple_type": "[...]",
    "dict_type": "{...}",
    "model_type": "{...}",
    "instant_type": "2026-03-02T09:30:00+07:00",
    "model_attributes_type": "{...}",
}


def _fault(error: Any, model: type[BaseModel]) -> Fault:
    """Put one of pydantic's errors into our words, without the value."""
    place = [str(part)[:MOST_NAME] for part in error["loc"]]
    pointer = "".join(f"/{part}" for part in place)
    kind = error["type"]
    if kind == "missing":
        return Fault("missing", pointer)
    if kind == "extra_forbidden":
        return Fault("unknown_field", pointer, {"hint": _hint(place, model)})
    if kind == "string_type" and isinstance(error["input"], (int, float)):
        return Fault("code_is_text", pointer)
    if kind in TYPES:
        return Fault("type", pointer, {"expected": TYPES[kind]})
    return Fault("value", pointer, {"expected": _expected(error)})


def _expected(error: Any) -> str:
    context = error.get("ctx", {})
    for name in ("expected", "pattern"):
        if name in context:
            return str(context[name])
    for name, sign in (
        ("max_length", "at most"),
        ("min_length", "at least"),
        ("ge", "≥"),
        ("le", "≤"),
    ):
        if name in context:
            return f"{sign} {context[name]}"
    return str(error["msg"])


def _hint(place: Sequence[str], model: type[BaseModel]) -> str:
    """Suggest the field that was probably meant."""
    names = {
        field.alias or name
        for at in (model, Content, NewEvent)
        for name, field in at.model_fields.items()
    }
    close = difflib.get_close_matches(place[-1], names, n=1, cutoff=0.75)
    return f" → {close[0]}?" if close else ""
