"""Which generation of communes a system expects, and how an address is said in it.

In: an address as it was written. Out: the unit in the generation that the system is set to.
Never: one of several candidates picked; what cannot be told parks with its reason.
"""

from __future__ import annotations

from typing import Literal

from schemas.catalogue.communes import resolve
from schemas.outcome import CannotExpress
from schemas.parts import Address, Unit

Expects = Literal["as_written", "before_2025_07", "from_2025_07"]
"""Which generation of communes a system takes: a setting of its adapter."""


def commune(place: Address, expects: Expects, pointer: str) -> Unit | None:
    """Say the commune of an address as a system expects it; raise `CannotExpress` if none is sure.

    A unit of today is never turned into an old one: it is made of several.
    """
    unit = place.commune
    if unit is None or unit.code is None or expects == "as_written":
        return unit
    if expects == "before_2025_07":
        if place.generation != "before_2025_07":
            why = "this system expects communes of before July 2025, and the address states none"
            raise CannotExpress(f"{pointer}/commune", why)
        return unit
    found = resolve(unit.code, name=unit.name, on=place.as_of, generation=place.generation)
    if found.certainty != "exact":
        raise CannotExpress(f"{pointer}/commune", f"not one commune of today: {found.why}")
    return Unit(code=found.candidates[0].code, name=found.candidates[0].name)
