"""What every caller of a store must know of its failures. It loads next to nothing."""

from __future__ import annotations

from gateway.watch.said import AlreadySaid


class StoreUnavailable(AlreadySaid):
    """The database cannot be written to now; nothing of the request was kept."""


class SchemaNewer(StoreUnavailable):
    """A newer program has changed the schema: this one must end. Its text names both versions."""
