"""What an operator sees of the outbox, and what a retry does to it: on both databases."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from gateway.access.principals import Principal
from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, RegisterDossier
from gateway.dossiers.limits import Limits
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_systems, open_store
from gateway.rules.gate import Gate
from gateway.rules.lane_states import ASKED, PARKED, READY, WAITING
from gateway.rules.outcomes import Shadowed
from gateway.rules.waves import Shut
from gateway.settings import Settings, read_systems
from gateway.store.dialect import now as db_now
from gateway.store.engine import Connection, Store
from gateway.store.tables import attempt, dossier, outbox, system
from gateway.store.work import claims, completion, lanes, operating, parked, retrying, systems
from gateway.store.work.finished import Finished
from gateway.store.work.gate_lock import locked
from gateway.store.work.lanes import Claim
from gateway.store.work.operating import Standing, Survey
from gateway.store.work.parked import Group
from gateway.store.work.retrying import HELD, Choice, Chosen, Made
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier
from schemas.outcome import (
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Pending,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
    Untold,
)

OWN = {"base_url": "http://127.0.0.1:1"}
SYSTEMS = {"systems": {"a": {"adapter": "echo", "environment": "sandbox", "settings": OWN}}}
CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
REFUSED = Refused(code="7", message="no")
HOUR = 3_600_000


def limits(number: int) -> Limits:
    """Give limits under which everything is claimed at once."""
    return Limits(
        system=number,
        worker="w",
        adapter="a 1",
        at_once=99,
        together=1,
        lease=60_000,
        quarantine=0,
        linger=0,
        appends=False,
        on_uncertain="resend",
        looks_up=False,
        scale=1.0,
    )


@dataclass
class Office:
    """A store with one system whose gate lets many pass."""

    store: Store
    systems: Systems
    ids: list[UUID]

    @property
    def number(self) -> int:
        """The system's own number."""
        return self.systems.all[0].id

    async def post(self, count: int) -> None:
        """Store sample dossiers."""
        batcher = RequestBatcher(self.store, self.systems, lambda _: None)
        for number in range(1, count + 1):
            content = NewDossier.model_validate(sample(number, 1).requests[0].body)
            answer = await batcher.submit(
                RegisterDossier(client=CLIENT, content=content, digest=bytes([number]))
            )
            assert isinstance(answer, Answer)
            self.ids.append(UUID(answer.body["id"]))

    async def claim(self, *, lease: int = 60_000, **more: Any) -> list[Claim]:
        """Claim everything that is ready."""
        used = replace(limits(self.number), lease=lease, **more)

        def claim(connection: Connection) -> list[Claim]:
            with locked(connection, used.system) as lock:
                return list(claims.claim(connection, used, 99, lock).claims)

        return await self.store.write(claim)

    async def complete(
        self,
        claims: Sequence[Claim],
        outcome: Outcome | CannotExpress | Shadowed,
        on: str = "resend",
    ) -> None:
        """Complete claims, all with one outcome."""
        used = replace(limits(self.number), on_uncertain=on)
        why = getattr(outcome, "why", None)
        done = [
            Finished(
                id=uuid7(),
                claim=claim,
                outcome=outcome,
                started_at=0,
                ended_at=await self.now(),
                detail={} if why is None else {"why": why},
                jitter=0.0,
            )
            for claim in claims
        ]

        def complete(connection: Connection) -> None:
            with locked(connection, used.system) as lock:
                completion.complete(connection, used, done, lock)

        await self.store.write(complete)

    async def end(self, outcome: Outcome | CannotExpress, *, on: str = "resend") -> list[Claim]:
        """Claim everything that is ready and complete it."""
        claims = await self.claim()
        await self.complete(claims, outcome, on)
        return claims

    async def set(self, table: sa.Table, which: sa.ColumnElement[bool], **values: Any) -> None:
        """Bring rows into the state that a test is about."""
        await self.store.write(
            lambda connection: connection.execute(table.update().where(which).values(**values))
        )

    async def due(self, dossier_id: UUID, hours: float | None) -> None:
        """Set when a dossier is due, from now on."""
        at = None if hours is None else await self.now() + int(hours * HOUR)
        await self.set(dossier, dossier.c.id == dossier_id, due_at=at)

    async def now(self) -> int:
        """Read the database's clock."""
        return await self.store.read(db_now)

    async def survey(self, ahead: float = 0) -> tuple[Standing, Survey]:
        """See how the system stands."""
        seen = await self.store.read(
            lambda connection: operating.survey(connection, int(ahead * HOUR))
        )
        return seen.systems[0], seen

    async def groups(self, **more: Any) -> list[Group]:
        """See what is parked."""
        return await self.store.read(lambda connection: parked.groups(connection, 0, **more))

    async def choose(self, **choice: Any) -> list[Chosen]:
        """Choose what is to be retried."""
        return await self.store.read(
            lambda connection: retrying.choose(connection, Choice(**choice))
        )

    async def make_ready(self, wave: Sequence[Chosen], linger: int = 0) -> Made:
        """Let a wave go."""
        return await self.store.write(
            lambda connection: retrying.make_ready(
                connection, wave, linger=linger, by="night", why="mended"
            )
        )

    async def outcomes(self, made: Made) -> dict[UUID, str]:
        """See what came of it."""
        return await self.store.read(
            lambda connection: retrying.outcomes(connection, self.number, made.ready)
        )

    async def rows(self, table: sa.Table) -> list[Any]:
        """Read a whole table."""
        return await self.store.read(lambda connection: list(connection.execute(table.select())))


@pytest.fixture
async def office(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Office]:
    """Open an office over an empty database."""
    settings = Settings(data=tmp_path, **database, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    made = Office(store, await find_systems(settings, store), [])
    wide = Gate(window=64, good_at=1).row()
    await made.set(system, sa.true(), gate=wide)
    yield made
    await store.close()


async def test_lanes_are_counted_by_what_becomes_of_them(office: Office) -> None:
    """Ready, being sent, waiting, asked and parked are told apart, with the oldest of all."""
    await office.post(5)
    claims = await office.claim()
    await office.complete(claims[:1], REFUSED)
    await office.complete(claims[1:2], Unreachable(why="x"))
    await office.complete(claims[2:3], Pending(remote=Remote(), ask_after=60))
    await office.store.write(lambda connection: lanes.release(connection, claims[3:4]))
    one, _ = await office.survey()
    oldest = min(row.since for row in await office.rows(outbox))

    assert one.lanes == {"ready": 1, "sending": 1, "waiting": 1, "asked": 1, "parked": 1}
    assert (one.oldest, one.inflight) == (oldest, 1)


async def test_what_is_due_before_its_next_try_is_at_risk(office: Office) -> None:
    """Due while it waited, or before the wake-up and the margin; nor what is asked.

    Not what has time, nor what was due before there was anything to tell.
    """
    await office.post(5)
    claims = {claim.dossier_id: claim for claim in await office.claim()}
    await office.complete([claims[one] for one in office.ids[:4]], Unreachable(why="x"))
    await office.complete([claims[office.ids[4]]], Pending(remote=Remote(), ask_after=9 * 3600))
    wakes = await office.now() + 2 * HOUR
    await office.set(outbox, outbox.c.state == WAITING, wake_at=wakes)
    await office.set(outbox, sa.true(), since=await office.now() - 2 * HOUR)
    for one, hours in zip(office.ids, (-1, 1, 3, -3, 1), strict=True):
        await office.due(one, hours)
    (bare, seen), (wide, _) = await office.survey(), await office.survey(ahead=1.5)
    earliest = min(row.due_at for row in await office.rows(dossier) if row.id == office.ids[0])

    assert (bare.at_risk, seen.at_risk, wide.at_risk) == (2, 2, 3)
    assert (bare.earliest_due, seen.earliest_due) == (earliest, earliest)


@pytest.mark.parametrize("seed", range(3))
async def test_what_can_be_told_in_time_is_not_at_risk(office: Office, seed: int) -> None:
    """Whoever wakes, and whose gate opens, by the margin before the due time, is at no risk.

    Nor is what was late before there was anything to tell of it: no system can mend that.
    """
    by_chance = random.Random(seed)
    await office.post(12)
    now, closed = await office.now(), by_chance.choice([None, -1, 5])
    if closed is not None:
        gate = Gate(state="closed", why="failing").row()
        await office.set(system, sa.true(), gate=gate, gate_until=now + closed * HOUR)
    opens = now + max(0, closed or 0) * HOUR
    expected = []
    for one in office.ids:
        state, wakes, due, since = (
            by_chance.choice([READY, WAITING, ASKED, PARKED]),
            by_chance.choice([None, -1, 2, 8]),
            by_chance.choice([None, -9, -1, 1, 3, 6, 7, 12, 30]),
            by_chance.choice([-10, -0.5]),
        )
        at = None if wakes is None else now + wakes * HOUR
        begun = now + int(since * HOUR)
        lane = {"state": state, "wake_at": at, "since": begun}
        await office.set(outbox, outbox.c.dossier_id == one, **lane)
        ends = None if due is None else now + due * HOUR + HOUR // 2
        await office.set(dossier, dossier.c.id == one, due_at=ends)
        stuck = state == WAITING or (state == READY and opens > now)
        goes = max(opens, at if state == WAITING and at is not None else opens)
        if stuck and ends is not None and begun <= ends <= goes + 2 * HOUR:
            expected.append(ends)
    found, seen = await office.survey(ahead=2)

    assert (found.at_risk, seen.at_risk) == (len(expected), len(expected))
    assert found.earliest_due == min(expected, default=None)


@pytest.mark.parametrize(
    ("hold", "closed", "expected"),
    [(False, 0, 0), (True, 0, 1), (False, 2, 2), (False, -2, 0)],
    ids=["open", "held", "closed for two hours", "a probe is due"],
)
async def test_ready_lanes_are_at_risk_behind_a_shut_gate(
    office: Office, hold: bool, closed: int, expected: int
) -> None:
    """What could go at once is at nobody's risk; behind a gate it waits like everything else."""
    await office.post(2)
    await office.set(outbox, sa.true(), since=await office.now() - 2 * HOUR)
    await office.due(office.ids[0], -1)
    await office.due(office.ids[1], 1)
    if closed:
        gate = Gate(state="closed", why="failing").row()
        until = await office.now() + closed * HOUR
        await office.set(system, sa.true(), gate=gate, gate_until=until)
    if hold:
        await office.store.write(lambda connection: systems.hold(connection, [], "night", "x"))
    one, _ = await office.survey()

    assert one.at_risk == expected


async def test_the_last_error_is_the_newest_failure(office: Office) -> None:
    """With its own words where they are ours; a success after it does not hide it."""
    await office.post(3)
    claims = await office.claim()
    await office.complete(claims[:1], Malformed(why="code 99", raw=""))
    await office.complete(claims[1:2], Unreachable(why="connection refused"))
    done = Delivered(up_to=claims[2].head_seq, remote=Remote(created=True))
    await office.complete(claims[2:], done)
    one, _ = await office.survey()

    assert one.trouble is not None
    assert (one.trouble.outcome, one.trouble.why) == ("unreachable", "connection refused")


async def test_what_was_never_sent_is_told_by_its_cause(office: Office) -> None:
    """What cannot be expressed is no failure of the system: its commonest cause says it."""
    await office.post(1)
    await office.end(CannotExpress("/summary", "Nguyễn Văn A is too long"))
    one, _ = await office.survey()

    assert (one.trouble, one.commonest) == (None, "cannot_express:/summary")


async def test_parked_lanes_are_grouped(office: Office) -> None:
    """By cause and by who must act, the largest first, with the times of their last tries."""
    await office.post(4)
    claims = await office.claim()
    await office.complete(claims[:2], REFUSED)
    await office.complete(claims[2:3], Malformed(why="odd", raw=""))
    await office.complete(claims[3:], Refused(code="8", message="no"))
    await office.due(claims[0].dossier_id, -1)
    found = await office.groups()
    ended = sorted(row.ended_at for row in await office.rows(attempt))

    assert (found[0].cause, found[0].owner, found[0].count) == ("refused:7", "officer", 2)
    assert [one.at_risk for one in found] == [1, 0, 0]
    assert {one.cause: one.owner for one in found[1:]} == {
        "malformed:odd": "integrator",
        "refused:8": "officer",
    }
    assert min(one.first for one in found) == ended[0]
    assert max(one.last for one in found) == ended[-1]


async def test_groups_can_be_narrowed(office: Office) -> None:
    """By the kind of cause, which is not the same as the beginning of its name; by system."""
    await office.post(2)
    claims = await office.claim()
    await office.complete(claims[:1], REFUSED)
    await office.complete(claims[1:], Malformed(why="odd", raw=""))
    found = [
        [one.cause for one in await office.groups(cause=cause)]
        for cause in ("refused", "refused:7", "refuse", "malformed")
    ]

    assert found == [["refused:7"], ["refused:7"], [], ["malformed:odd"]]
    assert await office.groups(name="other") == []


async def test_the_nearest_due_time_goes_first_then_age(office: Office) -> None:
    """What has no due time goes last; what waits for its code does not go at all."""
    await office.post(5)
    await office.end(REFUSED)
    for one, hours in zip(office.ids, (None, 50, 2, None, 1), strict=True):
        await office.due(one, hours)
    await office.set(outbox, outbox.c.dossier_id == office.ids[0], since=9)
    await office.set(outbox, outbox.c.dossier_id == office.ids[3], since=8)
    code = {"state": WAITING, "reason": "needs_code", "wake_at": None}
    await office.set(outbox, outbox.c.dossier_id == office.ids[4], **code)
    found = await office.choose(system="a")

    assert [one.dossier_id for one in found] == [office.ids[at] for at in (2, 1, 3, 0)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"cause": "refused"}, {0}),
        ({"cause": "unreachable"}, {1}),
        ({"cause": "malformed"}, set()),
        ({"system": "a"}, {0, 1}),
        ({"system": "b"}, set()),
    ],
)
async def test_what_is_parked_or_waits_is_chosen(
    office: Office, choice: dict[str, str], expected: set[int]
) -> None:
    """By cause or by system; what awaits a verdict or can go anyway is left alone."""
    await office.post(4)
    claims = {claim.dossier_id: claim for claim in await office.claim()}
    each: list[Outcome] = [REFUSED, Unreachable(why="x"), Pending(remote=Remote(), ask_after=60)]
    for one, outcome in zip(office.ids, each, strict=False):
        await office.complete([claims[one]], outcome)
    found = await office.choose(**choice)

    assert {office.ids.index(one.dossier_id) for one in found} == expected
    assert [len(await office.choose(dossier=one)) for one in office.ids] == [1, 1, 0, 0]


async def test_what_is_not_told_goes_where_it_is_named(office: Office) -> None:
    """By its cause or its dossier, as the setting may be another; it is parked for nobody."""
    await office.post(2)
    await office.end(Untold("/owner/identities", "no number"))
    standing, _ = await office.survey(ahead=1000)
    chosen = [
        len(await office.choose(**choice))
        for choice in (
            {"cause": "untold"},
            {"cause": "untold:/owner/identities"},
            {"cause": "refused"},
            {"dossier": office.ids[0]},
            {"system": "a"},
        )
    ]
    await office.make_ready(await office.choose(cause="untold"))

    assert chosen == [2, 2, 0, 1, 0]
    assert await office.groups() == []
    assert (standing.lanes, standing.oldest, standing.at_risk) == ({"untold": 2}, None, 0)
    assert standing.trouble is None
    assert {row.state for row in await office.rows(outbox)} == {READY}


async def test_a_retried_lane_starts_anew_and_the_ledger_says_who_did_it(office: Office) -> None:
    """Ready, without tries, cause or owner; who, when and why stands among the attempts."""
    await office.post(2)
    await office.end(REFUSED)
    await office.due(office.ids[0], None)
    await office.due(office.ids[1], 1)
    made = await office.make_ready(await office.choose(cause="refused"))
    ranked = sorted(await office.rows(outbox), key=lambda row: row.rank)
    notes = [row for row in await office.rows(attempt) if row.outcome == "retried"]

    assert [row.dossier_id for row in ranked] == [office.ids[1], office.ids[0]]
    assert {
        (
            row.state,
            row.tries,
            row.expired_leases,
            row.reason,
            row.cause,
            row.parked_for,
            row.wake_at,
        )
        for row in ranked
    } == {(READY, 0, 0, None, None, None, None)}
    assert {(row.worker, row.detail["was"], row.detail["why"]) for row in notes} == {
        ("night", "refused:7", "mended")
    }
    assert (set(made.ready), made.left) == (set(office.ids), {})


async def test_a_lane_that_has_moved_is_left_alone(office: Office) -> None:
    """What was chosen is fixed: neither another state nor another fence is touched."""
    await office.post(3)
    await office.end(REFUSED)
    chosen = await office.choose(system="a")
    await office.set(outbox, outbox.c.dossier_id == office.ids[0], state=ASKED)
    await office.set(outbox, outbox.c.dossier_id == office.ids[1], fence=999_999)
    await office.set(outbox, outbox.c.dossier_id == office.ids[2], tries=3)
    made = await office.make_ready(chosen)
    states = {row.dossier_id: row.state for row in await office.rows(outbox)}

    assert made.left == dict.fromkeys(office.ids[:2], "moved")
    assert [states[one] for one in office.ids] == [ASKED, PARKED, READY]


async def test_doubt_outlives_a_retry(office: Office) -> None:
    """Law 3: What may have landed is resolved before it is added again, whoever lets it go."""
    await office.post(2)
    claims = await office.claim()
    await office.complete(claims[:1], Uncertain(why="x", effect="append"), "park")
    await office.complete(claims[1:], Uncertain(why="x", effect="keyed"))
    await office.make_ready(await office.choose(system="a"))
    doubts = {claim.dossier_id: claim.uncertainty for claim in await office.claim()}

    assert doubts == {claims[0].dossier_id: 3, claims[1].dossier_id: 1}


async def test_a_doubtful_lane_rests_for_the_linger(office: Office) -> None:
    """Law 3: Until their side can no longer act on what was sent, it is not sent again."""
    await office.post(2)
    claims = await office.claim()
    await office.complete(claims[:1], Uncertain(why="x", effect="keyed"))
    await office.complete(claims[1:], Unreachable(why="x"))
    made = await office.make_ready(await office.choose(system="a"), linger=60_000)
    later = await office.make_ready(await office.choose(system="a"), linger=0)

    assert (made.left, set(made.ready)) == (
        {claims[0].dossier_id: "resting"},
        {claims[1].dossier_id},
    )
    assert set(later.ready) == {claims[0].dossier_id}


async def test_the_outcome_of_a_retried_lane_is_its_own(office: Office) -> None:
    """Tries before the retry, late ones and the retry's own note are none of its outcomes."""
    await office.post(3)
    first = {claim.dossier_id: claim for claim in await office.end(REFUSED)}
    made = await office.make_ready(await office.choose(system="a"))
    before = await office.outcomes(made)
    claims = {claim.dossier_id: claim for claim in await office.claim()}
    one, two, three = office.ids
    await office.complete([first[one]], REFUSED)  # late
    done = Delivered(up_to=claims[two].head_seq, remote=Remote(created=True))
    await office.complete([claims[two]], done)
    await office.complete([claims[three]], Unreachable(why="x"))

    assert before == {}
    assert await office.outcomes(made) == {two: "delivered", three: "unreachable"}


async def test_a_dossier_that_was_deleted_is_gone(office: Office) -> None:
    """A retry does not wait for ever for what is no longer there."""
    made = Made({uuid7(): 1}, {})

    assert list((await office.outcomes(made)).values()) == ["gone"]


async def test_a_hold_is_a_gate_without_an_end(office: Office) -> None:
    """Whoever holds a system is named, and to a retry it is closed until nobody knows when."""
    free = await office.store.read(lambda connection: retrying.shut(connection, office.number))
    await office.store.write(lambda connection: systems.hold(connection, [], "night", "x"))
    held = await office.store.read(lambda connection: retrying.shut(connection, office.number))

    assert (free.closed, held) == (False, Shut(closed=True, until=HELD))
    assert await office.store.read(retrying.held) == {"a": "night"}
