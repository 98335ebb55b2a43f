"""Whatever a dossier says, a translation fits the contract, or says which field it cannot say."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from adapters import registry
from adapters.commune_files.columns import READ, WORDS
from adapters.commune_files.rows import plan
from adapters.commune_files.write import body_of
from adapters.igate import inbound, replies
from adapters.igate import translate as igate
from adapters.kit import charsets
from adapters.national_portal import progress, words
from adapters.national_portal import translate as portal
from gateway.workbench.checks import step_of
from gateway.workbench.full import leaves, nudged, pair, value_at
from gateway.workbench.transports import subject
from schemas.base import VIETNAM
from schemas.outcome import CannotExpress

FOUND = registry.find_adapters().adapters
ROOT = Path(__file__).parents[2] / "contracts"
FULL = pair()[0]
KEPT = {"id", "schema_version", "sha256", "url", "birth", "nationality", "country", "kind"}
TEXTS = [
    path
    for path in leaves(FULL)
    if isinstance(value_at(FULL, path), str)
    and str(value_at(FULL, path)).endswith(" một")
    and path[-1] not in KEPT
]
WORDS_OF_LIFE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60
) | st.sampled_from(["a" * 51, "a" * 501, "Đặng Thị Hồng Nhung", "=1+1", '"', "a,b;c", "0123"])
DOCUMENTS = st.lists(st.tuples(st.sampled_from(TEXTS), WORDS_OF_LIFE), max_size=6)
STATES = st.sampled_from(list(WORDS["/status"].values()))


def schema(contract: str, name: str) -> Any:
    """Read a schema of a contract."""
    return json.loads((ROOT / contract / "schema" / f"{name}.json").read_text("utf-8"))


def changed(changes: list[tuple[Any, str]], state: str) -> Any:
    """Make a step of the full dossier with other words and another state."""
    document = FULL | {"status": state}
    for path, text in changes:
        document = nudged(document, path, text)
    try:
        return step_of(document)
    except ValidationError:  # too long for the door: it never comes this far
        return reject()


def named(error: CannotExpress) -> None:
    """Check that what cannot be said is named."""
    assert error.field.startswith("/"), error


PORTAL = schema("national_portal", "DongBoHoSoMC")["properties"]["data"]["items"]
LINE = schema("national_portal", "CapNhatTienDoHoSoMC")["properties"]["data"]["items"]
IGATE = schema("igate", "dossier")


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, STATES)
def test_the_portals_snapshot_fits_its_contract(changes: list[Any], state: str) -> None:
    """Every snapshot is valid by the schema, with all its limits."""
    step, own = changed(changes, state), subject(FOUND["national_portal"]).settings
    try:
        made = portal.dossier(step.dossier, own)  # type: ignore[arg-type]
    except CannotExpress as error:
        named(error)
        return
    jsonschema.validate(made, PORTAL)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, STATES)
def test_the_portals_lines_fit_their_contract(changes: list[Any], state: str) -> None:
    """Every line of progress is valid by the schema."""
    step, own = changed(changes, state), subject(FOUND["national_portal"]).settings
    try:
        made = progress.line(step.dossier, step.events[0], own)  # type: ignore[arg-type]
    except CannotExpress as error:
        named(error)
        return
    jsonschema.validate(made, LINE)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, STATES)
def test_igates_dossier_fits_its_contract(changes: list[Any], state: str) -> None:
    """Every dossier for iGate is valid by the schema."""
    step, own = changed(changes, state), subject(FOUND["igate"]).settings
    made = igate.dossier(step.dossier, "H99-1", {"id một": "64f0"}, own)  # type: ignore[arg-type]

    jsonschema.validate(made, IGATE)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, STATES, st.sampled_from([",", ";", "\t", "|"]))
def test_a_csv_file_says_every_text_as_it_is(
    changes: list[Any], state: str, delimiter: str
) -> None:
    """Commas, quotes, formulas and zeros in front come back as they were."""
    step = changed(changes, state)
    own = subject(FOUND["commune_files"]).settings.model_copy(update={"delimiter": delimiter})
    text = body_of(step, own).decode()  # type: ignore[arg-type]
    row = next(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))

    assert row["chuhoso"] == charsets.encode(step.dossier.owner.name, "utf-8").decode()
    assert row["trangthai"] in WORDS["/status"]


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, STATES, st.sampled_from(charsets.NAMES))
def test_a_file_in_any_charset_says_every_text_or_names_the_field(
    changes: list[Any], state: str, charset: str
) -> None:
    """What does not fit is refused by its field; TCVN3 alone loses case."""
    step = changed(changes, state)
    own = subject(FOUND["commune_files"]).settings.model_copy(update={"charset": charset})
    try:
        body = body_of(step, own)  # type: ignore[arg-type]
    except CannotExpress as error:
        named(error)
        return
    text = charsets.decode(body, charset)
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    name = charsets.decode(step.dossier.owner.name.encode(), "utf-8")

    assert row["chuhoso"].lower() == name.lower() if charset == "tcvn3" else row["chuhoso"] == name


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, STATES)
def test_an_xml_file_says_every_text_as_it_is(changes: list[Any], state: str) -> None:
    """Text comes back as it was, or the file is refused by the name of the field."""
    step = changed(changes, state)
    own = subject(FOUND["commune_files"]).settings.model_copy(update={"format": "xml"})
    try:
        body = body_of(step, own)  # type: ignore[arg-type]
    except CannotExpress as error:
        named(error)
        return
    found = etree.fromstring(body).findtext("HoSo/chuhoso")

    assert found == charsets.encode(step.dossier.owner.name, "utf-8").decode()


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - a zone is added
    st.sampled_from([-12, 0, 7, 14]),
)
def test_igates_times_come_back(at: datetime, hours: int) -> None:
    """A time told and heard is the same instant, to the second."""
    moment = at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))

    assert inbound.moment(igate.moment(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["2026-03-02T10:30:00.000+0700", "2026-03-02T03:30:00.000+0000", "2026-03-02T10:30:00+07:00"],
)
def test_every_shape_of_offset_is_read(text: str) -> None:
    """Offsets come without a colon, with one, and in UTC."""
    assert inbound.moment(text) == datetime(2026, 3, 2, 10, 30, tzinfo=VIETNAM)


@given(st.dates())
def test_birthdays_do_not_slip(day: Any) -> None:
    """Local midnight in UTC is the day before there; the Vietnamese day comes back."""
    if day.year < 1900:
        return
    assert inbound.birthday(igate.birthday(day.isoformat())) == day.isoformat()


@pytest.mark.parametrize(
    "shape",
    [
        "Thụ lý",
        {"languageId": 228, "name": "Thụ lý"},
        [{"languageId": 46, "name": "Accept"}, {"languageId": 228, "name": "Thụ lý"}],
        [{"languageId": 1, "name": "Thụ lý"}],
    ],
)
def test_names_are_read_in_every_shape(shape: Any) -> None:
    """A name is a text, an object, or a list of languages."""
    assert replies.name_in(shape) == "Thụ lý"


def exported(state: str, **change: str) -> dict[str, str]:
    """Write a row of an export."""
    return {
        READ["/source/ref"]: "BN-1",
        READ["/source/as_of"]: "02/03/2026 17:30:00",
        READ["/procedure/code"]: "2.000635",
        READ["/owner/name"]: "Lò Thị Mẫu Thử",
        READ["/status"]: state,
    } | change


def snapshot(row: dict[str, str]) -> Any:
    """Read a row; None: it is none."""
    own: Any = subject(FOUND["commune_files"]).settings
    cells = {name: cell.strip() for name, cell in row.items()}
    return next(plan(own, own.how("a.csv")).row(1, cells)).body


@pytest.mark.parametrize("state", WORDS["/status"])
def test_every_word_for_a_state_is_known(state: str) -> None:
    """Each word of the table gives its canonical state."""
    assert snapshot(exported(state))["status"] == WORDS["/status"][state]


@given(st.text(max_size=30).filter(lambda text: text.strip() not in {"", *WORDS["/status"]}))
def test_an_unknown_word_is_a_bad_row(state: str) -> None:
    """No word is guessed."""
    assert snapshot(exported(state)) is None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001 - local time
def test_dates_are_read_day_first(at: datetime) -> None:
    """The third of April is not the fourth of March."""
    text = at.strftime("%d/%m/%Y %H:%M:%S")
    found = snapshot(exported("Đã xong", **{READ["/submitted_at"]: text}))

    assert datetime.fromisoformat(found["submitted_at"]) == at.replace(microsecond=0)


def test_portal_times_are_vietnamese() -> None:
    """Half past two in Hà Nội is 1430, in whatever zone it was said."""
    at = datetime(2026, 3, 2, 7, 30, tzinfo=ZoneInfo("UTC"))

    assert words.moment(at) == "20260302143000"
