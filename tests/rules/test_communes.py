"""What an address's commune means: told to whoever posted it, and never picked for a system."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.kit.communes import Expects, commune, in_generation
from gateway.rules.communes import doubts
from gateway.workbench.samples.generator import sample
from schemas.catalogue.communes import old_units, units
from schemas.dossier import NewDossier
from schemas.outcome import CannotExpress
from schemas.parts import Address, Unit


def place(code: str | None, name: str | None = None, **more: Any) -> Address:
    """Make an address."""
    return Address.model_validate({"commune": {"code": code, "name": name}, **more})


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (place("25840", "An Điền"), None),
        (place("25840", generation="before_2025_07"), None),
        (place("25840", as_of="2026-01-01"), None),
        (place(None, "An Điền"), None),
        (place("25840"), None),
        (place("00025"), "ambiguous_commune"),
        (place("25840", "Xã Không Có"), "misnamed_commune"),
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


LONG_NGUYEN = {"province": {"name": "T. Bình Dương"}, "district": {"name": "H. Bàu Bàng"}}


@pytest.mark.parametrize(
    ("stated", "expects"),
    [
        (place(None, "Xã Long Nguyên"), "before_2025_07"),
        (place(None, "X. Long Nguyên", **LONG_NGUYEN), "before_2025_07"),
        (place(None, "X. Long Nguyên", province={"name": "TP Hồ Chí Minh"}), "before_2025_07"),
        (place(None, "P. Long Nguyên", province={"code": "79"}), "from_2025_07"),
        (place(None, "Xã Hoài Đức", generation="from_2025_07"), "from_2025_07"),
        (place(None, "Xã Hoài Đức", as_of="2024-01-01"), "before_2025_07"),
        (place("25840", "An Điền"), "before_2025_07"),
        (place("25828"), "before_2025_07"),
    ],
)
def test_a_name_is_told_to_a_system_of_its_own_generation(
    stated: Address, expects: Expects
) -> None:
    """As it was written, where it is stated or where only that generation has such a name."""
    assert commune(stated, expects, "/owner/addresses/0") == stated.commune


@pytest.mark.parametrize(
    ("stated", "expects", "said"),
    [
        (place(None, "Xã Long Nguyên"), "from_2025_07", "is of before July 2025"),
        (place(None, "Phường Long Nguyên"), "before_2025_07", "is of today"),
        (place(None, "Long Nguyên"), "from_2025_07", "both generations"),
        (
            place(None, "Xã Long Nguyên", generation="before_2025_07"),
            "from_2025_07",
            "is of before July 2025",
        ),
        (
            place(None, "Xã Long Nguyên", generation="from_2025_07"),
            "from_2025_07",
            "the other generation than it states",
        ),
        (
            place(None, "Xã Tân Tiến", generation="from_2025_07", as_of="2020-01-01"),
            "from_2025_07",
            "contradict each other",
        ),
        (place(None, "Xã Không Có"), "from_2025_07", "neither generation"),
        (
            place(None, "P. Long Nguyên", province={"name": "Cà Mau"}),
            "from_2025_07",
            "neither generation",
        ),
        (place("25840"), "before_2025_07", "both generations"),
        (place("25840", "Phường Long Nguyên"), "before_2025_07", "is of today"),
        (
            place(None, "Xã Hoài Đức", generation="from_2025_07"),
            "before_2025_07",
            "is of today",
        ),
    ],
)
def test_a_name_alone_is_never_told_to_the_other_generation(
    stated: Address, expects: Expects, said: str
) -> None:
    """Nor where both, or none, have it; the reason says what the system expects, and why not."""
    with pytest.raises(CannotExpress) as found:
        commune(stated, expects, "/owner/addresses/0")

    assert found.value.why.startswith("this system expects communes of ")
    assert said in found.value.why


def test_no_name_of_a_whole_generation_reaches_the_other() -> None:
    """Every fifth commune with its district and province, without its code."""
    for old in list(old_units().values())[::5]:
        unit = place(None, old.name, province={"name": old.province})
        stated = unit.model_copy(update={"district": Unit(name=old.district)})
        with pytest.raises(CannotExpress):
            commune(stated, "from_2025_07", "/a")
    for new in list(units().values())[::5]:
        with pytest.raises(CannotExpress):
            commune(place(None, new.name, province={"code": new.province}), "before_2025_07", "/a")


def test_a_whole_address_changes_its_generation() -> None:
    """A commune of today is never told beside the district and the province that it left."""
    stated = place(
        "25828", "Xã Long Nguyên", district={"name": "Bàu Bàng"}, province={"code": "74"}
    )
    told = in_generation(stated, "from_2025_07", "/a")

    assert (told.district, told.province) == (None, Unit(code="79", name="Thành phố Hồ Chí Minh"))
    assert told.commune == Unit(code="25840", name="Phường Long Nguyên")
    assert in_generation(stated, "as_written", "/a") == stated


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"province": {"name": "Bình Dương"}}, "79"),
        ({"province": {"code": "74"}}, "79"),
        ({"province": {"code": "52", "name": "Bình Định"}}, "52"),
        ({"province": {"code": "52"}}, "52"),
        ({"province": {"name": "Đồng Nai"}}, "75"),
        ({"province": {"code": "10"}}, "15"),
        ({"province": {"code": "99"}}, None),
        ({"province": {"name": "Hà Bắc"}}, None),
        ({"province": {"code": "01"}, "district": {"name": "Ba Đình"}}, None),
    ],
)
def test_a_province_alone_is_one_of_today_or_cannot_be_told(
    stated: dict[str, Any], told: str | None
) -> None:
    """Every old province went whole to one; a district went nowhere."""
    address = Address.model_validate(stated)
    if told is None:
        with pytest.raises(CannotExpress):
            in_generation(address, "from_2025_07", "/a")
    else:
        province = in_generation(address, "from_2025_07", "/a").province

        assert province is not None
        assert province.code == told
