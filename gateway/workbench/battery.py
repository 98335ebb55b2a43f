"""The battery of law 13: no answer that is no success is ever a delivery.

Every talk of an adapter is held once with its contract's honest simulator, and each reply of it is
then replaced in turn, for good, by each of the shots. What was asked so has never been answered
with a success: the talk must not end `Delivered`, and no checkpoint may say that they hold more.
Only a look-up may fail and the dossier be told all the same, with everything that is told without.
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from typing import Any

from adapters.kit.driver import Conversation
from adapters.kit.port import Checkpoint, Http, Move, PollContext, Put, Reply, Settings, Step, Take
from adapters.kit.session import SessionCache
from gateway.rules.lifecycle import resulting
from gateway.rules.outcomes import word
from gateway.workbench.existing import ways_of
from gateway.workbench.non_successes import OTHER, Shot, shots
from gateway.workbench.samples.generator import STORIES, Sample, sample
from gateway.workbench.transports import NOW, Played, Simulated, Subject, play, simulated
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.outcome import CannotExpress, Delivered, Outcome, Refused, Remote
from schemas.status import Kind, Status

Asked = Http | Put | Take
SHOTS = tuple(shots())
FEW = 4
"""Shots at a reply that is read as another one was, which met all of them."""
ENOUGH = 5
"""So many mistakes are shown."""
NAMES = re.compile(r"[0-9a-f-]{20,}|[A-Z]\d{2}[\d.]*-\d{6}-\d+")
"""Ids and codes in an address."""
BASE = {
    "id": "019a0000-0000-7000-8000-00000000001f",
    "environment": "sandbox",
    "schema_version": "1.0",
}


def steps() -> dict[str, Step]:
    """Make a step of the first sample of each story, told whole."""
    numbers = {story: place + 1 for place, story in reversed(list(enumerate(STORIES)))}
    return {story: step_of_sample(sample(numbers[story], 1)) for story in sorted(numbers)}


def step_of_sample(one: Sample) -> Step:
    """Make the step that a system would be told which knows nothing of a dossier yet."""
    body = {
        name: value
        for name, value in one.requests[0].body.items()
        if name not in {"events", "known_in", "origin", "status"}
    }
    told = [*one.requests[0].body.get("events", ())]
    told += [request.body for request in one.requests[1:] if request.path.endswith("/events")]
    first = {"ref": "registered", "kind": "registered", "occurred_at": body["submitted_at"]}
    events, status = [], Status.SUBMITTED
    for number, event in enumerate([first, *told], 1):
        stated = Status(event["status"]) if event.get("status") else None
        status = resulting(Kind(event["kind"]), stated, status, Status.PROCESSING)
        events.append(
            {"action": event["kind"], **event, "seq": number, "recorded_at": event["occurred_at"]}
            | {"status": status}
        )
    document = BASE | {"version": len(events), "status": status} | body
    return Step(
        dossier=Dossier.model_validate(document),
        events=tuple(Event.model_validate(event) for event in events),
        remote=Remote(),
    )


def key(asked: Asked) -> str:
    """Say what is asked, apart from what a second try changes."""
    if isinstance(asked, Take):
        return f"take {asked.pattern}"
    if isinstance(asked, Put):
        return f"put {asked.name}"
    body = asked.json
    if isinstance(body, dict):
        body = {name: one for name, one in body.items() if name not in {"session", "isUpdating"}}
    said = json.dumps([body, dict(asked.form or {}), sorted(asked.query)], default=str)
    return f"{asked.method} {asked.path} {said}"


@dataclass(slots=True)
class Range:
    """An honest far end, which from one request on answers that one with a shot."""

    honest: Simulated
    target: str | None = None
    shot: Shot | None = None
    seen: dict[str, Reply | dict[str, bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    hit: bool = False
    fresh: bool = False
    """Nothing but the shot was answered since."""

    def answer(self, request: Http) -> Reply:
        """Answer, or shoot."""
        self.asked.append(request)
        name = key(request)
        if name == self.target and self.shot is not None:
            made = self.shot.make(_reply(self.seen[name]))
            if made is not None:
                self.hit = self.fresh = True
                return made
        self.fresh = self.fresh and request.effect == "read"
        reply = self.honest.answer(request)
        self.seen.setdefault(name, reply)
        return reply

    def put(self, asked: Put) -> bool:
        """Receive a file."""
        self.asked.append(asked)
        return self.honest.put(asked)

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give files, or others under the same names."""
        self.asked.append(asked)
        name, found = key(asked), self.honest.take(asked)
        self.seen.setdefault(name, found)
        if name != self.target or self.shot is None:
            return found
        self.hit = self.fresh = True
        made = {file: self.shot.make(_file(body)) for file, body in found.items()}
        bodies = {file: reply.body for file, reply in made.items() if reply is not None}
        return {file: body for file, body in bodies.items() if body.strip() != found[file].strip()}

    def move(self, _asked: Move) -> None:
        """See a file put away, that may never have been."""

    def hand(self, asked: Any) -> Any:
        """Take everything as stored."""
        return self.honest.hand(asked)


def _reply(seen: Reply | dict[str, bytes]) -> Reply:
    return seen if isinstance(seen, Reply) else _file(b"")


def _file(body: bytes) -> Reply:
    return Reply(status=200, headers={}, body=body)


@dataclass(slots=True)
class Aim:
    """Which shots meet a reply: all of them the first of its kind, a few in turn every other."""

    round: Iterator[Shot] = field(default_factory=lambda: cycle(SHOTS))
    kinds: set[str] = field(default_factory=set)

    def at(self, asked: Http | Take) -> Sequence[Shot]:
        """Choose."""
        kind = _kind(asked)
        if kind in self.kinds:
            return tuple(islice(self.round, FEW))
        self.kinds.add(kind)
        return SHOTS


@dataclass(slots=True)
class Talked:
    """How a talk ended, and what its checkpoints claimed while only the shot was answered."""

    outcomes: Sequence[Outcome | CannotExpress]
    claims: list[Remote]


async def talk(one: Subject, own: Settings, told: Sequence[Step], far: Range) -> Talked:
    """Hold a talk about a step, or about several at once."""
    held, claims = told[0].remote, []

    async def keep(asked: Checkpoint) -> None:
        nonlocal held
        more = asked.remote.line > held.line or (asked.remote.created and not held.created)
        if far.fresh and more:
            claims.append(asked.remote)
        held = asked.remote

    conversation = _conversation(one, own, far, keep)
    if len(told) == 1:
        try:
            return Talked([await conversation.run(told[0])], claims)
        except CannotExpress as error:
            return Talked([error], claims)
    found = await conversation.run_many(told)
    return Talked(found if isinstance(found, Sequence) else [found], claims)


def _conversation(one: Subject, own: Settings, far: Range, keep: Any) -> Conversation:
    ways = Played(far)
    return Conversation(
        adapter=one.adapter,
        settings=own,
        transport=ways,
        folder=ways,
        session_cache=SessionCache(60),
        checkpoint=keep,
        hand=ways.hand,
        seconds=60,
    )


def _far(one: Subject, switches: Mapping[str, Any]) -> Range:
    honest = simulated(one)
    honest.simulator.switches = dict(switches)
    return Range(honest)


async def _shoot(
    one: Subject,
    switches: Mapping[str, Any],
    told: Sequence[Step],
    name: str,
    aim: Aim,
) -> list[str]:
    """Replace each reply of a talk by shots; give what was taken for a success."""
    own, plain = one.settings, _far(one, switches)
    honest = await talk(one, own, told, plain)
    if not all(isinstance(outcome, Delivered) for outcome in honest.outcomes):
        return []  # what cannot be said there is told to nobody
    bad: list[str] = []
    writes = {key(asked) for asked in plain.asked if _writes(asked)}
    requests = {key(asked): asked for asked in plain.asked if isinstance(asked, (Http, Take))}
    for target, asked in requests.items():
        for shot in (*aim.at(asked), *_wrong_items(told, plain.seen[target])):
            far = _far(one, switches)
            far.target, far.shot, far.seen = target, shot, dict(plain.seen)
            found = await talk(one, own, told, far)
            if not far.hit:
                continue
            reads = isinstance(asked, Http) and asked.effect == "read" and asked.signed
            whole = writes <= {key(sent) for sent in far.asked if _writes(sent)}
            judged = found.outcomes if shot.item is None else [found.outcomes[shot.item]]
            fooled = any(isinstance(outcome, Delivered) for outcome in judged)
            if (fooled and not (reads and whole)) or found.claims:
                bad.append(f"{name}: {target[:80]} answered with {shot.name}")
    return bad


def _kind(asked: Http | Take) -> str:
    """Name what is asked, whatever is told by it."""
    if isinstance(asked, Take):
        return "take"
    service = asked.json.get("service") if isinstance(asked.json, dict) else None
    return f"{asked.method} {NAMES.sub('*', asked.path)} {service} {asked.effect}"


def _writes(asked: Asked) -> bool:
    return isinstance(asked, Put) or (isinstance(asked, Http) and asked.effect != "read")


def _wrong_items(told: Sequence[Step], seen: Reply | dict[str, bytes]) -> Iterator[Shot]:
    """Let an answer that names our dossier name another one."""
    for place, step in enumerate(told):
        for name in (step.dossier.official_code, str(step.dossier.id)):
            mine = (name or "").encode()
            if mine and isinstance(seen, Reply) and mine in seen.body:
                yield Shot(f"about {OTHER}", _swapping(mine), place)


def _swapping(mine: bytes) -> Any:
    return lambda honest: replace(honest, body=honest.body.replace(mine, OTHER.encode()))


async def _poll(one: Subject, switches: Mapping[str, Any]) -> list[str]:
    """Replace each reply of a poll by each shot: it must say that it heard nothing."""
    if one.adapter.poll is None or one.adapter.reader is not None:
        return []
    look = PollContext(cursor="", now=NOW)
    own, plain = one.settings, _far(one, switches)
    assert await _conversation(one, own, plain, None).run_poll(look) is None, (
        "a poll fails by itself"
    )
    bad = []
    for target in [key(asked) for asked in plain.asked if isinstance(asked, Http)]:
        for shot in SHOTS:
            far = _far(one, switches)
            far.target, far.shot, far.seen = target, shot, dict(plain.seen)
            found = await _conversation(one, own, far, None).run_poll(look)
            if far.hit and found is None:
                bad.append(f"poll: {target[:80]} answered with {shot.name}")
    return bad


async def _run(one: Subject, told: Mapping[str, Step]) -> list[str]:
    """Hold all talks, until it is clear that something is wrong."""
    first, aim = told["plain"], Aim()
    talks: list[tuple[Subject, Mapping[str, Any], Sequence[Step], str]] = [
        (one, {}, [step], story) for story, step in told.items()
    ]
    for way in ways_of(one):
        own = replace(one, others={**one.others, **way.get("settings", {})})
        talks.append((own, way.get("switches", {}), [first], f"plain, {dict(way)}"))
    if one.adapter.deliver_many is not None:
        other = replace(told["refused"], dossier=_renamed(told["refused"].dossier))
        talks.append((one, {}, [first, other], "several"))
    bad = await _poll(one, {})
    for talked in talks:
        if len(bad) >= ENOUGH:
            break
        bad += await _shoot(*talked, aim)
    return bad


def _renamed(dossier: Dossier) -> Dossier:
    return dossier.model_copy(update={"id": dossier.id.__class__(int=dossier.id.int + 1)})


def check_proof(one: Subject) -> None:
    """Law 13: take no answer for a success that is none, at no place of any talk."""
    bad = asyncio.run(_run(one, steps()))
    assert not bad, f"taken for a success, {len(bad)} times: {bad[:ENOUGH]}"


def check_answers(one: Subject) -> None:
    """Understand each answer that the contract lists (`checks.answers`) as it says.

    status, body: what they answer, to every request with the effect `to`
    means: the outcome's word, with the owner of a refusal behind a colon where no officer is it
    """
    toml = tomllib.loads((one.contract / "contract.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = toml.get("checks", {}).get("answers", [])
    step = steps()["plain"]
    for row in rows:
        honest = simulated(one)
        found, _, _ = play(
            one, replace(step, doubt=row.get("doubt", False)), Answering(honest, row)
        )
        said = word(found)
        if isinstance(found, Refused) and found.owner != "officer":
            said += f":{found.owner}"
        assert said == row["means"], f"HTTP {row.get('status', 200)} {row['body']}: {found}"


@dataclass(slots=True)
class Answering:
    """An honest far end that answers requests of one effect as a row of the contract says."""

    honest: Simulated
    row: Mapping[str, Any]

    def answer(self, request: Http) -> Reply:
        """Answer, or say what the row says."""
        wanted = "login" if not request.signed and self.row["to"] == "login" else request.effect
        honest = self.honest.answer(request)
        if wanted != self.row["to"]:
            return honest
        kind = {"content-type": str(self.row.get("type", "application/json"))}
        body = str(self.row["body"]).encode(str(self.row.get("charset", "utf-8")))
        return Reply(status=int(self.row.get("status", 200)), headers=kind, body=body)

    def put(self, asked: Put) -> bool:
        """Receive a file."""
        return self.honest.put(asked)

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give files."""
        return self.honest.take(asked)

    def move(self, asked: Move) -> None:
        """See a file put away."""
        self.honest.move(asked)

    def hand(self, asked: Any) -> Any:
        """Take everything as stored."""
        return self.honest.hand(asked)
