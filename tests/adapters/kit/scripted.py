"""A far end that keeps to a script, and a clock that only the script moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from adapters.kit.driver import Conversation
from adapters.kit.errors import TransportError
from adapters.kit.port import (
    Adapter,
    Checkpoint,
    Facts,
    Hand,
    Http,
    Move,
    Put,
    Reply,
    Session,
    Settings,
    Step,
    Take,
    Talk,
    Token,
)
from adapters.kit.session import SessionCache
from gateway.workbench.checks import step_of
from gateway.workbench.full import pair
from schemas.inbound import Verdict
from schemas.outcome import Delivered, Outcome, Remote

FIRST, SECOND = (step_of(document) for document in pair())
"""Two full steps that differ in every leaf."""
DONE = Delivered(up_to=1, remote=Remote(created=True))
ASKED = Http(method="GET", path="/cases", effect="read", query={"q": "secret words"})
KEYED = Http(method="PUT", path="/cases/1", effect="keyed", json={"name": "secret words"})
ADDED = Http(method="POST", path="/lines", effect="append")


class OwnSettings(Settings):
    """What the adapter of these tests needs to know."""

    password: SecretStr = SecretStr("canary-password")


def reply(status: int = 200, body: str = "ok") -> Reply:
    """Give an answer."""
    return Reply(status=status, headers={}, body=body.encode())


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass
class ScriptedTransport:
    """Answers in turn, each after `takes` seconds; an outcome means that no answer was read."""

    clock: Clock
    answers: list[Reply | Outcome]
    seconds: float = 10.0
    takes: float = 0.0
    sent: list[Http] = field(default_factory=list)

    async def exchange(self, request: Http) -> Reply:
        """Give the next answer; a script that is at its end is a fault of the test."""
        self.sent.append(request)
        self.clock.now += self.takes
        answer = self.answers.pop(0)
        if isinstance(answer, Reply):
            return answer
        raise TransportError(answer)


@dataclass
class MemoryFolder:
    """Files by name; `lost`: what befalls whoever touches one."""

    files: dict[str, bytes] = field(default_factory=dict)
    lost: Outcome | None = None

    async def put(self, asked: Put) -> bool | None:
        """Write a file."""
        self._fail()
        self.files[asked.name] = asked.body
        return None

    async def take(self, asked: Take) -> dict[str, bytes]:
        """Read all files."""
        self._fail()
        return dict(self.files)

    async def move(self, asked: Move) -> None:
        """Rename a file."""
        self._fail()
        self.files[asked.to] = self.files.pop(asked.name)

    def _fail(self) -> None:
        if self.lost is not None:
            raise TransportError(self.lost)


@dataclass
class ScriptedLogin:
    """A session whose logins give these answers in turn, each by one exchange.

    dead: the bodies by which they say that a session is not valid
    """

    answers: Sequence[str | Token | Outcome]
    dead: frozenset[bytes] = frozenset({b"dead"})
    asked: int = 0

    def session(self) -> Session[Any]:
        """Give it as an adapter has it."""
        return Session(login=self._login, sign=_sign, dead=self._dead, seconds=600)

    async def _login(self, settings: OwnSettings) -> str | Token | Outcome:
        await Http(method="POST", path="/login", effect="read", signed=False)
        self.asked += 1
        return self.answers[self.asked - 1]

    def _dead(self, answer: Reply) -> bool:
        return answer.body in self.dead


def _sign(request: Http, token: str) -> Http:
    headers = {**request.headers, "token": token}
    return Http(method=request.method, path=request.path, effect=request.effect, headers=headers)


Deliver = Callable[[Step, Any], Talk[Outcome]]


def adapter(deliver: Deliver, **more: Any) -> Adapter[Any]:
    """Make an adapter of a conversation."""
    return Adapter(
        name="scripted", settings=OwnSettings, facts=Facts(version="1"), deliver=deliver, **more
    )


async def unused(step: Step, settings: Any) -> Outcome:
    """Tell nothing: for tests in which no single step is told."""
    raise AssertionError(step, settings)


@dataclass
class Scene:
    """Everything that a conversation meets, in a script."""

    answers: Sequence[Reply | Outcome] = ()
    takes: float = 0.0
    seconds: float = 60.0
    login: ScriptedLogin | None = None
    clock: Clock = field(default_factory=Clock)
    folder: MemoryFolder = field(default_factory=MemoryFolder)
    kept: list[Checkpoint] = field(default_factory=list)
    handed: list[Hand] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transport = ScriptedTransport(self.clock, list(self.answers), takes=self.takes)
        self.session_cache = SessionCache(600, clock=self.clock)
        self.held: list[Conversation] = []

    def conversation(self, deliver: Deliver = unused, **more: Any) -> Conversation:
        """Begin a conversation; `more`: of the adapter, or other ways for the conversation."""
        ways: dict[str, Any] = {"transport": self.transport, "checkpoint": self._keep}
        ways |= {name: more.pop(name) for name in ways.keys() & more.keys()}
        session = self.login.session() if self.login is not None else None
        made = Conversation(
            adapter=adapter(deliver, session=session, **more),
            settings=OwnSettings(),
            session_cache=self.session_cache,
            seconds=self.seconds,
            folder=self.folder,
            hand=self._hand,
            clock=self.clock,
            **ways,
        )
        self.held.append(made)
        return made

    async def tell(self, deliver: Deliver, **more: Any) -> Outcome:
        """Tell a step to its end."""
        return await self.conversation(deliver, **more).run(FIRST)

    @property
    def sent(self) -> list[str]:
        """Say what was sent, and with which token."""
        return [
            f"{one.method} {one.path} {one.headers.get('token', '')}".strip()
            for one in self.transport.sent
        ]

    @property
    def trace(self) -> list[tuple[str, str, int | None, int, str | None]]:
        """Give what stands in the ledger of the last conversation."""
        return [(x.method, x.path, x.status, x.ms, x.lost) for x in self.held[-1].trace]

    async def _keep(self, asked: Checkpoint) -> None:
        self.kept.append(asked)

    async def _hand(self, asked: Hand) -> tuple[Verdict, ...]:
        self.handed.append(asked)
        return tuple(Verdict(ref=item.ref, word="stored") for item in asked.items)


def sends(*requests: Http | Put | Take | Move | Checkpoint, end: Outcome = DONE) -> Deliver:
    """Write an adapter that awaits these in turn and then ends so, whatever is answered."""

    async def deliver(step: Step, settings: Any) -> Outcome:
        for one in requests:
            await _one(one)
        return end

    return deliver


async def _one(request: Awaitable[Any]) -> None:
    await request
