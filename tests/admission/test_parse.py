"""The short way of reading a body says what the long way says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.admission import parse as parsing
from gateway.admission.odd_times import odd_times
from gateway.admission.parse import Unreadable, digest, parse, validate
from schemas.dossier import NewDossier

TEXT = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\u0301\u00e2\u1ebf\x00ệ"), max_size=6
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(TEXT | st.sampled_from(["data", "raw"]), one, max_size=3)
    ),
    max_leaves=20,
)


def outcome(found: dict[str, Any], *, escaped: bool) -> Any:
    """Parse, or give the fault."""
    try:
        return parse(json.dumps(found, ensure_ascii=escaped).encode())
    except Unreadable as error:
        return error.fault


@given(found=st.dictionaries(TEXT, JSON, max_size=4), escaped=st.booleans())
def test_both_ways_of_reading_agree(found: dict[str, Any], *, escaped: bool) -> None:
    """Escaped or not, composed or not, with absent values and with letters that are refused."""
    try:
        long: Any = parsing._clean(found, None, 0, as_sent=False)
    except Unreadable as error:
        long = error.fault

    assert long == outcome(found, escaped=escaped)


@pytest.mark.parametrize("kind", ["data", "owner"])
@pytest.mark.parametrize("depth", [29, 30, 31, 32, 33, 60])
def test_both_ways_agree_on_what_is_too_deep(kind: str, depth: int) -> None:
    """At the limit to the level, with the place."""
    inner: Any = "x"
    for _ in range(depth):
        inner = {"a": inner}
    found = {kind: inner}
    try:
        long: Any = parsing._clean(found, None, 0, as_sent=False)
    except Unreadable as error:
        long = error.fault

    assert long == outcome(found, escaped=False)


def test_an_odd_time_is_found_with_and_without_others() -> None:
    """A body without a Z has none, and is not searched."""
    odd = {"submitted_at": "2026-03-02T14:30:00Z"}

    assert odd_times(json.dumps(odd).encode(), odd) == (("suspicious_offset", "/submitted_at"),)
    assert odd_times(b'{"a": "2026"}', {"a": "2026"}) == ()


STATED = {
    "source": {"ref": "1"},
    "procedure": {"code": "1.001193"},
    "agencies": {"competent": {"code": "H99.14.05"}},
    "owner": {"kind": "citizen", "name": "Lò Thị Mẫu Thử"},
    "channel": "direct",
    "submitted_at": "2026-03-01T08:00:00+07:00",
    "due": {"at": "2026-03-05"},
    "events": [
        {
            "ref": "a",
            "kind": "accepted",
            "occurred_at": "2026-03-02T08:00:00",
            "received_at": "2026-03-02T08:00:00",
            "due": {"at": "2026-03-05"},
        }
    ],
}
BY_0_2_0 = "0115949d56c5ce8aa877d27cdcd0db030567ef77486b0cdb9d41194a74fe0e8a"
"""What version 0.2.0 kept of the dossier above."""


@pytest.mark.parametrize("edition", [{}, {"schema_version": "1.0"}, {"schema_version": "1.1"}])
def test_what_an_older_version_took_is_recognised(edition: dict[str, str]) -> None:
    """A client that repeats a post after an upgrade is answered as before."""
    read = validate(NewDossier, STATED | edition)

    assert isinstance(read, NewDossier)
    assert digest(read).hex() == BY_0_2_0


def test_a_day_is_not_its_end() -> None:
    """A post that knows only the day says something else than one that knows the moment."""
    day, moment = (
        validate(NewDossier, STATED | {"submitted_at": at})
        for at in ("2026-03-01", "2026-03-01T17:00:00+07:00")
    )

    assert isinstance(day, NewDossier)
    assert isinstance(moment, NewDossier)
    assert digest(day) != digest(moment)
