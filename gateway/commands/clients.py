"""`lienthong clients`: who may post dossiers, and their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import Connection

from gateway.main import open_store
from gateway.settings import SettingsError, load
from gateway.store import clients as rows

T = TypeVar("T")

app = typer.Typer(help="Who may post dossiers, and their keys.", no_args_is_help=True)
