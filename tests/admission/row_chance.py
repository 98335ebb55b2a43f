"""Rows at random: what an old table may say of one dossier in the course of a month."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Op = Callable[[random.Random], Row]

STATES = (
    "submitted",
    "accepted",
    "refused",
    "processing",
    "awaiting_supplement",
    "awaiting_payment",
    "withdrawal_requested",
    "stopped",
    "finished",
    "returned",
)
CLOSING = {"refused": ["refused_at"], "finished": ["finished_at"]}
CLOSING["returned"] = ["finished_at", "returned_at"]
BLANK = (None, "")


def day(chance: random.Random, first: int = 1, last: int = 28) -> str:
    """Give a day of March 2026."""
    return f"2026-03-{chance.randint(first, last):02}"


def when(chance: random.Random, first: int = 1, last: int = 28) -> str:
    """Give a time of March 2026, or only its day."""
    written = day(chance, first, last)
    if chance.random() < 0.3:
        return written
    offset = chance.choice(("", "+07:00"))
    return f"{written}T{chance.randint(7, 17):02}:{chance.choice((0, 30)):02}:00{offset}"


def word(chance: random.Random) -> str:
    """Give one of few words, so that many are said again."""
    return chance.choice(("mẫu", "thử", "khác"))


def some(chance: random.Random, row: Row, must: tuple[str, ...] = ()) -> Row:
    """State only a part of it; a cell that is not stated is missing or blank."""
    made: Row = {}
    for name, one in row.items():
        if name in must or chance.random() < 0.6:
            made[name] = one
        elif chance.random() < 0.3:
            made[name] = chance.choice(BLANK)
    return made


def file(chance: random.Random) -> Row:
    """Give a file of a part, or say that it is gone."""
    where: Row = chance.choice(({"url": "https://x.invalid/1"}, {"sha256": "a" * 64}))
    if chance.random() < 0.2:
        where = {"removed": True}
    made = {"id": chance.choice("fg"), "name": f"{word(chance)}.pdf", **where}
    return made | some(chance, {"signed": chance.random() < 0.5})


def component(chance: random.Random) -> Row:
    """Give a paper."""
    made = {
        "id": chance.choice("ab"),
        "name": word(chance),
        "copies": chance.randint(0, 2),
        "digitised": chance.random() < 0.5,
        "removed": chance.random() < 0.5,
        "files": unique([file(chance) for _ in range(2)], "id"),
    }
    return some(chance, made, ("id", "name"))


def result(chance: random.Random) -> Row:
    """Give a result."""
    made = {
        "id": chance.choice("ab"),
        "name": word(chance),
        "number": word(chance),
        "issued_on": day(chance),
        "signed_at": when(chance),
        "revoked": chance.random() < 0.5,
        "files": [file(chance)],
    }
    return some(chance, made, ("id", "name"))


def fee(chance: random.Random) -> Row:
    """Give a fee."""
    made = {
        "id": chance.choice("ab"),
        "name": word(chance),
        "kind": "le_phi",
        "amount": chance.choice((0, 8000)),
        "state": chance.choice(("due", "paid", "waived", "cancelled")),
        "paid": {"at": when(chance), "means": "cash"},
    }
    return some(chance, made, ("id", "name", "kind", "amount"))


def unique(items: list[Row], *names: str) -> list[Row]:
    """Leave out what would name one part twice."""
    return list({tuple(one.get(name) for name in names): one for one in items}.values())


def owner(chance: random.Random) -> Row:
    """State leaves of the owner."""
    identity = {"kind": "personal_number", "number": "001399000000", "issued_on": day(chance)}
    address = {
        "kind": chance.choice(("permanent", "current")),
        "detail": word(chance),
        "commune": {"name": word(chance)},
        "generation": "from_2025_07",
    }
    return some(
        chance,
        {
            "birth": "1990-01-02",
            "sex": chance.choice(("male", "female")),
            "phone": f"09120000{chance.randint(10, 12)}",
            "email": f"{chance.choice('ab')}@x.invalid",
            "identities": [some(chance, identity, ("kind", "number"))],
            "addresses": [some(chance, address, ("kind",))],
        },
    )


def due(chance: random.Random) -> Row:
    """State a promise, or that there is none."""
    if chance.random() < 0.1:
        return {"none": True}
    return some(chance, {"at": when(chance), "stated_by": word(chance)}, ("at",))


OPS: tuple[Op, ...] = (
    lambda c: {"owner": owner(c)},
    lambda c: {"received_at": when(c)},
    lambda c: {"due": due(c)},
    lambda c: {"submitted_at": when(c, 1, 3)},
    lambda c: {
        "return": some(c, {"method": "post", "note": word(c), "received_by": word(c)}, ("note",))
    },
    lambda c: {"form": {"schema": "to-khai", "data": {word(c): word(c), "n": {"m": None}}}},
    lambda c: {"form": {"schema": "to-khai", "data": {"list": [c.randint(1, 2), {"a": ""}]}}},
    lambda c: {"extensions": {word(c): {word(c): c.choice((1, None, "", [word(c)]))}}},
    lambda c: {"components": unique([component(c), component(c)], "id")},
    lambda c: {"results": [result(c)]},
    lambda c: {"fees": unique([fee(c), fee(c)], "id")},
    lambda c: {"notes": word(c), "summary": c.choice((word(c), *BLANK))},
    lambda c: {"codes": [{"value": c.choice(("x-1", "x-2")), "kind": "local"}]},
    lambda c: {"other_papers": [some(c, {"name": word(c), "quantity": 1}, ("name",))]},
    lambda c: {"related": [{"relation": "group", "code": word(c)}]},
    lambda c: {"verification": some(c, {"vneid_account": c.random() < 0.5})},
    lambda c: {"verification": {"databases": [{"code": "1", "found": c.random() < 0.5}]}},
    lambda c: {"agencies": {"returning": {"name": word(c)}, "receiving": {"code": "H99.14"}}},
    lambda c: {"submitter": {"kind": "citizen", "name": word(c), "relation": "guardian"}},
    lambda c: {"assisted_by": {"name": word(c)}},
    lambda c: {"procedure": some(c, {"local_code": word(c), "name": word(c)})},
    lambda c: {"source": some(c, {"raw": word(c), "system": word(c)})},
    lambda c: {"official_code": c.choice(("H99.14.05-260302-0007", "H99.14.05-260302-0008"))},
    lambda c: {"channel": c.choice(("direct", "online"))},
)


def state(chance: random.Random) -> Row:
    """State where it stands, or leave the cell blank; its times mostly fit to it."""
    if chance.random() < 0.3:
        return {"status": chance.choice(BLANK)} if chance.random() < 0.5 else {}
    status = chance.choice(STATES)
    named = CLOSING.get(status, [])
    if chance.random() < 0.1:
        named = [chance.choice(("refused_at", "finished_at", "returned_at"))]
    return {"status": status} | {name: when(chance) for name in named if chance.random() < 0.7}


def month(chance: random.Random) -> list[Row]:
    """Write what a table says of one dossier: a first row, and up to six later ones."""
    base: Row = {
        "source": {"ref": "r"},
        "procedure": {"code": "2.000635"},
        "agencies": {"competent": {"code": "H99.14.05"}},
        "owner": {"kind": "citizen", "name": "Lò Thị Mẫu Thử"},
        "channel": "direct",
        "submitted_at": "2026-03-01T08:00:00+07:00",
    }
    rows, at = [], 3
    days = chance.random() < 0.3
    for number in range(1 + chance.randint(1, 6)):
        row = copy.deepcopy(base)
        for one in chance.sample(OPS, chance.randint(0, 4)):
            _lay(row, one(chance))
        row |= state(chance)
        older = number > 1 and chance.random() < 0.1
        at += 0 if days and chance.random() < 0.4 else 1
        as_of = f"2026-04-{at - 2 if older else at:02}"
        row["source"]["as_of"] = as_of if days else f"{as_of}T20:{number:02}:00"
        if row["channel"] != base["channel"] and chance.random() < 0.7:
            base["channel"] = row["channel"]
        rows.append(row)
    return rows


def _lay(row: Row, said: Row) -> None:
    for name, one in said.items():
        held = row.get(name)
        row[name] = held | one if isinstance(held, dict) and isinstance(one, dict) else one
