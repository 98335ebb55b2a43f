"""Reads files of theirs in a process of its own, which may die of them.

In: a reader (a function at the top of its module), a file, settings. Out: rows in batches, and at
the end why nothing more could be read, if so.
Never: a secret in that process, a file that stops the gateway.

The process has limits of memory and processor time from before it opens the file, and what it says
has a limit of silence. It is started as `python -m adapters.kit.confined` and told over its
standard input what to read; it answers a line of JSON per row.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.kit.port import Adapter, Batch, RowRead, UnusableFile

MEMORY = 768 * 1024 * 1024
"""Bytes of address space; Python and its libraries take about 200 MB of it before they begin."""
PROCESSOR = 600
"""Seconds of processor time for one file."""
SILENCE = 120.0
"""Seconds without a row, after which a file counts as one that hangs."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes that one row may take to be told."""
BLOCK = 1024 * 1024
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT")
"""What the process keeps of our environment, which has secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost. memory: bytes; processor, silence: seconds."""

    memory: int = MEMORY
    processor: int = PROCESSOR
    silence: float = SILENCE


@dataclass(slots=True)
class Reading:
    """A process that reads one file; `rows` may be asked until a batch says that it is the end."""

    path: Path
    limits: Limits
    _process: asyncio.subprocess.Process
    _ahead: list[Any] | None = None
    _sha: str = ""
    _ended: Batch | None = None

    @classmethod
    async def begin(
        cls,
        adapter: Adapter[Any],
        settings: Any,
        path: Path,
        beside: tuple[Path, ...] = (),
        after: int = 0,
        limits: Limits | None = None,
    ) -> Reading:
        """Start the process and tell it what to read."""
        limits = limits or Limits()
        if adapter.reader is None:
            raise TypeError("this adapter reads no files")
        asked = {
            "reader": _named(adapter.reader),
            "settings": [
                _named(type(settings)),
                settings.model_dump(mode="json", exclude_unset=True),
            ],
            "path": str(path),
            "beside": [str(one) for one in beside],
            "after": after,
            "memory": limits.memory,
            "processor": limits.processor,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
            env=_environment(),
        )
        reading = cls(path, limits, process)
        if process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(json.dumps(asked).encode())
                process.stdin.close()
        return reading

    async def rows(self, limit: int) -> Batch:
        """Give the next rows, at most so many; raises nothing for what the file does."""
        rows: list[RowRead] = []
        last, told = 0, 0
        while self._ended is None:
            kind, *said = self._ahead or await self._line()
            self._ahead = None
            if kind == "sha":
                self._sha = said[0]
            elif kind == "end":
                self._ended = Batch(rows=(), after=0, sha=self._sha, fault=said[0], end=True)
                await self.close()
            elif told == limit and said[0] != last:
                self._ahead = [kind, *said]
                break
            else:
                told += said[0] != last or not rows
                last = said[0]
                rows.append(row_of(said))
        ended = self._ended
        return Batch(
            rows=tuple(rows),
            after=last,
            sha=self._sha,
            fault=ended.fault if ended is not None else None,
            end=ended is not None,
        )

    async def _line(self) -> Any:
        """Read what it says next; what it cannot say any more is said for it."""
        if self._process.stdout is None:
            raise TypeError("no output to read")
        try:
            async with asyncio.timeout(self.limits.silence):
                line = await self._process.stdout.readline()
        except TimeoutError:
            return ["end", f"reading it said nothing for {self.limits.silence:g} seconds"]
        except ValueError:
            return ["end", "a row of it is longer than anything that belongs into a dossier"]
        if line.endswith(b"\n"):
            return json.loads(line)
        return ["end", self._epitaph(await self._process.wait())]

    def _epitaph(self, code: int) -> str:
        """Say of what the process died that had no time to say it."""
        if code == -signal.SIGXCPU:
            return f"reading it took more than {self.limits.processor} seconds of processor time"
        if code in {-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS}:
            return f"reading it ended its process (signal {-code}), mostly for want of memory"
        return f"reading it ended its process (code {code})"

    async def close(self) -> None:
        """End the process, if it still runs."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def read_whole(
    adapter: Adapter[Any],
    settings: Any,
    path: Path,
    beside: tuple[Path, ...] = (),
    limits: Limits | None = None,
) -> Batch:
    """Read a file to its end, as a poll does, in one batch."""
    reading = await Reading.begin(adapter, settings, path, beside, limits=limits)
    try:
        return await reading.rows(sys.maxsize)
    finally:
        await reading.close()


def row_of(said: list[Any]) -> RowRead:
    """Read what was told of a row."""
    number, body, column, why, fillers = said
    return RowRead(number, body, column, why, tuple(fillers))


def _named(what: Any) -> str:
    return f"{what.__module__}:{what.__qualname__}"


def _found(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}


def told(
    reader: Any, settings: Any, path: Path, beside: tuple[Path, ...], after: int
) -> Iterator[list[Any]]:
    """Give the lines that tell a file: its hash, its rows, its end.

    after: rows up to that one were told before
    """
    yield ["sha", digest(path)]
    fault: str | None = None
    try:
        for one in reader(path, beside, settings):
            if one.row > after or one.row == after == 0:
                yield ["row", one.row, one.body, one.field, one.why, list(one.fillers)]
    except UnusableFile as error:
        fault = str(error)
    except MemoryError:
        fault = "reading it takes more memory than a file may"
    except Exception as error:  # noqa: BLE001 - nobody foresaw it; its words may be private
        fault = f"it cannot be read ({type(error).__name__})"
    yield ["end", fault]


def digest(path: Path) -> str:
    """Hash a file, a block after the other."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _confine(asked: Mapping[str, Any]) -> None:
    """Take on the limits, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    # The soft limit ends it with a signal that says why; the hard one cannot be outlived.
    seconds = asked["processor"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read one file as standard input says, and tell its rows."""
    asked = json.load(sys.stdin)
    reader = _found(asked["reader"])
    model, stated = asked["settings"]
    settings = _found(model).model_validate(stated)
    _confine(asked)
    path, beside = Path(asked["path"]), tuple(map(Path, asked["beside"]))
    out = sys.stdout
    try:
        for line in told(reader, settings, path, beside, asked["after"]):
            # At once: what was told stands, whatever the next row does to this process.
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()
    except BrokenPipeError:  # whoever asked has gone
        os._exit(1)
    except OSError as error:  # the file went away under us
        out.write(json.dumps(["end", f"it went away while it was read ({error.strerror})"]) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
