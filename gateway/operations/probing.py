"""Probe now: let a closed gate be tried at once, and watch what comes of it.

A gateway or its workers do the sending; this only brings the probe forward and reads what it met.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from gateway.access.audit import Entry, record
from gateway.operations.refusals import Refusal, known_systems
from gateway.settings import Settings
from gateway.store.engine import Connection, Store
from gateway.store.work import probing
from gateway.store.work.probing import Found, Tried

LOOK = 0.2
"""Seconds between two looks at the gate."""

Came = Literal["open_already", "opened", "closed_again", "nothing_to_try", "nobody_tried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What came of a probe; `tried`: the try itself, where there was one."""

    came: Came
    found: Found
    tried: Tried | None = None

    @property
    def well(self) -> bool:
        """Say whether the gate is open."""
        return self.came in {"open_already", "opened"}


async def probe(
    store: Store, settings: Settings, name: str, *, by: str, patience: float
) -> Probed | Refusal:
    """Let the gate of a system be probed at once, and wait for what comes of it.

    by: as the audit names whoever asks; patience: seconds to wait at most
    """
    known = known_systems(settings, [name])
    if isinstance(known, Refusal):
        return known
    if next(one.mode for one in settings.systems if one.name == name) == "off":
        return Refusal("probe_off", name)
    if patience <= 0:
        return Refusal("patience", f"{patience:g}")

    def begin(connection: Connection) -> Found | None:
        found = probing.let_probe(connection, name)
        if found is not None and found.held_by is None and found.gate.state != "open":
            record(connection, Entry(who=by, what="probe", object=name))
        return found

    begun = await store.write(begin)
    if begun is None:
        return Refusal("probe_unstarted", name)
    if begun.held_by is not None:
        return Refusal("probe_held", name, (begun.held_by,))
    if begun.gate.state == "open":
        return Probed(came="open_already", found=begun)
    if not begun.lanes:
        return Probed(came="nothing_to_try", found=begun)
    return await _watched(store, begun, patience)


async def _watched(store: Store, begun: Found, patience: float) -> Probed:
    """Look at the gate until it is open, or closed once more."""
    until = time.monotonic() + patience
    while True:
        found = await store.read(lambda connection: probing.look(connection, begun.number))
        came = _came(begun, found)
        if came == "opened":
            await _wake(store, begun.number)
        if came is not None:
            return Probed(came=came, found=found, tried=await _tried(store, found))
        if time.monotonic() >= until:
            return Probed(came="nobody_tried", found=found)
        await asyncio.sleep(LOOK)


async def _wake(store: Store, number: int) -> None:
    """Let those go on that failed while the gate was closed, or wait by an older Retry-After."""
    woken = probing.WOKEN
    while woken == probing.WOKEN:
        woken = await store.write(lambda connection: probing.wake_certain(connection, number))


async def _tried(store: Store, found: Found) -> Tried | None:
    return await store.read(lambda connection: probing.newest(connection, found))


def _came(begun: Found, found: Found) -> Came | None:
    if found.gate.state == "open":
        return "opened"
    again = found.gate.state == "closed" and found.until > begun.now
    return "closed_again" if again else None


__all__ = ["Came", "Probed", "Tried", "probe"]
