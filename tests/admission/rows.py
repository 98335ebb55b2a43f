"""Months of rows at a real store, each judged by the independent model.

    python -m tests.admission.rows --months 10000 --seed 1

After each row every leaf that it states is held, or is evidence with its pointer, or is named in
the answer; and what is held is what the model holds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.access.audit import migrated
from gateway.access.principals import Principal
from gateway.admission.admit import admit
from gateway.admission.decisions import Decided
from gateway.admission.parse import parse, validate
from gateway.admission.requests import RecordSnapshot
from gateway.dossiers.systems import Systems
from gateway.store import clients, schema
from gateway.store.engine import Connection, connect
from gateway.store.ledger.bodies import unpack_json
from gateway.store.ledger.queries import Viewer, find_dossier
from gateway.store.tables import event
from schemas.dossier import Content
from tests.admission.row_chance import month
from tests.admission.row_model import (
    CLOSES,
    DEFAULTS,
    Expected,
    Model,
    Row,
    day_alone,
    found,
    leaves,
    moment,
    pointer,
    same,
    stated,
)

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
EVERYTHING = Viewer(client=1, environment="sandbox", agencies=("*",), everything=True)
NOBODY = Systems((), {})
GIVEN = frozenset(
    {
        *("id", "version", "environment", "data_quality", "day_times", "punctuality", "origin"),
        *("supplements", "schema_version", "status", "due/precision", "due/first_at", "due/none"),
        *("procedure/version", "procedure/field", "procedure/name", "voided"),
    }
)
"""What the gateway adds of its own."""
TIMED = frozenset({*CLOSES, "received_at"})
LEADS = {
    "accepted": frozenset({"accepted"}),
    "refused": frozenset({"refused"}),
    "finished": frozenset({"finished"}),
    "returned": frozenset({"returned"}),
    "supplement_requested": frozenset({"awaiting_supplement"}),
    "withdrawal_requested": frozenset({"withdrawal_requested"}),
    "stopped": frozenset({"stopped"}),
    "supplement_received": frozenset({"submitted", "accepted", "processing"}),
    "resumed": frozenset({"accepted", "processing"}),
    "reopened": frozenset({"submitted", "accepted", "processing"}),
    "progress": frozenset({"submitted", "accepted", "processing", "awaiting_payment"}),
}
"""To which states a kind of event leads."""
TIME_OF = {"accepted": "received_at", "refused": "refused_at"}
TIME_OF |= {"finished": "finished_at", "returned": "returned_at"}
"""Where a row states when a step was."""
STEPS = {"accepted": "received_at", "finished": "finished_at"}
"""Steps on the way, shown where the row states their time."""


@dataclass
class Seen:
    """A dossier as it is read back after a row, and what the row was answered."""

    held: Row
    events: list[Row]
    evidence: list[Row]
    decided: Decided

    @property
    def flags(self) -> set[tuple[str, str | None]]:
        """Give its flags."""
        return {(one["code"], one.get("pointer")) for one in self.held.get("data_quality", [])}


def snapshot(row: Row, client: Principal = CLIENT) -> RecordSnapshot:
    """Read a row as it is read from a body."""
    read = validate(Content, parse(json.dumps(row).encode()))
    assert isinstance(read, Content), read
    digest = hashlib.sha256(read.model_dump_json(exclude_none=True).encode()).digest()
    return RecordSnapshot(client=client, content=read, digest=digest)


def tell(
    connection: Connection,
    row: Row,
    client: Principal = CLIENT,
    systems: Systems = NOBODY,
) -> Seen:
    """Tell a row, and read the dossier back."""
    (one,), _ = admit(connection, systems, [snapshot(row, client)])
    assert one.record is not None, one.denied
    held = find_dossier(connection, EVERYTHING, one.record.id)
    assert held is not None
    bodies = connection.execute(
        sa.select(event.c.body).where(event.c.dossier_id == one.record.id).order_by(event.c.seq)
    ).scalars()
    held["source"] = unpack_json(list(bodies)[-1])[1]["source"]
    events, evidence = held.pop("events"), held.pop("evidence", [])
    return Seen(json.loads(json.dumps(held, default=str)), events, evidence, one)


def judge(connection: Connection, rows: list[Row]) -> None:
    """Tell all rows of a month, and judge what became of each."""
    model, before = Model(), None
    for row in rows:
        expected = model.take(row)
        seen = tell(connection, row)
        total(row, seen)
        if expected.stale:
            assert before is not None
            assert seen.decided.more.get("stale") is True
            assert seen.held == before.held | {"data_quality": seen.held["data_quality"]}
        else:
            taken(model, expected, row, seen, before)
        again = tell(connection, row)
        assert again.held == seen.held, "the same row again changes nothing"
        assert (len(again.events), again.evidence) == (len(seen.events), seen.evidence)
        before = seen


def total(row: Row, seen: Seen) -> None:
    """Each leaf that a row states is held, or is evidence, or is named in the answer."""
    said = stated(row)
    named = {at for one in seen.evidence for at in one["pointers"]}
    for path, leaf in leaves(said):
        if path in {("source", "as_of"), ("source", "ref")}:
            continue
        assert same(found(seen.held, said, path), leaf) or pointer(path) in named, (
            f"{pointer(path)} is nowhere: {leaf!r}, held {found(seen.held, said, path)!r}"
        )


def taken(model: Model, expected: Expected, row: Row, seen: Seen, before: Seen | None) -> None:
    """Compare what is held with the model, and look for the steps and the flags."""
    for path, leaf in leaves(model.held):
        if path not in {("source", "as_of"), ("source", "ref")}:
            got = found(seen.held, model.held, path)
            assert same(got, leaf), f"{pointer(path)}: {got!r} for {leaf!r}"
            assert not day_alone(path, leaf) or pointer(path) in seen.held["day_times"]
    for path, leaf in leaves(seen.held):
        assert _allowed(model, seen, path, leaf), f"{pointer(path)} was stated by nobody: {leaf!r}"
    old = before.evidence if before is not None else []
    fresh = {at for one in seen.evidence[len(old) :] for at in one["pointers"]}
    assert fresh <= {f"/{name}" for name in expected.contradicted}, f"evidence of {fresh}"
    codes = {code for code, _ in seen.flags}
    assert expected.moved <= codes, f"{expected.moved} not in {codes}"
    assert all(("time_without_state", f"/{name}") in seen.flags for name in expected.contradicted)
    shown(row, seen, before)


def shown(row: Row, seen: Seen, before: Seen | None) -> None:
    """Each new event is a step whose time the row states, leads to its state, or corrects."""
    if before is None:
        assert [one["kind"] for one in seen.events] == ["registered"]
        return
    said, held = stated(row), before.held
    status = said.get("status", held["status"])
    fresh = [one for one in seen.events[len(before.events) :] if one["kind"] != "corrected"]
    if status == held["status"]:
        assert not fresh, f"no state was moved: {[one['kind'] for one in fresh]}"
        return
    *steps, last = fresh
    assert status in LEADS[last["kind"]], f"{last['kind']} does not lead to {status}"
    time = TIME_OF.get(last["kind"], "")
    at = said.get(time) or (held.get(time) if held["status"] == "returned" else None)
    at = at or said["source"]["as_of"]
    assert same(last["occurred_at"], at), f"{last['kind']} at {last['occurred_at']}, not {at}"
    for one in steps:
        assert same(one["occurred_at"], said[STEPS[one["kind"]]]), f"{one['kind']} is made up"
    if status == "returned" and "finished_at" in said and "finished_at" not in held:
        assert "finished" in {one["kind"] for one in steps}, "the finish is not shown"
    if held["status"] == "submitted" and "received_at" in said and "received_at" not in held:
        ways = {one["kind"] for one in fresh}
        assert "accepted" in ways or status == "submitted", "the reception is not shown"


def _allowed(model: Model, seen: Seen, path: tuple[str | int, ...], leaf: Any) -> bool:
    """Say whether what is held beside the model may be: ours, a word for unstated, or inferred."""
    if leaf in (False, [], None) or DEFAULTS.get(str(path[-1])) == leaf:
        return True
    if "/".join(map(str, path[:2])) in GIVEN or path[0] in GIVEN or path[0] == "source":
        return True
    if path[0] in TIMED and len(path) == 1 and path[0] not in model.held:
        return any(code == "time_inferred" for code, _ in seen.flags) and moment(leaf) in model.rows
    return found(model.held, seen.held, path) is not None


@contextmanager
def store(folder: Path) -> Iterator[Connection]:
    """Open a store of its own, whose transaction is given up in the end."""
    engine = connect(folder / "rows.db")
    schema.apply(engine, migrated)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        clients.add(connection, "x", "sandbox", ["*"], b"1")
        yield connection
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Undo what is done within."""
    connection.exec_driver_sql("SAVEPOINT month")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK TO month")
        connection.exec_driver_sql("RELEASE month")


def main() -> int:
    """Judge months from the command line; say of those that are wrong how to see them again."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--months", type=int, default=10_000)
    asked.add_argument("--show", help="number of a month to be written out")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    if given.show is not None:
        print(json.dumps(month(random.Random(given.show)), ensure_ascii=False, indent=1))  # noqa: T201
        return 0
    wrong = told = 0
    with tempfile.TemporaryDirectory() as folder, store(Path(folder)) as connection:
        for number in range(given.months):
            rows = month(random.Random(f"{given.seed}-{number}"))
            told += len(rows)
            try:
                with undone(connection):
                    judge(connection, rows)
            except AssertionError as error:
                wrong += 1
                print(f"month {given.seed}-{number}: {error}")  # noqa: T201 - its own output
    print(f"{given.months} months of {told} rows: {wrong} wrong")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
