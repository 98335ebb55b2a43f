"""A body costs work by its bytes, whoever wrote it and why."""

from __future__ import annotations

import contextlib
import json
import time
import unicodedata
from collections.abc import Callable

import pytest

from gateway.admission.parse import MOST_VALUES, UNUSUAL, Unreadable, parse, validate
from gateway.words.fault import Fault
from schemas.dossier import NewDossier

GENEROUS = 10
"""Four times the bytes may take ten times as long: what is quadratic takes sixteen."""
ZERO_WIDTH_RUN = "\u0301\u0323"


def text(value: object) -> bytes:
    """Write JSON without escapes."""
    return json.dumps(value, ensure_ascii=False).encode()


def repeated_key(many: int) -> bytes:
    """Write many different keys and one that is there twice."""
    return ("{" + "".join(f'"k{one}":1,' for one in range(many)) + '"k0":2}').encode()


def long_name(many: int) -> bytes:
    """Write a long name over many values, with a letter that is looked at closely."""
    return text({"\u03b1" * many: [1] * many})


def faults(many: int) -> bytes:
    """Write many fields that there are not."""
    return text({f"name_{one}": one for one in range(many)})


BODIES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "repeated key": (repeated_key, 5_000),
    "marks": (lambda many: text({"a": "e" + ZERO_WIDTH_RUN * many}), 5_000),
    "marks with escapes": (lambda many: json.dumps({"a": "e" + "\u0301" * many}).encode(), 5_000),
    "marks to be sorted": (lambda many: text({"a": ("e" + ZERO_WIDTH_RUN * 15) * many}), 500),
    "tibetan vowels": (lambda many: text({"a": "\u0f73" * many}), 5_000),
    "long name": (long_name, 4_000),
    "unknown fields": (faults, 4_000),
    "unknown name": (lambda many: text({"o" * many: 1}), 50_000),
}


def spent(body: bytes) -> float:
    """Say how long this process worked to read a body, at best."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        with contextlib.suppress(Unreadable):
            validate(NewDossier, parse(body))
        found.append(time.process_time() - begun)
    return min(found)


@pytest.mark.parametrize("kind", BODIES)
def test_work_grows_with_the_bytes(kind: str) -> None:
    """Four times as long a body does not take sixteen times as long."""
    write, many = BODIES[kind]
    parse(b'{"a": "\xcc\x81"}')  # the tables of marks are made
    small, large = spent(write(many)), spent(write(4 * many))

    assert large <= GENEROUS * small + 0.02


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"a": 1e400}', Fault("not_json", "", {"why": "a number is too large"})),
        (b'{"a": -1e400}', Fault("not_json", "", {"why": "a number is too large"})),
        (
            b'{"a": ' + b"9" * 5000 + b"}",
            Fault("not_json", "", {"why": "a number is too large"}),
        ),
        (repeated_key(20_000), Fault("repeated_key", "/k0")),
        (text({"\u00e9": 1, "e\u0301": 2}), Fault("repeated_key", "/\u00e9")),
        (
            text({"owner": {"name": "e" + ZERO_WIDTH_RUN * 20_000}}),
            Fault("too_many_marks", "/owner/name", {"most": "30"}),
        ),
        (
            text({"codes": [1] * 30_000}),
            Fault("too_many_values", "", {"most": str(MOST_VALUES)}),
        ),
        (
            b'{"submitted_at": "0001-01-01T00:00:00+14:00"}',
            Fault("value", "/submitted_at", {"expected": "2026-03-02T09:30:00+07:00"}),
        ),
        (
            b'{"patch": {"due": {"at": " 9999-12-31T23:59:59-12:00"}}}',
            Fault("value", "/patch/due/at", {"expected": "2026-03-02T09:30:00+07:00"}),
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(body: bytes, fault: Fault) -> None:
    """Numbers, keys, marks, values and times beyond what can be kept are a fault with its place."""
    with pytest.raises(Unreadable) as refused:
        parse(body)

    assert refused.value.fault == fault


@pytest.mark.parametrize(
    "body",
    [
        {"extensions": {"kept": "0001-01-01T00:00:00+14:00"}},
        {"raw": {"readings": list(range(30_000))}},
        {"number": 10**30, "half": 0.5},
        {"submitted_at": "0001-01-01T00:00:00"},
    ],
)
def test_what_can_be_kept_is_kept(body: dict[str, object]) -> None:
    """Free objects are free, and a calendar's first day is a day."""
    assert parse(text(body)) == body


@pytest.mark.parametrize("depth", range(150, 1000, 50))
def test_depth_with_an_escape_is_a_fault(depth: int) -> None:
    """However deep it is, a body with escapes is refused in words."""
    with pytest.raises(Unreadable) as refused:
        parse(b'{"a":' + b"[" * depth + b'"\\n"' + b"]" * depth + b"}")

    assert refused.value.fault.code == "too_deep"


@pytest.mark.parametrize("typed", ["Nguy\u1ebd\u0302n", "Nguye\u0303\u0302n", "Nguye\u0302\u0303n"])
def test_marks_in_any_order_are_one_name(typed: str) -> None:
    """A tone typed before the shape is the same letter, in a text and in a name."""
    assert parse(text({typed: typed})) == {"Nguyễn": "Nguyễn"}


def test_the_short_way_takes_only_letters_that_are_composed() -> None:
    """No character that it lets pass is a mark, and none has another composed form."""
    passed = [chr(one) for one in range(0x110000) if UNUSUAL.search(chr(one)) is None]

    assert [
        one
        for one in passed
        if unicodedata.combining(one) or unicodedata.normalize("NFC", one) != one
    ] == []
