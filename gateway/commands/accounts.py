"""`lienthong accounts`: who logs in here, where no identity provider is."""

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
from gateway.main.bootstrap import over_store
from gateway.operations import accounts
from gateway.operations.client_keys import environment_of
from gateway.settings import load

T = TypeVar("T")

app = typer.Typer(help="Who logs in here, where no identity provider is.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The login: a–z, 0–9, and . _ - between.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", help="submitter, officer, operator, integrator, auditor or administrator."
    ),
]
Agencies = Annotated[
    list[str] | None, typer.Option("--agency", help="Agency code whose subtree it serves.")
]


def _run(job: Callable[[Any], Awaitable[T]]) -> T:
    return asyncio.run(over_store(load(), job))


Why = Annotated[str, typer.Option(help="Why, for the audit.")]


@app.command()
def add(
    name: Name,
    role: Roles,
    agency: Agencies = None,
    environment: Annotated[str, typer.Option(help="live or sandbox")] = "live",
    why: Why = "",
) -> None:
    """Add an account and print a one-time password, which must be changed at the first login."""
    where: Environment = granted(environment_of(environment))
    roles = granted(accounts.roles_of(role))
    password = _run(
        lambda store: accounts.add(
            store, name, roles=roles, agencies=agency or (), environment=where, by=acting(), why=why
        )
    )
    typer.echo(granted(password))


@app.command()
def reset(name: Name, why: Why = "") -> None:
    """Print a new one-time password, unlock the account and end its sessions."""
    typer.echo(granted(_run(lambda store: accounts.reset(store, name, by=acting(), why=why))))


@app.command()
def roles(name: Name, role: Roles, agency: Agencies = None, why: Why = "") -> None:
    """Give an account other roles and, if they are said, other agencies; they hold at once."""
    given = granted(accounts.roles_of(role))
    granted(
        _run(
            lambda store: accounts.set_roles(
                store, name, roles=given, agencies=agency, by=acting(), why=why
            )
        )
    )


@app.command()
def disable(name: Name, why: Why = "") -> None:
    """End an account and all its sessions, for somebody who has left."""
    granted(_run(lambda store: accounts.disable(store, name, by=acting(), why=why)))


@app.command(name="list")
def list_() -> None:
    """List the accounts; passwords cannot be shown again."""
    table = Table("login", "environment", "roles", "agencies", "state")
    for one in _run(accounts.listed):
        codes = ", ".join(one.agencies)
        table.add_row(one.login, one.environment, ", ".join(one.roles), codes, one.state)
    Console().print(table)
