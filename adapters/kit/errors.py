"""What the ways to a system raise; apart, so that who needs only this loads no client of HTTP."""

from __future__ import annotations

from schemas.outcome import Outcome


class TransportError(Exception):
    """No whole answer of theirs was read; the outcome says what that means."""

    def __init__(self, outcome: Outcome) -> None:
        """Keep what it means."""
        super().__init__(type(outcome).__name__)
        self.outcome = outcome
