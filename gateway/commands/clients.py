"""`lienthong clients`: who may post dossiers, and their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.access.audit import acting
from gateway.access.principals import Environment
from gateway.commands.refused import granted
from gateway.commands.shown import clock, plain
from gateway.main.bootstrap import over_store
from gateway.operations import client_keys
from gateway.operations.client_keys import By
from gateway.operations.refusals import Refusal
from gateway.settings import load

app = typer.Typer(help="Who may post dossiers, and their keys.", no_args_is_help=True)

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="The client's name.")]
Agencies = Annotated[list[str], typer.Option(help="Agency code whose subtree it speaks for.")]
Helps = Annotated[
    list[str] | None,
    typer.Option(help="Agency code for whose subtree it may take dossiers in near the citizen."),
]
Expires = Annotated[
    float | None,
    typer.Option(metavar="DAYS", help="For so long the key works; else until it is revoked."),
]
Why = Annotated[str, typer.Option(help="Why, for the audit.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for the client, for operators.")],
    agency: Agencies,
    environment: Annotated[str, typer.Option(help="live or sandbox")] = "sandbox",
    helps: Helps = None,
    expires: Expires = None,
    why: Why = "",
) -> None:
    """Add a client and print its key: it is shown once."""
    where: Environment = granted(client_keys.environment_of(environment))
    days = granted(client_keys.days_of(expires))
    key = _over(
        lambda store: client_keys.add(
            store,
            name,
            environment=where,
            agencies=agency,
            helps=helps or [],
            days=days,
            by=_by(why),
        )
    )
    typer.echo(granted(key))


@app.command()
def rotate(
    name: Name,
    grace: Annotated[float, typer.Option(help="Hours for which the old key still works.")] = 24.0,
    expires: Expires = None,
    why: Why = "",
) -> None:
    """Give a client a new key and print it; the old one ends after the grace."""
    days = granted(client_keys.days_of(expires))
    key = _over(lambda store: client_keys.rotate(store, name, grace=grace, days=days, by=_by(why)))
    typer.echo(granted(key))


@app.command()
def revoke(
    name: Name,
    prefix: Annotated[
        str | None, typer.Argument(help="The key, by its first letters as `clients keys` shows it.")
    ] = None,
    why: Why = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="All keys of the client.")] = False,
) -> None:
    """End a key at once: within five seconds no process takes it any more."""
    if (prefix is None) != every:
        granted(Refusal("which_keys"))
    ended = granted(_over(lambda store: client_keys.revoke(store, name, prefix, by=_by(why))))
    typer.echo("revoked: " + (", ".join(ended) or "no key worked"))


@app.command()
def agencies(
    name: Name,
    agency: Annotated[
        list[str] | None,
        typer.Option(help="Agency code whose subtree it speaks for; those of before end."),
    ] = None,
    helps: Helps = None,
    why: Why = "",
    *,
    helps_none: Annotated[
        bool, typer.Option("--helps-none", help="It takes in dossiers for nobody else any more.")
    ] = False,
) -> None:
    """Change for which agencies a client speaks, or helps; without options they are shown."""
    if not agency and not helps and not helps_none:
        found = [one for one, _ in _over(lambda store: client_keys.with_keys(store, name))]
        known = found[0] if found else granted(Refusal("unknown_client", name))
    else:
        helped = [] if helps_none else helps or None
        known = granted(
            _over(
                lambda store: client_keys.assign(
                    store, name, agencies=agency or None, helps=helped, by=_by(why)
                )
            )
        )
    typer.echo(f"speaks for: {', '.join(known.agencies) or 'nobody'}")
    typer.echo(f"helps: {', '.join(known.helps) or 'nobody'}")


@app.command()
def keys(name: Name) -> None:
    """List the keys of a client, by their first letters."""
    found = _over(lambda store: client_keys.with_keys(store, name))
    if not found:
        granted(Refusal("unknown_client", name))
    table = Table()
    for title in ("prefix", "made", "ends", "last used (to the hour)"):
        table.add_column(title, no_wrap=title == "prefix")
    for _, known in found:
        for key in known:
            ends = "" if key.expires is None else clock(key.expires)
            ends = ends if key.works else f"{ends} (ended)"
            used = "never" if key.used is None else clock(key.used)
            table.add_row(key.prefix, clock(key.made), ends, used)
    Console().print(table)


@app.command(name="list")
def list_() -> None:
    """List the clients; keys cannot be shown again."""
    table = Table("client", "environment", "agencies", "helps", "working keys")
    for row in _over(client_keys.listed):
        agencies, helps = ", ".join(row.agencies), ", ".join(row.helps)
        table.add_row(plain(row.name), row.environment, agencies, helps, str(row.keys))
    Console().print(table)


def _over(job: Callable[[Any], Awaitable[T]]) -> T:
    return asyncio.run(over_store(load(), job))


def _by(why: str) -> By:
    return By(who=acting(), why=why)
