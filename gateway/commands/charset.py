"""`lienthong charset`: what a file of old software says, or which charset it most likely is in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.kit import charsets
from gateway.settings import SettingsError


def charset(
    file: Annotated[Path, typer.Argument(help="The file to read.", metavar="FILE")],
    source: Annotated[
        str | None,
        typer.Option("--from", help=f"Its charset: {', '.join(charsets.NAMES)}.", metavar="NAME"),
    ] = None,
    names: Annotated[
        bool,
        typer.Option("--names", help="Every line is a name: give capitals back that TCVN3 lost."),
    ] = False,
) -> None:
    """Print a file as UTF-8; without --from, say what it most likely is and why.

    Nothing is converted by a guess: what is likely is said, and a person decides.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    if source is None:
        for line in _suggested(data):
            typer.echo(line)
        return
    try:
        text = charsets.decode(data, source)
    except (LookupError, charsets.CharsetError) as error:
        raise SettingsError(f"{file}: {error.args[0]}") from None
    if names and source in charsets.CASELESS:
        text = "\n".join(charsets.named(line) for line in text.split("\n"))
    typer.echo(text, nl=False)


def _suggested(data: bytes) -> list[str]:
    """Say what the file may be, best first."""
    found = charsets.suggest(data)
    best = found[0]
    head = (
        f"{best.name} ({best.certainty})"
        if best.certainty != "unsure"
        else "not sure; it may be one of these"
    )
    lines = [f"  {one.name}: {'; '.join(one.reasons)}" for one in found]
    return [head, *lines]
