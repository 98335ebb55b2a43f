"""Communes of both generations: every code, and what it means today."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.commands.app import program
from gateway.settings import SettingsError
from schemas.catalogue.build import digest
from schemas.catalogue.communes import (
    Certainty,
    Resolution,
    made_of,
    old_provinces,
    old_units,
    provinces,
    resolve,
    same_name,
    units,
)

BEFORE, SINCE = date(2025, 6, 30), date(2025, 7, 1)
OFFICIAL = json.loads(
    files("schemas.catalogue").joinpath("data", "communes_official.json").read_text()
)


def test_every_old_code_goes_where_the_official_table_says() -> None:
    """All 10,033 with their successors, against the digest of the official table."""
    succession = {one.code: one.to for one in old_units().values()}
    splits = sum(len(to) > 1 for to in succession.values())

    assert (10_033, 441) == (len(succession), splits) == (OFFICIAL["old"], OFFICIAL["split"])
    assert OFFICIAL["sha256"] == digest(succession)
    assert OFFICIAL["names_sha256"] == digest(
        {one.code: [one.name] for one in old_units().values()}
    )


@pytest.mark.parametrize(
    ("on", "kinds"),
    [
        (SINCE, {"Xã": 2621, "Phường": 687, "Đặc khu": 13}),
        (date(2026, 4, 29), {"Xã": 2621, "Phường": 687, "Đặc khu": 13}),
        (date(2026, 4, 30), {"Xã": 2611, "Phường": 697, "Đặc khu": 13}),
        (None, {"Xã": 2611, "Phường": 697, "Đặc khu": 13}),
    ],
)
def test_units_are_as_many_as_the_law_made(on: date | None, kinds: dict[str, int]) -> None:
    """3,321 in three kinds, of which ten became wards on 30 April 2026."""
    found = Counter(
        next(kind for kind in kinds if one.name.startswith(f"{kind} "))
        for one in units(on).values()
    )

    assert kinds == dict(found)


def test_codes_are_used_again_but_never_point_away() -> None:
    """3,316 old codes live on; each old unit under one went, at least in part, to that code."""
    again = old_units().keys() & units().keys()

    assert (len(again), sum(old_units()[code].to == (code,) for code in again)) == (3316, 3178)
    assert all(code in old_units()[code].to for code in again)
    assert {"11948", "19742", "20333", "21548", "26732"} == units().keys() - again


def test_every_unit_has_a_province_and_every_successor_exists() -> None:
    """34 provinces out of 63; no code of any table leads nowhere."""
    assert (len(provinces()), len(old_provinces())) == (34, 63)
    assert {one.province for one in units().values()} == provinces().keys()
    assert {today for _, today in old_provinces().values()} == provinces().keys()
    assert {name for name, _ in old_provinces().values()} == {
        one.province for one in old_units().values()
    }
    assert {code for one in old_units().values() for code in one.to} == made_of().keys()
    assert made_of().keys() <= units().keys()
    assert provinces()["75"] == "Thành phố Đồng Nai"


def test_every_old_code_of_an_old_record_is_exact_or_split() -> None:
    """By its date alone, for all of them."""
    for code, old in old_units().items():
        found = resolve(code, on=BEFORE)

        assert found.certainty == ("exact" if len(old.to) == 1 else "split")
        assert old.to == tuple(one.code for one in found.candidates)
        assert all(one.whole == (len(old.to) == 1) for one in found.candidates)


def test_every_code_of_today_is_itself_by_date_or_setting() -> None:
    """For all 3,321."""
    for code in units():
        by_date, by_setting = resolve(code, on=SINCE), resolve(code, generation="from_2025_07")

        assert by_date == by_setting
        assert (["exact"], [code]) == (
            [by_date.certainty],
            [one.code for one in by_date.candidates],
        )


def test_every_old_name_leads_where_its_code_does_or_says_that_it_cannot_tell() -> None:
    """The pair decides; where the name did not change, a split code stays open."""
    for code, old in old_units().items():
        found = resolve(code, name=old.name)
        kept = code in units() and same_name(old.name, units()[code].name)
        reused = any(same_name(old.name, one.name) for one in [units().get(code)] if one)
        certainty: Certainty = "exact" if len(old.to) == 1 else "split"

        if not reused:
            assert certainty == found.certainty
        assert set(old.to) == {one.code for one in found.candidates} or kept


@pytest.mark.parametrize(
    ("code", "name", "on", "certainty", "codes"),
    [
        ("32108", None, None, "exact", ["32095"]),
        ("32095", "Thị trấn Trần Văn Thời", None, "exact", ["32095"]),
        ("25828", None, None, "exact", ["25840"]),
        ("25840", "Phường An Điền", None, "exact", ["25840"]),
        ("25840", "Long Nguyên", None, "exact", ["25840"]),
        ("25840", None, None, "exact", ["25840"]),
        ("25813", None, BEFORE, "split", None),
        ("09832", "Hoài Đức", SINCE, "exact", ["09832"]),
        ("23194", "xã hoài đức", None, "exact", ["23194"]),
        ("00025", None, BEFORE, "split", ["00008", "00025", "00199"]),
        ("00103", None, BEFORE, "split", None),
        ("00070", None, BEFORE, "split", ["00070", "00082"]),
        ("00025", None, None, "ambiguous", ["00025", "00008", "00199"]),
        ("25840", "Xã Không Có", None, "misnamed", ["25840"]),
        ("25840", "An Điền", SINCE, "exact", ["25840"]),
        ("11948", None, None, "exact", ["11948"]),
        ("11948", None, BEFORE, "exact", ["11948"]),
        ("25828", None, SINCE, "exact", ["25840"]),
        ("25828", "Xã Long Nguyên", SINCE, "exact", ["25840"]),
        ("25828", "Xã Không Có", SINCE, "misnamed", ["25840"]),
        ("00007", None, SINCE, "split", ["00008", "00025"]),
        ("00001", "P. Phúc Xá", None, "exact", ["00097"]),
        ("25840", "Phường An Ðiền", None, "exact", ["25840"]),
        ("06970", None, date(2026, 1, 1), "exact", ["06970"]),
        ("11353", "Phường Cầu Đất", None, "unknown", []),
        ("99999", None, None, "unknown", []),
        ("25270", "Phường Lộc Ninh", None, "exact", ["25270"]),
    ],
)
def test_worked_examples(
    code: str, name: str | None, on: date | None, certainty: str, codes: list[str] | None
) -> None:
    """Cases in which guessing would give another commune, or none."""
    found = resolve(code, name=name, on=on)

    assert certainty == found.certainty
    assert codes in (None, [one.code for one in found.candidates])
    assert found.why


def test_one_candidate_is_never_ambiguous() -> None:
    """For every code of either generation, bare, dated, set, and with names right and wrong."""
    asked: list[dict[str, Any]] = [
        {},
        {"on": BEFORE},
        {"on": SINCE},
        {"generation": "before_2025_07"},
        {"name": "Xã Không Có", "on": SINCE},
    ]
    codes = old_units().keys() | units().keys()
    found = [resolve(code, **one) for code in codes for one in asked]
    found += [resolve(code, name=one.name, on=SINCE) for code, one in old_units().items()]
    found += [resolve(code, name=one.name, on=BEFORE) for code, one in units().items()]

    assert [one for one in found if (one.certainty == "ambiguous") != (_doubtful(one))] == []
    assert all(one.candidates for one in found)


def _doubtful(found: Resolution) -> bool:
    return len(found.candidates) > 1 and found.certainty != "split"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("11353", "it may be older than they (the codes beside it are of Thành phố Hải Phòng)"),
        ("99999", "it is older than they, or wrong"),
        ("00000", "it is older than they, or wrong"),
    ],
)
def test_a_code_of_no_list_is_named_so(code: str, said: str) -> None:
    """Codes that were given up before our lists begin were codes of communes nevertheless."""
    why = resolve(code, name="Phường Cầu Đất").why

    assert why.startswith(f"{code} is not in our lists, which begin with the communes of June 2025")
    assert said in why


def test_a_source_that_is_set_to_old_codes_decides_a_bare_one() -> None:
    """The setting is the last to be asked."""
    found = resolve("00025", generation="before_2025_07")

    assert found.certainty == "split"
    assert len(found.candidates) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Xã Hòa Bình", "HOÀ BÌNH", True),
        ("Xã Cư M'gar", "Cư M’Gar", True),
        ("Xã Hoài Đức", "Thị trấn Hoài Đức", False),
        ("Xã Tân Tiến", "Xã Tân Tiền", False),
        ("", "Xã Tân Tiến", False),
    ],
)
def test_names_compare_as_people_read_them(one: str, other: str, same: bool) -> None:
    """A kind that is left out matches any; one that is stated must be right."""
    assert same == same_name(one, other)


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(program(), ["catalogue", "commune", *words])


def test_the_command_answers_programs() -> None:
    """In today's units, with the name of today's province."""
    done = run("25828", "--on", "2025-01-01", "--json")
    unit = {"code": "25840", "name": "Phường Long Nguyên", "province": "Thành phố Hồ Chí Minh"}

    assert {"candidates": [unit | {"whole": True}], "certainty": "exact"} == json.loads(done.output)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("abc",), "CODE: 'abc' is not five digits"), (("00025", "--on", "1/7"), "--on: '1/7'")],
)
def test_wrong_input_is_one_line(words: tuple[str, ...], said: str) -> None:
    """It names the argument."""
    done = run(*words)

    assert isinstance(done.exception, SettingsError)
    assert str(done.exception).startswith(said)
