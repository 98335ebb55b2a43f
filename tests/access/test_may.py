"""For whom a client may speak: the rule, and the same rule as the database is asked."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.access.may import may_file, may_see
from gateway.access.principals import Principal
from gateway.access.roles import Right, Role
from gateway.admission.admit import admit
from gateway.admission.requests import RegisterDossier
from gateway.dossiers.record import DossierRecord
from gateway.dossiers.systems import Systems
from gateway.intake.reads import viewer
from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings, read_systems
from gateway.store.engine import Store
from gateway.store.ledger import groups, queries
from gateway.store.ledger.queries import Viewer
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier

OWN = {"base_url": "http://127.0.0.1:1", "client_id": "x"}
PROVINCE = {
    "adapter": "igate",
    "environment": "sandbox",
    "inbox": {"agencies": ["*"]},
    "settings": OWN,
}
AGENCIES = (
    "H99",
    "H99.14",
    "H99.14.2",
    "H9",
    "H99.1",
    "000.00.14.H99",
    "000.07.14.H99",
    "0x0.00.14.H99",
    "000.14.H99",
    "14.H99",
    "000.00.00.00.14.H99",
)
ROOTS = (*AGENCIES, "*", "000.00.00.H99", "000.00.00.000", "000", "000.00", "H", "")


@dataclass
class House:
    """A store in which each agency has a dossier of a client and one that a system brought."""

    store: Store
    systems: Systems
    records: list[DossierRecord]


def filed(number: int, agency: str) -> NewDossier:
    """Make a dossier of an agency."""
    body: dict[str, Any] = sample(number, 1).requests[0].body
    body = {key: value for key, value in body.items() if key not in {"origin", "official_code"}}
    body |= {"agencies": {"competent": {"code": agency}}, "codes": []}
    return NewDossier.model_validate(body)


@pytest.fixture
async def house(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[House]:
    """Store the dossiers."""
    read = read_systems({"systems": {"province": PROVINCE}}, {})
    settings = Settings(data=tmp_path, **database, systems=read)
    store = await open_store(settings)
    systems = await find_systems(settings, store)
    owners = (1, systems.inboxes["province"])
    commands = [
        RegisterDossier(
            client=Principal(
                id=owner,
                name="x",
                environment="sandbox",
                agencies=("*",),
                sort="client" if owner == 1 else "system",
            ),
            content=filed(2 * number + place + 1, agency),
            digest=hashlib.sha256(f"{owner} {agency}".encode()).digest(),
        )
        for number, agency in enumerate(AGENCIES)
        for place, owner in enumerate(owners)
    ]
    made, _ = await store.write(lambda connection: admit(connection, systems, commands))
    ids = [one.record.id for one in made if one.record is not None]
    records = await store.write(lambda connection: groups.load(connection, ids))
    yield House(store, systems, records)
    await store.close()


async def seen(house: House, who: Viewer) -> set[UUID]:
    """Ask the database what somebody sees."""
    nothing: Any = dict.fromkeys(("code", "ref", "status", "updated_after", "after"))
    page = await house.store.read(
        lambda connection: queries.search(connection, who, limit=100, **nothing)
    )
    return {row.id for row in page.rows}


@pytest.mark.parametrize(("who", "where"), [(1, "sandbox"), (7, "sandbox"), (1, "live")])
async def test_the_database_is_asked_by_the_same_rule(house: House, who: int, where: Any) -> None:
    """Owner, stranger, another environment; each with a root of any form."""
    found, allowed = {}, {}
    for root in ROOTS:
        for role in (Role.SUBMITTER, Role.OFFICER, Role.INTEGRATOR):
            client = Principal(
                id=who,
                name="x",
                environment=where,
                agencies=(root,),
                roles=frozenset({role}),
            )
            place = (root, role)
            allowed[place] = {one.id for one in house.records if may_see(client, one)}
            found[place] = await seen(house, viewer(client, Right.BODIES))

    assert found == allowed


def test_either_agency_is_enough() -> None:
    """The one that is competent, or the one that received it."""
    content = NewDossier.model_validate(
        sample(1, 1).requests[0].body
        | {"agencies": {"competent": {"code": "H99.14"}, "receiving": {"code": "H01.2"}}}
    )

    def may(root: str) -> bool:
        return may_file(Principal(id=1, name="x", environment="live", agencies=(root,)), content)

    assert [may(root) for root in ("H99", "H01.2", "H02", "H99.1")] == [True, True, False, False]
