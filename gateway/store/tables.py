"""Every table, once.

Two ideas carry the layout (ADR 0003). The ledger (`lane`, `attempt`) says what a system holds and
how we know; the outbox says what remains to be done and has a row only while something
remains, so a claim costs by the backlog and not by the history.

Times are whole milliseconds since 1970, UTC: the same arithmetic in both dialects.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.rules.lane_states import ASKED, PARKED, READY, WAITING

metadata = sa.MetaData()

Millis = sa.BigInteger

FEED_NUMBER = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
"""PostgreSQL's own number of a transaction, under which what it changes can be followed."""

client = sa.Table(
    "client",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("environment", sa.Text, nullable=False),  # live, sandbox
    sa.Column("agencies", sa.JSON, nullable=False),  # roots of the subtrees it may speak for
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("sort", sa.Text, nullable=False, default="client"),  # client, person, system
    sa.Column("roles", sa.JSON, nullable=False, default=["submitter"]),  # `access.roles.Role`
    sa.Column("helps", sa.JSON, nullable=False, default=[]),  # roots whose dossiers it may take in
)

client_key = sa.Table(
    "client_key",
    metadata,
    sa.Column("hash", sa.LargeBinary(32), primary_key=True),  # SHA-256 of 256 random bits
    sa.Column("client", sa.ForeignKey("client.id"), nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("expires_at", Millis),
    sa.Column("prefix", sa.Text, nullable=False, default=""),  # its first letters, to tell it by
    sa.Column("last_used_at", Millis),  # to the hour
)

account = sa.Table(  # a person who logs in here, where no identity provider is
    "account",
    metadata,
    sa.Column("client", sa.ForeignKey("client.id"), primary_key=True),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("password", sa.Text, nullable=False),  # argon2id
    sa.Column("must_change", sa.Boolean, nullable=False, default=False),
    sa.Column("failed", sa.Integer, nullable=False, default=0),  # tries since the last good one
    sa.Column("locked_until", Millis),
    sa.Column("ended_at", Millis),  # has left
)

account_session = sa.Table(
    "account_session",
    metadata,
    sa.Column("hash", sa.LargeBinary(32), primary_key=True),  # SHA-256 of 256 random bits
    sa.Column("client", sa.ForeignKey("client.id"), nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("expires_at", Millis, nullable=False),
)

audit = sa.Table(  # append-only: who did what; sealed in the order of `place`
    "audit",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # UUIDv7
    sa.Column("at", Millis, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False, default=""),
    sa.Column("place", sa.BigInteger, unique=True),  # null: not sealed yet
    sa.Column("mac", sa.LargeBinary(32)),
)
sa.Index(
    "audit_unsealed",
    audit.c.id,
    sqlite_where=audit.c.place.is_(None),
    postgresql_where=audit.c.place.is_(None),
)

dossier = sa.Table(
    "dossier",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # UUIDv7, made before the insert
    sa.Column("owner", sa.Integer, nullable=False),  # the client
    sa.Column("ref", sa.Text, nullable=False),  # the client's own key
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("code", sa.Text),  # official code
    sa.Column("agency", sa.Text),  # competent agency's code
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),  # of the first post: same or other?
    sa.Column("due_at", Millis),
    sa.Column("as_of", Millis),  # newest snapshot
    sa.Column("twin", sa.LargeBinary(16)),  # owner's number, procedure and agency, hashed
    sa.Column("merged_into", sa.Uuid),
    # True: it belongs to whoever serves the competent agency; false: to the client that filed it
    sa.Column("by_agency", sa.Boolean, nullable=False, default=False),
    sa.Column("receiving", sa.Text),  # code of the agency where it was received
    sa.Column("voided", sa.Boolean, nullable=False, default=False),
    sa.Column("helped", sa.Text),  # code of the agency that took it in near the citizen's home
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
    # The transaction of the last change (`store.feed`); PostgreSQL numbers it itself
    sa.Column("feed", sa.BigInteger, nullable=False, info={"postgresql": FEED_NUMBER}),
    sa.UniqueConstraint("owner", "ref", name="dossier_owner_ref"),
)
sa.Index("dossier_owner_code", dossier.c.owner, dossier.c.code)
sa.Index("dossier_feed", dossier.c.feed, dossier.c.id)

sa.Index("dossier_twin", dossier.c.twin)

joined = sa.Table(  # a further source of a dossier; the first is the dossier's own owner and ref
    "joined",
    metadata,
    sa.Column("client", sa.Integer, primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("dossier_id", sa.ForeignKey("dossier.id"), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("as_of", Millis),
    sa.Column("joined_at", Millis, nullable=False),
    # False: nobody has made sure that both mean one citizen; its word is evidence and it reads none
    sa.Column("verified", sa.Boolean, nullable=False, default=True),
)
sa.Index("joined_dossier", joined.c.dossier_id)

dossier_code = sa.Table(  # every code by which a dossier is known to anybody
    "dossier_code",
    metadata,
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("dossier_id", sa.ForeignKey("dossier.id"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # official, portal, local, …, remote:SYSTEM
)
sa.Index("dossier_code_dossier", dossier_code.c.dossier_id)

row_taken = sa.Table(  # the row that was last taken of a ref: the same again need not be read
    "row_taken",
    metadata,
    sa.Column("client", sa.Integer, primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),  # of its body, as it was given
    sa.Column("dossier_id", sa.Uuid, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the dossier's, after this row
    sa.Column("as_of", Millis, nullable=False),  # of the newest row of this source, after it
)
sa.Index("row_taken_dossier", row_taken.c.dossier_id)

evidence = sa.Table(  # what contradicts, or fits no dossier: kept, flagged, and moves nothing
    "evidence",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # UUIDv7
    sa.Column("source", sa.Text, nullable=False),  # client:NUMBER, system:NAME
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("dossier_id", sa.ForeignKey("dossier.id")),  # null: no dossier has that code yet
    sa.Column("code", sa.Text),
    sa.Column("why", sa.Text, nullable=False),  # contradicts, impossible, differs, unknown_code
    sa.Column("pointers", sa.JSON, nullable=False),
    sa.Column("at", Millis, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("source", "ref", name="evidence_source_ref"),
)
sa.Index("evidence_dossier", evidence.c.dossier_id)
sa.Index(
    "evidence_orphan",
    evidence.c.code,
    sqlite_where=evidence.c.dossier_id.is_(None),
    postgresql_where=evidence.c.dossier_id.is_(None),
)

session = sa.Table(  # with an outside system, shared by all processes
    "session",
    metadata,
    sa.Column("system", sa.Integer, primary_key=True),
    sa.Column("token", sa.LargeBinary),  # sealed
    sa.Column("until", Millis, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),  # of the newest login
    sa.Column("login_until", Millis),  # somebody is logging in
)

leadership = sa.Table(  # what one process at a time does for all
    "leadership",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Millis, nullable=False),
)

inbox = sa.Table(  # how far we have heard a system out
    "inbox",
    metadata,
    sa.Column("system", sa.Integer, primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False, default=""),
    sa.Column("polled_at", Millis),  # the last poll that came to its end
    sa.Column("next_at", Millis, nullable=False, default=0),
    sa.Column("failing_since", Millis),
    sa.Column("why", sa.Text),
    sa.Column("fence", sa.BigInteger),
    sa.Column("lease_until", Millis),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("dossier_id", sa.ForeignKey("dossier.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # the dossier's state at this place
    sa.Column("origin", sa.Text),  # the system that told us: never told back
    sa.Column("supersedes", sa.Integer),
    sa.Column("client", sa.Integer),
    sa.Column("at", Millis, nullable=False),
    sa.Column("recorded_at", Millis, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("key_id", sa.SmallInteger, nullable=False, default=0),
    sa.Column("body", sa.LargeBinary, nullable=False),  # event and dossier of this version
    sa.UniqueConstraint("dossier_id", "ref", name="event_ref"),
)

lane = sa.Table(
    "lane",
    metadata,
    sa.Column("dossier_id", sa.ForeignKey("dossier.id"), primary_key=True),
    sa.Column("system", sa.Integer, primary_key=True),
    sa.Column("done_seq", sa.Integer, nullable=False, default=0),
    sa.Column("done_at", Millis),
    sa.Column("remote", sa.JSON, nullable=False),
    sa.Column("born_here", sa.Boolean, nullable=False, default=False),
    sa.Column("via", sa.Text),  # another system reports there: we keep out
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("dossier_id", sa.ForeignKey("dossier.id"), primary_key=True),
    sa.Column("system", sa.Integer, primary_key=True),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("rank", sa.BigInteger, nullable=False),
    sa.Column("wake_at", Millis),  # null while waiting: only an event wakes it (no code yet)
    sa.Column("rung", sa.SmallInteger),  # of the wait that began last: in `rules.schedule.RUNGS`
    sa.Column("head_seq", sa.Integer, nullable=False),
    sa.Column("fence", sa.BigInteger),
    sa.Column("lease_until", Millis),
    sa.Column("worker", sa.Text),
    sa.Column(
        "uncertainty", sa.SmallInteger, nullable=False, default=0
    ),  # 1 may have landed, 2 append, -1 nothing: told alone, as its batch failed as a whole
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("expired_leases", sa.Integer, nullable=False, default=0),  # leases that lapsed
    sa.Column("failing_since", Millis),  # the first failure since something passed
    sa.Column("reason", sa.Text),  # why it waits or is parked: a code of `words`
    sa.Column("cause", sa.Text),  # groups what is parked for the same thing
    sa.Column("parked_for", sa.Text),  # officer, operator, integrator
    sa.Column("detail", sa.JSON),  # what the officer is told: field-level problems
    sa.Column("since", Millis, nullable=False),  # since when something remains
)
sa.Index(
    "outbox_ready",
    outbox.c.system,
    outbox.c.rank,
    sqlite_where=outbox.c.state == READY,
    postgresql_where=outbox.c.state == READY,
)
sa.Index(
    "outbox_timer",
    outbox.c.system,
    outbox.c.wake_at,
    sqlite_where=outbox.c.state.in_((WAITING, ASKED)),
    postgresql_where=outbox.c.state.in_((WAITING, ASKED)),
)
sa.Index(
    "outbox_parked",
    outbox.c.system,
    outbox.c.cause,
    sqlite_where=outbox.c.state == PARKED,
    postgresql_where=outbox.c.state == PARKED,
)

system = sa.Table(
    "system",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("gate", sa.JSON, nullable=False),  # `rules.gate.Gate`
    sa.Column("gate_until", Millis, nullable=False, default=0),
    sa.Column("inflight", sa.Integer, nullable=False, default=0),  # leased lanes
    sa.Column("held_by", sa.Text),  # who paused it; null: not paused
    sa.Column("held_why", sa.Text),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),  # UUIDv7
    sa.Column("dossier_id", sa.Uuid, nullable=False),
    sa.Column("system", sa.Integer, nullable=False),
    sa.Column("from_seq", sa.Integer, nullable=False),
    sa.Column("to_seq", sa.Integer, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("started_at", Millis, nullable=False),
    sa.Column("ended_at", Millis, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False, default=False),
    sa.Column("adapter", sa.Text, nullable=False),  # name, version, hash of its code tables
    sa.Column("detail", sa.JSON, nullable=False),
)
sa.Index("attempt_dossier", attempt.c.dossier_id, attempt.c.id)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # "fence", "code:H99.14:260302"
    sa.Column("value", sa.BigInteger, nullable=False),
)

file = sa.Table(
    "file",
    metadata,
    sa.Column("client", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.LargeBinary(32), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("client", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("created_at", Millis, nullable=False),
)
