"""Runs the nearest tests against a mutant, in a fork that finds the changed text on import.

The fork has everything of others loaded and nothing of ours, so each costs only what it tests; the
tree is not touched.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing import connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType, ModuleType

from tests.mutants.mutant import ROOT, Mutant

OURS = frozenset({"gateway", "adapters", "schemas", "contracts"})
SHARED = (
    "aiohttp",
    "alembic.command",
    "alembic.config",
    "anyio._backends._asyncio",
    "anyio.pytest_plugin",
    "asyncpg",
    "cryptography.fernet",
    "fastapi",
    "httpx_aiohttp",
    "hypothesis.stateful",
    "_hypothesis_pytestplugin",
    "jsonschema",
    "lxml.etree",
    "prometheus_client",
    "pydantic.dataclasses",
    "pytest",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "python_calamine",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.ext.asyncio",
    "sqlite3",
    "structlog",
    "tenacity",
    "uuid_utils.compat",
    "uvloop",
    "xdist.plugin",
    "xlrd",
)
"""What tests load of others' and no mutant changes: three seconds that each fork is spared."""
LOADED_EARLY = "ignore::pytest.PytestAssertRewriteWarning"
"""Plugins of pytest are among them, and their assertions are not ours to read."""
LONGEST = 120.0
"""Seconds after which a mutant that hangs counts as noticed."""
PASSED, FAILED = 0, 1
"""What pytest says by its exit code; anything else means that it could not judge."""
HUNG = -9


@dataclass(frozen=True, slots=True)
class Job:
    """Tests to be run: against a mutant, or against the product as it is."""

    tests: tuple[str, ...]
    mutant: Mutant | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a job: pytest's exit code, what it said, and the seconds it took."""

    job: Job
    code: int
    said: str
    seconds: float


class _Loader(SourceFileLoader):
    """Loads a module from a changed text."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed text, past all caches of the real one."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Finds the changed module before anybody finds the real one."""

    def __init__(self, mutant: Mutant) -> None:
        self._path = str(ROOT / mutant.file)
        self._name = mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._text = mutant.changed()

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the changed module, and leave all others to others."""
        if fullname != self._name:
            return None
        loader = _Loader(fullname, self._path, self._text)
        return spec_from_file_location(fullname, self._path, loader=loader)


def _test(job: Job, folder: str, compiled: str) -> None:
    """Be the fork: run the tests and exit with pytest's code."""
    with Path(folder, "said").open("wb") as said:
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder  # no mutant's example is kept for others
    os.chdir(ROOT)
    sys.dont_write_bytecode, sys.pycache_prefix = False, compiled  # each file is compiled once
    if job.mutant is not None:
        sys.meta_path.insert(0, _Finder(job.mutant))
    import pytest

    options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-k", "not postgres"]
    options += ["-o", f"timeout={LONGEST / 2}", "-W", LOADED_EARLY, "--hypothesis-seed=0"]
    options += [f"--basetemp={folder}/base"]
    code = pytest.main([*options, *job.tests])
    sys.stdout.flush()
    os._exit(code)


def _begin(job: Job, folder: str, compiled: str) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(
        target=_test, args=(job, folder, compiled)
    )
    process.start()
    return process


def run_all(jobs: Sequence[Job], workers: int) -> Iterator[Run]:
    """Run jobs, so many at once; give each as it ends."""
    for name in SHARED:
        importlib.import_module(name)
    loaded = OURS & {name.partition(".")[0] for name in sys.modules}
    assert not loaded, f"already loaded, so that no change would be seen: {loaded}"
    waiting, running = list(reversed(jobs)), dict[int, tuple[ForkProcess, Job, float, str]]()
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        compiled = tempfile.mkdtemp(dir=place)
        while waiting or running:
            while waiting and len(running) < workers:
                folder = tempfile.mkdtemp(dir=place)
                job = waiting.pop()
                process = _begin(job, folder, compiled)
                running[process.sentinel] = (process, job, time.monotonic(), folder)
            ended = {int(str(one)) for one in connection.wait(list(running), timeout=1.0)}
            for sentinel, (process, job, begun, folder) in [*running.items()]:
                took = time.monotonic() - begun
                if sentinel in ended:
                    process.join()
                    code = process.exitcode
                elif took > LONGEST:
                    process.kill()
                    process.join()
                    code = HUNG
                else:
                    continue
                del running[sentinel]
                said = ""
                with suppress(FileNotFoundError):
                    said = Path(folder, "said").read_text("utf-8", "replace")
                yield Run(job, HUNG if code is None else code, said, took)
