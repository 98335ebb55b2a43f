"""How the commands of an operator show times, foreign words and languages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.settings import SettingsError
from gateway.words import Language
from schemas.base import VIETNAM, spoken

Lang = Annotated[str, typer.Option(metavar="vi|en", help="Language of the sentences.")]
LONGEST = 120
"""Characters of a foreign system's words that are shown."""


def language(asked: str) -> Language:
    """Read --lang."""
    if asked == "vi":
        return "vi"
    if asked == "en":
        return "en"
    raise SettingsError(f"--lang: {asked!r} is neither vi nor en")


def clock(millis: int) -> str:
    """Show a stored time as the clocks of the country show it."""
    moment = datetime.fromtimestamp(millis / 1000, UTC).astimezone(VIETNAM)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def instant(millis: int | None) -> str | None:
    """Write a stored time for a script."""
    return None if millis is None else spoken(datetime.fromtimestamp(millis / 1000, UTC))


def age(millis: int) -> str:
    """Show how long something has lasted, in its two largest units."""
    minutes, seconds = divmod(max(0, millis) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def plain(text: str) -> str:
    """Show what came from outside: cut short, and without anything that steers a terminal."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
