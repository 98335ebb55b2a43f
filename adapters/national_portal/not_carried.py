"""Canonical fields that the core of the classic dialect cannot be told; a check keeps it true."""

from __future__ import annotations

NOT_CARRIED: frozenset[str] = frozenset()
