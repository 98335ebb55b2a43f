"""What a run found, for people: one table of ratios, and the absolute figures behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MEANING = {
    "intake_vs_validate": "intake / the same process that only validates",
    "intake_vs_celery": "intake / FastAPI + Celery + RabbitMQ",
    "e2e_vs_celery": "end to end / FastAPI + Celery + RabbitMQ",
    "e2e_vs_direct_httpx": "end to end / direct calls with httpx, nothing kept",
    "e2e_vs_direct_aiohttp": "end to end / direct calls with aiohttp, nothing kept",
    "e2e_vs_celery_batched": "batched / FastAPI + Celery + RabbitMQ",
    "e2e_vs_direct_httpx_batched": "batched / direct calls with httpx, nothing kept",
    "e2e_vs_direct_aiohttp_batched": "batched / direct calls with aiohttp, nothing kept",
}


def table(bench: Mapping[str, Any]) -> list[str]:
    """Draw the ratios as a table of Markdown, in the order of their meaning."""
    lines = [
        "| ratio | value | noise | goal | | exchanges a dossier | per second | CPU a dossier |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(name, bench) for name in MEANING if name in bench]
    return lines


def _line(name: str, bench: Mapping[str, Any]) -> str:
    of = bench["details"][name]
    ours, theirs = of["ours"], of["theirs"]
    cells = (
        f"`{name}`: {MEANING[name]}",
        f"**{bench[name]:.2f}**",
        f"±{of['noise']:.0%}",
        "" if of["goal"] is None else f"≥ {of['goal']:g}",
        of["verdict"],
        f"{ours['exchanges_per_dossier']:g} / {theirs['exchanges_per_dossier']:g}",
        f"{ours['per_second']:,.0f} / {theirs['per_second']:,.0f}",
        f"{ours['cpu_ms_per_dossier']:.2f} / {theirs['cpu_ms_per_dossier']:.2f} ms",
    )
    return f"| {' | '.join(cells)} |"


def shapes(bench: Mapping[str, Any]) -> Iterator[str]:
    """Say at how many processes each contender ran, and what else was tried."""
    for scenario in ("intake", "end_to_end"):
        found = bench["details"].get(scenario)
        if found is None:
            continue
        for name, shape in found["shapes"].items():
            tried = ", ".join(f"{one} {rate:,.0f}/s" for one, rate in found["tried"][name].items())
            yield f"- {scenario.replace('_', ' ')}, {name}: {shape} (tried: {tried})"


def results(bench: Mapping[str, Any]) -> str:
    """Write the whole report."""
    machine = bench["details"]["machine"]
    where = f"{machine['cores']} cores, {machine['cpu']}, {machine['memory_gb']} GB"
    kind = ", quick" if machine["quick"] else ""
    parts = [
        "# Results of `make bench`",
        "",
        f"{where}, Python {machine['python']}; all on one machine, the load generator counted.",
        f"Run of {machine['day']}, {machine['minutes']:.0f} minutes{kind}.",
        "",
        *table(bench),
        "",
        "Each ratio is the median of paired, interleaved rounds; its noise is how far our gateway",
        "is from itself in the same rounds. A pass inside the noise is no pass.",
        "",
        "Each contender ran at its best number of processes:",
        "",
        *shapes(bench),
    ]
    return "\n".join(parts) + "\n"
