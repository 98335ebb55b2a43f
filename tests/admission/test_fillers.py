"""What stands in the place of an identity number is none, and the dossier says so."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from gateway.admission.inbound import record_items
from gateway.store.engine import Connection
from gateway.store.ledger.queries import find_dossier
from schemas.inbound import Row
from tests.admission.rows import CLIENT, EVERYTHING, NOBODY, store


def flags(connection: Connection, day: int, number: str | None) -> set[tuple[str, str | None]]:
    """Tell a row, with a number or with what the reader found to be a filler; give the flags."""
    identities = [] if number is None else [{"kind": "personal_number", "number": number}]
    body = {
        "source": {"ref": "BN-1", "as_of": f"2026-03-{day:02d}T17:30:00"},
        "procedure": {"code": "2.000635"},
        "agencies": {"competent": {"code": "H99.14.05"}},
        "owner": {"kind": "citizen", "name": "Lò Thị Mẫu Thử", "identities": identities},
        "channel": "direct",
        "status": "submitted",
        "submitted_at": "2026-03-02T08:00:00",
        "summary": f"Ngày {day}",
    }
    fillers = () if identities else ("/owner/identities/0/number",)
    row = Row(ref="BN-1", body=body, fillers=fillers)
    (verdict,), _ = record_items(connection, NOBODY, {"xa": CLIENT}, "xa", [row])
    assert verdict.dossier is not None, verdict
    held = find_dossier(connection, EVERYTHING, UUID(verdict.dossier))
    assert held is not None
    return {(one["code"], one.get("pointer")) for one in held["data_quality"]}


def test_a_filler_is_flagged_until_there_is_a_number(tmp_path: Path) -> None:
    """`không có` is no identity: the officer sees it, and a number puts it right."""
    with store(tmp_path) as connection:
        first = flags(connection, 3, None)
        still = flags(connection, 4, None)
        mended = flags(connection, 5, "001199000001")

    assert ("no_identity", "/owner") in first & still
    assert ("no_identity", "/owner") not in mended
