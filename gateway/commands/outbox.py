"""`lienthong outbox`: compares what remains to be done with what the ledger says."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from gateway.access.audit import acting
from gateway.main.bootstrap import over_store
from gateway.operations import outbox_check
from gateway.settings import load


def outbox(
    mend: Annotated[bool, typer.Option("--mend", help="Put forgotten lanes back.")] = False,
) -> None:
    """Rebuild the outbox from the ledger and report differences; ends with 1 if there are any.

    A system that was switched off keeps its lanes; those are not differences once it is on again.
    """
    job = partial(outbox_check.mend, by=acting()) if mend else outbox_check.compare
    found = asyncio.run(over_store(load(), job))
    for one in found:
        typer.echo(f"{one.what} {one.name} {one.dossier_id}{' (put back)' if mend else ''}")
    if not found:
        typer.echo("outbox and ledger agree")
    if found and not mend:
        raise typer.Exit(1)
