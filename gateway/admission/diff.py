"""Name the fields in which a repeated post differs from what is stored; never their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

MOST = 20
EVOLVING = {
    "events",
    "known_in",
    "status",
    "received_at",
    "due",
    "refused_at",
    "finished_at",
    "returned_at",
    "return",
    "components",
    "results",
    "fees",
    "codes",
    "official_code",
}
"""What events change later, so that it may differ from the first post without any fault."""
FILLED = frozenset({"/procedure/version", "/procedure/name", "/procedure/field"})
"""What the catalogue fills in where a post leaves it out."""


def differing(posted: BaseModel, stored: BaseModel) -> list[str]:
    """Give JSON pointers to the differing fields; [""] when only what events change differs."""
    new, old = (model.model_dump(mode="json", exclude_defaults=True) for model in (posted, stored))
    if "kind" not in new:  # a dossier, not an event
        new, old = (
            {key: value for key, value in side.items() if key not in EVOLVING}
            for side in (new, old)
        )
    fields = type(posted).model_fields
    names = {field.alias or name for name, field in fields.items()}
    found = list(_walk({key: old[key] for key in old if key in names}, new, ""))
    return found[:MOST] or [""]


def _walk(old: Any, new: Any, at: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(old.get(key), new.get(key), f"{at}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _walk(left, right, f"{at}/{index}")
    elif old != new and not (new is None and at in FILLED):
        yield at
