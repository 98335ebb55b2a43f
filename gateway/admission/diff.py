"""Name the fields in which a repeated post differs from what is stored; never their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from gateway.words.fault import Fault
from gateway.words.lifecycle import KIND_NAMES
from schemas.dossier import Dossier
from schemas.event import Event, NewEvent
from schemas.status import Kind

MOST = 20
EVOLVING: Mapping[str, str] = MappingProxyType(
    {
        "events": "…",
        "known_in": Kind.LINKED,
        "status": Kind.PROGRESS,
        "received_at": Kind.ACCEPTED,
        "due": Kind.DUE_CHANGED,
        "refused_at": Kind.REFUSED,
        "finished_at": Kind.FINISHED,
        "returned_at": Kind.RETURNED,
        "return": Kind.RETURNED,
        "components": Kind.SUPPLEMENT_RECEIVED,
        "results": Kind.FINISHED,
        "fees": Kind.FEE_REQUESTED,
        "codes": Kind.LINKED,
        "official_code": Kind.LINKED,
    }
)
"""What events change later, and by which: it may differ from the first post without any fault."""
BESIDE = frozenset({"day_times"})
"""What follows from the rest."""
MOVED_BY: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.ACCEPTED: ("received_at", "due"),
        Kind.SUPPLEMENT_RECEIVED: ("due",),
        Kind.DUE_CHANGED: ("due",),
        Kind.REFUSED: ("refused_at",),
        Kind.FINISHED: ("finished_at",),
        Kind.RETURNED: ("returned_at", "return"),
        Kind.REOPENED: ("refused_at", "finished_at", "returned_at", "return"),
        Kind.FEE_PAID: ("fees",),
        Kind.FEE_WAIVED: ("fees",),
    }
)
"""What a kind changes beside the fields that it carries."""
CARRIED = ("components", "results", "fees", "codes", "official_code", "due")
FILLED = frozenset({"/procedure/version", "/procedure/name", "/procedure/field"})
"""What the catalogue fills in where a post leaves it out."""


def differing_event(posted: NewEvent, stored: Event) -> list[str]:
    """Give pointers to the fields in which an event differs from the one that has its ref."""
    new, old = _dumped(posted), _dumped(stored)
    if old.get("action") == KIND_NAMES[stored.kind][0]:
        new.setdefault("action", old["action"])  # so it is called where it is called nothing
    if "status" not in new:
        old.pop("status", None)  # it was computed
    names = {field.alias or name for name, field in NewEvent.model_fields.items()}
    found = list(_walk({key: old[key] for key in old if key in names}, new, ""))
    return found[:MOST] or ["/ref"]


def differing_fields(posted: BaseModel, stored: Dossier) -> list[str]:
    """Give pointers to the differing fields that no event changes."""
    names = {field.alias or name for name, field in type(posted).model_fields.items()}
    names -= EVOLVING.keys() | BESIDE
    new, old = (
        {key: value for key, value in _dumped(side).items() if key in names}
        for side in (posted, stored)
    )
    return list(_walk(old, new, ""))[:MOST]


def differing(posted: BaseModel, stored: Dossier, history: Sequence[Event]) -> list[Fault]:
    """Say in which fields a post differs from the first one; of what evolves, what to send instead.

    The first post is not kept: what no event has changed is still as it was posted.
    """
    new, old = _dumped(posted), _dumped(stored)
    moved = _moved(history)
    evolved = [name for name in EVOLVING if _otherwise(name, new, old, moved, history)]
    found = [Fault("differs", at) for at in differing_fields(posted, stored)]
    if not found and not evolved:
        told = [name for name in EVOLVING if name in moved | {"official_code"}]
        evolved = [name for name in told if name in new] or [name for name in told if name in old]
    found += [Fault("told_by_event", f"/{name}", {"kind": EVOLVING[name]}) for name in evolved]
    return found[:MOST] or [Fault("differs", "/source/ref")]


def _otherwise(
    name: str,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    moved: set[str],
    history: Sequence[Event],
) -> bool:
    """Say whether something that evolves is surely stated otherwise than in the first post."""
    if name == "events":
        refs = {event.ref for event in history}
        return any(event["ref"] not in refs for event in new.get("events", ()))
    if name == "status":
        return name in new and len(history) == 1 and new[name] != history[0].status
    if name == "codes":  # those that the gateway itself noted are no difference
        known = {code["value"] for code in old.get("codes", ())} | {old.get("official_code")}
        return any(code["value"] not in known for code in new.get("codes", ()))
    if name == "official_code":
        known = {code["value"] for code in old.get("codes", ())} | {old.get(name)}
        return name in new and new[name] not in known
    return name not in moved and new.get(name) != old.get(name)


def _moved(history: Sequence[Event]) -> set[str]:
    """Name what events have changed since the first one."""
    found: set[str] = set()
    for event in history[1:]:
        found.update(MOVED_BY.get(event.kind, ()), event.patch or ())
        found.update(name for name in CARRIED if getattr(event, name))
        found.add("status")
    return found


def _dumped(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)


def _walk(old: Any, new: Any, at: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(old.get(key), new.get(key), f"{at}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _walk(left, right, f"{at}/{index}")
    elif old != new and not (new is None and at in FILLED):
        yield at
