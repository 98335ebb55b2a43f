"""Every metric, once. Labels are systems, outcomes and codes: never a dossier or a person."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

ADMITTED = Counter("lienthong_requests_admitted_total", "Requests that were stored", ["kind"])
DENIED = Counter("lienthong_requests_denied_total", "Requests that changed nothing", ["code"])
CONFLICTS = Counter(
    "lienthong_code_conflicts_total", "Dossiers opened under a code that another one has", ["kind"]
)
CONNECTIONS = Gauge("lienthong_connections", "Open connections of clients")
DISK_FREE = Gauge("lienthong_disk_free_bytes", "Free on the disk of the data folder")
DISK_USED = Gauge("lienthong_disk_used_bytes", "Used on the disk of the data folder, by whomever")
DATABASE_SIZE = Gauge("lienthong_database_bytes", "Size of the database", ["told_by"])
POOL = Gauge(
    "lienthong_database_pool",
    "This process's connections to the database: how many it may have, how many are in use, and "
    "how much waits for one",
    ["state"],
)
BUILD = Gauge(
    "lienthong_build_info", "Always 1: what this process is", ["version", "python", "database"]
)
REQUEST_SECONDS = Histogram(
    "lienthong_http_request_seconds",
    "Length of a request, from its head to the end of the answer, by route and status",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ATTEMPTS = Counter("lienthong_attempts_total", "Tries to deliver", ["system", "outcome"])
TALK_SECONDS = Histogram(
    "lienthong_conversation_seconds", "Length of a conversation with a system", ["system"]
)
EXCHANGE_SECONDS = Histogram(
    "lienthong_exchange_seconds", "Length of one exchange with a system", ["system"]
)
HEARD = Counter("lienthong_heard_total", "Things a system told us", ["system", "word"])
FILES = Counter("lienthong_files_total", "Files of a system, by their end", ["system", "what"])
UNREAD = Gauge("lienthong_unread_files", "Files beside exports that no pattern finds", ["system"])
BROKER = Gauge("lienthong_broker_up", "1 while RabbitMQ holds the retries, else 0", ["broker"])
RETRIES = Counter("lienthong_retries_total", "Waits, by what became of them", ["what"])
RESTORED = Gauge(
    "lienthong_restored_timestamp_seconds", "When the database was last found to be restored"
)
for _what in ("published", "dropped", "broker", "stale", "process", "sweeper", "unheld"):
    RETRIES.labels(_what)  # a rate over what was never counted would be none, not nought
PLAN_LANES = Counter(
    "lienthong_plan_lanes_total", "Lanes that backfills and resends let go", ["system", "kind"]
)
STORE = Gauge("lienthong_store_up", "1 while the database answers, else 0")
EVIDENCE = Gauge(
    "lienthong_evidence", "What was said otherwise and moved nothing", ["source", "why"]
)
LANES = Gauge("lienthong_lanes", "Lanes with something left to do", ["system", "state"])
OLDEST = Gauge(
    "lienthong_oldest_lane_seconds", "Age of the oldest lane with something left to do", ["system"]
)
PARKED = Gauge(
    "lienthong_parked", "Lanes that wait for a human, by who must act", ["system", "owner"]
)
AT_RISK = Gauge(
    "lienthong_at_risk",
    "Dossiers that may not be told to this system before they are due",
    ["system"],
)
AT_RISK_DUE = Gauge(
    "lienthong_at_risk_due_timestamp_seconds",
    "Unix time of the first due time of what is at risk; absent where nothing is",
    ["system"],
)
AT_RISK_ALL = Gauge(
    "lienthong_at_risk_dossiers",
    "Dossiers that may not be told in time, each once, however many systems lack it",
    ["told_by"],
)
OVERDUE = Gauge(
    "lienthong_overdue",
    "Dossiers past their due time that the system lacks something of",
    ["system"],
)
GATE = Gauge("lienthong_gate_open", "1 open, 0.5 probing, 0 closed", ["system"])
WINDOW = Gauge(
    "lienthong_gate_window", "Conversations at once that a gate lets through", ["system"]
)
HELD = Gauge("lienthong_held", "1 while a person holds back what goes to the system", ["system"])
HEARING_SILENT = Gauge(
    "lienthong_hearing_silent_seconds", "Since the system was last heard out", ["system"]
)
SNAPSHOT = Gauge(
    "lienthong_oldest_snapshot_seconds",
    "Age of the database's oldest open transaction",
    ["told_by"],
)
FEED_LAG = Gauge(
    "lienthong_feed_lag_seconds",
    "Age of the oldest stored change that whoever follows the list cannot see yet",
    ["told_by"],
)
DEPTH = Gauge(
    "lienthong_broker_messages", "Messages ready in a queue of the retries", ["system", "queue"]
)
DIFFERENCES = Gauge(
    "lienthong_agenda_differences",
    "Lanes on which outbox and ledger differ, as of the checker's last whole lap",
    ["what"],
)
CHECKED = Gauge(
    "lienthong_checker_last_timestamp_seconds",
    "Unix time at which the checker last looked at a part",
    ["told_by"],
)
EXPIRY = Gauge(
    "lienthong_expiry_timestamp_seconds",
    "Unix time at which a certificate, our CA file or our credential of a system ends",
    ["system", "what"],
)
TABLES = Gauge(
    "lienthong_table_until_timestamp_seconds",
    "Unix time until which a table of the country may be believed",
    ["table"],
)
TOTALS = (
    LANES,
    OLDEST,
    PARKED,
    AT_RISK,
    AT_RISK_DUE,
    AT_RISK_ALL,
    OVERDUE,
    GATE,
    WINDOW,
    HELD,
    HEARING_SILENT,
    DEPTH,
)
"""What one process tells for all; absent from the others."""
GROUP_SIZE = Histogram(
    "lienthong_group_size",
    "Requests that shared one transaction",
    buckets=(1, 2, 5, 10, 20, 50),
)
COMMIT_SECONDS = Histogram(
    "lienthong_commit_seconds",
    "Length of a writing transaction, commit included",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15),
)
SESSIONS = Counter(
    "lienthong_logins_total", "Logins with a system, by what came of them", ["system", "what"]
)
SESSION = Gauge(
    "lienthong_session_up", "1 while this process has a session with the system", ["system"]
)
DELIVERED_SECONDS = Histogram(
    "lienthong_accepted_to_delivered_seconds",
    "From the storing of an event until a system has it",
    ["system"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600, 3600, 21600, 86400, 604800),
)
SWEPT = Gauge("lienthong_sweeper_last_seconds", "Unix time of the sweeper's last whole round")
LAG = Gauge("lienthong_loop_lag_seconds", "By how much the event loop was late, last time")
CLOCK_SKEW = Gauge(
    "lienthong_clock_skew_seconds",
    "By how much our clock is ahead of the database's, or of what the systems agree on",
    ["against"],
)
GATES = {"open": 1.0, "probing": 0.5, "closed": 0.0}


def built(version: str, database: str) -> None:
    """Show what this process is."""
    BUILD.clear()
    BUILD.labels(version, platform.python_version(), database).set(1)


def pool(most: int, used: Callable[[], float], waiting: Callable[[], float]) -> None:
    """Show the connections to the database as they are whenever somebody looks."""
    POOL.labels("most").set(most)
    POOL.labels("used").set_function(used)
    POOL.labels("waiting").set_function(waiting)


def attempted(system: str, outcome: str, seconds: float) -> None:
    """Count a try."""
    ATTEMPTS.labels(system, outcome).inc()
    TALK_SECONDS.labels(system).observe(seconds)


def exchanged(system: str, seconds: float) -> None:
    """Count one exchange."""
    EXCHANGE_SECONDS.labels(system).observe(seconds)


def heard(system: str, words: Mapping[str, int]) -> None:
    """Count what a system told us, by what became of it."""
    for word, count in words.items():
        HEARD.labels(system, word).inc(count)


def files(system: str, ends: Mapping[str, int]) -> None:
    """Count files of a system by what became of them: `read`, `bad`, `pruned`."""
    for what, count in ends.items():
        FILES.labels(system, what).inc(count)


def evidence(rows: Iterable[tuple[str, str, int]]) -> None:
    """Show what was said otherwise, by source and reason, as the store counts it."""
    EVIDENCE.clear()
    for source, why, count in rows:
        EVIDENCE.labels(source, why).set(count)


def broker(*, up: bool) -> None:
    """Show whether RabbitMQ is there."""
    BROKER.labels("rabbitmq").set(1 if up else 0)


def retries(what: str, count: int = 1) -> None:
    """Count waits: `published`, `dropped`, and by what ended them.

    broker, process: the retries, in time; sweeper: none of them, although the wait stood on a rung;
    unheld: the sweeper, whose work it was; stale: nothing was left to end when the retries came
    """
    RETRIES.labels(what).inc(count)


def restored(at: int) -> None:
    """Show when the database was found to be restored from a backup, in milliseconds."""
    RESTORED.set(at / 1000)


def planned(system: str, kind: str, count: int) -> None:
    """Count lanes that a plan let go."""
    PLAN_LANES.labels(system, kind).inc(count)


def store(*, up: bool) -> None:
    """Show whether the database is there."""
    STORE.set(1 if up else 0)


def no_totals() -> None:
    """Take away what another process tells, or nobody can."""
    for gauge in (*TOTALS, SNAPSHOT, FEED_LAG, EVIDENCE, DATABASE_SIZE):
        gauge.clear()


def delivered(system: str, seconds: float) -> None:
    """Show how long an event took from here to there."""
    DELIVERED_SECONDS.labels(system).observe(max(0.0, seconds))


def checked(differences: Mapping[str, int] | None) -> None:
    """Show that the checker looked; at the end of a lap, what it found."""
    CHECKED.labels("checker").set_to_current_time()
    for what, count in (differences or {}).items():
        DIFFERENCES.labels(what).set(count)


def not_checking() -> None:
    """Take away what another process checks."""
    CHECKED.clear()
    DIFFERENCES.clear()


def depths(rows: Mapping[tuple[str, str], int]) -> None:
    """Show how many messages lie in each queue of the retries."""
    DEPTH.clear()
    for (system, queue), count in rows.items():
        DEPTH.labels(system, queue).set(count)


def login(system: str, what: str) -> None:
    """Count a login or its end; `opened` and `shared` begin a session, all else ends it."""
    SESSIONS.labels(system, what).inc()
    SESSION.labels(system).set(what in {"opened", "shared"})


def expires(system: str, what: str, at: float) -> None:
    """Show when something that a system needs ends."""
    EXPIRY.labels(system, what).set(at)


def table(name: str, until: float) -> None:
    """Show until when a table of the country may be believed."""
    TABLES.labels(name).set(until)


def clock(against: str, seconds: float | None) -> None:
    """Show how far our clock is from another; None: nobody can tell."""
    if seconds is None:
        CLOCK_SKEW.remove_by_labels({"against": against})
    else:
        CLOCK_SKEW.labels(against).set(seconds)


def swept() -> None:
    """Show that the sweeper lives."""
    SWEPT.set_to_current_time()


def lag(seconds: float) -> None:
    """Show by how much the loop was late."""
    LAG.set(max(0.0, seconds))
