"""Hold and release: stop sending to systems, and resume. Intake goes on either way."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.work import systems


async def hold(
    store: Store, settings: Settings, names: Sequence[str], *, by: str, why: str
) -> list[str]:
    """Stop sending to these systems, or to all if none is named; give the names of those held.

    Conversations that are under way come to their end; nothing new begins within a second.
    """
    await _register(store, settings)
    return await store.write(lambda connection: systems.hold(connection, names, by, why))


async def release(store: Store, settings: Settings, names: Sequence[str]) -> list[str]:
    """Send again, to all if none is named; give the names of those that were held."""
    await _register(store, settings)
    return await store.write(lambda connection: systems.release(connection, names))


async def _register(store: Store, settings: Settings) -> None:
    """Know every configured system, so that one can be held before any gateway has started."""
    configured = [system.name for system in settings.systems]
    await store.write(lambda connection: systems.register(connection, configured))
