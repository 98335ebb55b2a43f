"""The properties of histories with as many examples as one has time for."""

from __future__ import annotations

import argparse
import os

import pytest


def main() -> int:
    """Run each property, its examples drawn from the seed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", default="1000")
    asked.add_argument("--seed", default="1")
    given = asked.parse_args()
    os.environ["LIENTHONG_EXAMPLES"] = given.examples
    only = ["-q", "--timeout=0", "-p", "no:cacheprovider", f"--hypothesis-seed={given.seed}"]
    return int(pytest.main([*only, "tests/rules/test_history.py"]))


if __name__ == "__main__":
    raise SystemExit(main())
