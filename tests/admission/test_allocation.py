"""Official codes where the gateway gives them: in a row, each once, none missing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.access.principals import Principal
from gateway.admission.admit import admit
from gateway.admission.requests import RegisterDossier
from gateway.dossiers.systems import Systems
from gateway.main.bootstrap import find_systems, open_store
from gateway.settings import Settings
from gateway.store.engine import Store
from gateway.workbench.samples.generator import sample
from schemas.dossier import NewDossier

CLIENT = Principal(id=1, name="x", environment="sandbox", agencies=("*",))


@dataclass
class House:
    """A store in which the gateway numbers the dossiers of one agency."""

    store: Store
    systems: Systems

    async def post(self, *contents: NewDossier) -> list[str | None]:
        """Post dossiers together; give the code of each, None for one that was refused."""
        commands = [
            RegisterDossier(
                client=CLIENT,
                content=content,
                digest=hashlib.sha256(content.source.ref.encode()).digest(),
            )
            for content in contents
        ]
        made, _ = await self.store.write(
            lambda connection: admit(connection, self.systems, commands)
        )
        return [one.head.official_code if one.head is not None else None for one in made]


@pytest.fixture
async def house(tmp_path: Path, database: dict[str, Any]) -> AsyncIterator[House]:
    """Open the store."""
    settings = Settings(data=tmp_path, **database, codes={"H99": "gateway"})
    store = await open_store(settings)
    yield House(store, await find_systems(settings, store))
    await store.close()


BODY = sample(1, 1).requests[0].body


def filed(ref: str, *, later: int = 0) -> NewDossier:
    """Make a dossier without a code; `later`: received so many days before it was submitted."""
    left_out = {"origin", "official_code", "codes", "known_in"}
    content = NewDossier.model_validate(
        {key: value for key, value in BODY.items() if key not in left_out}
        | {"agencies": {"competent": {"code": "H99.14"}}, "source": {"ref": ref}}
    )
    return content.model_copy(
        update={"submitted_at": content.submitted_at + timedelta(days=3650 * later)}
    )


def numbers(codes: list[str | None]) -> list[int | None]:
    """Give the numbers at the end of codes."""
    return [None if code is None else int(code.rpartition("-")[2]) for code in codes]


async def test_codes_come_in_a_row(house: House) -> None:
    """Together or one by one; the same post again draws none."""
    first = await house.post(filed("a"), filed("b"))
    again = await house.post(filed("a"), filed("c"))

    assert numbers(first + again) == [1, 2, 1, 3]


async def test_a_refused_post_leaves_no_gap(house: House) -> None:
    """Neither for its neighbours in the group nor for who comes after."""
    together = await house.post(filed("a"), filed("b", later=9), filed("c"))
    alone = await house.post(filed("d", later=9))
    after = await house.post(filed("e"))

    assert numbers(together + alone + after) == [1, None, 2, None, 3]


async def test_no_code_is_given_twice(house: House) -> None:
    """However many groups draw from one sequence at the same time."""
    groups = [[filed(f"{group}-{one}") for one in range(3)] for group in range(8)]
    found = await asyncio.gather(*(house.post(*group) for group in groups))

    assert sorted(n or 0 for codes in found for n in numbers(codes)) == list(range(1, 25))
