"""What an address's commune means: told to whoever posted it, and never picked for a system."""

from __future__ import annotations

import pytest

from adapters.kit.communes import Expects, commune
from gateway.rules.communes import doubts
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier
from schemas.outcome import CannotExpress
from schemas.parts import Address, Unit


def place(code: str | None, name: str | None = None, **more: str) -> Address:
    """Make an address."""
    return Address.model_validate({"commune": {"code": code, "name": name}, **more})


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (place("25840", "An Điền"), None),
        (place("25840", generation="before_2025_07"), None),
        (place("25840", as_of="2026-01-01"), None),
        (place(None, "An Điền"), None),
        (place("25840"), "ambiguous_commune"),
        (place("00025", generation="before_2025_07"), "split_commune"),
        (place("99999"), "unknown_commune"),
    ],
)
def test_a_commune_that_has_not_one_meaning_is_named(stated: Address, said: str | None) -> None:
    """With the pointer of the address, for owner and submitter."""
    content = NewDossier.model_validate(sample(1, 1).requests[0].body)
    owner = content.owner.model_copy(update={"addresses": (stated,)})
    found = list(doubts(content.model_copy(update={"owner": owner, "submitter": owner})))
    roles = ("/owner", "/submitter") if said else ()

    assert [(f"{one}/addresses/0/commune/code", said) for one in roles] == [
        (pointer, code) for pointer, code, _ in found
    ]


def test_samples_state_communes_that_have_one_meaning() -> None:
    """The codes and names of all samples fit."""
    bodies = (one.requests[0].body for one in (sample(number, 1) for number in range(1, 60)))
    found = [list(doubts(NewDossier.model_validate(one))) for one in bodies if "owner" in one]

    assert [one for one in found if one] == []


@pytest.mark.parametrize(
    ("stated", "expects", "code", "name"),
    [
        (place("25840", "x"), "as_written", "25840", "x"),
        (place("25828"), "from_2025_07", "25840", "Phường Long Nguyên"),
        (place("25840", "An Điền"), "from_2025_07", "25840", "Phường Long Nguyên"),
        (place("25828", generation="before_2025_07"), "before_2025_07", "25828", None),
    ],
)
def test_a_system_gets_the_generation_it_expects(
    stated: Address, expects: Expects, code: str, name: str | None
) -> None:
    """Where it can be told for sure."""
    assert Unit(code=code, name=name) == commune(stated, expects, "/owner/addresses/0")


@pytest.mark.parametrize(
    ("stated", "expects"),
    [
        (place("00025", generation="before_2025_07"), "from_2025_07"),
        (place("00025"), "from_2025_07"),
        (place("99999"), "from_2025_07"),
        (place("25840", generation="from_2025_07"), "before_2025_07"),
    ],
)
def test_a_commune_that_cannot_be_told_is_not_picked(stated: Address, expects: Expects) -> None:
    """It cannot be expressed, and the reason names the field."""
    with pytest.raises(CannotExpress) as found:
        commune(stated, expects, "/owner/addresses/0")

    assert found.value.field == "/owner/addresses/0/commune"
