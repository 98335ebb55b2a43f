"""`lienthong migrate`: show and apply what the database lacks."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.settings import Settings, SettingsError, load
from gateway.store import schema
from gateway.store.engine import connect
from gateway.store.errors import StoreUnavailable
from gateway.store.postgres import PostgresStore


def migrate(
    show: Annotated[bool, typer.Option("--show", help="Only say what is missing.")] = False,
) -> None:
    """Bring the database up to date; two at once wait for each other. `serve` does it by itself."""
    settings = load()
    if settings.postgres is not None:
        applied = asyncio.run(_shared(settings.postgres, show=show))
    else:
        applied = _embedded(settings, show=show)
    if show:
        typer.echo("\n".join(applied) if applied else "up to date")
        return
    typer.echo("applied " + ", ".join(applied) if applied else "up to date")


def _embedded(settings: Settings, *, show: bool) -> list[str]:
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    try:
        if not show:
            return schema.apply(engine)
        with engine.connect() as connection:
            return schema.missing(connection)
    finally:
        engine.dispose()


async def _shared(dsn: str, *, show: bool) -> list[str]:
    store = PostgresStore(dsn)
    try:
        return await store.read(schema.missing) if show else await store.migrate()
    except StoreUnavailable as error:
        raise SettingsError(f"LIENTHONG_DATABASE: cannot be reached: {error}") from None
    finally:
        await store.close()
