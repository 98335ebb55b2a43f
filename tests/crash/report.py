"""The reports of the long run: one JSON file per seed, and REPORT.md drawn from all of them.

`python -m tests.crash.report` draws it again.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from gateway.demo.audit import read_log
from tests.crash.plan import KINDS

HERE = Path(__file__).parent
REPORTS = HERE / "reports"
DRAWN = HERE / "REPORT.md"
SIX = ("lost", "out_of_order", "phantom", "falsely_delivered", "altered", "unexplained")
WANTED, WANTED_OF_EACH, WANTED_DOSSIERS = 1000, 40, 100_000
CUT = """\
The ways from clients to each API, from the gateway to PostgreSQL, to each node of the broker and
to each simulated system, and from the standby to the primary: reset, swallowed, or late.
Not the network among the broker's nodes: they are killed and frozen instead.
Clocks are those of API and workers; the database's, which decides on leases, is not moved.
The full disk is the primary's, with its write-ahead log.
"""
BY_THEMSELVES = {
    "flaky": "fail every fifth call",
    "heavy": "fail every fifth call, but that of the light dossiers",
    "none": "answer",
}
"""What the simulators do without being told."""
MISREAD = """\
A run of seed 32 (11,284 dossiers, 182 effective faults) is not among these: it ended with three
lines unexplained. The audit had read the time of the uncertain try that explains them as noted by
a wrong clock, ten minutes off; such times are placed by their neighbours' fences since then.
"""
PLACES = 20
"""So many places of a finding are kept."""
Report = dict[str, Any]


def begin(seed: int, *, asked: str, left_out: Sequence[str], full: int, faults: str) -> Report:
    """Begin a report.

    asked: the words of the command; full: one in so many dossiers tells a full story
    faults: what the simulators do, a key of `BY_THEMSELVES`
    """
    return {
        "seed": seed,
        "asked": asked,
        "commit": _commit(),
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "full": full,
        "faults": faults,
        "left_out": list(left_out),
        "rounds": 0,
        "dossiers": 0,
        "events": 0,
        "seconds_under_faults": 0.0,
        "done": {},
        "effective": {},
        **dict.fromkeys(SIX, 0),
        "explained": 0,
        "causes": {},
        "places": {},
        "settled_seconds": [],
        "never_settled": 0,
        "answers": {},
        "refused": 0,
        "refused_places": [],
        "ended_by_themselves": {},
        "stubborn": 0,
        "released": 0,
        "standby_seconds": [],
        "simulators": {},
    }


def _commit() -> str:
    """Name the commit, and say when the files differ from it."""
    words = ("/usr/bin/git", "-C", str(HERE))
    head = subprocess.run([*words, "rev-parse", "HEAD"], check=False, capture_output=True)
    changed = subprocess.run(
        [*words, "status", "--porcelain", "--", "../..", ":!reports", ":!REPORT.md"],
        check=False,
        capture_output=True,
    )
    return head.stdout.decode().strip() + ("+changes" if changed.stdout.strip() else "")


def add(told: Report, one: Mapping[str, Any]) -> None:
    """Add a round."""
    found = one["findings"]
    told["rounds"] += 1
    told["dossiers"] += one["dossiers"]
    told["events"] += one["events"]
    told["seconds_under_faults"] = round(told["seconds_under_faults"] + one["seconds"], 1)
    for name in SIX:
        places = getattr(found, name)
        told[name] += len(places)
        kept = [*told["places"].get(name, []), *(f"round {told['rounds']}: {p}" for p in places)]
        if kept:
            told["places"][name] = kept[:PLACES]
    told["explained"] += found.explained
    sums = {"done": one["done"], "effective": one["effective"], "causes": found.causes}
    sums |= {"answers": one["answers"], "ended_by_themselves": one["ended"]}
    sums |= {"simulators": one["simulators"]}
    for name, counts in sums.items():
        told[name] = dict(sorted((Counter(told[name]) + Counter(counts)).items()))
    if one["settled"] is None:
        told["never_settled"] += 1
    else:
        told["settled_seconds"].append(round(one["settled"], 1))
    told["refused"] += len(one["refused"])
    told["refused_places"] = [*told["refused_places"], *one["refused"]][:PLACES]
    told["stubborn"] += one["stubborn"]
    told["released"] += one["released"]
    told["standby_seconds"] += [round(seconds, 2) for seconds in one["rebuilt"]]


def simulated(witness: Path) -> dict[str, dict[str, int]]:
    """Count the faults that the simulators played by themselves."""
    rows = [row for file in sorted(witness.glob("*.faults.jsonl")) for row in read_log(file)]
    return {"simulators": dict(Counter(str(row["fault"]) for row in rows))}


def line(told: Report, one: Mapping[str, Any]) -> str:
    """Say in one line what a round came to."""
    faults = f"{sum(one['effective'].values())}/{sum(one['done'].values())}"
    return (
        f"round {told['rounds']}: {one['dossiers']} dossiers in {one['seconds']:.0f} s, "
        f"effective {faults}, settled {one['settled']}, refused {len(one['refused'])}, "
        f"explained {one['findings'].explained}, found {one['bad']}"
    )


def clean(told: Report) -> bool:
    """Say whether nothing was found."""
    return not any(told[name] for name in (*SIX, "never_settled", "refused"))


def write(told: Report, folder: Path = REPORTS) -> Path:
    """Write a report under its seed."""
    folder.mkdir(exist_ok=True)
    path = folder / f"seed-{told['seed']}.json"
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(folder: Path = REPORTS) -> list[Report]:
    """Read all reports, by seed."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(found, key=lambda told: int(told["seed"]))


def draw(reports: Sequence[Report]) -> str:
    """Draw the page from the reports, and from nothing else."""
    effective = _sum(reports, "effective")
    total, dossiers = effective.total(), sum(told["dossiers"] for told in reports)
    lines = [
        "# The long crash run",
        "",
        "Drawn from `reports/*.json` by `python -m tests.crash.report`; do not edit.",
        "A fault is *effective* when something was in flight, at that instant, where it hit.",
        "",
        "| | wanted | seen |",
        "|---|---:|---:|",
        f"| effective faults | {WANTED:,} | {total:,} |",
        f"| of each kind, at least | {WANTED_OF_EACH} | {min(effective[k] for k in KINDS)} |",
        f"| dossiers | {WANTED_DOSSIERS:,} | {dossiers:,} |",
    ]
    lines += [f"| {name.replace('_', ' ')} | 0 | {_total(reports, name):,} |" for name in SIX]
    lines += ["", "## Runs", "", *_runs(reports), "", "## Faults", ""]
    lines += ["| kind | done | effective |", "|---|---:|---:|"]
    done = _sum(reports, "done")
    lines += [f"| `{kind}` | {done[kind]:,} | {effective[kind]:,} |" for kind in KINDS]
    lines += ["", "Beside them the simulators played by themselves:", ""]
    played = sorted(_sum(reports, "simulators").items())
    lines += [", ".join(f"{name} {count:,}" for name, count in played) + ".", ""]
    lines += ["## What is cut, slow, wrong and full", "", CUT]
    lines += ["## What is not counted", "", MISREAD]
    lines += ["## Explained repeats", "", *_explained(reports), "", *_found(reports)]
    return "\n".join(lines).rstrip() + "\n"


def _sum(reports: Sequence[Report], name: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for told in reports:
        found.update(told[name])
    return found


def _total(reports: Sequence[Report], name: str) -> int:
    return sum(int(told[name]) for told in reports)


def _runs(reports: Sequence[Report]) -> list[str]:
    head = (
        "| seed | commit | rounds | dossiers | events | a second | effective | a minute | settling "
        "| standby | full stories | systems |"
    )
    rows = [
        head,
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for told in reports:
        seconds = max(1.0, float(told["seconds_under_faults"]))
        faults = sum(told["effective"].values())
        settled = max(told["settled_seconds"], default=0.0)
        never = f", never {told['never_settled']}" if told["never_settled"] else ""
        stood = told["standby_seconds"]
        standby = f"{median(stood):.1f} s" if stood else "–"
        rows.append(
            f"| {told['seed']} | {told['commit'][:12]} | {told['rounds']} | {told['dossiers']:,} "
            f"| {told['events']:,} | {told['dossiers'] / seconds:.0f} | {faults:,} "
            f"| {faults / seconds * 60:.0f} | {settled:.0f} s{never} | {standby} "
            f"| 1 in {told['full']} | {BY_THEMSELVES[told['faults']]} |"
        )
    released = _total(reports, "released")
    rows += ["", f"Lanes that the faults parked and an operator let go again: {released:,}."]
    rows += ["", "Each again: `python -m tests.crash.long` at its commit, with", ""]
    rows += [f"- `{told['asked']}`" for told in reports if told["asked"]]
    left = sorted({kind for told in reports for kind in told["left_out"]})
    return [*rows, *(["", f"Left out in some run: {', '.join(left)}."] if left else [])]


def _explained(reports: Sequence[Report]) -> list[str]:
    """List what stands twice at the portal, with the try of the ledger that accounts for it."""
    head = (
        f"{_total(reports, 'explained'):,} lines stand twice at the portal, which offers no key. "
        "Each belongs to a try that the ledger holds as uncertain, lapsed or late."
    )
    rows = [
        head,
        "",
        "| cause | repeats |",
        "|---|---:|",
    ]
    causes = sorted(_sum(reports, "causes").items(), key=lambda pair: (-pair[1], pair[0]))
    return rows + [f"| `{cause}` | {count:,} |" for cause, count in causes]


def _found(reports: Sequence[Report]) -> list[str]:
    """List what should not be."""
    rows = []
    for told in reports:
        for name, places in told["places"].items():
            rows += [f"- seed {told['seed']}, {name}: {place}" for place in places]
        rows += [f"- seed {told['seed']}, refused: {place}" for place in told["refused_places"]]
    return ["## Found", "", *rows] if rows else []


if __name__ == "__main__":
    DRAWN.write_text(draw(read()), encoding="utf-8")
