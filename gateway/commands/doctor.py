"""`lienthong doctor`: looks at everything that could be wrong, and says it in plain lines."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.dossiers.systems import System
from gateway.main.bootstrap import find_system
from gateway.main.people import examine_issuer
from gateway.operations.doctor import examine
from gateway.operations.findings import Finding
from gateway.settings import Settings, SettingsError, SystemSettings, load


def doctor(
    login: Annotated[
        bool, typer.Option("--login", help="Also log in to each system: it may end a session.")
    ] = False,
) -> None:
    """Check settings, folder, database, broker, disk and the way to each system.

    Sends no dossier: it asks each system for its front page, the way conversations go. Ends with 1
    if something is wrong.
    """
    settings = load()
    systems = [_found(config) for config in settings.systems]
    findings = asyncio.run(_examined(settings, systems, login=login))
    for good, text in findings:
        typer.echo(f"{'ok   ' if good else 'WRONG'} {text}")
    if not all(good for good, _ in findings):
        raise typer.Exit(1)


async def _examined(
    settings: Settings, systems: list[System | SettingsError], *, login: bool
) -> list[Finding]:
    found = await examine(settings, systems, login=login)
    return [*found, *await examine_issuer(settings)]


def _found(config: SystemSettings) -> System | SettingsError:
    """Bring a system and its adapter together; what is wrong with it is a finding like others."""
    try:
        return find_system(config, 0)
    except SettingsError as error:
        return error
