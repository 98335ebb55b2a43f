"""`lienthong outbox`: compares what remains to be done with what the ledger says."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.main.bootstrap import open_store
from gateway.settings import load
from gateway.store.ledger import consistency


def outbox(
    mend: Annotated[bool, typer.Option("--mend", help="Put forgotten lanes back.")] = False,
) -> None:
    """Rebuild the outbox from the ledger and report differences; ends with 1 if there are any.

    A system that was switched off keeps its lanes; those are not differences once it is on again.
    """
    found = asyncio.run(_compare(mend=mend))
    for one in found:
        typer.echo(f"{one.what} {one.name} {one.dossier_id}{' (put back)' if mend else ''}")
    if not found:
        typer.echo("outbox and ledger agree")
    if found and not mend:
        raise typer.Exit(1)


async def _compare(*, mend: bool) -> list[consistency.Difference]:
    store = await open_store(load())
    try:
        return await (store.write(consistency.mend) if mend else store.read(consistency.compare))
    finally:
        await store.close()
