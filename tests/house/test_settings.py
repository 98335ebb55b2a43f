"""What can be set does something: each setting, limit and fact is read where it matters."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from adapters.kit import Facts, FolderSettings, WebSettings
from adapters.kit import Settings as KitSettings
from adapters.registry import find_adapters
from gateway.bounds import Bounds
from gateway.settings import (
    LIMITS,
    WORDS,
    Inbox,
    Route,
    Settings,
    SettingsError,
    SystemSettings,
    read_systems,
)

ROOT = Path(__file__).parents[2]
READ_AS: dict[type, set[str]] = {
    Settings: {"settings"},
    Bounds: {"bounds"},
    SystemSettings: {"config", "other"},
    Inbox: {"inbox"},
    Route: {"route"},
    Facts: {"facts"},
    WebSettings: {"settings", "own"},
    FolderSettings: {"settings", "own"},
}
"""What one of these is called where the engine reads it."""
UNREAD = {
    "Facts.rate": "not kept yet: the pace of a system goes by its window alone",
    "PortalSettings.session_seconds": "not kept yet: the adapter's session has a figure of its own",
    "SystemSettings.simulator": "a mark in the systems file, which nobody asks for yet",
    "CommuneSettings.mapping": "its validator takes it from the raw table, before there is a field",
}
"""What is read nowhere, and why it stands all the same."""


def fields_of(cls: type) -> set[str]:
    """Name what a class declares itself."""
    return set(cls.__annotations__) - {"model_config"}


def reads(*trees: ast.AST) -> set[tuple[str, str]]:
    """Give each attribute that is read, after what it is read of."""
    found: set[tuple[str, str]] = set()
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(
                    value=ast.Name(id=of) | ast.Attribute(attr=of), attr=name, ctx=ast.Load()
                ):
                    found.add((of, name))
                case _:
                    pass
    return found


def unread(definition: ast.ClassDef, called: set[str], read: Iterable[tuple[str, str]]) -> set[str]:
    """Name the fields that nobody reads, neither outside nor by a member that is read there."""
    seen = {name for of, name in read if of in called}
    for member in definition.body:
        if isinstance(member, ast.FunctionDef) and member.name in seen:
            seen |= {name for of, name in reads(member) if of == "self"}
    declared = {
        one.target.id
        for one in definition.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }
    return declared - seen


def read_in(room: Path) -> set[tuple[str, str]]:
    """Give what the sources of a room read."""
    return reads(*(ast.parse(path.read_text("utf-8")) for path in room.rglob("*.py")))


def definition_of(cls: type) -> ast.ClassDef:
    """Read the definition of a class."""
    found = ast.parse(inspect.getsource(cls)).body[0]
    assert isinstance(found, ast.ClassDef)
    return found


def adapters_settings() -> dict[type, Path]:
    """Give the settings that our adapters declare, and the folder of each."""
    settings: list[type[Any]] = [one.settings for one in find_adapters().adapters.values()]
    own = {base for one in settings for base in one.__mro__ if issubclass(base, KitSettings)}
    shared = {KitSettings, WebSettings, FolderSettings}
    return {one: Path(inspect.getfile(one)).parent for one in own - shared}


def test_what_can_be_set_is_read() -> None:
    """A setting without effect would be a promise that is not kept; a stale excuse fails too."""
    engine = read_in(ROOT / "gateway")
    found = {
        f"{cls.__name__}.{field}"
        for cls, names in READ_AS.items()
        for field in unread(definition_of(cls), names, engine)
    }
    for cls, folder in adapters_settings().items():
        silent = unread(definition_of(cls), {"settings"}, read_in(folder))
        found |= {f"{cls.__name__}.{field}" for field in silent}

    assert found == set(UNREAD)


def test_every_limit_is_a_fact() -> None:
    """A deployment overrides only what the engine knows of."""
    assert set(LIMITS) <= fields_of(Facts)


@pytest.mark.parametrize("limit", sorted(WORDS))
def test_a_limit_that_is_a_word_takes_its_words_only(limit: str) -> None:
    """A typing error ends the start; it does not leave the less careful of two ways in force."""
    table = {"systems": {"a": {"adapter": "echo", "limits": {limit: "prak"}}}}

    with pytest.raises(SettingsError, match=f"limits.{limit}: must be .* or "):
        read_systems(table, {})


def test_every_adapter_has_settings_here() -> None:
    """None slips past the search."""
    assert {one.__name__ for one in adapters_settings()} >= {"EchoSettings", "PortalSettings"}


@pytest.mark.parametrize(
    ("reader", "silent"),
    [
        ("print(settings.loud)", {"quiet"}),
        ("print(self.settings.loud, settings.quiet)", set()),
        ("settings.loud = 1", {"loud", "quiet"}),
        ("print(other.loud)", {"loud", "quiet"}),
        ("print(settings.both)", set()),
    ],
)
def test_a_planted_setting_is_found(reader: str, silent: set[str]) -> None:
    """The search above can fail."""
    source = """
class Planted:
    loud: int
    quiet: int

    def both(self) -> int:
        return self.loud + self.quiet
"""
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.ClassDef)

    assert unread(definition, {"settings"}, reads(ast.parse(reader))) == silent
