"""A year of two exports of the same dossiers, typed twice by people who err; and what became of it.

    python -m tests.admission.year --dossiers 10000 --seed 1

Both exports are admitted in memory, as rows of two clients of one province. What a human would call
a conflict is worked out from what is on paper, not from the code that is tried.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.access.principals import Principal
from gateway.admission.admit import decide
from gateway.admission.decisions import Decided
from gateway.admission.requests import RecordSnapshot
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.systems import Systems
from schemas.base import VIETNAM
from schemas.dossier import Content

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lò",
    "Vàng",
    "Giàng",
    "Sùng",
]
MIDDLES = (
    "Văn",
    "Thị",
    "Đức",
    "Minh",
    "Ngọc",
    "Quang",
    "Thanh",
    "Hữu",
    "Xuân",
    "Thu",
    "A",
    "Mai",
)
GIVEN = [
    "An",
    "Ân",
    "Bình",
    "Chi",
    "Dũng",
    "Hoa",
    "Hòa",
    "Hùng",
    "Hương",
    "Lan",
    "Lân",
    "Linh",
    "Long",
    "Nam",
    "Ngà",
    "Phúc",
    "Sơn",
    "Thủy",
]
ERRING, NUMBERLESS, BIRTHLESS = 0.05, 0.2, 0.3
NAMING = ("code", "name", "number", "birth")
"""Fields that tell whose a dossier is."""
FIELDS = (*NAMING, "phone", "phone", "phone")
"""A row has others too, in which people err as often: phones here, for addresses and notes as well.
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is on paper, or what somebody typed from it."""

    code: str
    name: str
    number: str | None
    birth: str | None
    procedure: str
    agency: str
    phone: str = "0912000000"


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the second export's rows, by what they truly mean."""

    rows: int
    joined: int
    wrong: int
    conflicts: int
    uncalled: int
    """Conflicts that a human, who sees both papers, would not call one."""
    nowhere: int
    """Rows whose citizen is in no dossier and in no evidence of the right one."""

    @property
    def well(self) -> bool:
        """Say whether the law holds: at most one in a hundred is called for nothing."""
        return self.wrong == 0 and self.nowhere == 0 and self.uncalled <= self.rows / 100


def papers(chance: random.Random, many: int) -> list[Paper]:
    """Write the truth: several citizens bear one name, and some come more than once."""
    people = [
        (
            " ".join(chance.choice(part) for part in (FAMILIES, MIDDLES, GIVEN)),
            f"{chance.randrange(10**11):012d}",
            f"{chance.randint(1940, 2006)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        )
        for _ in range(many * 3 // 4)
    ]
    found = []
    for number in range(many):
        name, identity, birth = chance.choice(people)
        agency = f"H99.{chance.randint(1, 20):02d}"
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number * 300 // many)
        code = f"{agency}-{day:%y%m%d}-{number % 9999 + 1:04d}"
        procedure = f"{chance.randint(1, 2)}.{chance.randint(0, 24):06d}"
        found.append(Paper(code, name, identity, birth, procedure, agency))
    return found


def typed(
    chance: random.Random, paper: Paper, *, capitals: bool, erring: float, fields: Sequence[str]
) -> Paper:
    """Type a paper: some leave numbers out, some write capitals, and one in twenty errs."""
    number = None if chance.random() < NUMBERLESS else paper.number
    birth = None if chance.random() < BIRTHLESS else paper.birth
    code, name, phone = paper.code, paper.name, paper.phone
    if chance.random() < erring:
        match chance.choice(fields):
            case "code":
                code = code[:-1] + str((int(code[-1]) + chance.randint(1, 9)) % 10)
            case "name":
                place = chance.randrange(len(name))
                name = name[:place] + chance.choice("abcdeghiklmnopqrstuvxy") + name[place + 1 :]
            case "number" if number is not None:
                place = chance.randrange(12)
                number = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
            case "phone":
                phone = f"09{chance.randrange(10**8):08d}"
            case _:
                birth = None if birth is None else f"{int(birth[:4]) + 1}{birth[4:]}"
    name = name.upper() if capitals else name
    return Paper(code, name, number, birth, paper.procedure, paper.agency, phone)


def row(paper: Paper, ref: str, client: Principal) -> RecordSnapshot:
    """Make the row of an export."""
    owner: dict[str, Any] = {"kind": "citizen", "name": paper.name}
    if paper.number is not None:
        owner["identities"] = [{"kind": "personal_number", "number": paper.number}]
    if paper.birth is not None:
        owner["birth"] = paper.birth
    owner["phone"] = paper.phone
    content = Content.model_validate(
        {
            "source": {"ref": ref, "as_of": NOW.astimezone(VIETNAM).isoformat()},
            "official_code": paper.code,
            "procedure": {"code": paper.procedure},
            "agencies": {"competent": {"code": paper.agency}},
            "owner": owner,
            "channel": "direct",
            "submitted_at": "2026-01-05T08:00:00+07:00",
        }
    )
    digest = hashlib.sha256(f"{client.id}{ref}".encode()).digest()
    return RecordSnapshot(client=client, content=content, digest=digest)


def human(first: Paper, second: Paper) -> bool:
    """Say whether a human who sees both papers would call them a conflict.

    Two numbers are one, and so are two births, two procedures, and names of two people; a wrong
    letter in a name is not.
    """
    if first.number is not None and second.number is not None:
        return first.number != second.number or first.procedure != second.procedure
    births = {one.birth for one in (first, second) if one.birth is not None}
    apart = sum(a != b for a, b in zip(first.name.upper(), second.name.upper(), strict=False))
    differ = apart > 1 or len(first.name) != len(second.name)
    return len(births) > 1 or differ or first.procedure != second.procedure


def run(many: int, seed: int, fields: Sequence[str] = FIELDS) -> Count:
    """Admit both exports, and count. fields: where people err."""
    chance = random.Random(seed)
    truth = papers(chance, many)
    clients = [
        Principal(id=number, name=f"x{number}", environment="live", agencies=("H99",))
        for number in (1, 2)
    ]
    exports = [
        [
            typed(chance, paper, capitals=bool(number), erring=ERRING, fields=fields)
            for paper in truth
        ]
        for number in (0, 1)
    ]
    unit = UnitOfWork(Systems((), {}), NOW)
    found = [
        decide(unit, [row(paper, str(ref), client) for ref, paper in enumerate(export)])
        for client, export in zip(clients, exports, strict=True)
    ]
    return _count(unit, exports, found)


def _count(unit: UnitOfWork, exports: list[list[Paper]], found: list[list[Decided]]) -> Count:
    first = {one.record.id: ref for ref, one in enumerate(found[0]) if one.record is not None}
    by_code: dict[str, list[int]] = {}
    for ref, paper in enumerate(exports[0]):
        by_code.setdefault(paper.code, []).append(ref)
    joined = wrong = conflicts = uncalled = nowhere = 0
    for ref, (paper, one) in enumerate(zip(exports[1], found[1], strict=True)):
        if one.record is None or one.denied is not None:
            nowhere += 1
        elif one.record.id in first:
            joined += 1
            wrong += first[one.record.id] != ref
        elif one.head is not None and one.head.official_code is None:
            conflicts += 1
            rivals = [exports[0][other] for other in by_code.get(paper.code, [])]
            uncalled += not any(human(rival, paper) for rival in rivals)
    nowhere += sum(one.record is None for one in found[0])
    return Count(
        rows=len(exports[1]),
        joined=joined,
        wrong=wrong,
        conflicts=conflicts,
        uncalled=uncalled,
        nowhere=nowhere,
    )


def _said(count: Count) -> Iterator[str]:
    yield f"{count.rows} rows: {count.joined} joined, {count.wrong} of them wrongly"
    yield f"{count.conflicts} conflicts, {count.uncalled} that a human would not call one"
    yield f"{count.nowhere} citizens nowhere"


def main() -> int:
    """Run a year from the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--dossiers", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--worst", action="store_true", help="every error hits a naming field")
    given = asked.parse_args()
    count = run(given.dossiers, given.seed, NAMING if given.worst else FIELDS)
    print("; ".join(_said(count)))  # noqa: T201 - a program's own output
    return 0 if count.well else 1


if __name__ == "__main__":
    sys.exit(main())
