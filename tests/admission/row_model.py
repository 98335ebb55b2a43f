"""An independent model of rows, written from the field table: what is held after each of them.

Plain dicts and no schema: what a row states is laid over what was held, parts by what names them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

ZONE = timezone(timedelta(hours=7))
Row = dict[str, Any]
Path = tuple[str | int, ...]

NAMED_BY: dict[str, tuple[str, ...]] = {
    "components": ("id",),
    "results": ("id",),
    "fees": ("id",),
    "files": ("id",),
    "other_papers": ("name",),
    "identities": ("kind",),
    "addresses": ("kind",),
    "codes": ("kind", "value"),
    "related": ("relation", "code"),
    "databases": ("code",),
}
"""What names an item of each list of parts; what is stated of it again is laid over it."""
FREE = frozenset({"data", "extensions"})
"""Objects of somebody else's schema: a list in them is a value, and so is null."""
CLOSES = {
    "refused_at": frozenset({"refused"}),
    "finished_at": frozenset({"finished", "returned"}),
    "returned_at": frozenset({"returned"}),
}
"""In which states a closing time may stand."""
DEFAULTS = {"kind": "contact", "generation": "unknown", "state": "due", "relation": "self"}
"""How an unstated word is given out; a flag is given out as false."""


def named(row: Row, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Give what names an item of a list."""
    return tuple(row.get(name, DEFAULTS.get(name)) for name in names)


def stated(value: Any, *, free: bool = False) -> Any:
    """Leave out what a row does not state: null and empty cells are absent."""
    if isinstance(value, dict):
        return {
            name: stated(one, free=free or name in FREE)
            for name, one in value.items()
            if free or (one is not None and one != "")
        }
    if isinstance(value, list):
        return [stated(one, free=free) for one in value]
    return value


def laid_over(held: Any, said: Any, name: str = "", *, free: bool = False) -> Any:
    """Lay what is said over what is held: what it does not state stays."""
    free = free or name in FREE
    if isinstance(said, dict) and isinstance(held, dict):
        made = dict(held)
        for key, one in said.items():
            made[key] = laid_over(held.get(key), one, key, free=free)
        return _promised(held, said, made) if name == "due" else made
    if isinstance(said, list) and not free:
        names = NAMED_BY[name]
        kept = list(held or [])
        for one in said:
            places = [named(other, names) for other in kept]
            if named(one, names) in places:
                at = places.index(named(one, names))
                kept[at] = laid_over(kept[at], one, free=free)
            else:
                kept.append(laid_over({}, one, free=free))
        return kept
    if isinstance(said, dict):
        return {key: laid_over(None, one, key, free=free) for key, one in said.items()}
    return copy.deepcopy(said)


def _promised(held: Row, said: Row, made: Row) -> Row:
    """Give a promise, or that there is none: each ends the other, and who had stated it."""
    made.pop("none" if "at" in said else "at", None)
    new, old = said.get("at"), held.get("at")
    if new is None or old is None or not same_time(new, old):
        return {name: one for name, one in made.items() if name in said}
    return made


@dataclass
class Expected:
    """What must have become of a row."""

    stale: bool = False
    contradicted: tuple[str, ...] = ()
    """Closing times that the row's own state, or the one that is held, contradicts."""
    moved: frozenset[str] = frozenset()
    """Flags that the row must raise."""


@dataclass
class Model:
    """A dossier of one source."""

    held: Row = field(default_factory=dict)
    as_of: str = ""
    rows: set[datetime | None] = field(default_factory=set)
    """Of when the rows were that were taken."""

    def take(self, row: Row) -> Expected:
        """Take a row in, unless it is older than what is held."""
        said = stated(row)
        as_of = said["source"]["as_of"]
        if self.as_of and before(as_of, self.as_of):
            return Expected(stale=True)
        self.as_of = later(as_of, self.as_of)
        self.rows.add(moment(as_of))
        status = said.get("status", self.held.get("status", "submitted"))
        wrong = tuple(name for name in CLOSES if name in said and status not in CLOSES[name])
        for name in wrong:
            del said[name]
        moved = {"time_without_state"} if wrong else set()
        moved |= {
            "closing_time_moved"
            for name in CLOSES
            if name in said and name in self.held and apart(said[name], self.held[name])
        }
        old, new = (one.get("due", {}).get("at") for one in (self.held, said))
        if old is not None and new is not None and apart(old, new):
            moved.add("due_moved")
        self.held = laid_over(self.held, said)
        self.held["status"] = status
        for name, states in CLOSES.items():
            if status not in states:
                self.held.pop(name, None)
        return Expected(contradicted=wrong, moved=frozenset(moved))


def leaves(value: Any, path: Path = (), *, free: bool = False) -> Iterator[tuple[Path, Any]]:
    """Give every leaf that a row states, with its place."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from leaves(one, (*path, name), free=free or name in FREE)
    elif isinstance(value, list) and not free:
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    elif free or value not in ({}, []):
        yield path, value


def found(held: Any, said: Any, path: Path) -> Any:
    """Give what is held at the place of a leaf of a row; items of lists by what names them."""
    name = ""
    for step in path:
        if isinstance(step, int):
            said = said[step]
            names = NAMED_BY[name]
            same = [one for one in held or [] if named(one, names) == named(said, names)]
            held = same[0] if same else None
        else:
            said, name = said[step], step
            held = held.get(step) if isinstance(held, dict) else None
    return held


def pointer(path: Path) -> str:
    """Write a place as a JSON pointer."""
    return "".join(f"/{step}" for step in path)


def same(one: Any, other: Any) -> bool:
    """Say whether two leaves say the same: a day is held as the end of its working day."""
    if one == other:
        return type(one) is type(other)
    return isinstance(one, str) and isinstance(other, str) and same_time(one, other)


def moment(text: str) -> datetime | None:
    """Read a time, a day alone as the end of its working day; None: it is none."""
    try:
        if of_day(text):
            return datetime.fromisoformat(f"{text}T17:00:00").replace(tzinfo=ZONE)
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=ZONE)


def same_time(one: str, other: str) -> bool:
    """Say whether two texts are one moment."""
    read = moment(one)
    return read is not None and read == moment(other)


def of_day(text: str) -> bool:
    """Say whether only the day is known."""
    return len(text) == len("2026-03-02")


def day_alone(path: Path, leaf: Any) -> bool:
    """Say whether a leaf of the dossier itself is a process time of which only the day is known."""
    timed = len(path) == 1 and str(path[0]).endswith("_at")
    return (timed or path == ("due", "at")) and of_day(leaf)


def apart(one: str, other: str) -> bool:
    """Say whether two times differ; where either knows only the day, days are compared."""
    if of_day(one) or of_day(other):
        return one[:10] != other[:10]
    return not same_time(one, other)


def before(one: str, other: str) -> bool:
    """Say whether a row is older; where either knows only the day, days are compared."""
    if of_day(one) or of_day(other):
        return one[:10] < other[:10]
    first, second = moment(one), moment(other)
    assert first is not None
    assert second is not None
    return first < second


def later(one: str, other: str) -> str:
    """Give the later of two times of rows; of one day, the one that knows the time."""
    if not other or before(other, one):
        return one
    return other if before(one, other) or of_day(one) else one
