"""The rules of imports hold what they promise: each breaks when somebody breaks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "adapters", "schemas", "contracts")
PLANTED = {
    "gateway/words/due.py": ("gateway.store.engine",),
    "gateway/rules/pace.py": ("aio_pika", "httpx", "sqlite3", "time"),
    "gateway/commands/hold.py": ("gateway.store.clients",),
    "gateway/operations/__init__.py": ("typer",),
    "gateway/delivery/poller.py": ("adapters.igate",),
    "adapters/igate/codes.py": ("adapters.echo.translate", "gateway.settings"),
    "adapters/kit/communes.py": ("adapters.national_portal",),
    "schemas/status.py": ("gateway.words.causes",),
    "contracts/echo/simulator.py": ("schemas.event",),
}
"""By file: what it must not import."""


def test_each_rule_can_break(tmp_path: Path) -> None:
    """In a copy of the house with one forbidden import for each rule, every rule is broken."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, modules in PLANTED.items():
        with (tmp_path / file).open("a", encoding="utf-8") as source:
            source.writelines(f"import {module}\n" for module in modules)

    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    unbroken = [
        one["name"]
        for one in rules["contracts"]
        if not re.search(rf"^{re.escape(one['name'])} BROKEN", done.stdout, re.MULTILINE)
    ]
    planted = [
        f"{file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')} -> {module} "
        for file, modules in PLANTED.items()
        for module in modules
    ]
    unsaid = [one for one in planted if one not in done.stdout]

    assert (unbroken, unsaid) == ([], []), done.stdout + done.stderr
