"""What waits for a human, grouped by what has to be put right. Changes nothing.

Of each group one dossier is hinted at, masked: whoever looks needs to find it, not to know it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.operations.status import ahead
from gateway.rules.masking import masked_id, masked_ref
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.store.work import parked
from gateway.store.work.parked import Group


@dataclass(frozen=True, slots=True)
class Sample:
    """One dossier of a group, masked: its id, and the client's reference of it."""

    dossier: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """What is parked at one system for one cause, for one kind of person to act.

    first, last: when the first and the last of them were parked, in milliseconds
    at_risk: how many are due soon; sample: None: it has just moved
    """

    system: str
    cause: str
    owner: str
    count: int
    at_risk: int
    first: int
    last: int
    sample: Sample | None


async def grouped(
    store: Store, settings: Settings, *, system: str | None = None, cause: str | None = None
) -> list[FailureGroup]:
    """Group what is parked, the largest group first: of this system, of this cause or its kind."""
    found = await store.read(
        lambda connection: parked.groups(connection, ahead(settings), name=system, cause=cause)
    )
    return [_masked(one) for one in found]


def _masked(one: Group) -> FailureGroup:
    sample = one.sample
    return FailureGroup(
        system=one.system,
        cause=one.cause,
        owner=one.owner,
        count=one.count,
        at_risk=one.at_risk,
        first=one.first,
        last=one.last,
        sample=sample and Sample(masked_id(sample[0]), masked_ref(sample[1])),
    )
