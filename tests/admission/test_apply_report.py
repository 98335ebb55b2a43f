"""What a system reports: news, our own word coming back, and what cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.access.principals import Principal
from gateway.admission.admit import admit
from gateway.admission.apply_report import REPORT
from gateway.admission.batcher import RequestBatcher
from gateway.admission.decisions import Decided
from gateway.admission.requests import (
    Answer,
    ApplyReport,
    Command,
    MergeDossiers,
    RecordEvent,
    RegisterDossier,
)
from gateway.dossiers.evidence import Evidence
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.ledger import evidence
from gateway.store.tables import lane
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier
from schemas.event import NewEvent
from schemas.inbound import Report
from schemas.parts import Officer
from schemas.status import Status

SYSTEMS: dict[str, Any] = {
    "systems": {
        "province": {
            "adapter": "igate",
            "environment": "sandbox",
            "owns_status": True,
            "settings": {"base_url": "http://127.0.0.1:1", "client_id": "x"},
        }
    }
}
CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))
CODE = sample(3, 1).code
NOW = datetime.now(UTC)


@dataclass
class Office:
    """A store with one dossier that the province was told up to its first event."""

    store: Store
    batcher: RequestBatcher
    systems: Systems
    account: Principal

    async def admit(self, commands: Sequence[Command]) -> list[Decided]:
        """Let requests share one transaction of their own."""
        accounts = {"province": self.account}
        decided, _ = await self.store.write(
            lambda connection: admit(connection, self.systems, commands, accounts)
        )
        return decided

    async def told(self, up_to: int, at: datetime) -> None:
        """Note that the province was told up to an event."""
        await self.store.write(
            lambda connection: connection.execute(
                lane.update().values(done_seq=up_to, done_at=int(at.timestamp() * 1000))
            )
        )

    async def report(self, status: Status, at: datetime | None, ref: str = "r") -> tuple[str, Any]:
        """Let the province report; give the verdict's word and where the dossier stands."""
        tell = ApplyReport(
            client=self.account,
            system="province",
            report=Report(ref=ref, code=CODE, status=status, at=at),
        )
        decided = (await self.admit([tell]))[0]
        return decided.word, decided.head.status if decided.head is not None else None


@pytest.fixture
async def office(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[Office]:
    """Open a dossier, let the province accept it, and tell the province so."""
    settings = Settings(data=tmp_path, **database, systems=read_systems(SYSTEMS, {}))
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    account = Principal(
        id=systems.inboxes["province"],
        name="system:province",
        sort="system",
        environment="sandbox",
        agencies=("*",),
    )
    batcher = RequestBatcher(store, systems, lambda _: None, {"province": account})
    body = {k: v for k, v in sample(3, 1).requests[0].body.items() if k != "origin"}
    answer = await batcher.submit(
        RegisterDossier(client=CLIENT, content=NewDossier.model_validate(body), digest=b"1")
    )
    assert isinstance(answer, Answer)
    office = Office(store, batcher, systems, account)
    yield office
    await store.close()


async def test_news_of_the_owner_moves_the_state(office: Office) -> None:
    """A state that the province was never told is its own."""
    await office.told(1, NOW - timedelta(hours=1))

    assert await office.report(Status.REFUSED, NOW) == ("stored", Status.REFUSED)


async def test_our_own_word_coming_back_is_no_news(office: Office) -> None:
    """What they were last told, reported back, changes nothing."""
    await office.told(1, NOW)

    assert await office.report(Status.SUBMITTED, NOW) == ("unchanged", Status.SUBMITTED)


async def test_an_old_word_of_ours_read_before_the_newest_is_kept_aside(office: Office) -> None:
    """A page read before the last telling and handed in after it moves nothing back."""
    await office.report(Status.REFUSED, NOW - timedelta(hours=2), "r1")
    await office.told(2, NOW)
    word, status = await office.report(Status.SUBMITTED, NOW - timedelta(hours=1), "r2")
    counted = await office.store.read(evidence.counts)

    assert (word, status) == ("evidence", Status.REFUSED)
    assert counted == [("system:province", "echo", 1)]


async def test_the_same_report_again_is_once(office: Office) -> None:
    """A report is recognised by its own name."""
    await office.told(1, NOW - timedelta(hours=1))
    await office.report(Status.REFUSED, NOW, "r1")
    words = [(await office.report(Status.REFUSED, NOW, "r1"))[0] for _ in range(2)]

    assert set(words) <= {"repeated", "unchanged"}


async def test_a_step_that_cannot_be_is_kept_and_shown(office: Office) -> None:
    """Law 11: A jump without the steps in between is not made up."""
    await office.told(1, NOW - timedelta(hours=1))

    assert await office.report(Status.RETURNED, NOW) == ("evidence", Status.SUBMITTED)


async def test_an_unknown_code_waits_for_its_dossier(office: Office) -> None:
    """A report of a code that nobody has is kept without a dossier."""
    tell = ApplyReport(
        client=office.account,
        system="province",
        report=Report(ref="x", code="H99-nowhere", status=Status.REFUSED),
    )
    word = (await office.admit([tell]))[0].word
    counted = await office.store.read(evidence.counts)

    assert (word, counted) == ("unknown", [("system:province", "unknown_code", 1)])


async def test_what_was_said_before_its_dossier_came_is_taken_then(office: Office) -> None:
    """Reports of a code that nobody had become events, in turn, once a dossier has it."""
    body = {k: v for k, v in sample(4, 1).requests[0].body.items() if k != "origin"}
    content = NewDossier.model_validate(body)
    for number, status in enumerate((Status.ACCEPTED, Status.PROCESSING)):
        at = content.submitted_at + timedelta(minutes=number + 1)
        report = Report(ref=f"x{number}", code=content.official_code, status=status, at=at)
        await office.admit([ApplyReport(client=office.account, system="province", report=report)])
    made = (await office.admit([RegisterDossier(client=CLIENT, content=content, digest=b"4")]))[0]

    assert made.record is not None
    assert (made.record.dossier.status, made.record.dossier.version) == (Status.PROCESSING, 3)
    assert await office.store.read(evidence.counts) == []


async def test_a_report_under_the_code_of_a_duplicate_is_taken_at_the_merge(
    office: Office,
) -> None:
    """One that was kept while its dossier was being stored waits for nobody for ever."""
    body = {k: v for k, v in sample(4, 1).requests[0].body.items() if k != "origin"}
    content = NewDossier.model_validate(body)
    (made,) = await office.admit([RegisterDossier(client=CLIENT, content=content, digest=b"4")])
    rows = await office.store.read(lambda connection: connection.execute(lane.select()).all())
    assert made.record is not None
    survivor = next(row.dossier_id for row in rows if row.dossier_id != made.record.id)
    report = Report(ref="late", code=content.official_code, status=content.status)
    kept = Evidence(
        source="system:province",
        ref="late",
        why="unknown_code",
        at=1,
        code=content.official_code,
        body=REPORT.dump_python(report, mode="json", exclude_none=True),
    )
    await office.store.write(lambda connection: evidence.keep(connection, [kept]))
    merging = MergeDossiers(
        client=CLIENT,
        dossier=survivor,
        duplicate=made.record.id,
        reason="one",
        by=Officer(name="x"),
        digest=b"5",
    )
    (merged,) = await office.admit([merging])
    counted = await office.store.read(evidence.counts)

    assert (merged.status, [why for _, why, _ in counted if why == "unknown_code"]) == (201, [])


async def test_one_bad_report_leaves_the_others_alone(office: Office) -> None:
    """Reports of one group are decided one by one."""
    await office.told(1, NOW - timedelta(hours=1))
    tells = [
        ApplyReport(
            client=office.account, system="province", report=Report(ref=ref, code=code, status=to)
        )
        for ref, code, to in (
            ("a", "H99-nowhere", Status.REFUSED),
            ("b", CODE, Status.REFUSED),
        )
    ]
    words = [one.word for one in await office.admit(tells)]

    assert words == ["unknown", "stored"]


async def test_a_client_learns_that_the_state_is_not_its_own(office: Office) -> None:
    """Where a system owns the state, a client's step is refused with the owner's name."""
    body = sample(3, 1).requests[1].body
    found = await office.store.read(
        lambda connection: connection.execute(lane.select()).one().dossier_id
    )
    answer = await office.batcher.submit(
        RecordEvent(client=CLIENT, dossier=found, event=NewEvent.model_validate(body), digest=b"2")
    )

    assert getattr(answer, "code", None) == "status_not_yours"


def squatting(claim: dict[str, Any]) -> RegisterDossier:
    """Claim a code of the province for a dossier of one's own."""
    body = {k: v for k, v in sample(5, 1).requests[0].body.items() if k != "origin"}
    content = NewDossier.model_validate({k: v for k, v in body.items() if k != "codes"} | claim)
    squatter = Principal(id=99, name="y", environment="sandbox", agencies=("*",))
    return RegisterDossier(client=squatter, content=content, digest=b"squatter")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    "claim",
    [
        {"origin": {"system": "province", "code": "QG-1"}},
        {"codes": [{"value": "QG-1", "kind": "portal"}]},
        {"official_code": "QG-1"},
    ],
    ids=lambda claim: next(iter(claim)),
)
async def test_a_report_is_not_read_by_whoever_claims_its_code(
    office: Office, claim: dict[str, Any], *, before: bool
) -> None:
    """Law 17: What a system says under a code is not of whoever said the code, first or later."""
    tell = ApplyReport(
        client=office.account,
        system="province",
        report=Report(ref="x", code="QG-1", status=Status.REFUSED, note="riêng", at=NOW),
    )
    both: list[Command] = [tell, squatting(claim)] if before else [squatting(claim), tell]
    for one in both:
        await office.admit([one])
    (seen,) = await office.admit([squatting(claim)])
    counted = await office.store.read(evidence.counts)

    assert seen.record is not None
    assert "province" not in {past.origin for past in seen.record.recorded[1:]}
    assert [many for source, _, many in counted if source == "system:province"] == [1]
