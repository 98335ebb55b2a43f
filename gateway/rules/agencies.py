"""Subtrees of agencies, for both generations of identification codes.

QĐ 20/2020/QĐ-TTg reads from left to right: H99.14.05 is within H99.14, within H99.
QCVN 102:2016 reads from right to left: 000.17.22.H56 is within 000.00.22.H56, 000.00.00.H56.
A code of one generation is never within one of the other: that takes a table, not a rule.
"""

from __future__ import annotations

OLD_GROUPS = 4


def path_of(code: str) -> tuple[str, tuple[str, ...]]:
    """Give the generation of a code, and its levels from the province down."""
    groups = code.split(".")
    if len(groups) == OLD_GROUPS and len(groups[0]) == 3 and groups[0].isdigit():
        levels = list(reversed(groups))
        while levels and set(levels[-1]) == {"0"}:
            levels.pop()
        return "qcvn102", tuple(levels)
    return "qd20", tuple(groups)


def within(code: str, root: str) -> bool:
    """Say whether an agency is `root` or below it; `*` means every agency."""
    if root == "*":
        return True
    generation, path = path_of(code)
    of_root, above = path_of(root)
    return generation == of_root and path[: len(above)] == above
