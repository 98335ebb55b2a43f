"""What is wrong with, or missing in, something that is read into a catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class Unreadable(Exception):  # noqa: N818 - carries what the operator is told
    """The whole file cannot be read, and why, in one line."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: where (row or pointer), in which field, why.

    `lost`: the whole row was left out; else only this field is absent or worth a look.
    """

    place: str
    field: str
    reason: str
    lost: bool = False

    def __str__(self) -> str:
        """Say it in one line."""
        what = "LEFT OUT" if self.lost else "gap"
        return f"{what} {self.place}{', ' if self.field else ''}{self.field}: {self.reason}"


def checked(
    model: type[M], given: dict[str, Any], place: str, field: str, needed: frozenset[str]
) -> tuple[M | None, list[Finding]]:
    """Read `given`; a bad optional field is left out and reported, a bad needed one loses all.

    Reports never repeat values. `field` is put before the names of the fields.
    """
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        found = [
            Finding(place, ".".join(str(part) for part in (field, *one["loc"]) if part != ""), why)
            for one in error.errors(include_url=False, include_input=False)
            for why in [one["msg"]]
        ]
        bad = {str(one["loc"][0]) if one["loc"] else "" for one in error.errors()}
    if "" in bad or bad & needed:
        return None, [Finding(one.place, one.field, one.reason, lost=True) for one in found]
    rest = {name: value for name, value in given.items() if name not in bad}
    made, more = checked(model, rest, place, field, needed)
    return made, [*found, *more]
