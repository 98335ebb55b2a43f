"""Whose fault is a status that blames the record or us: law 14, for one lane.

Every suspect waits uncounted, and others go on without a wait. What becomes of them shows it:

    another dossier passed after its first try, and it fails again    the record's: it parks
    three different suspects with no pass between                     ours: the gate closes
    one suspect twice, and nobody else to try                         ours: the gate closes

The last two are the gate's (`rules.gate`), and park nobody. Only what they took is a pass: a no of
their rule is none. Where others are suspect too since the last pass, or the gate is not open, a
lane that fails again proves nothing: it waits.
"""

from __future__ import annotations

import re

from gateway.rules.gate import Gate

LETTERS = re.compile(r"[A-Za-z._~-]*\d{0,2}[A-Za-z._~-]*")
"""A part of a path that names a place: in it stands no code and no name with marks."""
LONGEST_PART = 40


def singled_out(gate: Gate, dossier: str, first: int | None) -> bool:
    """Say whether a suspect that fails again is the only one; `first`: when it became suspect."""
    if first is None or gate.state != "open":
        return False
    return gate.passed_at > first and not set(gate.suspects) - {dossier}


def call_of(method: str, path: str) -> str:
    """Name a call so that dossiers have it in common: without query, codes or names."""
    parts = path.partition("?")[0].partition("#")[0].split("/")
    return f"{method} {'/'.join(map(_part, parts))}"


def _part(text: str) -> str:
    return text if len(text) <= LONGEST_PART and LETTERS.fullmatch(text) else "…"
