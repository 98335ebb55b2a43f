"""The catalogue of administrative procedures (thủ tục hành chính), in versions.

A version is one publication of a procedure: it stands from a day to a day. What a source does not
state is absent; nothing is filled in by guessing, and `confidence` says which parts are less sure
than published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Date, Part, Text50, Text100, Text200, Text500, Text1000
from schemas.catalogue.duration import Duration
from schemas.catalogue.sheets import Stand
from schemas.dossier import Coded

Count = Annotated[int, Field(ge=0, le=1000)]
Confidence = Literal["published", "stated by a second source", "invented for samples"]
Sure = Literal["name", "field", "decision", "duration", "papers", "fees", "results", "cases"]
INVENTED: Confidence = "invented for samples"


class Named(Part):
    """A level, result or case: a code, a name, or both."""

    code: Text50 | None = None
    name: Text500 | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Named:
        if self.code is None and self.name is None:
            raise PydanticCustomError("empty", "needs a code or a name")
        return self


class Paper(Part):
    """A paper that a procedure asks for; `case`: the name of the only case that needs it."""

    code: Text50 | None = None
    name: Text1000
    originals: Count | None = None
    copies: Count | None = None
    case: Text500 | None = None


class Charge(Part):
    """A fee of a procedure, `amount` in whole `unit`; absent where the source states no number."""

    code: Text50 | None = None
    name: Text1000 | None = None
    amount: Annotated[int, Field(ge=0)] | None = None
    unit: Text50 | None = None
    channel: Literal["direct", "online", "post"] | None = None


class ProcedureVersion(Part):
    """One publication of a procedure, from `effective_from` to `effective_to`, both included.

    `duration` absent and `no_due_time` false: the source does not say how long it may take.
    """

    code: Text50
    name: Text1000
    field: Coded | None = None
    decision: Text100 | None = None
    effective_from: Date | None = None
    effective_to: Date | None = None
    levels: tuple[Named, ...] = ()
    duration: Duration | None = None
    no_due_time: bool = False
    papers: tuple[Paper, ...] = ()
    fees: tuple[Charge, ...] = ()
    results: tuple[Named, ...] = ()
    cases: tuple[Named, ...] = ()
    confidence: dict[Sure, Confidence] = Field(default_factory=dict)
    source: Text200 | None = None

    def invented(self, part: Sure) -> bool:
        """Say whether a part was made up for samples, so that nothing real may rest on it."""
        return self.confidence.get(part) == INVENTED

    @model_validator(mode="after")
    def _consistent(self) -> ProcedureVersion:
        """Refuse a version that ends before it begins, or both has and lacks a due time."""
        begin, end = self.effective_from, self.effective_to
        if begin is not None and end is not None and end < begin:
            raise PydanticCustomError("dates", "effective_to lies before effective_from")
        if self.no_due_time and self.duration is not None:
            raise PydanticCustomError("duration", "has a duration and says that it has none")
        return self


@dataclass(frozen=True)
class Catalogue:
    """Procedures by code and day; `complete`: a code that is not in it does not exist."""

    versions: tuple[ProcedureVersion, ...] = ()
    complete: bool = False
    stand: Stand = dataclass_field(default_factory=Stand)

    @cached_property
    def by_code(self) -> Mapping[str, tuple[ProcedureVersion, ...]]:
        """The versions of every procedure."""
        found: dict[str, tuple[ProcedureVersion, ...]] = {}
        for one in self.versions:
            found[one.code] = (*found.get(one.code, ()), one)
        return MappingProxyType(found)

    @cached_property
    def timed(self) -> frozenset[str]:
        """The codes of the procedures of which any version states how long it may take."""
        return frozenset(one.code for one in self.versions if one.duration is not None)

    def knows(self, code: str) -> bool:
        """Say whether there is any version of a procedure."""
        return code in self.by_code

    def find(self, code: str, on: date) -> ProcedureVersion | None:
        """Give the version in force on a day; of several the one that began last.

        A version without a first day is given only where its procedure has no other: beside dated
        ones nobody can say when it stood.
        """
        own = self.by_code.get(code, ())
        standing = [
            one
            for one in own
            if (one.effective_to is None or on <= one.effective_to)
            and (one.effective_from <= on if one.effective_from is not None else len(own) == 1)
        ]
        return max(standing, key=lambda one: one.effective_from or date.min, default=None)
