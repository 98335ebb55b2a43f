"""What processes cost: CPU seconds and memory of whole process trees, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """Give a process and all that came from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def _stat(pid: int) -> list[str]:
    """Read the fields of a process after its name; none: it has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def cpu(roots: Iterable[int]) -> float:
    """Give the CPU seconds that process trees have used, those of ended children included."""
    total = 0
    for root in roots:
        for pid in tree(root):
            fields = _stat(pid)
            if fields:
                total += sum(int(field) for field in fields[11:15])
    return total / TICK


def memory(roots: Iterable[int]) -> float:
    """Give the megabytes that process trees hold; what they share is counted once (PSS)."""
    total = 0
    for root in roots:
        for pid in tree(root):
            try:
                text = (PROC / str(pid) / "smaps_rollup").read_text("ascii")
            except OSError:
                continue
            line = next(line for line in text.splitlines() if line.startswith("Pss:"))
            total += int(line.split()[1])
    return total / 1024
