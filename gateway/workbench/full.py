"""A dossier with every canonical leaf filled, made from the models, so that nothing is forgotten.

Two of them differ in every leaf; a leaf is nudged by taking its value from the other one.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from schemas.base import VIETNAM
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.parts import Identity

START = datetime(2026, 3, 2, 9, 0, tzinfo=VIETNAM)
SHAPED: Mapping[str, tuple[Any, Any]] = {
    "sha256": ("a" * 64, "b" * 64),
    "url": ("https://tep.example.test/a", "https://tep.example.test/b"),
    "country": ("VN", "LA"),
    "nationality": ("VN", "LA"),
    "birth": ("1990-05-01", "1991"),
    "schema_version": ("1.0", "1.0"),
    "removed": (False, True),
    "revoked": (False, True),
    "means": ("cash", "national_portal"),
    "day_times": (["/received_at"], ["/due/at"]),
}
"""Values of a fixed shape, and those whose first two would look alike to a system, by name."""
OF_PART: Mapping[type[BaseModel], Mapping[str, tuple[Any, Any]]] = {
    Identity: {
        "kind": ("personal_number", "tax_code"),
        "number": ("001399000001", "001399000002"),
    }
}
"""The same for the fields of one part: an identity that is not well formed is told to nobody."""
Path = tuple[str | int, ...]


def fill(kind: Any, name: str, side: int) -> Any:
    """Make a value of a type; `side` 0 and 1 give different values."""
    origin = get_origin(kind)
    if origin is Annotated:
        return fill(get_args(kind)[0], name, side)
    if origin in (Union, types.UnionType):
        return fill(next(one for one in get_args(kind) if one is not type(None)), name, side)
    if name in SHAPED:
        shaped = SHAPED[name][side]
        return list(shaped) if isinstance(shaped, list) else shaped
    if origin is Literal:
        return get_args(kind)[min(side, len(get_args(kind)) - 1)]
    if origin is tuple:
        return [fill(get_args(kind)[0], name, side)]
    if origin is dict:
        return {"mau": {"truong": f"{name}-{side}"}}
    if issubclass(kind, BaseModel):
        shapes = OF_PART.get(kind, {})
        return {
            field.alias or key: shapes[key][side]
            if key in shapes
            else fill(field.annotation, key, side)
            for key, field in kind.model_fields.items()
        }
    if issubclass(kind, Enum):
        return list(kind)[3 + side].value
    plain: dict[type, Any] = {
        bool: side == 0,
        int: 2 + side,
        UUID: f"019a0000-0000-7000-8000-00000000000{side}",
        datetime: (START + timedelta(days=side)).isoformat(),
        date: (START + timedelta(days=side)).date().isoformat(),
    }
    return plain.get(kind, f"{name} {'một' if side == 0 else 'hai'}")


def pair() -> tuple[dict[str, Any], dict[str, Any]]:
    """Give two full dossiers, each with one full event under `events`, as JSON."""
    both = []
    for side in (0, 1):
        made = fill(Dossier, "dossier", side)
        made["due"] = made["due"] | {"none": False}
        made["events"] = [fill(Event, "event", side) | {"kind": ("progress", "transferred")[side]}]
        made["events"][0]["due"]["none"] = False
        both.append(made)
    both[0]["codes"][0]["kind"] = "receipt"
    both[0]["origin"]["system"] = "national-portal"
    both[0]["owner"]["kind"], both[1]["owner"]["kind"] = "citizen", "business"
    return both[0], both[1]


def leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    """Walk to every leaf."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*at, index))
    else:
        yield at


def value_at(value: Any, path: Path) -> Any:
    """Look up a leaf."""
    for step in path:
        value = value[step]
    return value


def nudged(value: Any, path: Path, leaf: Any) -> Any:
    """Give a copy in which one leaf is another."""
    if not path:
        return leaf
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = nudged(copy[path[0]], path[1:], leaf)
    return copy


def dotted(path: Path) -> str:
    """Write a path as facts do: `components[].files[].signed`."""
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
