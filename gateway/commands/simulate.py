"""`lienthong simulate`: simulated government systems that fail on purpose."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

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
) -> None:
    """Run simulators until Ctrl-C; what each stores and how it failed is written to FOLDER.

    They are built from contracts/ and share nothing with the adapters.
    """
    if faults not in {"none", "flaky"}:
        raise SettingsError(f"--faults: {faults!r} is neither none nor flaky")
    asyncio.run(_simulate(systems, folder, flaky=faults == "flaky", seed=seed))


async def _simulate(systems: list[str], folder: Path, *, flaky: bool, seed: int) -> None:
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
                box = DropBox(name, contract, Logs(folder, name), Path(port or name), faults)
                typer.echo(f"{name} {await stack.enter_async_context(dropped(box))}")
                continue
            host = Host(name, contract, folder, faults)
            at = await stack.enter_async_context(hosted(host, int(port or 0)))
            typer.echo(f"{name} http://127.0.0.1:{at}")
        await stop.wait()
