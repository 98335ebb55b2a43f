"""So much at once, and so much a second on the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.bounds import Bounds
from gateway.rules.token_bucket import TokenBucket

ASKED = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 50)), max_size=60)


@given(ASKED)
def test_nobody_gets_more_than_the_rate_and_the_burst(asked: list[tuple[float, float]]) -> None:
    """Whatever is asked when, what is given is the burst, the rate's, and at most one debt."""
    bucket, now, given_ = TokenBucket(5, 100, 100, 0), 0.0, 0.0
    for pause, cost in asked:
        now += pause
        if not bucket.wait(now):
            bucket.take(cost)
            given_ += cost

    assert given_ <= 100 + 5 * now + 50 + 1e-6


@given(ASKED)
def test_whoever_waits_as_told_is_served(asked: list[tuple[float, float]]) -> None:
    """After the time that was said there is something to take."""
    bucket, now = TokenBucket(5, 100, 100, 0), 0.0
    for pause, cost in asked:
        now += pause
        bucket.take(cost)
    wait = bucket.wait(now)

    assert bucket.wait(now + wait + 1e-6) == 0


def test_a_cloud_of_a_hundred_communes_is_not_held_up() -> None:
    """10,000 dossiers in one breath and 500 a second from then on meet no bound."""
    bounds = Bounds()
    bucket = TokenBucket(bounds.client_rate, bounds.client_burst, bounds.client_burst, 0)
    waits = []
    for number in range(30_000):
        now = max(0, number - 10_000) / 500
        waits.append(bucket.wait(now, 1))
        bucket.take(1)

    assert max(waits) < 1
