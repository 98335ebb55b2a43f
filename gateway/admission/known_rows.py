"""Rows that say what they said last, of dossiers that have not changed since: known unread.

An export says every night what it said the night before. Whatever decides on a row is in its
digest (what it says, who says it, how this gateway is set up, its version) or stands with the
dossier (`store.ledger.rows_taken`); where either is not as it was, the row is read.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from gateway import VERSION
from gateway.access.principals import Principal
from gateway.admission.decisions import Decided
from gateway.admission.record_snapshot import WITHOUT_STATE
from gateway.dossiers.systems import Systems
from gateway.store.engine import Connection
from gateway.store.ledger import rows_taken
from gateway.store.ledger.rows_taken import Taken
from schemas.inbound import Item, Row, Verdict


def written(body: Mapping[str, object]) -> bytes:
    """Write a body as whoever posts it would."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def digests(systems: Systems, account: Principal, items: Sequence[Item]) -> dict[str, bytes]:
    """Give digests of rows by their refs.

    None where something else is told along with them, which may change what they are about; and
    none of a ref that is told twice, whose second row is about what the first one left.
    """
    if not all(isinstance(one, Row) for one in items):
        return {}
    surroundings = hashlib.blake2b(_surroundings(systems, account), digest_size=32)
    times = Counter(one.ref for one in items)
    found = {}
    for one in items:
        if isinstance(one, Row) and times[one.ref] == 1:
            digest = surroundings.copy()
            digest.update(written(one.body))
            found[one.ref] = digest.digest()
    return found


def _surroundings(systems: Systems, account: Principal) -> bytes:
    """Name what a row is judged by beside what it says: a setting that is changed looks anew."""
    configs = [
        (one.name, one.mode, one.environment, one.reaches, one.owns_status, one.route)
        for one in (system.config for system in systems.all)
    ]
    speaker = (account.environment, account.agencies, account.helps, sorted(account.roles))
    given = (VERSION, speaker, configs, sorted(systems.inboxes.items()), dict(systems.codes))
    return repr(given).encode()


def unchanged(
    connection: Connection, account: Principal, said: Mapping[str, bytes]
) -> dict[str, Verdict]:
    """Give verdicts on what need not be read, by ref."""
    found = rows_taken.unchanged(connection, account.id, said)
    return {ref: Verdict(ref=ref, word="unchanged", dossier=str(id_)) for ref, id_ in found.items()}


def keep(
    connection: Connection,
    account: Principal,
    said: Mapping[str, bytes],
    decided: Sequence[tuple[str, Decided]],
) -> None:
    """Keep the digests of rows of which the dossier now holds all; `decided`: with their refs."""
    taken = [_taken(account, said[ref], ref, one) for ref, one in decided if ref in said]
    rows_taken.keep(connection, [one for one in taken if one is not None])


def _taken(account: Principal, digest: bytes, ref: str, one: Decided) -> Taken | None:
    """Give a row as it was taken; None where it would not be `unchanged` if it were told again."""
    record, head = one.record, one.head
    if record is None or head is None or one.word not in {"stored", "unchanged"}:
        return None
    aside = any(flag.code == WITHOUT_STATE for flag in head.data_quality)
    if one.word == "stored" and (aside or "evidence" in one.more or "joined" in one.more):
        return None
    source = record if record.owner == account.id else record.joined.get(account.id)
    if source is None or source.ref != ref or source.as_of is None:
        return None
    return Taken(
        client=account.id,
        ref=ref,
        digest=digest,
        dossier=record.id,
        version=head.version,
        as_of=source.as_of,
    )
