"""What a run found, for people: tables of ratios, and the absolute figures behind them.

All of it is drawn from a bench.json: what was not measured is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BESIDE = {
    "intake_vs_validate": "intake / the same process that only validates",
    "intake_vs_celery": "intake / FastAPI + Celery + RabbitMQ",
    "e2e_vs_celery": "end to end / FastAPI + Celery + RabbitMQ",
    "e2e_vs_direct_httpx": "end to end / direct calls with httpx, nothing kept",
    "e2e_vs_direct_aiohttp": "end to end / direct calls with aiohttp, nothing kept",
    "e2e_vs_celery_batched": "batched / FastAPI + Celery + RabbitMQ",
    "e2e_vs_direct_httpx_batched": "batched / direct calls with httpx, nothing kept",
    "e2e_vs_direct_aiohttp_batched": "batched / direct calls with aiohttp, nothing kept",
}
ALONE = {
    "isolation_p99": ("p99 of two systems beside a sick third / without it", "≤"),
    "drain_vs_transport": ("100,000 waiting lanes / the transport alone", "≥"),
    "growth": ("cost at 5 million dossiers / at some ten thousand", "≤"),
}
OPENFN = "OpenFn publishes 37.6/s and a p95 of 1.15 s on two cores; it runs workflows, so that is"


def table(bench: Mapping[str, Any]) -> list[str]:
    """Draw the ratios as tables of Markdown, in the order of their meaning."""
    found = [_beside(name, bench) for name in BESIDE if name in bench]
    head = "| ratio | value | noise | goal | | exchanges a dossier | per second | CPU a dossier |"
    lines = [head, "|---|---|---|---|---|---|---|---|", *found] if found else []
    others = [_alone(name, bench) for name in ALONE if name in bench]
    if others:
        lines += [""] if lines else []
        lines += ["| ratio | value | noise | goal | |", "|---|---|---|---|---|", *others]
    return lines


def _beside(name: str, bench: Mapping[str, Any]) -> str:
    of = bench["details"][name]
    ours, theirs = of["ours"], of["theirs"]
    cells = (
        f"`{name}`: {BESIDE[name]}",
        f"**{bench[name]:.2f}**",
        f"±{of['noise']:.0%}",
        "" if of["goal"] is None else f"≥ {of['goal']:g}",
        of["verdict"],
        f"{ours['exchanges_per_dossier']:g} / {theirs['exchanges_per_dossier']:g}",
        f"{ours['per_second']:,.0f} / {theirs['per_second']:,.0f}",
        f"{ours['cpu_ms_per_dossier']:.2f} / {theirs['cpu_ms_per_dossier']:.2f} ms",
    )
    return f"| {' | '.join(cells)} |"


def _alone(name: str, bench: Mapping[str, Any]) -> str:
    of, (meaning, sign) = bench["details"][name], ALONE[name]
    cells = (f"`{name}`: {meaning}", f"**{bench[name]:.2f}**", f"±{of['noise']:.0%}")
    return f"| {' | '.join(cells)} | {sign} {of['goal']:g} | {of['verdict']} |"


def absolute(details: Mapping[str, Any]) -> Iterator[str]:
    """Say the figures that are no ratios."""
    if (of := details.get("latency")) is not None:
        yield (
            f"- At {of['offered_per_second']:,.0f}/s, a third of full load: accepted to delivered "
            f"at all three systems {_ms(of['accepted_to_delivered_ms'])}; from due to delivered "
            f"{_ms(of['due_to_delivered_ms'])} (goal p50 < 50, p99 < 250: {of['verdict']})."
        )
    if (of := details.get("large")) is not None:
        yield (
            f"- Dossiers of 50 kB: {of['accepted_per_second']:,.0f} accepted/s; offered "
            f"{of['offered_per_second']:g}/s and delivered to three systems, answers "
            f"{_ms(of['due_to_accepted_ms'])}. {OPENFN} not the same work."
        )
    if (of := details.get("embedded")) is not None:
        yield (
            f"- Embedded, one process: starts in {of['starts_in_seconds']:g} s, holds "
            f"{of['memory_mb']:.0f} MB, {of['memory_mb_after_load']:.0f} MB after load "
            f"(goal 2 s, 150 MB: {of['verdict']}); {of['to_the_end_per_second']:,.0f} dossiers/s "
            "to three systems."
        )
    if (of := details.get("growth")) is not None:
        memory = of["memory_mb"]
        yield (
            f"- Memory of one API and one worker: {memory['small']:.0f} MB with some ten "
            f"thousand waiting lanes, {memory['large']:.0f} MB with a million."
        )
        for part, found in of["parts"].items():
            yield f"- Growth, {part.replace('_', ' ')}: costs {found['costs']:.2f} times as much."
    if (of := details.get("drain_vs_transport")) is not None:
        yield (
            f"- Drain: {of['lanes_per_second']:,.0f} lanes/s; in its first second at most "
            f"{of['most_in_flight_in_the_first_second']} of {of['at_once']} were in flight."
        )
    if (of := details.get("isolation_p99")) is not None:
        for fault, found in of["faults"].items():
            sides = f"{_ms(found['base_ms'])}; beside it {_ms(found['beside_the_fault_ms'])}"
            yield (
                f"- Isolation, {fault}: p99 grows to {found['grows_to']:.2f} at "
                f"{of['offered_per_second']:,.0f}/s; base {sides}."
            )


def _ms(of: Mapping[str, float]) -> str:
    return f"p50 {of['p50']:g}, p95 {of['p95']:g}, p99 {of['p99']:g} ms ({of['samples']:,} samples)"


def shapes(details: Mapping[str, Any]) -> Iterator[str]:
    """Say at how many processes each contender ran, and what else was tried."""
    for scenario in ("intake", "end_to_end"):
        found = details.get(scenario)
        if found is None:
            continue
        for name, shape in found["shapes"].items():
            tried = ", ".join(f"{one} {rate:,.0f}/s" for one, rate in found["tried"][name].items())
            yield f"- {scenario.replace('_', ' ')}, {name}: {shape} (tried: {tried})"


def results(bench: Mapping[str, Any]) -> str:
    """Write the whole report."""
    details = bench["details"]
    machine = details["machine"]
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
        "Latency is open-loop, from when a post was due.",
        "",
        *absolute(details),
        "",
        "Each contender ran at its best number of processes:",
        "",
        *shapes(details),
    ]
    return "\n".join(parts) + "\n"
