"""From a row of a software without events to what must have happened since we last heard of it.

First the steps to the row's state: those whose times the row states, and the one that led there.
Steps that the row does not show are not made up, and a time that it does not state is the row's own
date, flagged as inferred. Then whatever else the row states otherwise, as a correction. What a row
leaves out it says nothing about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.rules.lifecycle import ONLY_OF, REOPENING
from gateway.rules.merging import state, state_all, unmet
from gateway.rules.times import CLOSING
from schemas.base import Part, spoken
from schemas.days import dated, day_times, settle
from schemas.dossier import Content, Dossier, Source
from schemas.event import NewEvent
from schemas.status import Kind, Status

STATED_AT = MappingProxyType(
    {
        Kind.ACCEPTED: "received_at",
        Kind.REFUSED: "refused_at",
        Kind.FINISHED: "finished_at",
        Kind.RETURNED: "returned_at",
    }
)
"""Where a row states when a step was; of another step that leads to the same state, nowhere."""

KIND_TO = MappingProxyType(
    {
        Status.SUBMITTED: Kind.PROGRESS,
        Status.ACCEPTED: Kind.ACCEPTED,
        Status.REFUSED: Kind.REFUSED,
        Status.PROCESSING: Kind.PROGRESS,
        Status.AWAITING_SUPPLEMENT: Kind.SUPPLEMENT_REQUESTED,
        Status.AWAITING_PAYMENT: Kind.PROGRESS,
        Status.WITHDRAWAL_REQUESTED: Kind.WITHDRAWAL_REQUESTED,
        Status.STOPPED: Kind.STOPPED,
        Status.FINISHED: Kind.FINISHED,
        Status.RETURNED: Kind.RETURNED,
    }
)
"""What led to a state, where nothing else is known."""

ENDS = frozenset({Status.REFUSED, Status.FINISHED, Status.RETURNED})
BACK = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.PROCESSING})
NOT_YET = frozenset({Status.SUBMITTED, Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT})
"""States in which a dossier may be before its reception."""

APART = frozenset({"status", "schema_version", "day_times", "source"})
BY_EVENTS = frozenset({"components", "results", "fees"})
"""Lists that a later, older event may still add to: they are stated by an event, not replaced."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that a row shows; untimed: the row does not state when."""

    event: NewEvent
    untimed: bool


def kind_to(held: Dossier, target: Status) -> Kind:
    """Say what leads from the state that we hold to another one."""
    if held.status in ENDS and target in REOPENING:
        return Kind.REOPENED
    if held.status is Status.AWAITING_SUPPLEMENT and target in BACK:
        return Kind.SUPPLEMENT_RECEIVED
    if held.status is Status.STOPPED and target in REOPENING:
        return Kind.RESUMED
    if target is Status.ACCEPTED and held.received_at is not None:
        return Kind.PROGRESS
    return KIND_TO[target]


def steps(held: Dossier, row: Content, *, as_of: datetime, number: int) -> tuple[Seen, ...]:
    """Give the steps that lead from what we hold to the row's state; none where it states none.

    number: of the first event that is made
    """
    target = row.status
    if "status" not in row.model_fields_set or target is held.status:
        return ()
    found = [*_passed(held, row, target), (kind_to(held, target), target)]
    return tuple(
        _step(held, row, kind, status, as_of, number + index)
        for index, (kind, status) in enumerate(found)
    )


def _passed(held: Dossier, row: Content, target: Status) -> Iterator[tuple[Kind, Status]]:
    """Give the steps before the last one whose times the row states."""
    early = held.status in NOT_YET and held.received_at is None
    if early and row.received_at is not None and target not in {Status.SUBMITTED, Status.ACCEPTED}:
        yield Kind.ACCEPTED, Status.ACCEPTED
    if target is Status.RETURNED and row.finished_at is not None and held.finished_at is None:
        yield Kind.FINISHED, Status.FINISHED


def _step(
    held: Dossier, row: Content, kind: Kind, status: Status, as_of: datetime, number: int
) -> Seen:
    name = STATED_AT.get(kind, "")
    stated: datetime | None = getattr(row, name, None)
    if stated is None and name in CLOSING:  # a return is taken back, the finish is when it was
        stated = getattr(held, name)
    fields: dict[str, Any] = {
        "ref": _ref(as_of, number),
        "kind": kind,
        "occurred_at": stated or as_of,
        "status": status,
    }
    if row.due is not None and kind in ONLY_OF["due"]:
        fields["due"] = row.due
    if row.received_at is not None and kind in ONLY_OF["received_at"]:
        fields["received_at"] = row.received_at
    if kind in {Kind.FINISHED, Kind.RETURNED}:
        fields["results"] = _changed(held.results, row.results)
    if kind is Kind.RETURNED:
        fields["hand_over"] = row.return_
    return Seen(_event(**fields), untimed=stated is None)


def _event(**fields: Any) -> NewEvent:
    """Make an event; days within parts that were read with the row are days in it too."""
    made = NewEvent(**fields)
    settle(made, tuple(day_times(made)))
    return made


def _ref(as_of: datetime, number: int) -> str:
    return f"snapshot-{spoken(as_of)}-{number}"


def rest(held: Dossier, row: Content, *, as_of: datetime, number: int) -> NewEvent | None:
    """Give the correction for all else that a row states otherwise; None: it says what we hold."""
    said = {name: getattr(row, name) for name in row.model_fields_set - APART - BY_EVENTS}
    patch = patch_of(held, said)
    lists = {name: _changed(getattr(held, name), getattr(row, name)) for name in BY_EVENTS}
    source = _source(held.source, row.source)
    if not patch and not source and not any(lists.values()):
        return None
    patch["source"] = source | {"as_of": spoken(as_of)}
    return _event(
        ref=_ref(as_of, number),
        kind=Kind.CORRECTED,
        occurred_at=as_of,
        patch=patch,
        **{name: one for name, one in lists.items() if one},
    )


def otherwise(held: Dossier, row: Content) -> list[str]:
    """Name by JSON pointers what a row states otherwise than we hold it."""
    found = [at for at in unmet(row, held) if at.split("/")[1] not in APART]
    moved = "status" in row.model_fields_set and row.status is not held.status
    return (["/status"] if moved else []) + found


def aside(held: Dossier, row: Content) -> list[str]:
    """Name what a row states otherwise where nothing of it moves: its own software's words too."""
    return otherwise(held, row) + [f"/source/{name}" for name in _source(held.source, row.source)]


def without_stray(row: Content, status: Status) -> tuple[Content, list[str]]:
    """Take out the closing times that the state contradicts, and name them."""
    stray = [
        name
        for name, states in CLOSING.items()
        if status not in states and getattr(row, name) is not None
    ]
    return (without(row, stray), [f"/{name}" for name in stray]) if stray else (row, [])


def without(row: Content, names: list[str]) -> Content:
    """Leave fields unsaid."""
    copy = row.model_copy(update=dict.fromkeys(names))
    copy.model_fields_set.difference_update(names)
    return copy


def _source(held: Source, said: Source) -> dict[str, Any]:
    """Give what a row says of its own software and of how it was written there."""
    return {
        name: new
        for name in ("system", "raw")
        for new in [getattr(said, name)]
        if new is not None and new != getattr(held, name)
    }


def _changed(held: tuple[Part, ...], said: tuple[Part, ...]) -> tuple[Part, ...]:
    """Give the items of a keyed list of which something is stated that is not held."""
    return tuple(one for one in said if state_all(held, (one,)) != held)


def patch_of(held: Dossier, said: dict[str, Any]) -> dict[str, Any]:
    """Give the merge patch that makes everything said stand; what is not said stays."""
    given = Content.model_construct(_fields_set=set(said), **said)
    base = held
    if "codes" in said:  # codes that another dossier has are stated anew by every row, or given up
        kept = tuple(one for one in held.codes if one.kind != "claimed")
        base = held.model_copy(update={"codes": kept}) if len(kept) < len(held.codes) else held
    after = state(base, given)
    changed = {name for name in said if getattr(after, name) is not getattr(held, name)}
    if not changed:
        return {}
    return _merge_patch(_json(held, changed), _json(after, changed))


def _json(dossier: Dossier, names: set[str]) -> dict[str, Any]:
    """Dump fields with days as days, so that a patch says days where only days are known."""
    found: dict[str, Any] = dossier.model_dump(mode="json", exclude_none=True, include=names)
    return dict(dated(found, [at for at in day_times(dossier) if at.split("/")[1] in found]))


def _merge_patch(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Give the merge patch (RFC 7396) from one JSON object to another."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, new in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            below = _merge_patch(old, new)
            if below:
                patch[name] = below
        elif new != old:
            patch[name] = new
    return patch
