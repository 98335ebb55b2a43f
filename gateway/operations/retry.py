"""Retry: what is parked, and what waits for its next try, goes again in growing waves.

First it is planned, which changes nothing; the plan fixes which lanes are meant and says what
stands in the way. Then it is carried out, each system by itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from gateway.operations.refusals import Refusal, known_cause
from gateway.operations.retry_waves import Event, Orders, Summary, Waves
from gateway.rules.outcomes import MAY_STAND_TWICE
from gateway.rules.waves import LARGEST
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.work import retrying
from gateway.store.work.retrying import Choice, Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why nothing would be sent to a system: whoever mends it may ask again. by: who holds it."""

    system: str
    why: Literal["unconfigured", "off", "held"]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The lanes that would go again, nearest due time first, and what stands in the way."""

    chosen: tuple[Chosen, ...]
    hindrances: tuple[Hindrance, ...]

    @property
    def counts(self) -> list[tuple[tuple[str, str], int]]:
        """Count by system and cause, the largest first."""
        return Counter((one.name, one.cause) for one in self.chosen).most_common()

    @property
    def doubled(self) -> int:
        """How many may come to stand twice in a system that only appends."""
        return sum(one.uncertainty >= MAY_STAND_TWICE for one in self.chosen)


def choice_of(
    *, dossier: str | None = None, cause: str | None = None, system: str | None = None
) -> Choice | Refusal:
    """Read which lanes are meant; at least one thing must narrow them."""
    if dossier is None and cause is None and system is None:
        return Refusal("nothing_chosen")
    if dossier is not None and cause is not None:
        return Refusal("dossier_and_cause")
    known = None if cause is None else known_cause(cause)
    if isinstance(known, Refusal):
        return known
    try:
        wanted = None if dossier is None else UUID(dossier)
    except ValueError:
        return Refusal("not_an_id", str(dossier))
    return Choice(dossier=wanted, cause=cause, system=system)


def checked(orders: Orders) -> Orders | Refusal:
    """Check how a retry is to go."""
    if not 1 <= orders.first <= LARGEST:
        return Refusal("wave_size", str(orders.first), (str(LARGEST),))
    if orders.patience <= 0:
        return Refusal("patience", f"{orders.patience:g}")
    return orders


async def plan(store: Store, settings: Settings, choice: Choice) -> Plan | Refusal:
    """Choose what would go again, and see what stands in the way; changes nothing."""
    wanted = choice.dossier
    if wanted is not None and not await store.read(
        lambda connection: retrying.dossier_exists(connection, wanted)
    ):
        return Refusal("no_such_dossier", str(wanted))
    chosen = await store.read(lambda connection: retrying.choose(connection, choice))
    holders = await store.read(retrying.held) if chosen else {}
    names = sorted({one.name for one in chosen})
    found = (_hindrance(settings, holders, name) for name in names)
    return Plan(tuple(chosen), tuple(one for one in found if one is not None))


def _hindrance(settings: Settings, holders: Mapping[str, str], name: str) -> Hindrance | None:
    """See why nothing would be sent to a system."""
    mode = next((one.mode for one in settings.systems if one.name == name), None)
    if mode is None:
        return Hindrance(system=name, why="unconfigured")
    if mode == "off":
        return Hindrance(system=name, why="off")
    if name in holders:
        return Hindrance(system=name, why="held", by=holders[name])
    return None


async def carry_out(
    store: Store,
    planned: Plan,
    orders: Orders,
    *,
    lingers: Mapping[str, int],
    tell: Callable[[Event], None],
) -> list[Summary]:
    """Retry each system by itself, so that one which is still down does not stop the others.

    lingers: by system, for how many milliseconds what was sent may still land
    tell: called with everything that happens, of all systems as it comes
    """
    if planned.hindrances:
        raise ValueError("a plan is carried out when nothing stands in its way")
    names = sorted({one.name for one in planned.chosen})
    runs = [
        Waves(store, orders, lingers[name], tell).run(
            [one for one in planned.chosen if one.name == name]
        )
        for name in names
    ]
    return await asyncio.gather(*runs)


__all__ = ["Choice", "Hindrance", "Plan", "carry_out", "checked", "choice_of", "plan"]
