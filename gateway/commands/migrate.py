"""`lienthong migrate`: show and apply what the database lacks."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.operations import migration
from gateway.settings import load


def migrate(
    show: Annotated[bool, typer.Option("--show", help="Only say what is missing.")] = False,
) -> None:
    """Bring the database up to date; two at once wait for each other. `serve` does it by itself."""
    settings = load()
    if show:
        lacking = asyncio.run(migration.missing(settings))
        typer.echo("\n".join(lacking) if lacking else "up to date")
        return
    applied = asyncio.run(migration.apply(settings))
    typer.echo("applied " + ", ".join(applied) if applied else "up to date")
