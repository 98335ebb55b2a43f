"""A commit of this repository as a folder beside it, and the proof that its code is what runs."""

from __future__ import annotations

import compileall
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.bench.ground import ROOT, environment

FOLDER = ROOT / "build" / "bench-base"
PACKAGES = ("gateway", "adapters", "schemas")
WHENCE = f"import {', '.join(PACKAGES)}\nfor one in ({', '.join(PACKAGES)}): print(*one.__path__)"


class NoBase(Exception):  # noqa: N818 - said in one line to whoever asked for it
    """A commit cannot be compared with; the text says why."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files of a commit. changed: with changes that were not committed."""

    root: Path
    commit: str
    changed: bool = False

    def __str__(self) -> str:
        """Say it in a table."""
        return self.commit[:7] + ("+" if self.changed else "")


def _git(repository: Path, *words: str) -> bytes | None:
    """Ask git; None: it says no."""
    done = subprocess.run(["git", "-C", str(repository), *words], check=False, capture_output=True)
    return None if done.returncode else done.stdout


def find(name: str, repository: Path = ROOT) -> str:
    """Give the hash of a commit."""
    found = _git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found is None:
        raise NoBase(f"BASE={name}: there is no such commit here")
    return found.decode().strip()


def present() -> Checkout:
    """Give the checkout that this file belongs to."""
    return Checkout(ROOT, find("HEAD"), changed=bool(_git(ROOT, "status", "--porcelain")))


def check_out(name: str, folder: Path = FOLDER, repository: Path = ROOT) -> Checkout:
    """Lay out the files of a commit; what stands there from another time is used again."""
    commit = find(name, repository)
    root = folder / commit
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as half:
            tree = Path(half) / "tree"
            tree.mkdir()
            files = _git(repository, "archive", "--format=tar", commit)
            subprocess.run(["tar", "-x", "-C", str(tree)], input=files, check=True)
            tree.rename(root)
        compileall.compile_dir(root, quiet=2)  # or each process would, at its start
    prove(root)
    return Checkout(root, commit)


def prove(root: Path) -> None:
    """Make sure that a process started there runs that code, not what is installed here."""
    done = subprocess.run(
        [sys.executable, "-c", WHENCE],
        env=environment(root),
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NoBase(f"{root.name}: cannot be loaded: {done.stderr.strip().splitlines()[-1]}")
    loaded, wanted = done.stdout.split("\n")[:-1], [str(root / one) for one in PACKAGES]
    if loaded != wanted:
        raise NoBase(f"{root.name}: other code would run: {', '.join(loaded)}")


def other_dependencies(base: Path, ours: Path = ROOT) -> str | None:
    """Say in one line how the dependencies of two checkouts differ; None: they do not."""
    here, there = _dependencies(ours), _dependencies(base)
    differ = [f"-{one}" for one in sorted(there - here)] + [
        f"+{one}" for one in sorted(here - there)
    ]
    if not differ:
        return None
    return f"The base has other dependencies, and runs with ours: {', '.join(differ)}"


def _dependencies(root: Path) -> set[str]:
    """Give what is asked for at run time, and what is pinned."""
    asked = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    pins = root / "constraints.txt"
    lines = pins.read_text("utf-8").splitlines() if pins.exists() else []
    return set(asked) | {line.strip() for line in lines if "==" in line}
