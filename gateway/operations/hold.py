"""Hold and release: stop sending to systems, and resume. Intake goes on either way."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.access.audit import Entry, record
from gateway.settings import Settings
from gateway.store.engine import Connection, Store
from gateway.store.work import systems


async def hold(
    store: Store, settings: Settings, names: Sequence[str], *, by: str, why: str
) -> list[str]:
    """Stop sending to these systems, or to all if none is named; give the names of those held.

    by: as the audit names whoever asks, `os:USER`; shown is the name alone
    Conversations that are under way come to their end; nothing new begins within a second.
    """
    await _register(store, settings)

    def job(connection: Connection) -> list[str]:
        held = systems.hold(connection, names, by.rpartition(":")[2], why)
        record(connection, Entry(who=by, what="hold", object=" ".join(held), reason=why))
        return held

    return await store.write(job)


async def release(store: Store, settings: Settings, names: Sequence[str], *, by: str) -> list[str]:
    """Send again, to all if none is named; give the names of those that were held."""
    await _register(store, settings)

    def job(connection: Connection) -> list[str]:
        released = systems.release(connection, names)
        record(connection, Entry(who=by, what="release", object=" ".join(released)))
        return released

    return await store.write(job)


async def _register(store: Store, settings: Settings) -> None:
    """Know every configured system, so that one can be held before any gateway has started."""
    configured = [system.name for system in settings.systems]
    await store.write(lambda connection: systems.register(connection, configured))
