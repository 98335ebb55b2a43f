"""The short way of reading a body says what the long way says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.admission import reading
from gateway.admission.reading import Unreadable, odd_times, parse
from tests.bench.dossiers import SMALL, text
from tests.bench.mould import Mould

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
        long: Any = reading._clean(found, "", 0, as_sent=False)
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
        long: Any = reading._clean(found, "", 0, as_sent=False)
    except Unreadable as error:
        long = error.fault

    assert long == outcome(found, escaped=False)


def test_an_odd_time_is_found_with_and_without_others() -> None:
    """A body without a Z has none, and is not searched."""
    odd = {"submitted_at": "2026-03-02T14:30:00Z"}

    assert odd_times(json.dumps(odd).encode(), odd) == (("suspicious_offset", "/submitted_at"),)
    assert odd_times(b'{"a": "2026"}', {"a": "2026"}) == ()


NUMBERS = st.integers() | st.floats() | st.sampled_from(["1e999", "-0", "1E2", "0.10", "9" * 40])
RAW = st.recursive(
    NUMBERS.map(str)
    | st.sampled_from(["null", "true", '""', '":"', '" : "', '"a"', '"\\n"', '"\\""', '"ệ"', "x"]),
    lambda one: (
        st.lists(one, max_size=3).map(lambda parts: f"[{' , '.join(parts)}]")
        | st.lists(
            st.tuples(st.sampled_from(['"a"', '"b" ', '"a"\n', '"data"', '":"', '"\\u0061"']), one),
            max_size=3,
        ).map(lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}")
    ),
    max_leaves=12,
)


def whatever(body: bytes) -> Any:
    """Parse, or give the fault; a number that is none is equal to itself here."""
    try:
        return repr(parse(body))
    except Unreadable as error:
        return error.fault


@given(text=RAW)
def test_a_plain_body_is_read_as_any_other(text: str) -> None:
    """Keys that come twice, odd numbers, colons in texts, what is no JSON: the same either way."""
    body = text.encode()
    short = whatever(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_plainly", lambda _: None)

        assert short == whatever(body)


def test_a_usual_body_is_read_the_short_way() -> None:
    """Else the short way would be tested and never used."""
    body = Mould(text(SMALL)).fill(1)

    assert reading._plainly(body) == parse(body)
    assert reading._plainly(body.replace(b'"source"', b'"owner"', 1)) is None
