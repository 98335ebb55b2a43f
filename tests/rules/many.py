"""Histories with many more examples: `python -m tests.rules.many --examples N`."""

from __future__ import annotations

import argparse
import os
import sys

import pytest


def main() -> int:
    """Run them; the last line says how many examples each property was tried with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ["LIENTHONG_EXAMPLES"] = str(asked.examples)
    ended = pytest.main(
        [
            "-q",
            "--timeout=0",
            "-p",
            "no:cacheprovider",
            f"--hypothesis-seed={asked.seed}",
            "tests/rules/test_history.py",
        ]
    )
    sys.stdout.write(f"{asked.examples} examples of each property, seed {asked.seed}\n")
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
