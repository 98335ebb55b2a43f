"""Backfill and resend: what would be told, made into a plan, watched, stopped, gone on with.

A plan is rows in the store. Whoever leads the gateway's processes carries it out; what asks for it,
a command or a page, may go away meanwhile. Here are values only.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gateway.access.audit import Entry, record
from gateway.dossiers.systems import System
from gateway.operations.refusals import Refusal
from gateway.rules import routing
from gateway.rules.agencies import within
from gateway.rules.lane_states import ADDED, OFF, SHADOWED
from gateway.settings import SystemSettings
from gateway.store.engine import Connection, Store
from gateway.store.work import plans, systems
from gateway.store.work.plans import Candidate, Kind, Member, Plan, Told

LOOK = 0.5
"""Seconds between two looks at a plan that is watched."""
WIDENED, DELIVERED = "widened", "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which dossiers are meant; what is None does not narrow it. Times in milliseconds.

    since: stored here at that time or later; agency: at that agency or below it
    """

    since: int | None = None
    agency: str | None = None
    procedure: str | None = None

    def said(self) -> dict[str, Any]:
        """Write it down as it was asked for."""
        parts = {"since": self.since, "agency": self.agency, "procedure": self.procedure}
        return {name: value for name, value in parts.items() if value is not None}

    def fits(self, one: Candidate) -> bool:
        """Say whether a dossier is meant."""
        if self.since is not None and one.created_at < self.since:
            return False
        if self.procedure is not None and one.procedure != self.procedure:
            return False
        codes = (code for code in (one.agency, one.receiving) if code is not None)
        return self.agency is None or any(within(code, self.agency) for code in codes)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A lane that would be told, with what it is counted by."""

    member: Member
    procedure: str
    agency: str
    status: str
    adapter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a plan would be about. moved: chosen, and waiting for something else already.

    hindrance: why nothing would be sent now: off, shadow, unstarted
    appends: this system adds lines, and what stands there is not taken back
    """

    system: str
    kind: Kind
    chosen: tuple[Chosen, ...]
    moved: int = 0
    hindrance: str | None = None
    appends: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)

    def counts(self, of: Callable[[Chosen], str]) -> list[tuple[str, int]]:
        """Count what is chosen by something, the largest first."""
        return Counter(of(one) for one in self.chosen).most_common()


async def preview_backfill(
    store: Store, configured: Sequence[SystemSettings], system: System, choice: Choice
) -> Preview | Refusal:
    """Find what a system was not told: shadowed, off, older than the connection or its route."""
    of = await _number(store, system.name)
    if of is None:
        return Refusal("unstarted_system", system.name)
    changes = await store.read(lambda connection: systems.history(connection, of))
    chosen = [
        _chosen(one, str(one.state))
        for one in await _pages(
            store, lambda connection, after: plans.left_aside(connection, of, after)
        )
        if choice.fits(one)
    ]
    environment = system.config.environment
    found = await _pages(
        store, lambda connection, after: plans.without_lane(connection, of, environment, after)
    )
    meant = [one for one in found if choice.fits(one)]
    concerned = await _concerned(store, configured, system, meant)
    chosen += [_chosen(one, _why(changes, one)) for one in concerned]
    return Preview(
        system=system.name,
        kind="backfill",
        chosen=tuple(sorted(chosen, key=lambda one: one.member.dossier_id)),
        hindrance=_hindrance(system),
        appends=system.facts.appends,
        asked=choice.said(),
    )


async def preview_resend(
    store: Store, system: System, choice: Choice, told: Told
) -> Preview | Refusal:
    """Find what a system was told by the tries that are meant."""
    if told == Told():
        return Refusal("no_tries_meant")
    of = await _number(store, system.name)
    if of is None:
        return Refusal("unstarted_system", system.name)
    keyed = not system.facts.appends
    found = [
        one
        for one in await _pages(
            store,
            lambda connection, after: plans.delivered(
                connection, of, told, after, newest_counts=keyed
            ),
        )
        if choice.fits(one)
    ]
    still = [one for one in found if one.state is None]
    parts = {
        "from": told.since,
        "to": told.until,
        "adapter_version": told.version,
        "mapping": told.mapping,
    }
    return Preview(
        system=system.name,
        kind="resend",
        chosen=tuple(_chosen(one, DELIVERED) for one in still),
        moved=len(found) - len(still),
        hindrance=_hindrance(system),
        appends=system.facts.appends,
        asked=choice.said() | {name: value for name, value in parts.items() if value is not None},
    )


async def make(
    store: Store, previewed: Preview, *, by: str, reason: str, lines_again: bool = False
) -> UUID | Refusal:
    """Write a plan down as it was previewed; whoever leads begins with it at once."""
    if previewed.hindrance is not None:
        return Refusal("not_live", previewed.system, (previewed.hindrance,))
    of = await _number(store, previewed.system)
    if of is None:
        return Refusal("unstarted_system", previewed.system)
    kind, asked, members = previewed.kind, previewed.asked, [one.member for one in previewed.chosen]
    made = await store.write(
        lambda connection: plans.make(
            connection, kind, of, by=by, reason=reason, choice=asked, lines_again=lines_again
        )
    )
    for start in range(0, len(members), plans.PAGE):
        page = members[start : start + plans.PAGE]
        await store.write(lambda connection: plans.add(connection, made, page, start))  # noqa: B023 - awaited in this turn

    def begin(connection: Connection) -> None:
        plans.start(connection, made)
        about = f"{previewed.system} {len(members)} {made}"
        record(connection, Entry(who=by, what=f"{kind}.plan", object=about, reason=reason))

    await store.write(begin)
    return made


async def listed(store: Store) -> list[Plan]:
    """Give the plans, the newest first."""
    return await store.read(plans.found)


async def watch(store: Store, which: UUID) -> AsyncGenerator[Plan]:
    """Give a plan as it stands each time that it has changed, until it is over."""
    before: Plan | None = None
    while True:
        found = await store.read(lambda connection: plans.found(connection, only=which))
        if not found:
            return
        (now,) = found
        if now != before:
            yield now
        if now.state not in {"making", "running"}:
            return
        before = now
        await asyncio.sleep(LOOK)


async def stop(store: Store, which: UUID, *, by: str) -> bool:
    """Let no further wave of a plan go; False: it does not run."""
    return await store.write(lambda connection: _turn(connection, which, by, go_on=False))


async def resume(store: Store, which: UUID, *, by: str) -> bool:
    """Go on with a plan that stopped; False: it has not."""
    return await store.write(lambda connection: _turn(connection, which, by, go_on=True))


def _turn(connection: Connection, which: UUID, by: str, *, go_on: bool) -> bool:
    turned = (plans.resume if go_on else plans.stop)(connection, which)
    if turned:
        what = "plan.resume" if go_on else "plan.stop"
        record(connection, Entry(who=by, what=what, object=str(which)))
    return turned


def _chosen(one: Candidate, was: str) -> Chosen:
    member = Member(dossier_id=one.dossier_id, was=was, seq=one.seq, from_seq=one.first)
    agency = one.agency or one.receiving or "-"
    return Chosen(member, one.procedure, agency, one.status, one.adapter)


def _why(changes: Sequence[tuple[int, str]], one: Candidate) -> str:
    """Say why a system has nothing to do with a dossier, by its mode when that last changed."""
    mode = systems.mode_at(list(changes), one.updated_at)
    return ADDED if mode is None else OFF if mode == "off" else WIDENED


def _hindrance(system: System) -> str | None:
    return None if system.config.mode == "live" else system.config.mode


async def _number(store: Store, name: str) -> int | None:
    return await store.read(lambda connection: systems.number(connection, name))


async def _pages(
    store: Store, page: Callable[[Connection, UUID | None], list[Candidate]]
) -> list[Candidate]:
    """Read all pages, each by a look of its own."""
    found: list[Candidate] = []
    after: UUID | None = None
    while True:
        rows = await store.read(lambda connection: page(connection, after))  # noqa: B023 - awaited in this turn
        found += rows
        if len(rows) < plans.PAGE:
            return found
        after = rows[-1].dossier_id


async def _concerned(
    store: Store,
    configured: Sequence[SystemSettings],
    system: System,
    found: Sequence[Candidate],
) -> list[Candidate]:
    """Choose the dossiers that a system's route is about, and that no other system reports there.

    Where a route asks for the day of reception, or another system may report, the dossiers
    themselves are looked at.
    """
    config = system.config
    others = [one for one in configured if one.mode == "live" and config.name in one.reaches]
    may = [one for one in found if routing.may_fit(_traits(one), config.route)]
    if config.route.received_since is None and not others:
        return may
    kept: list[Candidate] = []
    for start in range(0, len(may), plans.PAGE // 10):
        part = may[start : start + plans.PAGE // 10]
        ids = [one.dossier_id for one in part]
        heads = await store.read(lambda connection: plans.newest(connection, ids))  # noqa: B023 - awaited in this turn
        for one in part:
            head = heads[one.dossier_id]
            via = any(routing.concerns(head, other) for other in others)
            if routing.concerns(head, config) and not via:
                kept.append(one)
    return kept


def _traits(one: Candidate) -> routing.Traits:
    codes = [code for code in (one.agency, one.receiving) if code is not None]
    return routing.Traits(codes, one.procedure, one.status)


__all__ = [
    "ADDED",
    "OFF",
    "SHADOWED",
    "Choice",
    "Plan",
    "Preview",
    "Told",
    "listed",
    "make",
    "preview_backfill",
    "preview_resend",
    "resume",
    "stop",
    "watch",
]
