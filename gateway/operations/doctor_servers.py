"""The servers, PostgreSQL and RabbitMQ: a part of the doctor's findings."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from gateway.operations import asof, doctor_untold
from gateway.operations.findings import Finding
from gateway.retries import inspection
from gateway.retries.inspection import BrokerAway
from gateway.retries.topology import Topology
from gateway.store import schema
from gateway.store.errors import SchemaNewer, StoreUnavailable
from gateway.store.postgres import PostgresStore
from gateway.store.schema import Seen
from gateway.store.trying import Undone, try_to_write

OLDEST_POSTGRES = 130000
OLDEST_RABBIT = (3, 10)
MOST_SKEW = 2000
PAGE = "deploy/RABBITMQ.md"
CONSEQUENCE = {
    True: "what was answered survives the loss of the primary",
    False: "what was answered in the last moments may be lost with the primary",
}


async def database(dsn: str, live: Collection[str] = ()) -> list[Finding]:
    """Look at PostgreSQL: there, up to date, ours to write and to alter, in step, doubled.

    live: the systems that are told
    """
    store = PostgresStore(dsn)
    try:
        seen = await store.read(schema.look)
        refused = () if seen.standby or seen.missing else await _refused(store)
        ahead = [] if seen.missing or refused else [await store.read(asof.look)]
        if ahead:
            ahead += await store.read(lambda connection: doctor_untold.look(connection, live))
    except SchemaNewer as error:
        return [Finding(False, str(error))]
    except StoreUnavailable as error:
        return [Finding(False, f"LIENTHONG_DATABASE cannot be reached: {error}")]
    finally:
        await store.close()
    lacking = ", ".join(seen.missing)
    skew = abs(seen.now - time.time() * 1000)
    covered = "covered" if seen.synchronous else "NOT covered"
    lacks = ", ".join(refused)
    return [
        Finding(seen.version >= OLDEST_POSTGRES, f"PostgreSQL {seen.version // 10000}"),
        Finding(not lacking, f"migrations: {'missing ' + lacking if lacking else 'complete'}"),
        Finding(
            not seen.standby, f"takes writes: {'no, it is a standby' if seen.standby else 'yes'}"
        ),
        *_allowed(seen, lacks),
        Finding(
            True,
            "its user is a superuser: one with less is enough"
            if seen.superuser
            else "its user is no superuser",
        ),
        Finding(skew < MOST_SKEW, f"its clock is {skew:.0f} ms from ours"),
        Finding(
            True,
            f"failover is {covered} by synchronous replication: {CONSEQUENCE[seen.synchronous]}",
        ),
        *ahead,
    ]


async def _refused(store: PostgresStore) -> tuple[str, ...]:
    """Try to write, which is undone; give what failed."""
    try:
        await store.write(try_to_write)
    except Undone as undone:
        return undone.refused
    raise AssertionError  # a trial always ends so


def _allowed(seen: Seen, lacks: str) -> Iterator[Finding]:
    """Say what our user may do, where it could be tried."""
    if seen.missing:
        yield Finding(True, "permissions: to be tried once the database is migrated")
    elif not seen.standby:
        yield Finding(not lacks, f"permissions: {'lacking ' + lacks if lacks else 'enough'}")


async def broker(url: str, queues: Topology, former: Sequence[str] = ()) -> list[Finding]:
    """Look at RabbitMQ: there, new enough, its queues as ours are, nothing in a parking queue."""
    seen = await inspection.look(url, queues, former)
    if isinstance(seen, BrokerAway):
        return [Finding(False, f"LIENTHONG_AMQP cannot be reached: {seen.error}")]
    stand = f"{len(seen.queues)} queues stand, of {len(queues)}"
    standing = f"{stand} that may: each is made at the first wait that goes there"
    return [
        Finding(seen.version >= OLDEST_RABBIT, f"RabbitMQ {'.'.join(map(str, seen.version))}"),
        *_wrong(seen.queues),
        Finding(True, standing),
        *_former(seen.others),
    ]


def _former(names: Sequence[str]) -> Iterator[Finding]:
    """Say that queues of a former version stand, which only former workers use."""
    if names:
        some = f"queues of a former version stand ({names[0]} and {len(names) - 1} more)"
        yield Finding(True, f"{some}: delete them once no former worker runs; see {PAGE}")


def _wrong(queues: Mapping[str, int | None]) -> Iterator[Finding]:
    """Name the queues that are not as ours are, or in which something was given up."""
    for name, messages in queues.items():
        if messages is None:
            what = f"it stands with other arguments; see {PAGE}"
        elif messages and name.endswith(".parked"):
            what = f"{messages} wake-ups ended ten workers each, or are not ours; see {PAGE}"
        else:
            continue
        yield Finding(False, f"queue {name}: {what}")
