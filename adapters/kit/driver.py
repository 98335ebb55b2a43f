"""Holds an adapter's conversation: hands on its requests, signs them, and ends it when it must.

The driver refuses anything but the requests of `adapters.kit.port`. A transport failure never
reaches the adapter: the conversation is closed and its outcome is what the failure means.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from adapters.kit import former
from adapters.kit.errors import TransportError
from adapters.kit.port import (
    Adapter,
    Batch,
    Checkpoint,
    Digest,
    Find,
    Hand,
    Head,
    Http,
    Lying,
    Move,
    PollContext,
    Prune,
    Put,
    Query,
    Reply,
    RowRead,
    Rows,
    Selected,
    Session,
    Settings,
    Step,
    Take,
    Talk,
    Token,
)
from adapters.kit.private import cleaned, private_of
from adapters.kit.replies import redact
from adapters.kit.session import SessionCache
from schemas.inbound import Verdict
from schemas.outcome import (
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Refused,
    Suspect,
    Uncertain,
    Unreachable,
)

T = TypeVar("T")


class Fenced(Exception):  # noqa: N818 - somebody else holds the lane now
    """The lease was lost: whatever this conversation still learns moves no lane."""


class Transport(Protocol):
    """Something that carries requests: `HttpTransport`, or canned replies."""

    @property
    def seconds(self) -> float:
        """The longest that one exchange may take."""
        ...

    async def exchange(self, request: Http) -> Reply:
        """Send a request and read the whole reply, or raise `TransportError`."""
        ...


class SharedFolder(Protocol):
    """A folder that both sides see: `Folder`, or one in memory."""

    async def put(self, asked: Put) -> bool | None:
        """Write a file, or raise `TransportError`; False: another lies there and was left."""
        ...

    async def take(self, asked: Take) -> dict[str, bytes]:
        """Read complete files, or raise `TransportError`."""
        ...

    async def move(self, asked: Move) -> bool | None:
        """Rename a file, or raise `TransportError`; False: somebody holds it."""
        ...


class ExportFolder(Protocol):
    """A folder in which a system leaves what it has to tell."""

    async def find(self, asked: Find) -> tuple[Lying, ...]:
        """List complete files, or raise `TransportError`."""
        ...

    async def head(self, asked: Head) -> bytes:
        """Read the first bytes of a file, or raise `TransportError`."""
        ...

    async def digest(self, asked: Digest) -> str | None:
        """Hash a file, or raise `TransportError`."""
        ...

    async def rows(self, asked: Rows, adapter: Adapter[Any], settings: Settings) -> Batch:
        """Read rows of a file with the adapter's reader, or raise `TransportError`."""
        ...

    async def prune(self, asked: Prune) -> int:
        """Delete files that were put away long ago, or raise `TransportError`."""
        ...


class Database(Protocol):
    """A database of theirs that may be read."""

    async def query(self, asked: Query) -> Selected:
        """Read rows, or raise `TransportError`."""
        ...


Filed = Put | Take | Move | Find | Head | Digest | Rows | Prune
"""What is asked of a folder."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One exchange for the ledger: no body, no query. A file has the method PUT, TAKE or MOVE."""

    method: str
    path: str
    status: int | None
    ms: int
    lost: str | None = None


@former.members
@dataclass(slots=True)
class Conversation:
    """One adapter, one system, one step or one poll; `trace` fills while it is held.

    transport, folder: the ways to the system; a request without its way is a mistake of the adapter
    exports: the folder once more, for a poll that reads files; database: likewise
    checkpoint, hand: where the store comes in, while a step is told and while a poll listens
    """

    adapter: Adapter[Any]
    settings: Settings
    session_cache: SessionCache
    seconds: float
    transport: Transport | None = None
    folder: SharedFolder | None = None
    exports: ExportFolder | None = None
    database: Database | None = None
    checkpoint: Callable[[Checkpoint], Awaitable[None]] | None = None
    hand: Callable[[Hand], Awaitable[tuple[Verdict, ...]]] | None = None
    clock: Callable[[], float] = time.monotonic
    trace: list[Exchanged] = field(default_factory=list)
    appended: bool = False
    """A request was sent that adds to a list of theirs: sent again, it would stand there twice."""
    _until: float = 0.0
    _sent: bool = False
    _last: Reply | None = None
    _ours: Exception | None = None
    _tokens: set[str] = field(default_factory=set)

    async def run(self, step: Step) -> Outcome:
        """Tell a step; raises `CannotExpress` before anything was sent, or what the store did."""
        try:
            found: Outcome = await self._whole(self.adapter.deliver(step, self.settings), step)
        except CannotExpress as error:
            if not self._sent:
                raise
            found = self._bug(error, step)
        return self._cleaned(found, step)

    async def run_many(
        self, steps: Sequence[Step]
    ) -> Sequence[Outcome | CannotExpress] | Outcome | CannotExpress:
        """Tell several steps at once; gives an outcome for each, or what befell all of them."""
        if self.adapter.deliver_many is None:
            raise TypeError("this adapter tells one step at a time")
        talk = self.adapter.deliver_many(steps, self.settings)
        try:
            found: Any = await self._whole(talk, *steps)
        except CannotExpress as error:
            return error
        if isinstance(found, Sequence) and len(found) != len(steps):
            return Malformed(why="not an outcome for each step", raw="")
        if not isinstance(found, Sequence):
            return self._cleaned(found, *steps)
        return [
            one if isinstance(one, CannotExpress) else self._cleaned(one, step)
            for one, step in zip(found, steps, strict=True)
        ]

    def _cleaned(self, outcome: Outcome, *steps: Step) -> Outcome:
        """Take out what is private; what says nothing has nothing of it."""
        if isinstance(outcome, Delivered) and outcome.note is None:
            return outcome
        return cleaned(outcome, (*self._private(steps), *self._tokens))

    def _private(self, steps: Sequence[Step]) -> tuple[str, ...]:
        return tuple(text for step in steps for text in private_of(step, self.settings))

    async def run_poll(self, look: PollContext) -> Outcome | None:
        """Hear what they have to tell; None: all of it was handed in."""
        if self.adapter.poll is None:
            raise TypeError("this adapter does not poll")
        found: Outcome | None = await self._whole(self.adapter.poll(look, self.settings))
        return found

    async def run_first_rows(self, limit: int) -> Sequence[RowRead] | Outcome:
        """Ask for the first rows of a database of theirs, or say what stopped it."""
        if self.adapter.first_rows is None:
            raise TypeError("this adapter asks no database")
        found: Sequence[RowRead] | Outcome = await self._whole(
            self.adapter.first_rows(self.settings, limit)
        )
        return found

    async def run_login(self) -> Outcome | None:
        """Log in and tell nothing; None: they took the login, or have none."""
        if self.adapter.session is None:
            return None
        self._until = self.clock() + self.seconds
        try:
            await self._token(self.adapter.session)
        except TransportError as lost:
            return lost.outcome
        return None

    async def _whole(self, talk: Talk[Any], *steps: Step) -> Any:
        """Hold a conversation to its end, and make an outcome of whatever ends it."""
        self._until = self.clock() + self.seconds
        try:
            return await self._drive(talk, self._signed)
        except TransportError as lost:
            return lost.outcome
        except (CannotExpress, NotARequestError):
            raise
        except Exception as error:
            if error is self._ours:
                raise
            return self._bug(error, *steps)  # of an adapter: it must not stop the worker
        finally:
            talk.close()

    async def _drive(self, talk: Talk[Any], send: Callable[[Http], Awaitable[Reply]]) -> Any:
        answer: Any = None
        while True:
            try:
                asked = talk.send(answer)
            except StopIteration as end:
                return end.value
            answer = await self._serve(asked, send, talk)

    async def _serve(
        self, asked: object, send: Callable[[Http], Awaitable[Reply]], talk: Talk[Any]
    ) -> Any:
        """Do what the adapter asked for; anything else ends the talk."""
        match asked:
            case Http() if self.transport is not None:
                return await send(asked)
            case Put() | Take() | Move() if self.folder is not None:
                return await self._file(asked, self._filed(asked, self.folder))
            case Find() | Head() | Digest() | Rows() | Prune() if self.exports is not None:
                return await self._file(asked, self._looked(asked, self.exports))
            case Query() if self.database is not None:
                return await self._file(asked, self.database.query(asked))
            case Checkpoint() if self.checkpoint is not None:
                return await self._keep(self.checkpoint(asked))
            case Hand() if self.hand is not None:
                return await self._keep(self.hand(asked))
        talk.close()
        raise NotARequestError(asked)

    async def _keep(self, storing: Awaitable[T]) -> T:
        """Wait for the store; what goes wrong there is ours, and no adapter's fault."""
        try:
            return await storing
        except Exception as error:
            self._ours = error
            raise

    async def _file(self, asked: Filed | Query, job: Awaitable[T]) -> T:
        begun, lost = self.clock(), None
        self._sent = self._sent or isinstance(asked, Put)
        try:
            return await job
        except TransportError as error:
            lost = type(error.outcome).__name__
            raise
        finally:
            self._note(type(asked).__name__.upper(), _place(asked), None, begun, lost)

    async def _filed(self, asked: Put | Take | Move, folder: SharedFolder) -> Any:
        match asked:
            case Put():
                return await folder.put(asked) is not False
            case Take():
                return await folder.take(asked)
            case Move():
                return await folder.move(asked) is not False

    async def _looked(
        self, asked: Find | Head | Digest | Rows | Prune, folder: ExportFolder
    ) -> Any:
        match asked:
            case Find():
                return await folder.find(asked)
            case Head():
                return await folder.head(asked)
            case Digest():
                return await folder.digest(asked)
            case Rows():
                return await folder.rows(asked, self.adapter, self.settings)
            case Prune():
                return await folder.prune(asked)

    async def _signed(self, request: Http) -> Reply:
        """Send a request with the session it needs; a dead session is renewed once."""
        session = self.adapter.session
        if session is None or not request.signed:
            return await self._exchange(request)
        token = await self._token(session)
        reply = await self._exchange(session.sign(request, token))
        if not self._dead(session, reply):
            return reply
        self.session_cache.invalidate(token)
        reply = await self._exchange(session.sign(request, await self._token(session)))
        if self._dead(session, reply):
            raise TransportError(Blocked(why="the session was refused right after a fresh login"))
        return reply

    def _dead(self, session: Session[Any], reply: Reply) -> bool:
        """Say whether a reply means that the session is not taken any more."""
        if reply.status == 401:
            return True
        if session.dead_by is not None:
            return session.dead_by(reply, self.settings)
        return session.dead(reply)

    async def _token(self, session: Session[Any]) -> str:
        async def login() -> str | Token | Outcome:
            try:
                found: str | Token | Outcome = await self._drive(
                    session.login(self.settings), self._exchange
                )
            except TransportError as lost:
                return lost.outcome
            return found

        token = await self.session_cache.token(login)
        if not isinstance(token, str):
            # Nothing of this step was sent, whatever happened to the login.
            raise TransportError(_of_login(token))
        self._tokens.add(token)
        return token

    async def _exchange(self, request: Http) -> Reply:
        if self.transport is None:
            raise NotARequestError(request)
        if self._until - self.clock() < self.transport.seconds:
            raise TransportError(Unreachable(why="no time left for a whole exchange"))
        self._sent = self._sent or request.effect != "read"
        begun = self.clock()
        try:
            reply = await self.transport.exchange(request)
        except TransportError as lost:
            self._note(request.method, request.path, None, begun, type(lost.outcome).__name__)
            if request.effect == "append" and isinstance(lost.outcome, Uncertain):
                self.appended = True
            raise
        self.appended = self.appended or request.effect == "append"
        self._note(request.method, request.path, reply.status, begun, None)
        self._last = reply
        return reply

    def _note(
        self, method: str, path: str, status: int | None, begun: float, lost: str | None
    ) -> None:
        ms = int((self.clock() - begun) * 1000)
        self.trace.append(Exchanged(method, path, status, ms, lost))

    def _bug(self, error: Exception, *steps: Step) -> Malformed:
        """Turn an adapter's exception into an answer that it could not read."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = place.filename.rsplit("/", 2)[-2:]
        why = f"{type(error).__name__} at {'/'.join(name)}:{place.lineno}"
        body = self._last.body.decode("utf-8", "replace") if self._last is not None else ""
        return Malformed(why=why, raw=redact(body, self._private(steps)))


def _place(asked: Filed | Query) -> str:
    """Name the file, or the files, that a request is about."""
    match asked:
        case Take():
            return asked.pattern
        case Find():
            return ", ".join((*asked.patterns, *asked.names))
        case Prune():
            return asked.folder
        case Query():
            return ""
        case _:
            return asked.name


class NotARequestError(TypeError):
    """An adapter awaited something that is no request: a mistake in its code."""

    def __init__(self, asked: object) -> None:
        """Name what it awaited."""
        super().__init__(f"this conversation has no way to do {type(asked).__name__}")


def _of_login(outcome: Outcome) -> Outcome:
    """Say what a login without a token means for a step of which nothing was sent.

    Whatever they answer to a login is about our account and never about a dossier: it parks none,
    and tells none.
    """
    match outcome:
        case Unreachable(why=why, retry_after=after):
            return Unreachable(why=f"login: {why}", retry_after=after, at_login=True)
        case Uncertain(why=why):
            return Unreachable(why=f"login: {why}", at_login=True)
        case Blocked():
            return outcome
        case Refused(message=said) | Malformed(why=said) | Suspect(why=said):
            return Blocked(why=f"login: {said}"[:200])
        case _:
            return Blocked(why="login: an answer that gives no session")


def first_request(
    adapter: Adapter[Any], step: Step, settings: Settings
) -> Http | Put | Take | CannotExpress | None:
    """Translate and send nothing: the first request, why there is none, or None if none is needed.

    A bug of the adapter shows as CannotExpress with an empty field.
    """
    talk = adapter.deliver(step, settings)
    try:
        asked = talk.send(None)
        while isinstance(asked, Checkpoint):
            asked = talk.send(None)
    except StopIteration:
        return None
    except CannotExpress as error:
        return error
    except Exception as error:  # noqa: BLE001 - said to the client as a warning, never a crash
        return CannotExpress("", f"the adapter failed: {type(error).__name__}")
    finally:
        talk.close()
    return asked if isinstance(asked, (Http, Put, Take)) else CannotExpress("", "not a request")


def preview(adapter: Adapter[Any], step: Step, settings: Settings) -> CannotExpress | None:
    """Say what of a step cannot be expressed, without sending anything."""
    found = first_request(adapter, step, settings)
    return found if isinstance(found, CannotExpress) else None


if not TYPE_CHECKING:
    __getattr__ = former.names(__name__)
