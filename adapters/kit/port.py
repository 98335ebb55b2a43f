"""The adapter port: the one page to read before writing an adapter.

An adapter is a pure conversation. It awaits the requests of this page and nothing else, reads what
comes back, and returns an outcome (`schemas.outcome`). It opens no socket and no file, reads no
clock, keeps no state, and writes no log. Transport failures never reach it: the driver ends the
conversation and judges them by the table in `adapters.kit.http`.

    Http         a request to their server           Put   a file for them, whole or not at all
    Checkpoint   what they now surely hold           Take  small files of theirs, whole ones only
    Hand         what we heard, stored with a cursor Find  which files of theirs are whole
    Rows         rows of a file, read by a process   Move  a file that has been dealt with
                 of its own, which may die of it     Query rows of a view in a database of theirs

    async def deliver(step: Step, settings: MySettings) -> Outcome:
        reply = await Http(method="PUT", path=f"/cases/{step.dossier.id}", json=body(step),
                           effect="keyed")
        return read(reply, step)

    ADAPTER = Adapter(name="mine", settings=MySettings, facts=Facts(version="1"), deliver=deliver)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from adapters.kit import former
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.inbound import Item, Verdict
from schemas.outcome import CannotExpress, Effect, Outcome, Remote
from schemas.parts import File

T = TypeVar("T")
Talk = Coroutine[Any, Any, T]
"""A conversation: a coroutine that awaits the requests of this page only."""


class Settings(BaseModel):
    """What an adapter needs to know of a system: it adds its own fields. Secrets: `SecretStr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WebSettings(Settings):
    """A system behind HTTP. base_url: where the paths of `Http` hang, without a trailing slash."""

    base_url: str


class FolderSettings(Settings):
    """A system behind a folder that both sides see. folder: below it lie all names of files."""

    folder: Path


def _without_login(connection: str) -> str:
    """Refuse a login where it would be shown and sent about."""
    if re.search(r"(?i)(^|;)\s*(uid|user id|user|username|pwd|password)\s*=", connection):
        raise ValueError("a login stands in `username` and `password`")
    return connection


class OdbcSettings(Settings):
    """A database of theirs that may be read, and never written to.

    connection: where it is, as ODBC is told (`Driver={…};Server=…;Database=…`), without a login
    username, password: of a user who may only read
    connect_seconds, query_seconds: for a login, and for one page of rows
    """

    connection: Annotated[str, AfterValidator(_without_login)]
    username: SecretStr | None = None
    password: SecretStr | None = None
    connect_seconds: int = Field(10, ge=1, le=120)
    query_seconds: int = Field(60, ge=1, le=600)


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer: status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One file of a multipart body, by reference: the transport reads the bytes, adapters never."""

    field: str
    file: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """One request; awaiting it gives the `Reply`.

    method, path: as in HTTP; the path starts with a slash and hangs below `base_url`; a whole
        address, for a login on another host, comes from the settings alone
    query: parameters, encoded by the transport
    json: a body as JSON (UTF-8); form: a body as a form; at most one of them
    attached: files; the body is then multipart, with the fields of `form`
    headers: further headers
    effect: `read`, `keyed` (repeating changes nothing more) or `append`
    signed: False for the login itself
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    effect: Effect
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    attached: tuple[Attached, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = True

    def __await__(self) -> Generator[Http, Reply, Reply]:
        """Hand the request to the driver and wait for the reply."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Make `remote` and `up_to` durable before going on; awaited after every `append`.

    up_to: the last event that they now surely hold (a line of the ledger can never be unsaid)
    """

    remote: Remote
    up_to: int

    def __await__(self) -> Generator[Checkpoint, None, None]:
        """Wait until the store has it; the conversation ends here if the lease was lost."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write a file for them below the system's folder: it is there whole, or not at all.

    An existing file of that name is replaced, so the effect is `keyed`.

    replace: False: a file of that name with other content is left as it is
    """

    name: str
    body: bytes
    replace: bool = True

    def __await__(self) -> Generator[Put, bool, bool]:
        """Wait until the disk has it under its final name; False: another file lies there."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Read files of theirs: complete ones only, in the order of their names.

    pattern: below the system's folder, as of `fnmatch` in one folder: `out/*.csv`
    limit: at most so many files; each stays where it is until it is moved
    """

    pattern: str
    limit: int = 100

    def __await__(self) -> Generator[Take, dict[str, bytes], dict[str, bytes]]:
        """Wait for the bytes by name; none: an empty dictionary."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Put a file of theirs away under another name; one that has gone already is no error.

    Nothing is overwritten: a file that has that name already gets another one beside it.
    """

    name: str
    to: str

    def __await__(self) -> Generator[Move, bool, bool]:
        """Wait until it has moved; False: somebody holds it open, and it stays where it is."""
        return (yield self)


@dataclass(frozen=True, slots=True)
class Lying:
    """A whole file of theirs. size: in bytes; beside: names of what belongs to it."""

    name: str
    size: int
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Look which files of theirs are whole; reads none of them.

    patterns: as of `Take`, tried one after the other; names: single files, as they are called
    beside: endings of files of the same stem that belong to one; all of them must be whole as well
    quiet: seconds for which size and time must not have changed; None: the folder's own
    marker: the name of the file that says that another is whole, with `{name}` or `{stem}` of that
        one in it; it counts instead of `quiet`, and belongs to what it speaks of
    """

    patterns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    quiet: float | None = None
    marker: str | None = None

    def __await__(self) -> Generator[Find, tuple[Lying, ...], tuple[Lying, ...]]:
        """Wait for the list, in the order of patterns and names."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Read the first bytes of a file of theirs."""

    name: str
    size: int = 8192

    def __await__(self) -> Generator[Head, bytes, bytes]:
        """Wait for them; a file that has gone has none."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Hash a file of theirs as it lies there now."""

    name: str

    def __await__(self) -> Generator[Digest, str | None, str | None]:
        """Wait for its SHA-256 in hexadecimal; None: it has gone; "": it cannot be read."""
        return (yield self)


@dataclass(frozen=True, slots=True)
class RowRead:
    """What was read of one row of a file of theirs.

    row: its number, as their software counts; 0: the file itself
    body: the snapshot that it becomes; None: it becomes none, and `why` says the reason
    field, why: the column and what is wrong with it; beside a body: what was left out of it
    fillers: pointers of what the row states only to fill a place, as `không có` does
    """

    row: int
    body: Mapping[str, Any] | None = None
    field: str = ""
    why: str = ""
    fillers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a file, in order.

    after: the number of the last row of these; the next batch begins behind it
    sha: SHA-256 of the file as it was read
    fault: why nothing more of the file can be read; what came before it stands
    end: there is nothing more
    """

    rows: tuple[RowRead, ...]
    after: int
    sha: str
    fault: str | None = None
    end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Read rows of a file of theirs, with the adapter's `reader`, in a process of its own.

    Whatever the file does to that process, this one lives, and the batch says what happened.

    beside: what belongs to the file
    after: begin behind the row with this number; limit: at most so many rows
    """

    name: str
    beside: tuple[str, ...] = ()
    after: int = 0
    limit: int = 200

    def __await__(self) -> Generator[Rows, Batch, Batch]:
        """Wait for the batch."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """Delete files that were put away before a day.

    Only names that begin as ours do (`YYYYMMDD-` and eight digits of a hash) are ever deleted.

    folder: whose files; before: the first day that is kept, as YYYYMMDD
    """

    folder: str
    before: str

    def __await__(self) -> Generator[Prune, int, int]:
        """Wait for the number of files that were deleted."""
        return (yield self)


@dataclass(frozen=True, slots=True)
class UnreadCell:
    """A cell of a database that was left out. why: the reason, without what stands in it."""

    why: str


Value = str | int | float | Decimal | date | time | UnreadCell | None
"""What a cell of a database holds; a `date` may be a `datetime`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Rows of a statement. columns: their names, in order; end: there are no more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Read rows of a database of theirs; the effect is `read`.

    sql: a single SELECT with a `?` for each parameter; limit: at most so many rows
    """

    sql: str
    parameters: tuple[Value, ...] = ()
    limit: int = 500

    def __await__(self) -> Generator[Query, Selected, Selected]:
        """Wait for the rows."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Hand in what was heard; stored in one transaction with the cursor, all or nothing.

    Awaiting it gives a verdict for each item, in order, after the commit.

    files: how many files of theirs came to which end (`read`, `bad`, `pruned` …), to be counted
    """

    items: tuple[Item, ...]
    cursor: str
    files: Mapping[str, int] = field(default_factory=dict)

    def __await__(self) -> Generator[Hand, tuple[Verdict, ...], tuple[Verdict, ...]]:
        """Wait for the commit."""
        return (yield self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollContext:
    """What a poll knows: where the last one had come to ("" at first), and the time.

    died: whoever listened last came to no end, not even to a bad one
    """

    cursor: str
    now: datetime
    died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of theirs to us, its secret already checked. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResponse:
    """What we answer to a call of theirs, in their own form."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call of theirs says, and how the verdicts on it are answered.

    A call that cannot be read has no items, and its answer says so in their form.
    """

    items: tuple[Item, ...]
    answer: Callable[[tuple[Verdict, ...]], CallResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a lane has to say next.

    dossier: as of the last of `events`
    events: all that this system has not been told, in order of arrival; a superseded one is absent
    remote: the lane's memory
    doubt: an earlier try may have landed; resolve before adding anything twice
    born_here: the dossier came from this very system, so it is never asked to create it
    on_exists: what a create that they answer with "exists already" does; `adapters.kit.exists`
    on_undecided: where no look-up can tell whether what was added last stands there: send it again,
        or end with `Uncertain(undecided=True)`, for a human to look
    """

    dossier: Dossier
    events: tuple[Event, ...]
    remote: Remote
    doubt: bool = False
    born_here: bool = False
    on_exists: Literal["park", "replace"] = "park"
    on_undecided: Literal["send", "park"] = "send"

    @property
    def key(self) -> str:
        """An idempotency key: the same for every try at the same version."""
        return f"{self.dossier.id}-{self.dossier.version}"


LEASE_MARGIN = 15.0
"""Seconds by which a lease outlives the longest conversation, where nothing else is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the engine must know of a kind of system; a deployment may override the figures.

    version: of the adapter, kept with every attempt
    at_once: conversations at the same time
    batch: steps in one conversation, for an adapter with `deliver_many`; 1: each by itself
    rate: requests per second, None for no limit
    exchange: seconds for one whole exchange, body included
    exchanges: so many exchanges a plain step takes; they must fit into a conversation
    conversation: seconds for a whole conversation
    lease: seconds for which a lane is held, more than a conversation; None: `LEASE_MARGIN` more
    linger: seconds for which their side may still act on what we gave up on
    appends: some request has the effect `append`
    on_uncertain: what to do after an `append` without an answer: send again (it may stand twice,
        and the ledger says so) or park for a human (it stands at most once)
    looks_up: where an `append` is in doubt it is first read whether it stands there; with `park`
        only what that cannot decide is parked (`Step.on_undecided`)
    on_exists: what to do with a dossier that stands under our code and may be another's: park ours
        for an officer, or replace it
    needs_official_code: a lane waits, visibly, until the dossier has its official code
    poll_every: seconds between two polls, for an adapter that polls
    not_carried: canonical fields that this system cannot be told, as dotted paths
        (`owner.fax`, `components[].files[].signed`); a path covers everything below it
    """

    version: str
    at_once: int = 4
    batch: int = 1
    rate: float | None = None
    exchange: float = 30.0
    exchanges: int = 4
    conversation: float = 120.0
    lease: float | None = None
    linger: float = 60.0
    appends: bool = False
    on_uncertain: Literal["resend", "park"] = "resend"
    looks_up: bool = False
    on_exists: Literal["park", "replace"] = "park"
    needs_official_code: bool = False
    poll_every: float = 60.0
    not_carried: frozenset[str] = frozenset()

    @property
    def lease_seconds(self) -> float:
        """Say for how long a lane is held."""
        return self.conversation + LEASE_MARGIN if self.lease is None else self.lease


@dataclass(frozen=True, slots=True)
class Token:
    """What a login gave, and for how many seconds it lives, where they say so."""

    value: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Generic[S]):
    """One login, cached and shared by all conversations with a system.

    login: gives the token, or the outcome that says why there is none
    sign: puts the token into a request
    dead: says that a reply means "your session is not valid"; the driver logs in once more, as it
        does for every 401
    dead_by: the same where it depends on the settings; it is asked instead of `dead`
    seconds: how long a token is used at most
    """

    login: Callable[[S], Talk[str | Token | Outcome]]
    sign: Callable[[Http, str], Http]
    dead: Callable[[Reply], bool]
    seconds: float
    dead_by: Callable[[Reply, S], bool] | None = None


Previewed = RowRead
"""The former name of `RowRead`."""


class UnusableFile(Exception):  # noqa: N818 - a sentence for the report
    """A file cannot be read, or not to its end; the rows before it was raised stand."""


Reader = Callable[[Path, tuple[Path, ...], S], Iterator[RowRead]]
"""Reads a file of theirs and what lies beside it, row by row; raises `UnusableFile`.

A function at the top of its module: it runs in a process of its own, where its settings have no
secrets.
"""


Many = Sequence[Outcome | CannotExpress] | Outcome
"""What came of several steps: an outcome for each, or what befell all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter(Generic[S]):
    """Everything an adapter's folder exports, under the name `ADAPTER`.

    deliver: tells the system what a step has to say
    deliver_many: tells several dossiers' steps in one call, for a system that judges item by item;
        gives an outcome for each, in order, or one for what befell them all. Only `keyed` requests
        and no checkpoints: what goes wrong as a whole is repeated one by one
    poll: asks what they have to tell; hands it in; ends with None, or the outcome that stopped it
    hear: reads a call of theirs to us; None: no call that this system makes
    preview: what `reader` was before: reads files (by name, with what lies beside one) whole
    reader: reads a file of theirs, for the poll and for `lienthong preview` alike
    reads: which files it looks for: patterns, and the patterns of what belongs to them
    database: which database its poll asks, if its settings name one
    first_rows: asks that database for the first rows, for `lienthong preview`; hands nothing in
    tables: its code tables; their hash is kept with every attempt
    """

    name: str
    settings: type[S]
    facts: Facts
    deliver: Callable[[Step, S], Talk[Outcome]]
    deliver_many: Callable[[Sequence[Step], S], Talk[Many]] | None = None
    session: Session[S] | None = None
    poll: Callable[[PollContext, S], Talk[Outcome | None]] | None = None
    hear: Callable[[Call, S], Heard | None] | None = None
    preview: Callable[[Mapping[str, bytes], S], Sequence[RowRead]] | None = None
    reader: Reader[S] | None = None
    reads: Callable[[S], Sequence[str]] | None = None
    database: Callable[[S], OdbcSettings | None] | None = None
    first_rows: Callable[[S, int], Talk[Sequence[RowRead] | Outcome]] | None = None
    tables: tuple[Mapping[Any, Any], ...] = ()


if not TYPE_CHECKING:
    __getattr__ = former.names(__name__)
