"""Former names of the kit work for one edition of the port, and say what they are called now."""

from __future__ import annotations

import ast
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from adapters import kit
from adapters.kit import former
from adapters.kit.session import SessionCache

ROOT = Path(former.__file__).parents[2]
NAMES = [
    (f"adapters.kit.{module}", old, new)
    for module, names in former.NAMES.items()
    for old, new in names.items()
]
MOVED = [
    ("adapters.kit.talk", "Conversation", "Conversation"),
    ("adapters.kit.talk", "first_request", "first_request"),
    ("adapters.kit.talk", "Carries", "Transport"),
    ("adapters.kit.talk", "Holds", "SharedFolder"),
    ("adapters.kit.answers", "judge", "judge"),
    ("adapters.kit.answers", "read_json", "read_json"),
    ("adapters.kit.places", "commune", "commune"),
    ("adapters.kit.places", "Expects", "Expects"),
]
MEMBERS = [
    (owner, old, new) for owner, names in former.MEMBERS.items() for old, new in names.items()
]


@pytest.mark.parametrize(("module", "old", "new"), [*NAMES, *MOVED])
def test_a_former_name_gives_what_it_is_now(module: str, old: str, new: str) -> None:
    """The same object, and one warning that points at the line which asked."""
    found: dict[str, Any] = {}

    with pytest.warns(DeprecationWarning, match=rf"{module}\.{old} is now") as warned:
        exec(f"from {module} import {old}", found)  # noqa: S102 - no checker knows the name

    assert (found[old] is getattr(kit, new), len(warned)) == (True, 1)
    assert warned[0].filename == "<string>"


def test_a_former_module_is_there_as_a_whole() -> None:
    """`import adapters.kit.talk` works too; what it never had is missing from it."""
    talk = import_module("adapters.kit.talk")

    assert not hasattr(talk, "Nothing")
    with pytest.warns(DeprecationWarning, match="edition 2"):
        assert talk.Exchanged is kit.Exchanged


@pytest.mark.parametrize(("owner", "old", "new"), MEMBERS)
def test_a_former_member_gives_what_it_is_now(owner: str, old: str, new: str) -> None:
    """A method or field by its old name, with one warning."""
    cls = getattr(kit, owner)

    with pytest.warns(DeprecationWarning, match=rf"{owner}\.{old} is now {owner}\.{new}") as warned:
        found = getattr(cls, old)

    assert (found, len(warned)) == (getattr(cls, new), 1)


def test_a_former_field_is_taken_where_the_class_is_called() -> None:
    """Also when it is set later."""
    heard: list[str] = []
    make: Any = SessionCache

    with pytest.warns(DeprecationWarning, match=r"SessionCache\(told=…\)"):
        cache = make(seconds=1.0, told=heard.append)
    with pytest.warns(DeprecationWarning, match="SessionCache.told"):
        cache.told = print

    assert cache.on_change is print


def test_a_former_method_does_what_it_did() -> None:
    """A token that is dropped by the old name is dropped."""
    heard: list[str] = []
    cache: Any = SessionCache(seconds=1.0, on_change=heard.append)
    cache._token = "t"

    with pytest.warns(DeprecationWarning, match="SessionCache.spoil"):
        cache.spoil("t")

    assert (heard, cache._token) == (["dead"], None)


def test_names_of_today_warn_of_nothing() -> None:
    """Who has moved on hears no more of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = [getattr(kit, name) for name in kit.__all__]

    assert len(found) == len(kit.__all__)


def former_imports(text: str) -> list[str]:
    """Name what a source imports by a former name."""
    if "adapters" not in text:
        return []  # most sources: parsing them all would take seconds
    gone = {module: set(names) for module, names in former.NAMES.items()}
    found = []
    for node in ast.walk(ast.parse(text)):
        names = [one.name for one in node.names] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("adapters.kit."):
            room = (node.module or "").rpartition(".")[2]
            found += [room] * (room in former.MODULES)
            found += [one for one in names if one in gone.get(room, ())]
        elif isinstance(node, ast.ImportFrom) and node.module == "adapters.kit":
            found += [one for one in names if one in former.MODULES]
        elif isinstance(node, ast.Import):
            modules = {f"adapters.kit.{one}" for one in former.MODULES}
            found += [one.name for one in node.names if one.name in modules]
    return found


def test_nothing_of_ours_uses_a_former_name() -> None:
    """We ask of others to move on; mypy, which knows no former member, sees to the members."""
    late = {
        path.relative_to(ROOT).as_posix(): found
        for room in ("gateway", "adapters", "schemas", "contracts", "tests")
        for path in (ROOT / room).rglob("*.py")
        if (found := former_imports(path.read_text("utf-8")))
    }

    assert late == {}


@pytest.mark.parametrize(
    "planted",
    [
        "from adapters.kit.talk import Conversation",
        "from adapters.kit import answers",
        "import adapters.kit.places",
        "from adapters.kit.session import Keeper",
    ],
)
def test_a_planted_former_name_is_found(planted: str) -> None:
    """The search above can fail."""
    assert len(former_imports(planted)) == 1
