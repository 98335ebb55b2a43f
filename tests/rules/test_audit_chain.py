"""The chain of the audit: whatever is done to its lines, its check names the place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.rules.audit_chain import ORIGIN, SHOWN, Broken, Chain, Head, Line, mac

KEY = b"k" * 32
TEXTS = ("who", "what", "object", "reason", "result", "request")

patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no fault of the chain."""
texts = st.text('aß"\n', max_size=4)
bare = st.builds(
    Line,
    id=st.uuids(),
    at=st.integers(0, 2**62),
    **dict.fromkeys(TEXTS, texts),
)


def check(key: bytes, lines: Iterable[Line], head: Head | None = None) -> Iterator[Broken]:
    """Go along a whole chain."""
    chain = Chain(key, head)
    for line in lines:
        yield from chain.follow(line)
    yield from chain.end()


def sealed(lines: Sequence[Line], key: bytes = KEY) -> list[Line]:
    """Seal lines in their order."""
    made: list[Line] = []
    before = ORIGIN
    for place, line in enumerate(lines, 1):
        before = mac(key, before, line, place)
        made.append(replace(line, place=place, mac=before))
    return made


def head_of(lines: Sequence[Line]) -> Head:
    """Give the head as the log has it."""
    return Head(len(lines), (lines[-1].mac or b"").hex()[:SHOWN])


chains = st.lists(bare, min_size=1, max_size=12).map(sealed)
whole = chains.flatmap(lambda lines: st.tuples(st.just(lines), st.integers(0, len(lines) - 1)))


def first(lines: Sequence[Line], head: Head | None = None) -> Broken | None:
    """Give the first break."""
    return next(check(KEY, lines, head), None)


@patient
@given(st.lists(bare, max_size=12).map(sealed))
def test_what_nobody_touched_passes(lines: list[Line]) -> None:
    """Whatever the lines say, without a head and with any head that the log may hold."""
    heads = [None, *(head_of(lines[:place]) for place in range(1, len(lines) + 1))]

    assert [one for head in heads for one in check(KEY, lines, head)] == []


@patient
@given(whole, st.data())
def test_any_changed_field_is_named_by_its_place(
    chain: tuple[list[Line], int], data: st.DataObject
) -> None:
    """Time, id, each text, and the seal itself."""
    lines, index = chain
    old = lines[index]
    name = data.draw(st.sampled_from([*TEXTS, "at", "id", "mac"]))
    kinds = {"at": st.integers(0, 2**62), "id": st.uuids(), "mac": st.binary(max_size=33)}
    now = getattr(old, name)
    new = data.draw(kinds.get(name, texts).filter(lambda value: value != now))
    change: dict[str, Any] = {name: new}
    lines[index] = replace(old, **change)

    assert first(lines) == Broken(index + 1, "changed")


@patient
@given(whole)
def test_a_dropped_line_is_named(chain: tuple[list[Line], int]) -> None:
    """In the middle by the gap, at the end by the head that the log has, and nothing beside it."""
    lines, index = chain
    head = head_of(lines)
    last = index == len(lines) - 1
    del lines[index]

    assert list(check(KEY, lines, head)) == [Broken(index + 1, "cut" if last else "missing")]


@patient
@given(whole, st.data())
def test_two_swapped_lines_are_named(chain: tuple[list[Line], int], data: st.DataObject) -> None:
    """With or without their seals: the first of the two places is named first."""
    lines, index = chain
    before = list(lines)
    other = data.draw(st.integers(0, len(lines) - 1))
    low, high = sorted((index, other))
    one, two = lines[low], lines[high]
    if data.draw(st.booleans()):
        lines[low], lines[high] = replace(two, place=one.place), replace(one, place=two.place)
    else:
        lines[low] = replace(two, place=one.place, mac=one.mac)
        lines[high] = replace(one, place=two.place, mac=two.mac)

    assert first(lines) == (None if lines == before else Broken(low + 1, "changed"))


@patient
@given(whole)
def test_a_cut_tail_is_named_by_the_log_alone(chain: tuple[list[Line], int]) -> None:
    """The chain that is left is sound; what the log holds beyond it is missing."""
    lines, index = chain
    left = lines[:index]

    assert first(left) is None
    assert first(left, head_of(lines)) == Broken(index + 1, "cut", len(lines) - index)


@patient
@given(whole)
def test_an_older_chain_in_place_of_the_newer_is_named(chain: tuple[list[Line], int]) -> None:
    """Whoever has the key and writes another story meets the head in the log."""
    lines, index = chain
    head = head_of(lines)
    told = [replace(one, who=f"{one.who}x") if at >= index else one for at, one in enumerate(lines)]

    assert first(sealed(told), head) == Broken(len(lines), "head")


@patient
@given(chains)
def test_another_key_seals_nothing(lines: list[Line]) -> None:
    """A chain under a key that is not ours is broken from its first line on."""
    assert next(check(b"o" * 32, lines)) == Broken(1, "changed")


@pytest.mark.parametrize(("one", "two"), [(("ab", "c"), ("a", "bc")), (("", "a"), ("a", ""))])
def test_letters_cannot_move_from_one_field_to_the_next(
    one: tuple[str, str], two: tuple[str, str]
) -> None:
    """What is sealed says where each field ends."""
    base = Line(id=UUID(int=1), at=1, who="", what="", object="", reason="", result="", request="")
    seals = {mac(KEY, ORIGIN, replace(base, who=who, what=what), 1) for who, what in (one, two)}

    assert len(seals) == 2
