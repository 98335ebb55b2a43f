"""Our clock against those of the systems: two at least must say that ours is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from adapters.kit.port import Http, Reply
from gateway.delivery.foreign_clocks import FRESH, ForeignClocks, agreed
from gateway.watch import metrics
from tests.delivery.test_delivery import dossier, house

TRUE = 1_780_000_000.0


@pytest.fixture(autouse=True)
def untold() -> Iterator[None]:
    """Begin where nothing has been heard."""
    metrics.clock("systems", None)
    yield
    metrics.clock("systems", None)


def shown() -> float | None:
    """Give what a scrape would say."""
    return REGISTRY.get_sample_value("lienthong_clock_skew_seconds", {"against": "systems"})


@dataclass
class Far:
    """A system whose clock is off by `off` seconds, and whose reply takes `takes`."""

    world: World
    off: float = 0.0
    takes: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 30.0

    async def exchange(self, _request: Http) -> Reply:
        """Answer at the end of the time that it takes."""
        self.world.passed += self.takes
        date = formatdate(TRUE + self.world.passed + self.off, usegmt=True)
        return Reply(status=200, headers={"date": date} | self.headers, body=b"")


class World:
    """The true time, and our clock, which is off by `ours` seconds."""

    def __init__(self, ours: float = 0.0) -> None:
        self.passed = 1000.0
        self.clocks = ForeignClocks(lambda: TRUE + self.passed + ours, lambda: self.passed)

    async def speak(self, host: str, far: Far, times: int = 3) -> None:
        """Exchange something with a system, again and again."""
        way = self.clocks.on(host, far)
        for _ in range(times):
            self.passed += 2.0
            await way.exchange(Http(method="GET", path="/", effect="read"))


async def test_two_systems_that_agree_say_that_we_are_wrong() -> None:
    """Seen in the metric with its sign, and told in one line however many replies come."""
    world = World(ours=-400.0)
    with capture_logs() as said:
        for _ in range(5):
            await world.speak("a", Far(world))
            await world.speak("b", Far(world))

    assert [(line["event"], line["against"]) for line in said] == [("clock_wrong", "systems")]
    assert shown() == pytest.approx(-400.0, abs=2.0)


async def test_one_wrong_system_raises_nothing() -> None:
    """Alone, beside a right one, and beside two."""
    world, seen = World(), []
    with capture_logs() as said:
        await world.speak("wrong", Far(world, off=3600.0), times=10)
        seen.append(shown())
        for host in ("b", "c"):
            await world.speak(host, Far(world))
            seen.append(shown())

    assert (said, seen) == ([], [None, 0.0, 0.0])


async def test_one_odd_reply_of_two_systems_raises_nothing() -> None:
    """Of each system the middle one of three replies counts."""
    world = World()
    with capture_logs() as said:
        for host in ("a", "b"):
            await world.speak(host, Far(world))
            await world.speak(host, Far(world, off=3600.0), times=1)

    assert (said, shown()) == ([], 0.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"age": "900"},
        {"date": "yesterday"},
        {"date": "Mon, 99 Foo 2026 99:99:99 GMT"},
        {"date": ""},
    ],
)
async def test_a_reply_that_says_nothing_of_now_is_left_out(headers: dict[str, str]) -> None:
    """One out of a cache, and one whose date cannot be read."""
    world = World()
    for host in ("a", "b"):
        await world.speak(host, Far(world, off=-900.0, headers=headers))

    assert shown() is None


async def test_a_slow_exchange_is_no_wrong_clock() -> None:
    """A reply that takes 25 s was written at any time within them."""
    world = World()
    for host in ("a", "b"):
        await world.speak(host, Far(world, off=-25.0, takes=25.0))

    assert shown() == 0.0


async def test_what_was_heard_long_ago_is_shown_no_more() -> None:
    """A system that nobody speaks to any more says nothing of our clock now."""
    world = World(ours=400.0)
    for host in ("a", "b"):
        await world.speak(host, Far(world))
    before = shown()
    world.passed += FRESH + 1
    world.clocks.look()

    assert before == pytest.approx(400.0, abs=2.0)
    assert shown() is None


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([], None),
        ([900.0], None),
        ([900.0, 0.0], 0.0),
        ([900.0, 880.0], 880.0),
        ([-900.0, 900.0], 0.0),
        ([-900.0, -880.0, 0.0], -880.0),
        ([900.0, 0.0, 0.0], 0.0),
        ([900.0, 900.0, 0.0, 0.0], 0.0),
        ([900.0, 890.0, 880.0, 0.0], 880.0),
    ],
)
def test_the_middle_one_counts(differences: list[float], expected: float | None) -> None:
    """Of two in the middle, the one that says less against us."""
    assert agreed(differences) == expected


async def test_replies_of_conversations_are_looked_at(tmp_path: Path) -> None:
    """Two systems that were told a dossier agree with our clock, by their real replies."""
    systems = {name: {"adapter": "echo"} for name in ("province", "ministry")}
    async with house(tmp_path, systems) as at:
        name = (await at.post(dossier(1))).body["id"]
        await at.until(name, lambda found: all(one["done_seq"] for one in found["lanes"]))

    assert shown() == 0.0
