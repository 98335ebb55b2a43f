"""After a restore: what may be told twice is doubted and held until somebody has looked.

A restored database knows nothing of what was told after its backup was taken. Who has seen a higher
fence of it knows that (`store.work.restoring`); where nobody has, a person says so.
"""

from __future__ import annotations

from functools import partial

import structlog

from gateway.access.audit import Entry, record
from gateway.dossiers.systems import System, Systems
from gateway.store.engine import Connection, Store
from gateway.store.work import restoring
from gateway.store.work.restoring import Appends, Doubtful, Found, Mark
from gateway.watch import metrics

log = structlog.get_logger()

SEEN = "restored from a backup: fence {fence}, {seen} was seen; what was told since may stand there"
SAID = "restored from a backup, as {by} says; what was told since may stand there"


async def look(store: Store) -> Mark:
    """Read the database's mark, such that no crash of it takes the mark back."""
    return await store.write(restoring.mark)


async def recover(store: Store, systems: Systems, here: Mark, seen: int, *, by: str) -> bool:
    """Go on after a restore that a witness shows; False: the database is not behind it."""
    why = SEEN.format(fence=here.fence, seen=seen)
    return await _begin_again(store, systems, seen, why, by) is not None


async def declare(store: Store, systems: Systems, *, by: str, why: str) -> Found:
    """Go on after a restore of which only a person knows."""
    said = SAID.format(by=by.rpartition(":")[2]) + (f": {why}" if why else "")
    found = await _begin_again(store, systems, None, said, by)
    if found is None:
        raise AssertionError  # without a witness it is always done
    return found


async def _begin_again(
    store: Store, systems: Systems, seen: int | None, why: str, by: str
) -> Found | None:
    told = {system.id: _appends(system) for system in systems.all if system.config.mode != "off"}

    def job(connection: Connection) -> Found | None:
        found = restoring.begin_again(connection, told, seen, why)
        if found is not None:
            record(connection, Entry(who=by, what="restored", object=_words(found), reason=why))
        return found

    found = await store.write(job)
    if found is not None:
        log.error(
            "restored",
            why=why,
            may_stand_twice=dict(found.doubtful),
            held=found.held,
            do="see deploy/RUNBOOK.md, then: lienthong doubts; lienthong release SYSTEM",
        )
    await refresh(store, systems)
    return found


async def refresh(store: Store, systems: Systems) -> None:
    """Know of a restore, whichever process has noticed it."""
    restored = await store.read(restoring.restored_at)
    systems.history.restored = restored
    if restored is not None:
        metrics.restored(restored)


def _appends(system: System) -> Appends:
    facts = system.facts
    return Appends(name=system.name, appends=facts.appends, parks=facts.on_uncertain == "park")


def _words(found: Found) -> str:
    lanes = " ".join(f"{name}={many}" for name, many in sorted(found.doubtful.items()))
    return f"held: {' '.join(found.held) or 'none'}; lanes in doubt: {lanes or 'none'}"


async def doubtful(store: Store, name: str | None) -> list[Doubtful]:
    """List lanes with lines that may stand twice, or will if they are sent again."""
    return await store.read(partial(restoring.listed, name=name))


__all__ = ["Doubtful", "Found", "Mark", "declare", "doubtful", "look", "recover", "refresh"]
