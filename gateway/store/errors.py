"""What every caller of a store must know of its failures. It stands apart: it loads nothing."""

from __future__ import annotations


class StoreUnavailable(Exception):  # noqa: N818 - said to clients as 503
    """The database cannot be written to now; nothing of the request was kept."""


class SchemaNewer(StoreUnavailable):
    """A newer program has changed the schema: this one must end. Its text names both versions."""
