"""Which code stands for a commit, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.checkout import PACKAGES, NoBase, check_out, other_dependencies, prove
from tests.bench.ground import ROOT

WHO = ("-c", "user.name=test", "-c", "user.email=test@example.test")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository with one commit of a product, and changes after it."""
    made = tmp_path / "repository"
    for name in PACKAGES:
        (made / name).mkdir(parents=True)
        (made / name / "__init__.py").write_text("AGE = 'old'\n", "utf-8")
    for words in (("init", "-q"), ("add", "."), (*WHO, "commit", "-q", "-m", "old")):
        subprocess.run(["git", "-C", str(made), *words], check=True)
    (made / "gateway" / "__init__.py").write_text("AGE = 'new'\n", "utf-8")
    return made


def test_a_commit_is_laid_out_as_it_was(repository: Path, tmp_path: Path) -> None:
    """What was changed since is not in it; a second time the same folder is used."""
    first = check_out("HEAD", tmp_path / "bases", repository)
    again = check_out("HEAD", tmp_path / "bases", repository)

    assert first == again
    assert (first.root / "gateway" / "__init__.py").read_text("utf-8") == "AGE = 'old'\n"


def test_code_that_would_come_from_elsewhere_is_refused(repository: Path) -> None:
    """Where a package is absent the installed one would run, and be taken for the base."""
    (repository / "adapters" / "__init__.py").unlink()
    (repository / "adapters").rmdir()

    with pytest.raises(NoBase, match="other code would run"):
        prove(repository)


def test_a_commit_that_does_not_exist_is_said_in_one_line() -> None:
    """No traceback, no server started, nothing written: one line and a status that is not 0."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--base", "no-such-commit"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "bench: BASE=no-such-commit: there is no such commit here\n"


def test_other_dependencies_are_named_in_one_line(tmp_path: Path) -> None:
    """A base that was made for another version of a library may cost more for that alone."""
    for name, pin in (("base", "b==1"), ("ours", "b==2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "constraints.txt").write_text(f"a==1\n{pin}\n", "utf-8")
        (tmp_path / name / "pyproject.toml").write_text('[project]\ndependencies = ["a", "b"]\n')
    found = other_dependencies(tmp_path / "base", tmp_path / "ours")

    assert found == "The base has other dependencies, and runs with ours: -b==1, +b==2"
    assert other_dependencies(tmp_path / "base", tmp_path / "base") is None
