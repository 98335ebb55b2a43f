"""The ratios of intake and end to end: everybody at its best shape, in interleaved rounds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial

from tests.bench.contenders import VALIDATING, Celery, Contender, Direct, Gateway, batched
from tests.bench.figures import Findings, ratio, verdict
from tests.bench.ground import Ground, Shape
from tests.bench.rounds import Length, Run, Say, Sized, best, intake, interleave, summary

GOALS = {
    "intake_vs_validate": 0.60,
    "e2e_vs_celery": 5.0,
    "e2e_vs_direct_httpx": 2.5,
    "e2e_vs_direct_aiohttp": 0.7,
    "e2e_vs_celery_batched": 10.0,
    "e2e_vs_direct_httpx_batched": 5.0,
    "e2e_vs_direct_aiohttp_batched": 1.3,
}


def compare(
    findings: Findings, name: str, ours: Sequence[Run], again: Sequence[Run], theirs: Sequence[Run]
) -> None:
    """Keep the ratio of two contenders, with its noise and both sides' figures."""
    found = ratio(*([run.rate for run in side] for side in (ours, again, theirs)))
    goal = GOALS.get(name)
    findings.put(
        name,
        found.value,
        noise=round(found.noise, 4),
        rounds=[round(one, 3) for one in found.rounds],
        goal=goal,
        verdict="no goal" if goal is None else verdict(found, goal),
        ours=summary(ours),
        theirs=summary(theirs),
    )


def run_intake(on: Ground, length: Length, say: Say) -> Findings:
    """Compare intake: our own process with and without the commit, and the usual gateway."""
    say("Intake, dossiers of 1 kB, nobody delivers meanwhile")
    findings = Findings()
    with ExitStack() as open_:
        gateway = open_.enter_context(closing(Gateway(on, "intake")))
        only = open_.enter_context(closing(Gateway(on, "validate", program=VALIDATING)))
        celery = open_.enter_context(closing(Celery(on)))
        everybody: tuple[Contender, ...] = (gateway, only, celery)
        shapes = [Shape(1), Shape(2), Shape(3)]
        tried = {
            one.name: best(one, shapes, partial(intake, one, length.trial), say)
            for one in everybody
        }
        sides = [(one.name, partial(intake, one, length.run)) for one in everybody]
        found = interleave([*sides, ("again", sides[0][1])], length.rounds, say)
        celery.purge()
        shapes_kept = {one.name: str(one.shape) for one in everybody}
    for name, peer in (("intake_vs_validate", "validate"), ("intake_vs_celery", "celery")):
        compare(findings, name, found["intake"], found["again"], found[peer])
    findings.details["intake"] = {"shapes": shapes_kept, "tried": tried}
    return findings


DELIVERING, MORE_DELIVERING = [Shape(1, 1), Shape(1, 2), Shape(2, 1)], [Shape(2, 2)]
POOLS = ("prefork 2", "threads 8")
MORE_POOLS = ("prefork 3", "threads 16", "gevent 50", "gevent 20")
CALLING = [Shape(1), Shape(2), Shape(3)]


def run_end_to_end(on: Ground, length: Length, say: Say) -> Findings:
    """Compare the whole way, at equal calls and, where systems can be told many, batched."""
    say("End to end, dossiers of 1 kB to three systems")
    findings = Findings()
    with ExitStack() as open_:
        sides: dict[str, Sized] = {}
        tried: dict[str, dict[str, float]] = {}
        delivering = DELIVERING + (MORE_DELIVERING if length.thorough else [])
        pools = [Shape(1, pool=pool) for pool in POOLS + (MORE_POOLS if length.thorough else ())]
        entrants: list[tuple[Contender | None, list[Shape]]] = [
            (Gateway(on), delivering),
            (batched(on), delivering),
            (Celery(on), pools),
            (Direct(on, "httpx"), CALLING),
            (Direct(on, "aiohttp"), CALLING),
        ]
        for one, shapes in entrants:
            if one is None:
                say("  no system can be told many dossiers at once yet: nothing batched")
                continue
            open_.enter_context(closing(one))
            side = sides[one.name] = Sized(one, length.trial)
            tried[one.name] = best(one, shapes, side.learn, say)
        shapes_kept = {name: str(side.contender.shape) for name, side in sides.items()}
        again = [(f"{name} again", sides[name]) for name in ("gateway", "batched") if name in sides]
        seconds = length.share(length.rounds * (len(sides) + len(again)))
        for side in sides.values():
            side.fit(seconds)
        found = interleave([*sides.items(), *again], length.rounds, say)
    for tail, ours in (("", "gateway"), ("_batched", "batched")):
        if ours not in found:
            continue
        for name, peer in PEERS.items():
            compare(findings, name + tail, found[ours], found[f"{ours} again"], found[peer])
    findings.details["end_to_end"] = {"shapes": shapes_kept, "tried": tried}
    return findings


PEERS = {
    "e2e_vs_celery": "celery",
    "e2e_vs_direct_httpx": "direct httpx",
    "e2e_vs_direct_aiohttp": "direct aiohttp",
}
