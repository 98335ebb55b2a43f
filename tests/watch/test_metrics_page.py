"""The page of the metrics lists all of them as they are, and no other."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from gateway.watch import metrics

PAGE = Path(__file__).parents[2] / "deploy" / "METRICS.md"
BY_ONE = {
    id(one)
    for one in (
        *metrics.TOTALS,
        *(metrics.SNAPSHOT, metrics.FEED_LAG, metrics.EVIDENCE, metrics.DATABASE_SIZE),
    )
}


def listed() -> set[str]:
    """Write the line of each metric."""
    found = set()
    for one in vars(metrics).values():
        if not isinstance(one, MetricWrapperBase):
            continue
        name = f"{one._name}_total" if one._type == "counter" else one._name
        labels = ", ".join(f"`{label}`" for label in one._labelnames if label != "told_by")
        told = "; told by one" if id(one) in BY_ONE else ""
        found.add(f"| `{name}` | {one._type} | {labels} | {one._documentation}{told} |")
    return found


def test_the_page_lists_every_metric() -> None:
    """With its kind, its labels and its own help."""
    lines = {line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")}

    assert lines == listed()
