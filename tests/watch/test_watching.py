"""Metrics, alerts, runbook and dashboards: they speak of one another's real names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, generate_latest

from gateway.intake.totals import refresh
from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.errors import StoreUnavailable
from gateway.store.work import leadership
from gateway.watch import metrics
from gateway.workbench.machine import NoServer, install

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus"
NAME = re.compile(r"\b(lienthong[a-z0-9_]*(?::[a-z0-9_:]+)?)\b")
SYSTEMS = {
    "systems": {
        "a": {
            "adapter": "echo",
            "environment": "sandbox",
            "settings": {"base_url": "http://127.0.0.1:1"},
        }
    }
}


def exported() -> set[str]:
    """Name every series that the product can show."""
    names = set()
    for family in REGISTRY.collect():
        if family.name.startswith("lienthong"):
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
            names |= {family.name + one for one in suffixes.get(family.type, ("",))}
    return names


def recorded() -> set[str]:
    """Name every recorded series."""
    return set(re.findall(r"record: (\S+)", (RULES / "recording.yml").read_text()))


def used(text: str) -> set[str]:
    """Name the series that an expression speaks of."""
    return {name for name in NAME.findall(text) if name != "lienthong"}


def expressions() -> list[str]:
    """Give every expression of rules and dashboards."""
    found = []
    for file in ("recording.yml", "alerts.yml"):
        found += re.findall(r"expr: (.+)", (RULES / file).read_text())
    for board in (DEPLOY / "grafana").glob("*.json"):
        for panel in json.loads(board.read_text("utf-8"))["panels"]:
            found += [system["expr"] for system in panel["targets"]]
    return found


def alerts() -> list[str]:
    """Name every alert."""
    return re.findall(r"alert: (\S+)", (RULES / "alerts.yml").read_text())


def test_every_expression_speaks_of_series_that_exist() -> None:
    """In rules and on dashboards."""
    strange = {name for one in expressions() for name in used(one)} - exported() - recorded()

    assert set() == strange
    assert len(expressions()) > 30


def test_every_alert_has_its_place_in_the_runbook_and_no_other_has() -> None:
    """One heading each, in the same order, with the five parts."""
    text = (DEPLOY / "RUNBOOK.md").read_text("utf-8")
    headings = re.findall(r"^## (\S+)$", text, re.MULTILINE)
    parts = ["Means", "Hurts", "Look at", "Do", "Ring"]
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]

    assert alerts() == headings
    assert [parts] * len(headings) == [
        re.findall(r"^- \*\*(.+?)\*\*", one, re.MULTILINE) for one in sections
    ]


def test_every_alert_links_to_its_heading_and_says_how_bad_it_is() -> None:
    """Two severities only."""
    text = (RULES / "alerts.yml").read_text("utf-8")

    assert [f"RUNBOOK.md#{name.lower()}" for name in alerts()] == re.findall(
        r"runbook: (\S+)", text
    )
    assert len(alerts()) == len(re.findall(r"severity: (page|ticket) ", text))


def test_commands_of_the_runbook_exist() -> None:
    """What somebody types at night is no invention."""
    from gateway.commands.app import COMMANDS

    typed = set(re.findall(r"`lienthong ([a-z]+)", (DEPLOY / "RUNBOOK.md").read_text("utf-8")))

    assert set() == typed - set(COMMANDS)


@pytest.fixture(scope="module")
def promtool() -> str:
    """Find Prometheus' checker, or install it."""
    if shutil.which("promtool") is None:
        try:
            install("prometheus")
        except NoServer as error:
            pytest.skip(f"NO PROMETHEUS: {error}")
    return shutil.which("promtool") or "promtool"


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "recording.yml", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "tests/alerts_test.yml"),
    ],
)
def test_prometheus_agrees(promtool: str, words: tuple[str, ...]) -> None:
    """With the rules, the configuration, and when which alert fires."""
    done = subprocess.run(
        [promtool, *words], cwd=RULES, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def opened(tmp_path: Path) -> Settings:
    """Give settings with one system."""
    return Settings(data=tmp_path, systems=read_systems(SYSTEMS, {}))


def shown() -> str:
    """Give what a scrape would."""
    return generate_latest().decode()


async def test_totals_come_from_one_process_only(opened: Settings) -> None:
    """The second stays silent until the first has been for its lease."""
    store = await open_store(opened)
    try:
        await find_systems(opened, store)
        await refresh(store, 0, holder="first")
        first = shown()
        await refresh(store, 0, holder="second")
        second = shown()
        took = await store.write(
            lambda connection: leadership.acquire(connection, "totals", "x", -1)
        )
    finally:
        await store.close()

    assert 'lienthong_lanes{state="ready",system="a"} 0.0' in first
    assert 'lienthong_feed_lag_seconds{told_by="store"} 0.0' in first
    assert "lienthong_lanes{" not in second
    assert not took


async def test_a_duty_changes_hands_when_its_lease_is_over(opened: Settings) -> None:
    """And not before; its holder keeps it."""
    store = await open_store(opened)

    def turn(holder: str, lease: int) -> Callable[[object], bool]:
        return lambda connection: leadership.acquire(connection, "d", holder, lease)  # type: ignore[arg-type]

    try:
        taken = [
            await store.write(turn(holder, lease))
            for holder, lease in [("a", 60_000), ("b", 60_000), ("a", -1), ("b", 60_000), ("a", 1)]
        ]
    finally:
        await store.close()

    assert taken == [True, False, True, True, False]


class Away(Store):
    """A store that is away."""

    def __init__(self) -> None:
        """Have no engine."""

    async def write(self, job: object) -> None:  # type: ignore[override]
        """Be away."""
        raise StoreUnavailable

    read = write  # type: ignore[assignment]

    async def check_schema(self) -> None:
        """Be away."""
        raise StoreUnavailable

    def announce(self, systems: Collection[int]) -> None:
        """Tell nobody."""

    async def close(self) -> None:
        """Have nothing to close."""


async def test_a_lost_database_takes_away_totals_and_is_said(opened: Settings) -> None:
    """The page itself still comes."""
    store = await open_store(opened)
    try:
        await find_systems(opened, store)
        await refresh(store, 0, holder="first")
        before = shown()
    finally:
        await store.close()
    await refresh(Away(), 0)

    assert "lienthong_store_up 1.0" in before
    assert "lienthong_store_up 0.0" in shown()
    assert "lienthong_lanes{" not in shown()


def test_labels_come_from_small_sets() -> None:
    """No dossier, person or text in a label: the names of labels are these and no others."""
    bounded = {"system", "state", "owner", "outcome", "kind", "code", "word", "what", "why"}
    bounded |= {"source", "told_by", "broker", "queue", "le", "against", "table"}
    found = {name for one in vars(metrics).values() for name in getattr(one, "_labelnames", ())}

    assert found <= bounded
