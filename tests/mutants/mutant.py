"""One small mistake in the product: which text becomes which, and what it would break."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).parent / "kept"


class StaleError(ValueError):
    """The text to be changed is not in the file, or not only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A change in one place that the nearest tests must notice.

    law: which it breaks; what: how, for whoever reads that it survived
    file, old, new: `old` stands in the file exactly once
    tests: the nearest, as pytest takes them: files, or files with the name of a test
    """

    law: int
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def changed(self) -> str:
        """Give the file's text with the mistake in it."""
        text = self._text()
        found = text.count(self.old)
        if found != 1 or self.old == self.new:
            raise StaleError(f"{self.file}: found {found} times: {self.old!r}")
        return text.replace(self.old, self.new)

    def place(self) -> str:
        """Say where it is: file and line."""
        before, _, _ = self._text().partition(self.old)
        return f"{self.file}:{before.count(chr(10)) + 1}"

    def missing(self) -> list[str]:
        """Name the nearest tests that are not there."""
        return [one for one in self.tests if not _is_there(one)]

    def _text(self) -> str:
        return (ROOT / self.file).read_text("utf-8")


def _is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    return path.exists() and (not name or f"def {name}(" in path.read_text("utf-8"))


def read(files: Iterable[Path]) -> list[Mutant]:
    """Read tables of mutants; what stands at the head of a file holds for all of its mutants."""
    found: list[Mutant] = []
    for file in files:
        table: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        head = {name: value for name, value in table.items() if name != "mutant"}
        for row in table["mutant"]:
            whole = head | row
            found.append(Mutant(**whole | {"tests": tuple(whole["tests"])}))
    return found


def kept() -> list[Mutant]:
    """Read the mutants that are kept."""
    return read(sorted(KEPT.glob("*.toml")))
