"""`lienthong demo`: the whole house at work, with faults, and an audit at the end."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.commands.stopping import SIGNALS
from gateway.demo.client import Progress
from gateway.demo.environment import WITH_WARD, Environment, demo_environment
from gateway.demo.run import run_demo
from gateway.settings import SettingsError
from gateway.workbench.machine import free_port

FOLDER = Path("build/demo")
WIDE = 110
COLUMNS = (
    "expected",
    "delivered",
    "waiting",
    "parked",
    "lost",
    "duplicated",
    "repeated",
    "out_of_order",
)


def demo(
    dossiers: Annotated[int, typer.Option(help="How many sample dossiers.", min=1)] = 80,
    seed: Annotated[int, typer.Option(help="Seed of dossiers and faults.")] = 1,
    faults: Annotated[str, typer.Option(help="none, flaky or outage")] = "flaky",
    as_json: Annotated[bool, typer.Option("--json", help="Print only the audit, as JSON.")] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Stay up afterwards, on port 8000.")] = False,
    folder: Annotated[Path, typer.Option(help="Where data and logs go; emptied first.")] = FOLDER,
) -> None:
    """Post sample dossiers through the public API to three simulated systems that fail.

    The summary is counted in events from what the simulators stored. Ends with 1 if anything was
    lost, doubled without a cause, out of order, or still waiting. SIGTERM and Ctrl-C end every
    process of it, with 130, or with 0 under --stay.
    """
    if faults not in {"none", "flaky", "outage"}:
        raise SettingsError(f"--faults: {faults!r} is none of none, flaky, outage")
    try:
        summary = asyncio.run(
            _demo(dossiers, seed, faults, quiet=as_json, stay=stay, folder=folder)
        )
    except asyncio.CancelledError:
        raise typer.Exit(0 if stay else 130) from None
    if as_json:
        typer.echo(json.dumps(summary))
    bad = ("lost", "duplicated", "out_of_order", "waiting")
    if any(row[name] for row in summary["systems"].values() for name in bad):
        raise typer.Exit(1)


async def _demo(
    dossiers: int, seed: int, faults: str, *, quiet: bool, stay: bool, folder: Path
) -> dict[str, Any]:
    if (whole := asyncio.current_task()) is not None:
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, whole.cancel)
    console, progress = Console(width=max(Console().width, WIDE)), Progress()
    port = 8000 if stay else free_port()
    async with demo_environment(
        folder, port=port, faults=faults, seed=seed, systems=WITH_WARD
    ) as on:
        live = nullcontext() if quiet else Live(console=console, refresh_per_second=8)
        with live as shown:

            def show() -> None:
                if shown is not None:
                    shown.update(_picture(progress))

            summary = await run_demo(
                on, dossiers=dossiers, seed=seed, faults=faults, progress=progress, show=show
            )
        if not quiet:
            _report(console, summary, progress)
        if stay:
            _addresses(console, on)
            await asyncio.Event().wait()
    return summary


def _picture(progress: Progress) -> Group:
    """Draw what each system has, what waits, what is parked and why."""
    table = Table("system", "has stored", "gate", "ready", "waiting", "parked", "why")
    for row in progress.systems:
        lanes = row["lanes"]
        why = [f"{many} × {cause}" for cause, many in row["parked"].items()]
        table.add_row(
            row["name"],
            str(progress.stored.get(row["name"], 0)),
            row["gate"],
            str(lanes.get("ready", 0)),
            str(lanes.get("waiting", 0)),
            str(lanes.get("parked", 0)),
            "\n".join(filter(None, [row["gate_why"], row["held_why"], *why])),
        )
    done = f"{progress.posted} of {progress.requests} posts for {progress.dossiers} dossiers"
    return Group(Text(f"Liên Thông: {done}"), table)


def _report(console: Console, summary: dict[str, Any], progress: Progress) -> None:
    table = Table("system", *COLUMNS, title="Audited from what the simulators stored, in events")
    for name, row in summary["systems"].items():
        table.add_row(name, *(str(row[column]) for column in COLUMNS))
    console.print(table)
    console.print(
        f"{summary['dossiers']} dossiers, {summary['events']} events, {summary['seconds']} s"
    )
    for line in progress.refused[:10]:
        console.print(f"refused at the door: {line}")


def _addresses(console: Console, on: Environment) -> None:
    console.print(
        f"\nThe API        {on.address}/docs\nMetrics        {on.address}/metrics\n"
        f"A sandbox key  {on.key}\nLogs           {on.folder}\nCtrl-C ends everything."
    )
