"""`lienthong migrate`: show and apply what the database lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.settings import load
from gateway.store import migrate as migrations
from gateway.store.engine import connect


def migrate(
    show: Annotated[bool, typer.Option("--show", help="Only say what is missing.")] = False,
) -> None:
    """Bring the database up to date; two at once wait for each other. `serve` does it by itself."""
    settings = load()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    try:
        if show:
            with engine.connect() as connection:
                lacking = migrations.missing(connection)
            typer.echo("\n".join(lacking) if lacking else "up to date")
            return
        applied = migrations.apply(engine)
        typer.echo("applied " + ", ".join(applied) if applied else "up to date")
    finally:
        engine.dispose()
