"""What no room may hold: clocks among rules, a library outside its room, a room without a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {
    "httpx": ("adapters/kit/http.py", "gateway/demo/", "gateway/workbench/"),
    "aiohttp": ("adapters/kit/http.py",),
    "httpx_aiohttp": ("adapters/kit/http.py",),
    "aio_pika": ("gateway/retries/",),
    "aiormq": ("gateway/retries/",),
    "sqlalchemy": ("gateway/store/",),
    "alembic": ("gateway/store/",),
    "asyncpg": ("gateway/store/",),
    "fastapi": ("gateway/intake/", "gateway/main/", "gateway/workbench/exports.py"),
    "starlette": ("gateway/intake/", "gateway/main/"),
    "tenacity": ("adapters/kit/http.py",),
    "cryptography": ("gateway/store/seal.py",),
    "joserfc": ("gateway/access/signing_keys.py", "gateway/access/tokens.py"),
    "argon2": ("gateway/access/passwords.py",),
}
"""Where each library may be loaded. Demo and workbench play the outside; the exports are of what
FastAPI says."""
FORBIDDEN = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "base_utils"})
CLOCKS = frozenset({"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"})


def sources(*roots: str) -> Iterator[tuple[str, ast.Module]]:
    """Give every module below these folders, by its path."""
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def loaded(tree: ast.Module) -> set[str]:
    """Name the libraries that a module loads."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_has_one_room(library: str) -> None:
    """Law 8: Whoever wants it asks the room that has it, so that it can be replaced there."""
    strays = [
        path
        for path, tree in sources("gateway", "adapters", "schemas", "contracts")
        if library in loaded(tree) and not path.startswith(ROOMS[library])
    ]

    assert strays == []


def _acts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            yield f"{node.lineno}: awaits"
        if isinstance(node, ast.Call):
            called = node.func
            bare = called.id if isinstance(called, ast.Name) else ""
            name = called.attr if isinstance(called, ast.Attribute) else bare
            if name in CLOCKS:
                yield f"{node.lineno}: {name}()"
            elif bare == "open":
                yield f"{node.lineno}: opens a file"


def test_rules_decide_and_do_nothing() -> None:
    """Law 7: No rule waits, asks a clock or opens a file: the time is an argument."""
    found = [
        f"{path}:{act}"
        for path, tree in sources("gateway/rules", "gateway/words", "gateway/dossiers")
        for act in _acts(tree)
    ]

    assert found == []


def test_a_rule_that_asks_a_clock_would_be_found() -> None:
    """What the check of rules says of the usual sins."""
    tree = ast.parse("datetime.now(UTC)\nopen('x')\nasync def f():\n    await g()\n")

    assert sorted(_acts(tree)) == ["1: now()", "2: opens a file", "3: awaits", "4: awaits"]


def test_no_room_is_a_drawer() -> None:
    """Law 10: Every module and folder is named by what it does."""
    drawers = [
        path
        for path, _ in sources("gateway", "adapters", "schemas", "contracts", "tests")
        if FORBIDDEN & {part.removesuffix(".py") for part in path.split("/")}
    ]

    assert drawers == []
