"""Holds an adapter's conversation: hands on its requests, signs them, and ends it when it must.

The driver refuses anything but the requests of `adapters.kit.port`. A transport failure never
reaches the adapter: the conversation is closed and its outcome is what the failure means.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.kit.answers import redact, strings_of
from adapters.kit.http import Lost
from adapters.kit.port import Adapter, Checkpoint, Http, Reply, Session, Settings, Step, Talk
from adapters.kit.session import Keeper
from schemas.outcome import Blocked, CannotExpress, Malformed, Outcome, Uncertain, Unreachable


class Fenced(Exception):  # noqa: N818 - somebody else holds the lane now
    """The lease was lost: whatever this conversation still learns moves no lane."""


class Carries(Protocol):
    """Something that carries requests: the real carrier, or canned replies."""

    @property
    def seconds(self) -> float:
        """The longest that one exchange may take."""
        ...

    async def exchange(self, request: Http) -> Reply:
        """Send a request and read the whole reply, or raise `Lost`."""
        ...


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One exchange for the ledger: no body, no query."""

    method: str
    path: str
    status: int | None
    ms: int
    lost: str | None = None


@dataclass(slots=True)
class Conversation:
    """One adapter, one system, one step; `trace` fills while it is held."""

    adapter: Adapter[Any]
    settings: Settings
    carrier: Carries
    keeper: Keeper
    checkpoint: Callable[[Checkpoint], Awaitable[None]]
    seconds: float
    clock: Callable[[], float] = time.monotonic
    trace: list[Exchanged] = field(default_factory=list)
    _until: float = 0.0
    _sent: bool = False
    _last: Reply | None = None

    async def hold(self, step: Step) -> Outcome:
        """Hold the conversation; raises `CannotExpress` before anything was sent, or `Fenced`."""
        self._until = self.clock() + self.seconds
        talk = self.adapter.deliver(step, self.settings)
        try:
            found: Outcome = await self._drive(talk, self._signed)
            return found  # noqa: TRY300 - beside the way it came
        except Lost as lost:
            return lost.outcome
        except CannotExpress as error:
            if not self._sent:
                raise
            return self._bug(error, step)
        except (Fenced, TypeError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug of an adapter must not stop the worker
            return self._bug(error, step)
        finally:
            talk.close()

    async def _drive(self, talk: Talk[Any], send: Callable[[Http], Awaitable[Reply]]) -> Any:
        answer: Reply | None = None
        while True:
            try:
                asked = talk.send(answer)
            except StopIteration as end:
                return end.value
            if isinstance(asked, Http):
                answer = await send(asked)
            elif isinstance(asked, Checkpoint):
                await self.checkpoint(asked)
                answer = None
            else:
                talk.close()
                raise NotARequestError(asked)

    async def _signed(self, request: Http) -> Reply:
        """Send a request with the session it needs; a dead session is renewed once."""
        session = self.adapter.session
        if session is None or not request.signed:
            return await self._exchange(request)
        token = await self._token(session)
        reply = await self._exchange(session.sign(request, token))
        if not session.dead(reply):
            return reply
        self.keeper.spoil(token)
        reply = await self._exchange(session.sign(request, await self._token(session)))
        if session.dead(reply):
            raise Lost(Blocked(why="the session was refused right after a fresh login"))
        return reply

    async def _token(self, session: Session[Any]) -> str:
        async def login() -> str | Outcome:
            try:
                found: str | Outcome = await self._drive(
                    session.login(self.settings), self._exchange
                )
            except Lost as lost:
                return lost.outcome
            return found

        token = await self.keeper.token(login)
        if not isinstance(token, str):
            # Nothing of this step was sent, whatever happened to the login.
            raise Lost(_of_login(token))
        return token

    async def _exchange(self, request: Http) -> Reply:
        if self._until - self.clock() < self.carrier.seconds:
            raise Lost(Unreachable(why="no time left for a whole exchange"))
        self._sent = self._sent or request.effect != "read"
        begun = self.clock()
        try:
            reply = await self.carrier.exchange(request)
        except Lost as lost:
            self._note(request, None, begun, type(lost.outcome).__name__)
            raise
        self._note(request, reply.status, begun, None)
        self._last = reply
        return reply

    def _note(self, request: Http, status: int | None, begun: float, lost: str | None) -> None:
        ms = int((self.clock() - begun) * 1000)
        self.trace.append(Exchanged(request.method, request.path, status, ms, lost))

    def _bug(self, error: Exception, step: Step) -> Malformed:
        """Turn an adapter's exception into an answer that it could not read."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = place.filename.rsplit("/", 2)[-2:]
        why = f"{type(error).__name__} at {'/'.join(name)}:{place.lineno}"
        body = self._last.body.decode("utf-8", "replace") if self._last is not None else ""
        return Malformed(why=why, raw=redact(body, strings_of(step.dossier)))


class NotARequestError(TypeError):
    """An adapter awaited something that is no request: a mistake in its code."""

    def __init__(self, asked: object) -> None:
        """Name what it awaited."""
        super().__init__(f"an adapter may await Http and Checkpoint only, not {type(asked)}")


def _of_login(outcome: Outcome) -> Outcome:
    """Say what a login without a token means for a step of which nothing was sent."""
    if isinstance(outcome, (Unreachable, Uncertain)):
        return Unreachable(why=f"login: {outcome.why}")
    return outcome


def first_request(
    adapter: Adapter[Any], step: Step, settings: Settings
) -> Http | CannotExpress | None:
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
    return asked if isinstance(asked, Http) else CannotExpress("", "not a request")


def preview(adapter: Adapter[Any], step: Step, settings: Settings) -> CannotExpress | None:
    """Say what of a step cannot be expressed, without sending anything."""
    found = first_request(adapter, step, settings)
    return found if isinstance(found, CannotExpress) else None
