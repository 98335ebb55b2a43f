"""What is exported is what the code says, valid, and fit for generators of clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from gateway.workbench.exports import exported

FOLDER = Path(__file__).parents[2] / "openapi"
FILES = exported()


def walk(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk to every object."""
    if isinstance(value, dict):
        yield at, value
        for name, one in value.items():
            if name not in {"example", "examples", "default", "enum"}:
                yield from walk(one, f"{at}/{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from walk(one, f"{at}/{index}")


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_file_is_what_the_code_says(name: str) -> None:
    """If it drifts: run `lienthong openapi`."""
    stored = (FOLDER / name).read_text("utf-8")

    assert stored == FILES[name], "run `lienthong openapi`"


def test_nothing_else_is_exported() -> None:
    """No file of an older export is left over."""
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.json")}

    assert found == {name for name in FILES if name.endswith(".json")}


def test_the_editions_are_valid() -> None:
    """Both editions are valid by the rules of their version."""
    OpenAPIV31SpecValidator(json.loads(FILES["openapi-3.1.json"])).validate()
    OpenAPIV30SpecValidator(json.loads(FILES["openapi-3.0.json"])).validate()


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("schemas/")])
def test_every_field_says_what_it_is(name: str) -> None:
    """Each property has a title in Vietnamese and a description in English."""
    silent = [
        f"{at}/{field}"
        for at, one in walk(json.loads(FILES[name]))
        if at.endswith("/properties")
        for field, schema in one.items()
        if not {"title", "description"} <= set(schema) and "properties" not in schema
    ]

    assert silent == []


def test_the_older_edition_makes_no_empty_classes() -> None:
    """No union with null, no reference beside other words, no schema without a type."""
    document = json.loads(FILES["openapi-3.0.json"])
    bad = [
        at
        for at, one in walk(document)
        if one.get("type") == "null"
        or isinstance(one.get("type"), list)
        or ("$ref" in one and len(one) > 1)
        or "const" in one
    ]
    empty = [
        name
        for name, one in document["components"]["schemas"].items()
        if not {"properties", "enum", "type"} & set(one)
    ]

    assert (bad, empty) == ([], [])


def test_every_operation_has_a_name_of_its_own() -> None:
    """Generators name methods by it."""
    names = [
        operation["operationId"]
        for path in json.loads(FILES["openapi-3.1.json"])["paths"].values()
        for operation in path.values()
    ]

    assert len(set(names)) == len(names)
