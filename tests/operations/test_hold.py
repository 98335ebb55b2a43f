"""Holding and releasing systems."""

from __future__ import annotations

import pytest

from gateway.operations.hold import hold, release
from gateway.operations.refusals import Refusal, known_systems
from gateway.settings import Settings
from tests.operations.begun import begun


async def test_a_system_is_held_before_any_gateway_has_started(settings: Settings) -> None:
    """Whoever installs may hold everything first; only what was held is released."""
    async with begun(settings) as store:
        held = await hold(store, settings, [], by="os:day", why="not yet")
        released = [await release(store, settings, ["a"], by="os:day") for _ in range(2)]

    assert (held, released) == (["a"], [["a"], []])


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], ()), (["a"], ("a",)), (["a", "x"], Refusal("unknown_system", "x", ("a",)))],
)
def test_a_name_that_is_mistyped_is_refused(
    settings: Settings, names: list[str], expected: tuple[str, ...] | Refusal
) -> None:
    """It would hold nothing, and nobody would notice."""
    assert known_systems(settings, names) == expected
