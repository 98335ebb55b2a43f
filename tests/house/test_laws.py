"""Each law of the house has a test that names it, or stands in the list of what is to come."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAWS = {
    1: "stored before spoken",
    2: "the database is the truth",
    3: "in order, per dossier and system",
    4: "an adapter is a pure conversation",
    5: "outcome, not exception; the gate",
    6: "nothing is dropped in silence",
    7: "rules decide, shells obey",
    8: "one library, one room",
    9: "a system is two folders",
    10: "no drawers",
    11: "never better than the truth",
    12: "one road to each system",
    13: "delivered needs proof",
    14: "a record's no is not the system's no",
    15: "what is said is kept",
    16: "times agree",
    17: "a code is a claim",
    18: "nothing is missed",
    19: "untrusted bytes die alone",
    20: "every lane that was not told says so",
}
TO_COME = {
    18: "changes and outcomes as feeds of their own",
    19: "files read by a child process under limits",
}
"""What the engine does not do yet, law by law; whoever builds it names the law in a test."""
NAMED = {
    1: (
        "admission/test_stored_first.py",
        "intake/test_full_disk.py",
        "store/test_failover.py",
        "store/work/test_lanes.py",
    ),
    2: (
        "crash/test_short.py",
        "flow/test_retries.py",
        "retries/test_deadlines.py",
        "retries/test_port.py",
        "retries/test_rabbit.py",
        "store/work/test_claims.py",
        "store/work/test_lanes.py",
    ),
    3: (
        "adapters/kit/test_driver.py",
        "adapters/kit/test_driver_session.py",
        "delivery/test_delivery.py",
        "rules/test_outcomes.py",
        "rules/test_schedule.py",
        "store/work/test_claims.py",
        "store/work/test_completion.py",
        "store/work/test_lanes.py",
        "store/work/test_operating.py",
        "store/work/test_steps.py",
    ),
    4: ("adapters/kit/test_driver.py",),
    5: (
        "adapters/kit/test_driver.py",
        "adapters/kit/test_driver_session.py",
        "adapters/test_answers.py",
        "adapters/test_igate_doubt.py",
        "adapters/test_portal_failures.py",
        "crash/test_findings.py",
        "delivery/test_batching.py",
        "delivery/test_delivery.py",
        "delivery/test_igate.py",
        "delivery/test_together.py",
        "rules/test_gate.py",
        "rules/test_leases.py",
        "rules/test_outcomes.py",
        "rules/test_schedule.py",
        "store/work/test_claims.py",
        "store/work/test_completion.py",
        "store/work/test_finished.py",
        "store/work/test_lanes.py",
    ),
    6: (
        "adapters/test_checks.py",
        "adapters/test_portal_failures.py",
        "adapters/test_timeline.py",
        "crash/test_findings.py",
        "intake/test_api.py",
    ),
    7: ("house/test_structure.py",),
    8: ("house/test_structure.py",),
    9: ("house/test_house.py",),
    10: ("house/test_structure.py",),
    11: (
        "adapters/test_portal_failures.py",
        "admission/test_apply_report.py",
        "delivery/test_igate.py",
        "delivery/test_poller.py",
        "intake/test_api.py",
    ),
    12: (
        "adapters/kit/test_driver_ways.py",
        "delivery/test_delivery.py",
        "store/work/test_steps.py",
    ),
    13: (
        "adapters/kit/test_denials.py",
        "adapters/kit/test_driver_ways.py",
        "adapters/test_answers.py",
        "strict/test_strict.py",
        "workbench/test_battery.py",
        "workbench/test_ordered_faults.py",
    ),
    14: (
        "commands/test_status.py",
        "crash/test_findings.py",
        "delivery/test_suspects_told.py",
        "delivery/test_trouble.py",
        "main/test_ways.py",
        "operations/test_probing.py",
        "rules/test_suspects.py",
        "store/work/test_suspects.py",
        "workbench/test_ordered_faults.py",
    ),
    15: ("admission/test_rows.py",),
    16: ("rules/test_history.py",),
    17: (
        "adapters/test_exists.py",
        "admission/test_apply_report.py",
        "admission/test_year.py",
        "delivery/test_exists.py",
        "intake/test_rights.py",
        "intake/test_sources.py",
        "rules/test_owners.py",
        "store/work/test_steps.py",
        "workbench/test_existing.py",
    ),
    18: (
        "flow/test_following.py",
        "intake/test_following.py",
        "retries/test_witness.py",
        "store/test_feed.py",
        "store/test_feed_places.py",
    ),
    20: (
        "commands/test_plans.py",
        "crash/test_findings.py",
        "operations/test_plans.py",
        "operations/test_settle.py",
        "store/test_migrating_shadow.py",
        "store/work/test_own_states.py",
    ),
}
"""Where each law is held: found by the docstrings that begin with it."""


def found() -> dict[int, tuple[str, ...]]:
    """Find the laws that tests name, and the files of those tests."""
    files: defaultdict[int, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named = re.match(r"Law (\d+): [A-Z`\d]", ast.get_docstring(node) or "")
                if named and node.name.startswith("test_"):
                    files[int(named[1])].add(path.relative_to(ROOT / "tests").as_posix())
    return {law: tuple(sorted(files[law])) for law in sorted(files)}


def test_every_law_is_held_by_tests_or_is_to_come() -> None:
    """No law is forgotten; what is partly there stands in both."""
    assert sorted({*NAMED} | {*TO_COME}) == sorted(LAWS)


def test_the_table_is_what_the_tests_say() -> None:
    """If it differs: a test that names a law came, went or moved."""
    assert found() == NAMED
