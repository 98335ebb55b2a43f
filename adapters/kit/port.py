"""The adapter port: the one page to read before writing an adapter.

An adapter is a pure conversation. It awaits `Http` requests and `Checkpoint`s and nothing else,
reads what comes back, and returns an outcome (`schemas.outcome`). It opens no socket, reads no
clock, keeps no state, and writes no log. Transport failures never reach it: the driver ends the
conversation and judges them by the table in `adapters.kit.http`.

    async def deliver(step: Step, settings: MySettings) -> Outcome:
        reply = await Http(method="PUT", path=f"/cases/{step.dossier.id}", json=body(step),
                           effect="keyed")
        return read(reply, step)

    ADAPTER = Adapter(name="mine", settings=MySettings, facts=Facts(version="1"), deliver=deliver)
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from schemas.dossier import Dossier
from schemas.event import Event
from schemas.outcome import Effect, Outcome, Remote

T = TypeVar("T")
Talk = Coroutine[Any, Any, T]
"""A conversation: a coroutine that awaits the requests of this page only."""


class Settings(BaseModel):
    """What every system needs; an adapter adds its own fields. Secrets are `SecretStr`.

    base_url: where the paths of `Http` hang, without a trailing slash
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer: status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """One request; awaiting it gives the `Reply`.

    method, path: as in HTTP; the path starts with a slash and hangs below `base_url`
    query: parameters, encoded by the carrier
    json: a body as JSON (UTF-8); form: a body as a form; at most one of them
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
class Step:
    """What a lane has to say next.

    dossier: as of the last of `events`
    events: all that this system has not been told, in order of arrival; a superseded one is absent
    remote: the lane's memory
    doubt: an earlier try may have landed; resolve before adding anything twice
    born_here: the dossier came from this very system, so it is never asked to create it
    """

    dossier: Dossier
    events: tuple[Event, ...]
    remote: Remote
    doubt: bool = False
    born_here: bool = False

    @property
    def key(self) -> str:
        """An idempotency key: the same for every try at the same version."""
        return f"{self.dossier.id}-{self.dossier.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the engine must know of a kind of system; a deployment may override the figures.

    version: of the adapter, kept with every attempt
    at_once: conversations at the same time
    rate: requests per second, None for no limit
    exchange: seconds for one whole exchange, body included
    conversation: seconds for a whole conversation; the lease is longer than this
    linger: seconds for which their side may still act on what we gave up on
    appends: some request has the effect `append`
    on_uncertain: what to do after an `append` without an answer: send again (it may stand twice,
        and the ledger says so) or park for a human (it stands at most once)
    needs_official_code: a lane waits, visibly, until the dossier has its official code
    not_carried: canonical fields that this system cannot be told, as dotted paths
        (`owner.fax`, `components[].files[].signed`); a path covers everything below it
    """

    version: str
    at_once: int = 4
    rate: float | None = None
    exchange: float = 30.0
    conversation: float = 120.0
    linger: float = 60.0
    appends: bool = False
    on_uncertain: Literal["resend", "park"] = "resend"
    needs_official_code: bool = False
    not_carried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Generic[S]):
    """One login, cached and shared by all conversations with a system.

    login: gives the token, or the outcome that says why there is none
    sign: puts the token into a request
    dead: says that a reply means "your session is not valid"; the driver logs in once more
    seconds: how long a token is used at most
    """

    login: Callable[[S], Talk[str | Outcome]]
    sign: Callable[[Http, str], Http]
    dead: Callable[[Reply], bool]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter(Generic[S]):
    """Everything an adapter's folder exports, under the name `ADAPTER`.

    tables: its code tables; their hash is kept with every attempt
    """

    name: str
    settings: type[S]
    facts: Facts
    deliver: Callable[[Step, S], Talk[Outcome]]
    session: Session[S] | None = None
    tables: tuple[Mapping[Any, Any], ...] = ()
