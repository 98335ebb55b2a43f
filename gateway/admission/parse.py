"""JSON as vendors really send it, and pydantic's errors in our words; values are never repeated."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

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


class Unreadable(Exception):  # noqa: N818 - carries what the client is told
    """The body is not a JSON object that can be read; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        """Keep what is wrong."""
        super().__init__(fault.code)
        self.fault = fault


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object: BOM taken off, NFC, absent values dropped; raise `Unreadable`."""
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Unreadable(Fault("not_json", "", {"why": "not UTF-8"})) from None
    except json.JSONDecodeError as error:
        why = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise Unreadable(Fault("not_json", "", {"why": why})) from None
    except RecursionError:
        raise Unreadable(Fault("too_deep")) from None
    if not isinstance(found, dict):
        raise Unreadable(Fault("type", "", {"expected": "{...}"}))
    if b"\\" in body:
        text = json.dumps(found, ensure_ascii=False)  # what was written with escapes, without them
    if ODD.search(text) is None and unicodedata.is_normalized("NFC", text):
        with contextlib.suppress(Unreadable):  # the long way says where
            return dict(_without_absent(found, 0, as_sent=False))
    return dict(_clean(found, "", 0, as_sent=False))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(Fault("repeated_key", f"/{twice[:50]}"))
    return made


def _constant(name: str) -> Any:
    raise Unreadable(Fault("not_json", "", {"why": f"{name} is not JSON"}))


ODD = re.compile("\\\\u0000|[\ud800-\udfff]")
"""What may be a letter that is refused: the long way tells."""


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


def _clean(value: Any, at: str, depth: int, *, as_sent: bool) -> Any:
    if depth > DEEPEST:
        raise Unreadable(Fault("too_deep", at))
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Unreadable(Fault("forbidden_character", at))
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [
            _clean(one, f"{at}/{index}", depth + 1, as_sent=as_sent)
            for index, one in enumerate(value)
        ]
    if isinstance(value, dict):
        return {
            _clean(key, at, depth, as_sent=as_sent): _clean(
                one, f"{at}/{key}", depth + 1, as_sent=as_sent or key in AS_SENT
            )
            for key, one in value.items()
            if as_sent or (one is not None and one != "")
        }
    return value


def validate(model: type[M], found: dict[str, Any]) -> M | tuple[Fault, ...]:
    """Validate against a model, or give all faults together."""
    ours = READ_ONLY - model.model_fields.keys()
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
    place = [str(part) for part in error["loc"]]
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


def odd_times(body: bytes, found: Any) -> tuple[tuple[str, str], ...]:
    """Flag suspicious times of a body; one without a Z before a quote has none."""
    return tuple(suspicious(found)) if b"Z" in body else ()


def suspicious(found: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Flag times in UTC that would lie in office hours if their Z were wrong, and not otherwise."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key not in AS_SENT:
                yield from suspicious(value, f"{at}/{key}")
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from suspicious(value, f"{at}/{index}")
    elif isinstance(found, str) and found.endswith("Z") and found[:2] == "20" and "T" in found:
        yield from _odd_hour(found, at)


def _odd_hour(text: str, at: str) -> Iterator[tuple[str, str]]:

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    local = moment.astimezone(VIETNAM)
    office = range(7, 18)
    if moment.hour in office and local.hour not in office:
        yield "suspicious_offset", at
