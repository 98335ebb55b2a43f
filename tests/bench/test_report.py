"""The report is drawn from a bench.json, and shows nothing that was not measured."""

from __future__ import annotations

from typing import Any

from tests.bench.report import ALONE, BESIDE, absolute, results, table

SIDE = {"per_second": 1500.0, "cpu_ms_per_dossier": 1.25, "exchanges_per_dossier": 3.0}
BENCH: dict[str, Any] = {
    "e2e_vs_celery": 5.25,
    "details": {
        "e2e_vs_celery": {
            "noise": 0.04,
            "goal": 5.0,
            "verdict": "passed",
            "ours": SIDE,
            "theirs": {**SIDE, "per_second": 286.0},
        },
        "end_to_end": {"shapes": {"gateway": "1 API"}, "tried": {"gateway": {"1 API": 1500.0}}},
        "machine": {
            "cores": 2,
            "cpu": "a processor",
            "memory_gb": 24,
            "python": "3.11",
            "day": "2026-01-01",
            "minutes": 5.0,
            "quick": True,
        },
    },
}


def test_the_table_shows_what_was_measured() -> None:
    """A ratio that is absent from the file is absent from the table."""
    lines = table(BENCH)

    assert len(lines) == 3
    assert "| **5.25** | ±4% | ≥ 5 | passed | 3 / 3 | 1,500 / 286 |" in lines[-1]


def test_the_results_name_the_machine_and_the_shapes() -> None:
    """Whoever reads a figure sees on what it was measured, and what else was tried."""
    text = results(BENCH)

    assert "2 cores, a processor, 24 GB" in text
    assert "gateway: 1 API (tried: 1 API 1,500/s)" in text


def test_ratios_without_a_peer_have_a_table_of_their_own() -> None:
    """Isolation, drain and growth are shown with their noise and their goal."""
    bench = {
        "growth": 1.04,
        "details": {"growth": {"noise": 0.02, "goal": 1.2, "verdict": "passed"}},
    }

    assert table(bench)[-1].endswith("| **1.04** | ±2% | ≤ 1.2 | passed |")
    assert "e2e" not in "".join(table(bench))


def test_nothing_is_said_of_what_was_not_measured() -> None:
    """No scenario, no line; and every promised ratio has a meaning."""
    promised = {"intake_vs_validate", "intake_vs_celery", "isolation_p99", "drain_vs_transport"}
    promised |= {f"e2e_vs_{peer}" for peer in ("celery", "direct_httpx", "direct_aiohttp")}

    assert list(absolute({})) == []
    assert promised | {"growth"} <= set(BESIDE) | set(ALONE)
