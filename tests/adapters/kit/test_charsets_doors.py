"""Doors: wherever text comes in, marks in any order become the one letter that they mean."""

from __future__ import annotations

import itertools
import json
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.kit import charsets
from adapters.kit.replies import plain, redact
from gateway.admission.parse import parse
from gateway.admission.spelt import spelt
from gateway.intake.parameters import text_of
from gateway.settings import load
from schemas.catalogue import agencies, procedure_answers, procedure_rows
from schemas.catalogue.communes import same_name
from schemas.event import SupplementNote
from schemas.inbound import Report
from schemas.marks import TONES, composed
from schemas.parts import Officer

SHAPES = {"a": "\u0302\u0306", "e": "\u0302", "o": "\u0302\u031b", "u": "\u031b"}
APART = [
    base + "".join(marks)
    for base, shapes in SHAPES.items()
    for shape, tone in itertools.product(shapes, TONES)
    for marks in itertools.permutations((shape, tone))
]
"""Every letter with two marks, in both orders."""


def body(text: str) -> str:
    """Through a body of the API, or of a row or push that an adapter made."""
    return str(parse(json.dumps({"a": text}, ensure_ascii=False).encode())["a"])


def escaped(text: str) -> str:
    """Through a body whose letters are written by their numbers."""
    return str(parse(json.dumps({"a": text}).encode())["a"])


def key(text: str) -> str:
    """Through the names of a body's fields."""
    return str(next(iter(parse(json.dumps({text: 1}).encode()))))


def report(text: str) -> str:
    """Through a report of a system, which is no body: its plain texts and those of its parts."""
    found = spelt(
        Report(
            ref="r",
            code=text,
            note=text,
            officer=Officer(name=text),
            supplement=SupplementNote(content=text),
        )
    )
    assert found.officer is not None
    assert found.supplement is not None
    texts = {found.code, found.note, found.officer.name, found.supplement.content}
    return "".join(str(one) for one in texts)


def table_of_agencies(text: str) -> str:
    """Through a deployment's own table."""
    row = {"code": "H99.14", "scheme": "qd20", "name": text}
    return agencies.read([row])[0].all[0].name


def rows_of_procedures(text: str) -> str:
    """Through a table of procedures."""
    return procedure_rows.read(f"code,name\n1.000656,{text}\n")[0][0].name


def answer_of_procedures(text: str) -> str:
    """Through an answer of the portal, whose letters may be written by their numbers."""
    return procedure_answers.read(json.dumps({"MATTHC": "1.000656", "TENTTHC": text}))[0][0].name


def systems_file(text: str) -> str:
    """Through the words of a systems file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "systems.toml")
        path.write_text(f'[systems.a]\nadapter = "echo"\nsettings.word = "{text}"\n', "utf-8")
        return str(load({"LIENTHONG_SYSTEMS": str(path)}).systems[0].settings["word"])


def container(charset: str) -> Callable[[str], str]:
    """Through a file in a container of all letters."""

    def read(text: str) -> str:
        return charsets.decode(("\ufeff" + text).encode(charset), charset)

    return read


DOORS: dict[str, Callable[[str], str]] = {
    "body": body,
    "escaped body": escaped,
    "name of a field": key,
    "parameter, header, ref of an order": text_of,
    "report of a system": report,
    "table of agencies": table_of_agencies,
    "table of procedures": rows_of_procedures,
    "answer with procedures": answer_of_procedures,
    "systems file": systems_file,
    "words of a reply": plain,
    "words of a reply, as shown": redact,
    "cell of a spreadsheet": lambda text: charsets.respelt(text, "utf-8"),
    "cell of a sheet set to a font": lambda text: charsets.respelt(text, "tcvn3"),
    "cell of a file set to a font": lambda text: charsets.respelt(text, "vni"),
    **{f"file in {one}": container(one) for one in ("utf-8", "utf-16-le", "utf-16-be")},
}


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_marks_in_any_order_are_put_in_order_at_every_door(door: Callable[[str], str]) -> None:
    """Every letter with two marks, tone first or shape first."""
    expected = [unicodedata.normalize("NFC", composed(one)) for one in APART]
    found = [door(f"x{one}x") for one in APART]

    assert {len(one) for one in expected} == {1}
    assert found == [f"x{one}x" for one in expected]


def test_the_case_that_was_met_comes_out_right() -> None:
    """A tilde typed before the circumflex."""
    assert {name: door("Nguye\u0303\u0302n").casefold() for name, door in DOORS.items()} == (
        dict.fromkeys(DOORS, "nguyễn")
    )


def test_names_of_communes_are_compared_whatever_the_order() -> None:
    """What is typed is not what the lists have, and means it."""
    assert same_name("Xã Vi\u0065\u0301\u0302ng Vie\u0323\u0302t", "xã viếng việt")
