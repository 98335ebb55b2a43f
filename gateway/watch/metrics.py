"""Every metric, once. Labels are systems, outcomes and codes: never a dossier or a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

ADMITTED = Counter("lienthong_requests_admitted_total", "Requests that were stored", ["kind"])
DENIED = Counter("lienthong_requests_denied_total", "Requests that changed nothing", ["code"])
ATTEMPTS = Counter("lienthong_attempts_total", "Tries to deliver", ["system", "outcome"])
TALK_SECONDS = Histogram(
    "lienthong_conversation_seconds", "Length of a conversation with a system", ["system"]
)
HEARD = Counter("lienthong_heard_total", "Things a system told us", ["system", "word"])
BROKER = Gauge("lienthong_broker_up", "1 while RabbitMQ holds the retries, else 0")
RETRIES = Counter("lienthong_retries_total", "Waits, by what became of them", ["what"])
EVIDENCE = Gauge(
    "lienthong_evidence", "What was said otherwise and moved nothing", ["source", "why"]
)
LANES = Gauge("lienthong_lanes", "Lanes with something left to do", ["system", "state"])
OLDEST = Gauge(
    "lienthong_oldest_lane_seconds", "Age of the oldest lane with something left to do", ["system"]
)
GATE = Gauge("lienthong_gate_open", "1 open, 0.5 probing, 0 closed", ["system"])
GATES = {"open": 1.0, "probing": 0.5, "closed": 0.0}


def attempted(system: str, outcome: str, seconds: float) -> None:
    """Count a try."""
    ATTEMPTS.labels(system, outcome).inc()
    TALK_SECONDS.labels(system).observe(seconds)


def heard(system: str, words: Mapping[str, int]) -> None:
    """Count what a system told us, by what became of it."""
    for word, count in words.items():
        HEARD.labels(system, word).inc(count)


def evidence(rows: Iterable[tuple[str, str, int]]) -> None:
    """Show what was said otherwise, by source and reason, as the store counts it."""
    EVIDENCE.clear()
    for source, why, count in rows:
        EVIDENCE.labels(source, why).set(count)


def broker(*, up: bool) -> None:
    """Show whether RabbitMQ is there."""
    BROKER.set(1 if up else 0)


def retries(what: str, count: int = 1) -> None:
    """Count waits that were published, woken by the broker or the sweeper, or dropped."""
    RETRIES.labels(what).inc(count)


def gate(system: str, state: str) -> None:
    """Show a gate."""
    GATE.labels(system).set(GATES[state])


def lanes(rows: Iterable[tuple[str, str, int, float]]) -> None:
    """Show lanes by system and state, and the age of the oldest, as the store counts them."""
    LANES.clear()
    OLDEST.clear()
    oldest: dict[str, float] = {}
    for system, state, count, age in rows:
        LANES.labels(system, state).set(count)
        oldest[system] = max(oldest.get(system, 0.0), age)
    for system, age in oldest.items():
        OLDEST.labels(system).set(age)
