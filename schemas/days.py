"""Times of which only the day is known: their JSON pointers, read from a part and put back on one.

A source that knows no time of day writes `YYYY-MM-DD`. It is kept and given out as the end of the
office's working day, and its pointer stands in `day_times`, so that nobody takes it for a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, get_args

from schemas.base import SEEN, Part, as_day, is_day

APART = frozenset({"events", "day_times"})
"""Events name their own."""


def settle(part: Part, stated: Sequence[str]) -> None:
    """Bring a part that was just read, and its list of days, into agreement; in place."""
    for pointer in stated:
        _mark(part, pointer.split("/")[1:])
    if stated or SEEN.day:
        part.__dict__["day_times"] = tuple(day_times(part))
        part.__pydantic_fields_set__.add("day_times")


def day_times(part: Part) -> Iterator[str]:
    """Give the JSON pointers of those times of which only the day is known."""
    found: list[str] = []
    for name, spoken in _bearers(type(part)):
        if name not in APART:
            _days(part.__dict__.get(name), f"/{spoken}", found)
    return iter(found)


def dated(value: Any, pointers: Iterable[str]) -> Any:
    """Write days as days again in a part's JSON, so that it may be read anew; changes it."""
    for pointer in pointers:
        *path, last = pointer.split("/")[1:]
        at = value
        for step in path:
            at = at[int(step)] if isinstance(at, list) else at[step]
        at[last] = at[last][:10]
    value.pop("day_times", None)
    return value


def _days(value: Any, at: str, found: list[str]) -> None:
    if isinstance(value, datetime):
        if is_day(value):
            found.append(at)
    elif isinstance(value, Part):
        for name, spoken in _bearers(type(value)):
            one = value.__dict__.get(name)
            if one is not None:
                _days(one, f"{at}/{spoken}", found)
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            _days(one, f"{at}/{index}", found)


@cache
def _bearers(kind: type[Part]) -> tuple[tuple[str, str], ...]:
    """Give the fields of a part that may hold a time, or a part with one, and how they are said."""
    return tuple(
        (name, field.alias or name)
        for name, field in kind.model_fields.items()
        if _bears(field.annotation)
    )


def _bears(annotation: Any) -> bool:
    """Say whether what is annotated so may hold a time."""
    if isinstance(annotation, type) and not get_args(annotation):
        return issubclass(annotation, datetime) or (
            issubclass(annotation, Part) and bool(_bearers(annotation))
        )
    return any(map(_bears, get_args(annotation)))


def _spoken(part: Part, name: str) -> str:
    return type(part).__pydantic_fields__[name].alias or name


def _mark(part: Part, path: Sequence[str]) -> None:
    """Mark one time below a part that nobody else holds yet; one that is not there is passed by."""
    name = next((one for one in part.__dict__ if path and _spoken(part, one) == path[0]), None)
    if name is not None and name not in APART:
        part.__dict__[name] = _marked(part.__dict__[name], path[1:])


def _marked(value: Any, path: Sequence[str]) -> Any:
    if isinstance(value, datetime) and not path:
        return as_day(value)
    if isinstance(value, Part) and path:
        _mark(value, path)
    elif isinstance(value, tuple) and path and path[0].isdecimal() and int(path[0]) < len(value):
        index = int(path[0])
        return (*value[:index], _marked(value[index], path[1:]), *value[index + 1 :])
    return value
