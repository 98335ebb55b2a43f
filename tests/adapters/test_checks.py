"""Every adapter that has a folder passes the house's checks; nothing here names one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import registry
from gateway.workbench.checks import CHECKS, check_nothing_is_lost, check_survives
from gateway.workbench.transports import Subject, subject

FOUND = registry.find_adapters()
SUBJECTS = [subject(adapter) for adapter in FOUND.adapters.values()]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"null",
            b"[]",
            b'"x"',
            b"{}",
            b"<html>x</html>",
            b'{"error_code": null}',
            b'{"error_code": "7", "message": 5}',
            b'{"ok": 1}',
            b'{"ok": false, "problems": [1]}',
            b'{"error_code": [], "session": {}}',
            b"[" * 5000,
            b'{"session": ""}',
            b"\xef\xbb\xbf{}",
        ]
    ),
)


def named(one: Subject) -> str:
    """Name a subject in the report."""
    return one.adapter.name


def test_no_adapter_is_broken() -> None:
    """Every folder under adapters/ can be loaded."""
    assert not FOUND.broken


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("one", SUBJECTS, ids=named)
def test_check(one: Subject, check: Callable[[Subject], None]) -> None:
    """The check holds for the adapter."""
    check(one)


def test_a_field_that_is_dropped_in_silence_fails_its_check() -> None:
    """Law 6: An adapter that carries one field less than its facts say is found out."""
    one = next(one for one in SUBJECTS if one.adapter.facts.not_carried)
    dropped, *stated = sorted(one.adapter.facts.not_carried)
    facts = replace(one.adapter.facts, not_carried=frozenset(stated))

    with pytest.raises(AssertionError, match=re.escape(f"lost in silence: ['{dropped}")):
        check_nothing_is_lost(replace(one, adapter=replace(one.adapter, facts=facts)))


@pytest.mark.parametrize("one", SUBJECTS, ids=named)
@settings(max_examples=60, deadline=None)
@given(
    status=st.integers(100, 599),
    body=BODIES,
    at=st.integers(0, 3),
    kind=st.sampled_from(["application/json", "text/html", "text/plain", ""]),
)
def test_survives_any_answer(one: Subject, status: int, body: bytes, kind: str, at: int) -> None:
    """Whatever status and body come at any place of the talk, there is an outcome."""
    check_survives(one, status, body, kind, at)
