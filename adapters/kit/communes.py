"""Which generation of communes a system expects, and how an address is said in it.

In: an address as it was written. Out: its units in the generation that the system is set to.
Never: one of several candidates picked, or a name of one generation told to a system of the other;
what cannot be told parks with its reason.
"""

from __future__ import annotations

from typing import Literal

from schemas.catalogue.communes import resolve, units
from schemas.catalogue.generations import generation_of, province_today
from schemas.outcome import CannotExpress
from schemas.parts import Address, Unit

Expects = Literal["as_written", "before_2025_07", "from_2025_07"]
"""Which generation of communes a system takes: a setting of its adapter."""
OF = {"before_2025_07": "of before July 2025", "from_2025_07": "of today"}


def commune(place: Address, expects: Expects, pointer: str) -> Unit | None:
    """Say the commune of an address as a system expects it; raise `CannotExpress` if none is sure.

    A unit of today is never turned into an old one: it is made of several. A name without a code
    is never turned into another: it is told only to a system of its own generation.
    """
    unit = place.commune
    if unit is None or expects == "as_written":
        return unit
    if unit.code is None or expects == "before_2025_07":
        if unit.code is not None or unit.name is not None:
            _of_generation(place, expects, f"{pointer}/commune")
        return unit
    found = resolve(unit.code, name=unit.name, on=place.as_of, generation=place.generation)
    if found.certainty != "exact":
        raise CannotExpress(f"{pointer}/commune", f"not one commune of today: {found.why}")
    return Unit(code=found.candidates[0].code, name=found.candidates[0].name)


def in_generation(place: Address, expects: Expects, pointer: str) -> Address:
    """Say a whole address so: its commune, and the province and district that it lies in.

    A unit of today lies in a province of today and in no district, whatever was written.
    """
    told = commune(place, expects, pointer)
    if expects == "as_written":
        return place
    if expects == "before_2025_07":
        if told is None and (place.province is not None or place.district is not None):
            _of_generation(place, expects, f"{pointer}/province")
        return place
    if told is None and place.district is not None:
        why = "this system expects units of today, and the address has a district but no commune"
        raise CannotExpress(f"{pointer}/district", why)
    province = place.province
    if told is not None and told.code is not None:
        lies = units()[told.code].province
        province = province_today(Unit(code=lies), "from_2025_07")
    elif province is not None:
        province = province_today(province, generation_of(place)[0])
        if province is None:
            raise CannotExpress(f"{pointer}/province", "not one province of today")
    return place.model_copy(update={"commune": told, "district": None, "province": province})


def _of_generation(place: Address, expects: Expects, pointer: str) -> None:
    """Refuse an address that is not for sure of the generation that a system expects."""
    found, why = generation_of(place)
    if found != expects:
        said = why if found == "unknown" else f"the address is {OF[found]}"
        raise CannotExpress(pointer, f"this system expects communes {OF[expects]}: {said}")
