"""`lienthong worker`: delivery in processes of its own; needs a database server."""

from __future__ import annotations

from gateway.settings import SettingsError, load


def worker() -> None:
    """Deliver in a process of its own, beside any number of others.

    That needs a database that several processes can share. The embedded database belongs to one
    process, which delivers by itself: `lienthong serve`.
    """
    settings = load()
    raise SettingsError(
        f"worker: {settings.database} is an embedded database, which belongs to one process; "
        "`lienthong serve` delivers too"
    )
