"""Far ends for the checks: an adapter speaks without a socket or a disk, and all is kept."""

from __future__ import annotations

import asyncio
import dataclasses
import fnmatch
import importlib
import json
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
from pydantic_core import to_jsonable_python

import contracts
from adapters.kit.driver import Conversation, Exchanged
from adapters.kit.files import Folder
from adapters.kit.port import (
    Adapter,
    Checkpoint,
    Hand,
    Http,
    Move,
    PollContext,
    Put,
    Reply,
    Settings,
    Step,
    Take,
)
from adapters.kit.session import SessionCache
from schemas.base import VIETNAM
from schemas.inbound import Item, Verdict
from schemas.outcome import CannotExpress, Outcome, Remote

Sent = Http | Put | Take | Move | Hand
NOW = datetime(2026, 3, 2, 18, 0, tzinfo=VIETNAM)
"""The time at which examples are heard."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter with its contract's folder."""

    adapter: Adapter[Any]
    contract: Path
    others: Mapping[str, Any] = field(default_factory=dict)
    """Settings that differ from the contract's, for one example."""

    @property
    def settings(self) -> Settings:
        """Settings for the checks, from the contract."""
        table = tomllib.loads((self.contract / "contract.toml").read_text(encoding="utf-8"))
        found: Settings = self.adapter.settings.model_validate(table["settings"] | self.others)
        return found

    def simulator(self) -> Any:
        """Make the contract's simulator."""
        module = importlib.import_module(f"contracts.{self.contract.name}.simulator")
        return module.Simulator({}, lambda _effect: None)


def subject(adapter: Adapter[Any]) -> Subject:
    """Bring an adapter and its contract together, for the checks only."""
    found = Path(next(iter(contracts.__path__))) / adapter.name
    if not found.is_dir():
        raise AssertionError(f"adapter {adapter.name} has no contracts/{adapter.name}/")
    return Subject(adapter, found)


class Far(Protocol):
    """The far end of a conversation: a server, a folder, or both."""

    def answer(self, request: Http) -> Reply:
        """Answer a request."""
        ...

    def put(self, asked: Put) -> bool | None:
        """Receive a file; False: another lies there and was left."""
        ...

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give complete files."""
        ...

    def move(self, asked: Move) -> None:
        """See a file put away."""
        ...

    def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Judge what was heard: here the gateway is the far end."""
        ...


@dataclass(slots=True)
class Played:
    """The ways to a far end without a socket or a disk; what was sent is kept."""

    far: Far
    sent: list[Sent] = field(default_factory=list)
    seconds: float = 1.0

    async def exchange(self, request: Http) -> Reply:
        """Answer a request."""
        self.sent.append(request)
        return self.far.answer(request)

    async def put(self, asked: Put) -> bool | None:
        """Receive a file."""
        self.sent.append(asked)
        return self.far.put(asked)

    async def take(self, asked: Take) -> dict[str, bytes]:
        """Give complete files."""
        self.sent.append(asked)
        return self.far.take(asked)

    async def move(self, asked: Move) -> None:
        """See a file put away."""
        self.sent.append(asked)
        self.far.move(asked)

    async def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Store what was heard."""
        self.sent.append(asked)
        return self.far.hand(asked)


def play(
    one: Subject, step: Step, far: Far, kept: list[Remote] | None = None
) -> tuple[Outcome | CannotExpress, list[Sent], list[Exchanged]]:
    """Hold a conversation with a far end; give outcome, what was sent, and trace.

    kept: filled with what the checkpoints of the conversation remember
    """
    ways = Played(far)
    memory = [] if kept is None else kept

    async def keep(asked: Checkpoint) -> None:
        memory.append(asked.remote)

    conversation = Conversation(
        adapter=one.adapter,
        settings=one.settings,
        transport=ways,
        folder=ways,
        session_cache=SessionCache(60),
        checkpoint=keep,
        seconds=60,
    )
    outcome: Outcome | CannotExpress
    try:
        outcome = asyncio.run(conversation.run(step))
    except CannotExpress as error:
        outcome = error
    return outcome, ways.sent, conversation.trace


def play_many(
    one: Subject, steps: Sequence[Step], far: Far
) -> Sequence[Outcome | CannotExpress] | Outcome | CannotExpress:
    """Hold one conversation about several steps."""
    ways = Played(far)
    conversation = Conversation(
        adapter=one.adapter,
        settings=one.settings,
        transport=ways,
        folder=ways,
        session_cache=SessionCache(60),
        seconds=60,
    )
    return asyncio.run(conversation.run_many(steps))


def listen(one: Subject, cursor: str, far: Far) -> tuple[Outcome | None, list[Sent]]:
    """Let an adapter poll a far end."""
    ways = Played(far)
    conversation = Conversation(
        adapter=one.adapter,
        settings=one.settings,
        transport=ways,
        folder=ways,
        session_cache=SessionCache(60),
        hand=ways.hand,
        seconds=60,
    )
    return asyncio.run(conversation.run_poll(PollContext(cursor=cursor, now=NOW))), ways.sent


def read_exports(
    one: Subject,
    cursor: str,
    folder: Folder,
    hand: Callable[[Hand], Awaitable[tuple[Verdict, ...]]],
    now: datetime = NOW,
    *,
    died: bool = False,
) -> Outcome | None:
    """Let an adapter poll a real folder, once."""
    conversation = Conversation(
        adapter=one.adapter,
        settings=one.settings,
        folder=folder,
        exports=folder,
        session_cache=SessionCache(60),
        hand=hand,
        seconds=60,
    )

    async def poll() -> Outcome | None:
        try:
            return await conversation.run_poll(PollContext(cursor=cursor, now=now, died=died))
        finally:
            await folder.stop_reading()

    return asyncio.run(poll())


async def all_stored(asked: Hand) -> tuple[Verdict, ...]:
    """Take everything as stored."""
    return tuple(Verdict(ref=item.ref, word="stored") for item in asked.items)


@dataclass(slots=True)
class Simulated:
    """The contract's simulator as far end; `lying`: files that lie in its folder."""

    simulator: Any
    lying: dict[str, bytes] = field(default_factory=dict)

    def answer(self, request: Http) -> Reply:
        """Let it answer."""
        sent = encoded(request)
        path = sent.url.raw_path.decode()
        status, headers, text = self.simulator.handle(
            sent.method, path, dict(sent.headers), sent.read()
        )
        return Reply(
            status=status,
            body=text,
            headers={name.lower(): value for name, value in headers.items()},
        )

    def put(self, asked: Put) -> bool:
        """Let it find a file."""
        lies = self.lying.get(asked.name, asked.body)
        if lies != asked.body and not asked.replace:
            return False
        self.lying[asked.name] = asked.body
        self.simulator.put(asked.name, asked.body)
        return True

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give files that it made."""
        found = fnmatch.filter(sorted(self.simulator.files), asked.pattern)
        return {name: self.simulator.files[name] for name in found[: asked.limit]}

    def move(self, asked: Move) -> None:
        """Put a file of its away."""
        self.simulator.files[asked.to] = self.simulator.files.pop(asked.name)

    def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Take everything as stored."""
        return tuple(Verdict(ref=item.ref, word="stored") for item in asked.items)


def encoded(request: Http) -> httpx.Request:
    """Write a request as the transport would; a file's bytes are its name."""
    files = [
        (one.field, (one.file.name, one.file.name.encode(), one.file.media_type))
        for one in request.attached
    ]
    return httpx.Request(
        request.method,
        f"http://far{request.path}",
        params=dict(request.query) or None,
        json=request.json,
        data=dict(request.form) if request.form is not None else None,
        files=files or None,
        headers=dict(request.headers),
    )


def simulated(one: Subject) -> Simulated:
    """Answer with the contract's simulator."""
    return Simulated(one.simulator())


@dataclass(slots=True)
class Altered:
    """An honest far end, but for some answers."""

    honest: Simulated
    alter: Callable[[Http | Take, int], Reply | None]
    count: int = -1

    def answer(self, request: Http) -> Reply:
        """Answer, or give the other answer."""
        self.count += 1
        return self.alter(request, self.count) or self.honest.answer(request)

    def put(self, asked: Put) -> bool:
        """Receive a file."""
        return self.honest.put(asked)

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give files, or others under the same names."""
        self.count += 1
        other = self.alter(asked, self.count)
        found = self.honest.take(asked)
        return found if other is None else dict.fromkeys(found or [asked.pattern], other.body)

    def move(self, _asked: Move) -> None:
        """See a file put away, that may never have been."""

    def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Take everything as stored."""
        return self.honest.hand(asked)


@dataclass(slots=True)
class Scripted:
    """The far end of an example: its turns, in order."""

    turns: Iterator[dict[str, Any]]

    def answer(self, _request: Http) -> Reply:
        """Give the next reply."""
        reply = next(self.turns)["reply"]
        return Reply(
            status=reply["status"], headers=reply.get("headers", {}), body=reply["body"].encode()
        )

    def put(self, _asked: Put) -> None:
        """Take the next turn."""
        next(self.turns)

    def take(self, _asked: Take) -> dict[str, bytes]:
        """Give the next turn's files."""
        return {name: text.encode() for name, text in next(self.turns)["files"].items()}

    def move(self, _asked: Move) -> None:
        """Take the next turn."""
        next(self.turns)

    def hand(self, asked: Hand) -> tuple[Verdict, ...]:
        """Give the next turn's verdicts; where it states none, all is stored."""
        words = next(self.turns).get("verdicts", {})
        return tuple(
            Verdict(ref=item.ref, word=words.get(item.ref, "stored")) for item in asked.items
        )


def said(sent: list[Sent]) -> str:
    """Write down everything that was sent, in one text."""
    return json.dumps([spelled(one) for one in sent], default=str, sort_keys=True)


def spelled(one: Sent) -> dict[str, Any]:
    """Write down what was sent, as examples do."""
    match one:
        case Http():
            more = {
                "query": dict(one.query),
                "form": dict(one.form or {}),
                "attached": [[each.field, each.file.name] for each in one.attached],
            }
            said = {"method": one.method, "path": one.path, "json": one.json}
            return said | {name: value for name, value in more.items() if value}
        case Put():
            return {"put": one.name, "body": one.body.decode("utf-8", "backslashreplace")}
        case Take():
            return {"take": one.pattern}
        case Move():
            return {"move": one.name, "to": one.to}
        case Hand():
            return {"hand": [told(item) for item in one.items], "cursor": one.cursor}


def told(item: Item) -> dict[str, Any]:
    """Write down what was heard; what was not said is left out."""
    fields = {name.name: getattr(item, name.name) for name in dataclasses.fields(item)}
    kept = {name: value for name, value in fields.items() if value not in (None, ())}
    plain: dict[str, Any] = _stated(to_jsonable_python(kept, exclude_none=True))
    return {"item": type(item).__name__.lower(), **plain}


def _stated(value: Any) -> Any:
    """Leave out what says nothing, as the gateway does when it reads."""
    if isinstance(value, dict):
        return {name: _stated(one) for name, one in value.items() if one not in (None, "")}
    return [_stated(one) for one in value] if isinstance(value, list) else value
