"""The port of the retries: something that holds waits and hands each back when its time has come.

A wake-up only ever turns `waiting` into `ready`, if the lane is still in that wait. Losing every
wait delays retries and loses nothing: the sweeper finds what is overdue in the store (law 2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gateway.rules.schedule import Waiting

Wake = tuple[UUID, int, int]
"""A lane (dossier and system) and the fence of the wait that ends."""
Wakes = Callable[[Sequence[Wake]], Awaitable[int]]
"""Ends waits in the store, and says how many of them there still were.

Whatever it raises means that the store did not take them now: they are handed over again.
"""


class Retries(Protocol):
    """Holds the waits of lanes whose last try failed."""

    def hold(self, waits: Sequence[Waiting]) -> None:
        """Take waits over, after the commit that began them; never blocks and never fails."""
        ...

    async def run(self, wake: Wakes) -> None:
        """Hand waits back when their time has come, until cancelled."""
        ...


@dataclass(slots=True)
class Origin:
    """Whose waits these are: a wake-up of the same database says how far that had come.

    database: its number, 0 as long as nobody knows it; heard: told the fences of wake-ups
    """

    database: int = 0
    heard: Callable[[int], None] = lambda _: None


class WitnessAway(Exception):  # noqa: N818 - an answer, not an accident
    """The witness cannot be asked at present."""


class Witness(Protocol):
    """Somebody who remembers the highest fence of a database."""

    async def ask(self, database: int, fence: int) -> int:
        """Tell a fence and be told the highest ever; 0: none before. Raises `WitnessAway`."""
        ...
