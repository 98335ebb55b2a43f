"""`lienthong charset`: what a file of old software says, or what it most likely is written in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from adapters.kit import charsets
from gateway.settings import SettingsError

SETTINGS = (*charsets.CHARSETS, *(one for one in charsets.FONTS if one != "unicode"))
BETWEEN = re.compile(r"([,;|\t])")
"""What parts the cells of a line."""


def charset(
    file: Annotated[Path, typer.Argument(help="The file to read.", metavar="FILE")],
    source: Annotated[
        str | None,
        typer.Option("--from", help=f"Its charset: {', '.join(SETTINGS)}.", metavar="NAME"),
    ] = None,
    font: Annotated[
        str | None,
        typer.Option(
            "--font", help=f"What it was typed under: {', '.join(charsets.FONTS)}.", metavar="NAME"
        ),
    ] = None,
    names: Annotated[
        bool,
        typer.Option("--names", help="Every line is a name: give capitals back that TCVN3 lost."),
    ] = False,
) -> None:
    """Print a file as UTF-8; without --from, say what it most likely is and why.

    Nothing is converted by a guess: what is likely is said, and a person decides.
    """
    if source is None and font is not None:
        raise SettingsError("--font says only how letters were typed; say --from too")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    if source is None:
        for line in _suggested(data):
            typer.echo(line)
        return
    try:
        text, doubts = _read(data, source, font)
    except (LookupError, charsets.CharsetError) as error:
        raise SettingsError(f"{file}: {error.args[0]}") from None
    if names and (font or charsets.split(source)[1]) in charsets.CASELESS:
        text = "\n".join(charsets.named(line) for line in text.split("\n"))
    typer.echo(text, nl=False)
    for doubt in doubts:
        typer.echo(doubt, err=True)
    if doubts:
        raise typer.Exit(1)


def _read(data: bytes, source: str, font: str | None) -> tuple[str, list[str]]:
    """Read a file, and say which cells stay as they are since they may be read in two ways."""
    container, own = charsets.split(source)
    if (font or own) == "unicode" or not container.startswith("utf"):
        return charsets.decode(data, source, font), []
    lines = charsets.incremental(container).decode(data, final=True).split("\n")
    doubts: list[str] = []
    read = [
        "".join(_cell(cell, font or own, number, doubts) for cell in BETWEEN.split(line))
        for number, line in enumerate(lines, start=1)
    ]
    return "\n".join(read), doubts


def _cell(cell: str, font: str, line: int, doubts: list[str]) -> str:
    try:
        return charsets.respelt(cell, font)
    except charsets.CharsetError as error:
        doubts.append(f"line {line}: {error}")
        return cell


def _suggested(data: bytes) -> list[str]:
    """Say what the file may be, best first."""
    found = charsets.suggest(data)
    best = found[0]
    head = (
        f"{_settings(best)} ({best.certainty})"
        if best.certainty != "unsure"
        else "not sure; it may be one of these"
    )
    lines = [f"  {_settings(one)}: {'; '.join(one.reasons)}" for one in found]
    return [head, *lines]


def _settings(one: charsets.Suggestion) -> str:
    """Name both settings, or that none reads it."""
    if one.twice is not None:
        return f"charset {one.charset}, encoded twice"
    return f"charset {one.charset}, font {one.font}"
