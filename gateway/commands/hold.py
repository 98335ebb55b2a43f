"""`lienthong hold` and `lienthong release`: stop and resume sending."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from typing import Annotated

import typer

from gateway.main.bootstrap import open_store
from gateway.settings import SettingsError, load
from gateway.store.engine import Connection
from gateway.store.work import systems

Names = Annotated[
    list[str] | None, typer.Argument(help="Systems by name; none means all.", metavar="SYSTEM")
]


def hold(
    names: Names = None,
    why: Annotated[str, typer.Option(help="Why, for whoever looks next.")] = "",
) -> None:
    """Stop sending: to all systems, or to those that are named. Intake goes on.

    Conversations that are under way come to their end; nothing new begins within a second.
    """
    chosen = _known(names)
    held = _change(lambda connection: systems.hold(connection, chosen, getpass.getuser(), why))
    typer.echo("held: " + (", ".join(held) or "no system is known yet"))


def release(names: Names = None) -> None:
    """Send again what `lienthong hold` stopped; what waited meanwhile goes in its order."""
    chosen = _known(names)
    released = _change(lambda connection: systems.release(connection, chosen))
    typer.echo("released: " + (", ".join(released) or "nothing was held"))


def _known(names: list[str] | None) -> list[str]:
    configured = {system.name for system in load().systems}
    astray = [name for name in names or [] if name not in configured]
    if astray:
        raise SettingsError(
            f"no system is called {astray[0]!r}; there are: "
            f"{', '.join(sorted(configured)) or 'none'}"
        )
    return names or []


def _change(job: Callable[[Connection], list[str]]) -> list[str]:
    settings = load()

    async def change() -> list[str]:
        store = await open_store(settings)
        try:
            configured = [system.name for system in settings.systems]
            await store.write(lambda connection: systems.register(connection, configured))
            return await store.write(job)
        finally:
            await store.close()

    return asyncio.run(change())
