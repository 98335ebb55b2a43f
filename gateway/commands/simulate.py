"""`lienthong simulate`: simulated government systems that fail on purpose."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.settings import SettingsError
from gateway.workbench.dropbox import DropBox, dropped
from gateway.workbench.faults import Faults
from gateway.workbench.simulate import Host, Logs, hosted, is_folder


def simulate(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=CONTRACT[:PORT or FOLDER]...",
            help="For example national-portal=national_portal:9001",
        ),
    ],
    folder: Annotated[Path, typer.Option(help="Where the witness logs go.")] = Path(
        "build/witness"
    ),
    faults: Annotated[str, typer.Option(help="none or flaky")] = "none",
    seed: Annotated[int, typer.Option(help="Seed of the faults.")] = 1,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME.SWITCH=JSON", help="A switch of the contract, see contract.toml."
        ),
    ] = None,
) -> None:
    """Run simulators until Ctrl-C; what each stores and how it failed is written to FOLDER.

    They are built from contracts/ and share nothing with the adapters.
    """
    if faults not in {"none", "flaky"}:
        raise SettingsError(f"--faults: {faults!r} is neither none nor flaky")
    switches = _switches(switch or [])
    asyncio.run(_simulate(systems, folder, flaky=faults == "flaky", seed=seed, switches=switches))


def _switches(given: list[str]) -> dict[str, dict[str, Any]]:
    """Read switches by system."""
    found: dict[str, dict[str, Any]] = {}
    for text in given:
        place, equals, value = text.partition("=")
        name, dot, key = place.partition(".")
        try:
            read = json.loads(value)
        except ValueError:
            read = None
        if not equals or not dot or read is None:
            raise SettingsError(f"--switch: {text!r} is not NAME.SWITCH=JSON")
        found.setdefault(name, {})[key] = read
    return found


async def _simulate(
    systems: list[str],
    folder: Path,
    *,
    flaky: bool,
    seed: int,
    switches: dict[str, dict[str, Any]],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        for index, text in enumerate(systems):
            name, _, rest = text.partition("=")
            contract, _, port = rest.partition(":")
            faults = Faults(flaky, seed + index)
            if is_folder(contract):
                box = DropBox(
                    name,
                    contract,
                    Logs(folder, name),
                    Path(port or name),
                    faults,
                    switches.get(name, {}),
                )
                typer.echo(f"{name} {await stack.enter_async_context(dropped(box))}")
                continue
            host = Host(name, contract, folder, faults, switches.get(name, {}))
            at = await stack.enter_async_context(hosted(host, int(port or 0)))
            typer.echo(f"{name} http://127.0.0.1:{at}")
        await stop.wait()
