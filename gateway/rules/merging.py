"""What a statement about a part means: what it states is taken, what it does not state stays.

Lists of parts are keyed, and an item that is stated again is merged into the one that is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from schemas.base import Part, is_day
from schemas.dossier import Coded, Decision, Form, Lookup, Procedure, Related
from schemas.event import OtherCode
from schemas.parts import (
    Address,
    AgencyRef,
    Component,
    Due,
    Fee,
    File,
    Identity,
    Officer,
    OtherPaper,
    Party,
    Result,
    Submitter,
    Unit,
    Verified,
)

P = TypeVar("P", bound=Part)

KEYS: Mapping[type[Part], tuple[str, ...]] = MappingProxyType(
    {
        Component: ("id",),
        Result: ("id",),
        Fee: ("id",),
        File: ("id",),
        OtherPaper: ("name",),
        Identity: ("kind",),
        Address: ("kind",),
        OtherCode: ("value",),
        Related: ("relation", "code"),
        Lookup: ("code",),
    }
)
"""By what an item of a list is known again."""

SEVERAL = frozenset({"passport", "foreign_id", "other", "business_registration"})
"""Kinds of identities of which somebody may have more than one: known again by their number."""

_NAME_OF_PARTY = {"name": ("name_parts",)}
BELONGS: Mapping[type[Part], Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        AgencyRef: {"code": ("name", "scheme", "as_of")},
        Unit: {"code": ("name",)},
        Coded: {"code": ("name",)},
        Officer: {"name": ("title",)},
        Identity: {"number": ("document", "issued_on", "issued_by", "verified")},
        Verified: {"by": ("at",)},
        Party: _NAME_OF_PARTY,
        Submitter: _NAME_OF_PARTY,
        File: {"sha256": ("size", "media_type", "signed", "url")},
        Due: {"at": ("precision", "stated_by", "rule")},
        Form: {"schema_": ("version",)},
        Decision: {"decision": ("effective_from",)},
        Procedure: {"code": ("local_code", "name", "version", "case", "online_service", "field")},
    }
)
"""What goes with a field: another code comes without the name of the old one."""

ENDS: Mapping[type[Part], Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {Due: {"at": ("none",), "none": ("at", "precision", "stated_by", "rule")}}
)
"""What a field puts an end to, also where it was not held: a promise, that there is none."""


def state(held: P, said: Part) -> P:
    """Give a part after a statement about it."""
    change: dict[str, Any] = {}
    fields = type(held).__pydantic_fields__  # `model_fields` is looked for anew each time
    stated = [name for name in said.__pydantic_fields_set__ if name in fields]
    for name in stated:
        new, old = getattr(said, name), getattr(held, name)
        merged = _value(old, new)
        if merged != old or _day_differs(merged, old):
            change[name] = merged
    if not change:
        return held
    for name, goes in BELONGS.get(type(held), {}).items():
        if name in change and getattr(held, name) not in (None, False):
            for other in goes:
                if other not in stated:
                    change[other] = fields[other].get_default()
    for name, ended in ENDS.get(type(held), {}).items():
        if change.get(name):
            change |= {
                other: fields[other].get_default()
                for other in ended
                if other not in stated or getattr(said, other) is None
            }
    return held.model_copy(update=change)


def state_all(held: Iterable[P], said: Iterable[P]) -> tuple[P, ...]:
    """Give a keyed list after a statement about some of its items."""
    found = {_key(one): one for one in held}
    for one in said:
        key = _key(one)
        found[key] = state(found[key], one) if key in found else one
    return tuple(found.values())


def _value(old: Any, new: Any) -> Any:
    """Merge one value; None and an empty list state nothing."""
    if new is None or new == ():
        return old
    if isinstance(new, Part) and isinstance(old, Part):
        return state(old, new)
    if isinstance(new, tuple) and isinstance(old, tuple):
        return state_all(old, new) if new and type(new[0]) in KEYS else new
    if isinstance(new, dict) and isinstance(old, dict):
        return old | {key: _free(old.get(key), one) for key, one in new.items()}
    return new


def _free(old: Any, new: Any) -> Any:
    """Merge one value of somebody else's schema, in which nothing is absent that is written."""
    return new if new is None else _value(old, new)


def _day_differs(new: Any, old: Any) -> bool:
    moments = isinstance(new, datetime) and isinstance(old, datetime)
    return moments and is_day(new) is not is_day(old)


def _key(one: Part) -> tuple[Any, ...]:
    names = KEYS[type(one)]
    if isinstance(one, Identity) and one.kind in SEVERAL:
        names = ("kind", "number")
    return tuple(getattr(one, name) for name in names)


def unmet(said: Part, held: Part | None, at: str = "") -> Iterator[str]:
    """Name, by JSON pointers into what was said, the stated leaves that are held otherwise."""
    for name in type(said).__pydantic_fields__:
        if name not in said.__pydantic_fields_set__:
            continue
        alias = type(said).__pydantic_fields__[name].alias or name
        yield from _unmet(getattr(said, name), getattr(held, name, None), f"{at}/{alias}")


def _unmet(said: Any, held: Any, at: str) -> Iterator[str]:
    if said is None or said == ():
        return
    if isinstance(said, Part):
        yield from unmet(said, held if isinstance(held, Part) else None, at)
    elif isinstance(said, tuple) and said and type(said[0]) in KEYS:
        by_key = {_key(one): one for one in held or ()}
        for index, one in enumerate(said):
            yield from unmet(one, by_key.get(_key(one)), f"{at}/{index}")
    elif isinstance(said, dict):
        known = held if isinstance(held, dict) else {}
        for key, one in said.items():
            if one is None and known.get(key) is not None:
                yield f"{at}/{key}"
            yield from _unmet(one, known.get(key), f"{at}/{key}")
    elif said != held:
        yield at
