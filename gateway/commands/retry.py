"""`lienthong retry`: lets parked and waiting lanes go again, a few first, and stops by itself."""

from __future__ import annotations

import asyncio
import getpass
from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from gateway.commands.parked import known_cause
from gateway.commands.shown import configured, plain
from gateway.commands.wave import Orders, Retry
from gateway.main.bootstrap import find_system, open_store
from gateway.rules.outcomes import MAY_STAND_TWICE
from gateway.rules.waves import FIRST, LARGEST
from gateway.settings import Settings, SettingsError, load
from gateway.store.engine import Store
from gateway.store.work import retrying
from gateway.store.work.retrying import Choice, Chosen

SHOWN = 10
"""So many dossiers are named before anything is done."""
PATIENCE = 1200.0
"""Seconds: more than the longest time for which a gate stays closed."""


def retry(
    dossier: Annotated[str | None, typer.Option(metavar="ID", help="Only this dossier.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="Only this cause: whole, or its kind (refused).")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    wave: Annotated[int, typer.Option(help="How many go first.")] = FIRST,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for the outcomes of a wave.")
    ] = PATIENCE,
    why: Annotated[str, typer.Option(help="Why, for whoever reads the ledger.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
) -> None:
    """Let what is parked, and what waits for its next try, go again: nearest due time first.

    Without --yes nothing is changed. With it a wave of 10 goes, then 20, 40 and so on, each after
    the outcomes of the one before; it stops when more than half of a wave fails again or the
    system's gate closes. Ends with 1 if not everything went through.
    """
    choice = _choice(dossier, cause, system)
    if not 1 <= wave <= LARGEST:
        raise SettingsError(f"--wave: {wave} is not between 1 and {LARGEST}")
    if patience <= 0:
        raise SettingsError(f"--patience: {patience:g} s is not above nothing")
    settings = load()
    configured(settings, system)
    orders = Orders(by=getpass.getuser(), why=why, first=wave, patience=patience)
    try:
        well = asyncio.run(_retry(settings, choice, orders, yes=yes))
    except KeyboardInterrupt:
        typer.echo("interrupted: what has been let go goes on, the rest is as it was", err=True)
        raise typer.Exit(130) from None
    if not well:
        raise typer.Exit(1)


def _choice(dossier: str | None, cause: str | None, system: str | None) -> Choice:
    """Read which lanes are meant."""
    if dossier is None and cause is None and system is None:
        raise SettingsError("retry: say what: --dossier ID, --cause CAUSE or --system NAME")
    if dossier is not None and cause is not None:
        raise SettingsError("retry: --dossier and --cause exclude each other")
    known_cause(cause)
    if dossier is None:
        return Choice(cause=cause, system=system)
    try:
        return Choice(dossier=UUID(dossier), system=system)
    except ValueError:
        raise SettingsError(f"--dossier: {plain(dossier)!r} is not the id of a dossier") from None


async def _retry(settings: Settings, choice: Choice, orders: Orders, *, yes: bool) -> bool:
    """Choose, show, and do it; False: not everything went through."""
    store = await open_store(settings)
    try:
        wanted = choice.dossier
        if wanted is not None and not await store.read(
            lambda connection: retrying.dossier_exists(connection, wanted)
        ):
            raise SettingsError(f"--dossier: there is no dossier {wanted}")
        chosen = await store.read(lambda connection: retrying.choose(connection, choice))
        if not chosen:
            typer.echo("nothing to retry: nothing of that is parked or waits for its next try")
            return True
        _show(chosen)
        hindered = await _hindered(settings, store, chosen)
        if not yes:
            for one in hindered:
                typer.echo(f"before --yes: {one}")
            typer.echo("nothing was changed; with --yes these go again")
            return True
        if hindered:
            raise SettingsError(f"retry: {hindered[0]}")
        return await _drive(settings, store, chosen, orders)
    finally:
        await store.close()


def _show(chosen: Sequence[Chosen]) -> None:
    """Say what would go: counts by system and cause, the first dossiers, and what is dangerous."""
    typer.echo(f"to be retried: {len(chosen)}")
    for (name, cause), many in Counter((one.name, one.cause) for one in chosen).most_common():
        typer.echo(f"    {many:>6}  {name}  {plain(cause)}")
    typer.echo("first, by due time:")
    for one in chosen[:SHOWN]:
        typer.echo(f"    {one.dossier_id}  {one.name}")
    twice = sum(one.uncertainty >= MAY_STAND_TWICE for one in chosen)
    if twice:
        typer.echo(
            f"CAREFUL: {twice} of them may already stand in a system that only appends; unless "
            "its adapter can look that up, they may then stand there twice"
        )


async def _hindered(settings: Settings, store: Store, chosen: Sequence[Chosen]) -> list[str]:
    """Name the systems of which nothing would be sent, and why."""
    modes = {config.name: config.mode for config in settings.systems}
    holders = await store.read(retrying.held)
    found = []
    for name in sorted({one.name for one in chosen}):
        if name not in modes:
            found.append(f"{name} is no longer in the systems file; choose others with --system")
        elif modes[name] == "off":
            found.append(f"{name} is switched off in the systems file")
        elif name in holders:
            found.append(f"{name} is held by {holders[name]}: lienthong release {name}")
    return found


async def _drive(
    settings: Settings, store: Store, chosen: Sequence[Chosen], orders: Orders
) -> bool:
    """Retry each system by itself, so that one which is still down does not stop the others."""
    lingers = {
        config.name: find_system(config, 0).facts.linger * settings.time_scale
        for config in settings.systems
    }
    runs = [
        Retry(store, orders, int(lingers[name] * 1000), say=typer.echo).run(
            [one for one in chosen if one.name == name]
        )
        for name in sorted({one.name for one in chosen})
    ]
    return all(await asyncio.gather(*runs))
