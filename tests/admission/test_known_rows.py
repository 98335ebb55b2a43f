"""Rows that are known unread: what becomes of them is what would if they were read (law 16)."""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access.roles import Role
from gateway.admission import inbound
from gateway.admission.admit import admit
from gateway.admission.requests import MergeDossiers, RecordEvent
from gateway.store import clients
from gateway.store.engine import Connection
from gateway.store.ledger.queries import find_dossier
from gateway.store.tables import dossier, row_taken
from schemas.event import NewEvent
from schemas.inbound import Row, Verdict
from schemas.parts import Officer
from tests.admission.row_chance import month
from tests.admission.rows import CLIENT, EVERYTHING, NOBODY, store, undone

SCRIPTS = int(os.environ.get("LIENTHONG_MONTHS_OF_ROWS", "8"))
SECOND = replace(CLIENT, id=2, name="y")
SPEAKERS = {"commune": CLIENT, "portal": SECOND}
JUDGE = replace(CLIENT, id=3, name="judge", roles=frozenset({Role.ADMINISTRATOR, Role.OFFICER}))
REFS = (("commune", "a"), ("commune", "b"), ("portal", "p"))
Step = tuple[str, Any]
OURS = re.compile(r'"[0-9-]{10}T[0-9:.]{8,}(\+00:00|\+07:00|Z)"')


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Open one store for all of these tests."""
    with store(Path(tmp_path_factory.mktemp("known"))) as connection:
        clients.add(connection, "y", "sandbox", ["*"], b"2")
        yield connection


@pytest.fixture
def office(opened: Connection) -> Iterator[Connection]:
    """Give the store, and undo what the test did."""
    with undone(opened):
        yield opened


def script(chance: random.Random) -> list[Step]:
    """Write what happens to three refs of two sources: rows, events by API, a merge."""
    tables = {name: _rows(chance, *name) for name in REFS}
    steps: list[Step] = []
    at = dict.fromkeys(REFS, 0)
    for _ in range(chance.randint(6, 14)):
        system = chance.choice(("commune", "commune", "portal"))
        names = [name for name in REFS if name[0] == system]
        told = []
        for name in chance.choices(names, k=chance.randint(1, len(names) + 1)):
            forward = chance.random()
            at[name] += 1 if forward < 0.35 else (-1 if forward > 0.95 else 0)
            at[name] = min(max(at[name], 0), len(tables[name]) - 1)
            told.append((name[1], tables[name][at[name]]))
        steps.append((system, told))
        if chance.random() < 0.2:
            steps.append(("event", (chance.choice(REFS), _event(chance, len(steps)))))
        if chance.random() < 0.05:
            steps.append(("merge", chance.sample(REFS, 2)))
    return steps


def _rows(chance: random.Random, system: str, ref: str) -> list[dict[str, Any]]:
    rows = month(chance)
    for one in rows:
        one["source"]["ref"] = ref
        if chance.random() < 0.5:  # so that sources are found to mean one citizen
            one["owner"]["identities"] = [{"kind": "personal_number", "number": "001399000000"}]
        if system == "portal":
            one["official_code"] = "H99.14.05-260302-0007"
    return rows


def _event(chance: random.Random, number: int) -> NewEvent:
    kind = chance.choice(("progress", "accepted", "finished", "note_added", "linked"))
    said: dict[str, Any] = {
        "ref": f"e{number}",
        "kind": kind if kind != "note_added" else "progress",
        "occurred_at": f"2026-{chance.choice(('03', '04', '05'))}-{chance.randint(1, 28):02}T09:00",
        "action": "x",
    }
    if kind == "linked":
        said = said | {"codes": [{"value": "x-1", "kind": "portal"}]}
    return NewEvent.model_validate(said)


def play(connection: Connection, steps: list[Step], *, unread: bool) -> list[Any]:
    """Play a script, with or without what is known unread; give all that can be seen of it."""
    seen: list[Any] = []
    for what, said in steps:
        if what in SPEAKERS:
            if not unread:
                connection.execute(row_taken.delete())
            seen.append([_plain(one) for one in tell(connection, what, said)])
        elif what == "event":
            name, event = said
            (id_,) = _ids(connection, name) or (None,)
            if id_ is not None:
                one = RecordEvent(
                    client=CLIENT, dossier=id_, event=event, digest=event.ref.encode()
                )
                seen.append(admit(connection, NOBODY, [one])[0][0].status)
        else:
            seen.append(_merge(connection, *said))
        seen.append(held(connection))
    return seen


def tell(
    connection: Connection, system: str, told: list[tuple[str, dict[str, Any]]]
) -> tuple[Verdict, ...]:
    """Tell rows in one piece."""
    items = [Row(ref=ref, body=copy.deepcopy(row)) for ref, row in told]
    return inbound.record_items(connection, NOBODY, SPEAKERS, system, items)[0]


def _plain(one: Verdict) -> tuple[str, str, Any]:
    return one.ref, one.word, one.problems


def _ids(connection: Connection, name: tuple[str, str]) -> list[Any]:
    """Find the dossier whose first source this is."""
    mine = (dossier.c.owner == SPEAKERS[name[0]].id, dossier.c.ref == name[1])
    return list(connection.execute(sa.select(dossier.c.id).where(*mine)).scalars())


def _merge(connection: Connection, one: tuple[str, str], two: tuple[str, str]) -> int | None:
    ids = [id_ for name in (one, two) for id_ in _ids(connection, name)]
    if len(ids) < 2:
        return None
    merging = MergeDossiers(
        client=JUDGE,
        dossier=ids[0],
        duplicate=ids[1],
        reason="one citizen",
        by=Officer(name="Lò Thị Mẫu"),
        digest=b"m",
    )
    return admit(connection, NOBODY, [merging])[0][0].status


def held(connection: Connection) -> str:
    """Write out all dossiers, without what is of this very moment."""
    # Not by their ids: those of one millisecond have no order.
    order = (dossier.c.owner, dossier.c.ref)
    ids = list(connection.execute(sa.select(dossier.c.id).order_by(*order)).scalars())
    rows = connection.execute(
        sa.select(dossier.c.last_seq, dossier.c.as_of, dossier.c.status).order_by(*order)
    )
    found = [find_dossier(connection, EVERYTHING, id_) for id_ in ids]
    text = json.dumps([found, [list(row) for row in rows]], default=str, sort_keys=True)
    for number, id_ in enumerate(ids):
        text = text.replace(str(id_), f"dossier {number}")
    text = re.sub(r'"20[0-9-]{8}[T ][0-9:]{8}\.[0-9]+[^"]*"', '"now"', text)
    return re.sub(r'"(at|id)": (?:[0-9]{13}|"[0-9a-f-]{36}")', r'"\1": "now"', text)


@settings(
    max_examples=SCRIPTS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_what_is_known_unread_is_what_reading_would_find(opened: Connection, seed: int) -> None:
    """Verdicts and dossiers are those of a gateway that reads every row, come what may."""
    steps = script(random.Random(seed))
    with undone(opened):
        unread = play(opened, steps, unread=True)
    with undone(opened):
        read = play(opened, steps, unread=False)

    assert unread == read


def row(**said: Any) -> dict[str, Any]:
    """Write a row."""
    (first, *_) = month(random.Random(1))
    plain = {name: first[name] for name in ("procedure", "agencies", "owner", "submitted_at")}
    return plain | {"channel": "direct", "source": {"ref": "a", "as_of": "2026-04-03"}} | said


PROGRESS = NewEvent.model_validate(
    {"ref": "e", "kind": "progress", "action": "x", "occurred_at": "2026-04-10T09:00:00+07:00"}
)


def feed(office: Connection) -> list[int]:
    """Give the places of dossiers in the list of what changed: a row that is read moves its own."""
    found = sa.select(dossier.c.feed).order_by(dossier.c.id)
    return list(office.execute(found).scalars())


def test_the_row_that_was_taken_last_is_not_read_again(office: Connection) -> None:
    """It is answered `unchanged`, with its dossier, which does not move in the list."""
    (first,) = tell(office, "commune", [("a", row())])
    before = feed(office)
    (again,) = tell(office, "commune", [("a", row())])

    assert (first.word, again.word) == ("stored", "unchanged")
    assert (again.dossier, feed(office)) == (first.dossier, before)


@pytest.mark.parametrize(
    "between",
    [
        [("commune", [("a", row(notes="other"))])],
        [("event", (("commune", "a"), PROGRESS))],
    ],
    ids=["another row", "an event"],
)
def test_a_row_is_read_again_once_something_came_between(
    office: Connection, between: list[Step]
) -> None:
    """What was taken last is no longer what the dossier holds, or no longer all that it knows."""
    tell(office, "commune", [("a", row())])
    play(office, between, unread=True)
    before = feed(office)
    (again,) = tell(office, "commune", [("a", row())])

    assert again.word != "unchanged" or feed(office) != before


def test_a_setting_that_was_changed_has_every_row_read_once_more(office: Connection) -> None:
    """Its source serves other agencies by now, and this row is for none of them."""
    tell(office, "commune", [("a", row())])
    elsewhere = {"commune": replace(CLIENT, agencies=("H01",))}
    items = [Row(ref="a", body=row())]
    ((again,), _) = inbound.record_items(office, NOBODY, elsewhere, "commune", items)

    assert (again.word, [one.code for one in again.problems]) == ("refused", ["agency"])
