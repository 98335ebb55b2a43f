"""`make bench`: everybody side by side on this machine, in one go.

python -m tests.bench [--quick] [--only SCENARIO ...] [--results]
python -m tests.bench --base COMMIT
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.against import against
from tests.bench.checkout import NoBase
from tests.bench.drain import run_drain
from tests.bench.embedded import run_embedded
from tests.bench.figures import Findings
from tests.bench.ground import CORES, ROOT, Ground, ground
from tests.bench.growth import run_growth
from tests.bench.isolation import run_isolation
from tests.bench.latency import run_large, run_latency
from tests.bench.ratios import run_end_to_end, run_intake
from tests.bench.report import absolute, results, table
from tests.bench.rounds import FULL, QUICK, Length
from tests.bench.side import NotMeasured

Scenario = Callable[[Ground, Length, Callable[[str], None]], Findings]
SCENARIOS: dict[str, Scenario] = {
    "intake": run_intake,
    "end_to_end": run_end_to_end,
    "latency": run_latency,
    "large": run_large,
    "embedded": run_embedded,
    "drain": run_drain,
    "isolation": run_isolation,
    "growth": run_growth,
}
IN_QUICK = ("intake", "end_to_end")
QUICK_ENDS = 335.0
"""Seconds after which a quick run should have measured everything."""


def machine(begun: float, *, quick: bool) -> dict[str, Any]:
    """Say on what all this was measured."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "cores": len(CORES & os.sched_getaffinity(0)),
        "cpu": cpus[0].split(":", 1)[1].strip() if cpus else platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "day": datetime.now(UTC).date().isoformat(),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "quick": quick,
    }


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the scenarios, print the table, write build/bench.json."""
    words = argparse.ArgumentParser(prog="bench", description=__doc__)
    words.add_argument("--quick", action="store_true", help="only intake and end to end, shorter")
    words.add_argument("--only", nargs="+", choices=list(SCENARIOS), help="only these scenarios")
    words.add_argument("--results", action="store_true", help="write tests/bench/RESULTS.md too")
    words.add_argument("--base", help="instead: this checkout's product beside that of a commit")
    asked = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if asked.base is not None:
        beside(asked.base)
        return
    begun, findings = time.monotonic(), Findings()
    chosen = asked.only or (IN_QUICK if asked.quick else list(SCENARIOS))
    length = replace(QUICK, ends=begun + QUICK_ENDS) if asked.quick else FULL
    failed: dict[str, str] = {}
    bench: dict[str, Any] = {}
    with ground() as on:
        for name in chosen:
            try:
                found = SCENARIOS[name](on, length, say)
            except Exception as error:  # noqa: BLE001 - said at the end; the others go on
                failed[name] = f"{type(error).__name__}: {error}"[:300]
                say(f"  {name} failed: {failed[name]}")
            else:
                findings.numbers |= found.numbers
                findings.details |= found.details
            findings.details["machine"] = machine(begun, quick=asked.quick)
            bench = {**findings.numbers, "details": findings.details}
            keep(bench, shown=asked.results)
    say("\n".join(["", *table(bench), "", *absolute(bench["details"])]))
    say("\nEverything stands in build/bench.json.")
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def beside(base: str) -> None:
    """Compare with a commit, write build/bench-base.json; what cannot be done is said in a line."""
    begun = time.monotonic()
    # Whoever leaves frozen processes behind in a shell that ends is hung up on by the kernel.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        bench = against(base, say)
    except (NoBase, NotMeasured) as error:
        sys.exit(f"bench: {error}")
    write(bench | {"machine": machine(begun, quick=False)}, "bench-base.json")
    say("\nEverything stands in build/bench-base.json.")


def write(bench: dict[str, Any], name: str) -> None:
    """Write a file of figures into build."""
    file = ROOT / "build" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(bench, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def keep(bench: dict[str, Any], *, shown: bool) -> None:
    """Write what is known so far, so that a run that is stopped leaves what it found."""
    write(bench, "bench.json")
    if shown:
        (ROOT / "tests" / "bench" / "RESULTS.md").write_text(results(bench), encoding="utf-8")


if __name__ == "__main__":
    main()
