"""Faults on purpose: which call is hit, and by what. Seeded, so that a run can be repeated."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

SHARE = 0.2
"""Of all calls, in `flaky`."""

KINDS = (
    # name, stored before the fault, an answer of theirs is sent
    ("error_500_before", False),
    ("error_500_after", True),
    ("too_many_429", False),
    ("html_200", False),
    ("html_502_after", True),
    ("cut_json_after", True),
    ("dead_session", False),
    ("silence_after", True),
    ("drop_before", False),
    ("drop_after", True),
    ("reset_after", True),
    ("denied_200", False),  # a no in words of success
)
ORDERED = (
    # only by order: an address that is nobody's, and one record that is barred
    ("astray_404", False),
    ("barred_403", False),
)
STORED = dict((*KINDS, *ORDERED))


@dataclass(slots=True)
class Faults:
    """One system's faults: none, `flaky`, or gone until a time."""

    flaky: bool
    seed: int
    gone_until: float = 0.0
    barred: str = ""
    """A word: whatever says it is answered with 403."""
    ordered: str = ""
    ordered_until: float = 0.0
    """The fault that every call meets until then."""
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin the sequence of the seed."""
        self._random = random.Random(self.seed)

    def gone(self) -> bool:
        """Say whether the system is away now."""
        return time.monotonic() < self.gone_until

    def hits(self, share: float) -> bool:
        """Draw whether something of this share happens now."""
        return self.flaky and self._random.random() < share

    def order(self, kind: str, seconds: float) -> None:
        """Let every call meet this fault for a while."""
        if kind not in STORED:
            raise ValueError(f"no fault is called {kind}")
        self.ordered, self.ordered_until = kind, time.monotonic() + seconds

    def calm(self) -> None:
        """Let nothing more go wrong."""
        self.flaky, self.barred, self.ordered_until = False, "", 0.0

    def told(self, path: str, body: bytes) -> str | None:
        """Give the fault that this call must meet, by order."""
        if time.monotonic() < self.ordered_until:
            return self.ordered
        if self.barred and (self.barred in path or self.barred.encode() in body):
            return "barred_403"
        return None

    def next(self) -> str | None:
        """Draw the fault of the next call."""
        if not self.flaky or self._random.random() >= SHARE:
            return None
        return self._random.choice(KINDS)[0]
