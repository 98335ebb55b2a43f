"""Tries very many random tables: `python -m tests.adapters.tables --examples N [--first SEED]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random

from tests.adapters.tables.check import differences
from tests.adapters.tables.writers import WRITERS


def main() -> int:
    """Say what differs, by the seed that makes it again."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=1000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--minutes", type=float, default=None)
    asked.add_argument("--kind", choices=WRITERS, default=None)
    stated = asked.parse_args()
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    began = time.monotonic()
    out = sys.stdout
    for seed in range(stated.first, stated.first + stated.examples):
        if stated.minutes and time.monotonic() - began > stated.minutes * 60:
            break
        for kind, write in WRITERS.items():
            if stated.kind not in {None, kind}:
                continue
            written = write(Random(f"{kind}{seed}"))
            counts["tables"] += 1
            wrong = differences(written, counts)
            if wrong:
                kinds[written.name] += 1
                out.write(f"{kind} {seed} ({written.name}): {'; '.join(wrong)[:600]}\n")
    out.write(f"{dict(counts)} in {time.monotonic() - began:.0f} s; wrong: {dict(kinds)}\n")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
