"""What authors of adapters may use is exported on purpose, and explained."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from adapters import kit

KIT = Path(kit.__file__).parent
ADAPTERS = KIT.parent
FACE = ast.parse((KIT / "__init__.py").read_text("utf-8"))


def imported(tree: ast.AST) -> dict[str, str]:
    """Give each name that comes from the kit, and the module that it is asked from."""
    return {
        one.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("adapters.kit")
        for one in node.names
        if node.module is not None
    }


def explained(module: str) -> set[str]:
    """Name what a module defines at its top with a docstring of its own."""
    body = ast.parse(Path(str(import_module(module).__file__)).read_text("utf-8")).body
    found = {
        one.name
        for one in body
        if isinstance(one, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(one)
    }
    for one, after in pairwise(body):
        match one, after:
            case (
                ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)),
                ast.Expr(value=ast.Constant(value=str())),
            ):
                found.add(name)
            case _:
                pass
    return found


def test_what_is_named_is_what_is_exported() -> None:
    """No name is promised that is not there, and none is there that is not promised."""
    promised = set(kit.__all__)

    assert (set(dir(kit)), {*imported(FACE), "PORT_VERSION"}) == (promised, promised)


@pytest.mark.parametrize("name", sorted(set(kit.__all__) - {"PORT_VERSION", "charsets"}))
def test_a_name_is_what_its_home_calls_so(name: str) -> None:
    """What a checker of types reads is what a running program gets."""
    home = import_module(imported(FACE)[name])

    assert getattr(kit, name) is getattr(home, name)


def test_the_charsets_are_a_room_of_their_own() -> None:
    """They are many names that belong together, so the module itself is public."""
    assert kit.charsets is import_module("adapters.kit.charsets")


def test_every_public_name_is_explained() -> None:
    """Each has a docstring where it is defined; a constant has one below it."""
    homes = {**imported(FACE), "PORT_VERSION": "adapters.kit"}
    del homes["charsets"]
    silent = [name for name, home in homes.items() if name not in explained(home)]

    assert silent == []


def test_nothing_else_is_public() -> None:
    """What the kit has for itself is not to be had from its face."""
    own = {"Fenced", "LARGEST_REPLY", "judge_failure", "private_of", "preview", "REMEMBERED"}

    assert [name for name in own if hasattr(kit, name)] == []


def test_our_own_adapters_need_nothing_private() -> None:
    """Whatever an adapter of this house takes from the kit, an author outside has too."""
    needed: set[str] = set()
    for path in ADAPTERS.glob("*/**/*.py"):
        if not path.is_relative_to(KIT):
            needed |= set(imported(ast.parse(path.read_text("utf-8"))))

    assert (needed - set(kit.__all__), "Http" in needed) == (set(), True)


def test_the_face_loads_nothing_by_itself() -> None:
    """Who wants the port alone does not wait for a client of HTTP."""
    asks = (
        "import json, sys; from adapters.kit import Adapter, Http, judge;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", asks], check=True, capture_output=True)
    loaded = set(json.loads(said.stdout))

    assert loaded & {"adapters.kit.http", "adapters.kit.driver", "httpx", "aiohttp"} == set()


def test_an_unknown_name_is_no_name() -> None:
    """A slip of the pen fails as it does in any other module."""
    with pytest.raises(AttributeError, match=r"'adapters\.kit' has no attribute 'Adaptor'"):
        kit.Adaptor  # type: ignore[attr-defined] # noqa: B018


def test_the_edition_is_said() -> None:
    """EDITION.ADDITION, two numbers."""
    edition, addition = (int(part) for part in kit.PORT_VERSION.split("."))

    assert (edition, addition) >= (1, 1)
