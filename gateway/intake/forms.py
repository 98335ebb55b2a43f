"""What each field looks like: expected form and an example, read from the schemas themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from schemas.dossier import NewDossier
from schemas.event import NewEvent

BY_TYPE: Mapping[str, Any] = MappingProxyType(
    {
        "string": "Văn bản",
        "integer": 1,
        "boolean": True,
        "array": [],
        "object": {},
        "date-time": "2026-03-02T09:30:00+07:00",
        "date": "2026-03-02",
        "uuid": "019a0000-0000-7000-8000-000000000001",
    }
)
"""Examples where a field has none of its own."""


def _shape(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[str, Any]:
    """Describe one field: its form in a few words, and an example."""
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            return _shape({**one, **{k: v for k, v in schema.items() if k == "examples"}}, defs)
    if "$ref" in schema:
        target = defs[schema["$ref"].rsplit("/", 1)[-1]]
        return _shape({**target, **{k: v for k, v in schema.items() if k == "examples"}}, defs)
    if "enum" in schema or "const" in schema:
        words = [str(one) for one in schema.get("enum", (schema.get("const"),))]
        return " | ".join(words), words[0]
    kind = schema.get("format") or schema.get("type", "object")
    form = schema.get("pattern") or kind
    if "maxLength" in schema:
        form = f"{kind}, 1–{schema['maxLength']}"
    return form, (schema.get("examples") or [BY_TYPE.get(kind, "")])[0]


@cache
def _all() -> dict[str, tuple[str, Any]]:
    """Read every field of every part, by the name of the field; at the first refusal."""
    found: dict[str, tuple[str, Any]] = {}
    for model in (NewEvent, NewDossier):
        root = model.model_json_schema()
        defs = root.get("$defs", {})
        for part in (*defs.values(), root):
            for name, schema in part.get("properties", {}).items():
                found[name] = _shape(schema, defs)
    return found


def form_of(pointer: str) -> tuple[str, Any] | None:
    """Give the expected form and an example for the field at a pointer, if the schema has it."""
    names = [name for name in pointer.split("/") if name and not re.fullmatch(r"\d+", name)]
    return _all().get(names[-1]) if names else None
