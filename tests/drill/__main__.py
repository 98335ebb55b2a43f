"""Runs everything that takes too long for every change: `python -m tests.drill`.

Each part's output goes to build/drill/NAME.log. Ends with a summary on one screen, and with 1 when
a part failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.workbench import reaper
from tests.drill.parts import PARTS, Part

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "drill"
FAREWELL = 60.0
"""Seconds in which a part that is told to end must have tidied up; then it is killed."""
WIDE = 76


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a part."""

    part: Part
    well: bool
    seconds: float
    last: str


def play(part: Part, words: Sequence[str], folder: Path, seconds: float) -> Done:
    """Run one part, for so long at most."""
    log, begun = folder / f"{part.name}.log", time.monotonic()
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, *words],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=dict(os.environ) | reaper.mark(),
            cwd=ROOT,
        )
        try:
            code = running.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(running)
    took = time.monotonic() - begun
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "said nothing")
    if code is None:
        last = f"ended after {took / 60:.1f} minutes: {last}"
    return Done(part, code == 0, took, last)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a part that is still at work, kindly at first."""
    if running.poll() is not None:
        return
    running.terminate()
    try:
        running.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def summary(done: Sequence[Done], folder: Path) -> str:
    """Say on one screen what came of everything."""
    lines = [f"\nThe drill took {sum(one.seconds for one in done) / 60:.1f} minutes."]
    for one in done:
        word = "ok    " if one.well else "FAILED"
        lines.append(f"{word} {one.part.name}, {one.seconds / 60:.1f} min: {one.part.proves}")
        lines.append(f"       {one.last[:WIDE]}")
        if not one.well:
            lines.append(f"       see {folder / one.part.name}.log")
    return "\n".join(lines)


def main() -> None:
    """Run the parts that are asked for, one after another."""
    asked = argparse.ArgumentParser(prog="drill", description=__doc__)
    asked.add_argument("only", nargs="*", metavar="PART", help="only these parts")
    asked.add_argument("--short", action="store_true", help="only show that each part works")
    today = int(datetime.now(UTC).strftime("%y%m%d"))
    asked.add_argument("--seed", type=int, default=today, help="of the faults; today's date")
    given = asked.parse_args()
    if strange := set(given.only) - {one.name for one in PARTS}:
        asked.error(f"no part is called {', '.join(sorted(strange))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    done = []
    for part in PARTS:
        if given.only and part.name not in given.only:
            continue
        said = part.short if given.short else part.words
        words = [one.format(seed=given.seed, folder=FOLDER) for one in said]
        say(f"{part.name}, {part.minutes:g} minutes at most; see {FOLDER / part.name}.log")
        done.append(play(part, words, FOLDER, part.minutes * 60))
    say(summary(done, FOLDER))
    sys.exit(0 if all(one.well for one in done) else 1)


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
