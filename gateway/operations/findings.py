"""What a check of the house finds: in order or not, in one plain line."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was looked at: whether it is in order, and how it stands."""

    good: bool
    text: str
