"""Which communes reach which system: never a name of the other generation."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters import registry
from gateway.workbench.checks import step_of
from gateway.workbench.full import pair
from gateway.workbench.transports import play, simulated, spelled, subject
from schemas.outcome import CannotExpress, Delivered, Remote

FOUND = registry.find_adapters().adapters
OLD = {"commune": {"name": "X. Long Nguyên"}, "province": {"name": "Tỉnh Bình Dương"}}
CODED = OLD | {"commune": {"code": "25828"}, "district": {"name": "Huyện Bàu Bàng"}}
NEW = {"commune": {"name": "Phường Long Nguyên"}, "province": {"code": "79"}}


def told(name: str, expects: str, place: dict[str, Any]) -> tuple[object, str]:
    """Tell a system a dossier with one address; give the outcome, and all that was sent."""
    document = pair()[0]
    document["owner"] = document["owner"] | {"addresses": [place]}
    one = replace(subject(FOUND[name]), others={"communes": expects})
    outcome, sent, _ = play(one, replace(step_of(document), remote=Remote()), simulated(one))
    return outcome, json.dumps([spelled(each) for each in sent], ensure_ascii=False)


@pytest.mark.parametrize(
    ("place", "expects"),
    [(OLD, "from_2025_07"), (NEW, "before_2025_07"), ({"province": {"name": "?"}}, "from_2025_07")],
)
def test_a_name_of_the_other_generation_parks(place: dict[str, Any], expects: str) -> None:
    """Nothing at all is sent to a system that has a field for it."""
    outcome, sent = told("igate", expects, place)

    assert isinstance(outcome, CannotExpress)
    assert (outcome.field.rpartition("/")[0], sent) == ("/owner/addresses/0", "[]")


def test_a_unit_of_today_is_told_without_what_it_left() -> None:
    """Its district is gone and its province is another."""
    outcome, sent = told("igate", "from_2025_07", CODED)

    assert isinstance(outcome, Delivered)
    assert all(one in sent for one in ("25840", "Phường Long Nguyên", "Thành phố Hồ Chí Minh"))
    assert not [one for one in ("25828", "Bình Dương", "Bàu Bàng") if one in sent]


@pytest.mark.parametrize("place", [OLD, NEW])
def test_software_without_a_column_for_names_is_told_none(place: dict[str, Any]) -> None:
    """And the dossier goes on."""
    outcome, sent = told("commune_files", "from_2025_07", place)

    assert isinstance(outcome, Delivered)
    assert "Long Nguyên" not in sent


def test_the_national_portal_is_told_no_commune() -> None:
    """Its contract has no field for one."""
    document = pair()[0]
    document["owner"] = document["owner"] | {"addresses": [CODED]}
    one = subject(FOUND["national_portal"])
    outcome, sent, _ = play(one, step_of(document), simulated(one))
    text = json.dumps([spelled(each) for each in sent], ensure_ascii=False)

    assert isinstance(outcome, Delivered)
    assert not [name for name in ("25828", "25840", "Long Nguyên", "Bình Dương") if name in text]
