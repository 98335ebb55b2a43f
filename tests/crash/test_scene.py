"""The clock of one process can be wrong without anybody else's being so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.scene import clocked

TELL = "import sys, time; print(time.time(), time.monotonic())"


def told(environ: dict[str, str]) -> tuple[float, float]:
    """Ask a process for the time, and for the time that only runs."""
    done = subprocess.run(
        [sys.executable, "-c", TELL], check=True, capture_output=True, env=os.environ | environ
    )
    now, runs = done.stdout.split()
    return float(now), float(runs)


@pytest.mark.parametrize("offset", [0, 600, -3600])
def test_a_process_has_a_clock_of_its_own(tmp_path: Path, offset: int) -> None:
    """Moved by a file; the time that only runs is not moved."""
    clock = tmp_path / "clock"
    clock.write_text(f"{offset:+d}\n", encoding="ascii")
    environ = clocked(clock)
    if not environ:
        pytest.skip("NO LIBFAKETIME, SO NO CLOCK WAS MOVED: the long run leaves that kind out")
    begun, running = time.time(), time.monotonic()
    now, runs = told(environ)

    assert begun + offset - 2 <= now <= time.time() + offset + 2
    assert running - 2 <= runs <= time.monotonic() + 2
