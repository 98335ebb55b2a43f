"""The checks that every adapter gets for nothing: found by its folder and its contract's.

Each raises AssertionError with a sentence that says what is wrong, and where.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import jsonschema

import adapters
import contracts
from adapters.kit.port import Adapter, Checkpoint, Http, Reply, Settings, Step
from adapters.kit.session import Keeper
from adapters.kit.talk import Conversation, Exchanged
from gateway.rules.outcomes import word
from gateway.workbench.full import dotted, leaves, nudged, pair, value_at
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.outcome import CannotExpress, Malformed, Outcome, Remote

ALLOWED = ("adapters.kit", "schemas", "pydantic", "__future__")
SILENT = frozenset(
    {
        "schema_version",
        "extensions.mau.truong",
    }
)
"""Leaves that no system is ever told, or that cannot differ."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An adapter with its contract's folder."""

    adapter: Adapter[Any]
    contract: Path

    @property
    def settings(self) -> Settings:
        """Settings for the checks, from the contract."""
        table = tomllib.loads((self.contract / "contract.toml").read_text(encoding="utf-8"))
        found: Settings = self.adapter.settings.model_validate(table["settings"])
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


@dataclass(slots=True)
class Played:
    """A carrier without a socket: answers come from a function; requests are kept."""

    answer: Callable[[Http], Reply]
    sent: list[Http] = field(default_factory=list)
    seconds: float = 1.0

    async def exchange(self, request: Http) -> Reply:
        """Answer a request."""
        self.sent.append(request)
        return self.answer(request)


async def _kept(_asked: Checkpoint) -> None:
    return


def play(
    one: Subject, step: Step, answer: Callable[[Http], Reply]
) -> tuple[Outcome | CannotExpress, list[Http], list[Exchanged]]:
    """Hold a conversation against a function; give outcome, requests and trace."""
    carrier = Played(answer)
    conversation = Conversation(
        adapter=one.adapter,
        settings=one.settings,
        carrier=carrier,
        keeper=Keeper(60),
        checkpoint=_kept,
        seconds=60,
    )
    outcome: Outcome | CannotExpress
    try:
        outcome = asyncio.run(conversation.hold(step))
    except CannotExpress as error:
        outcome = error
    return outcome, carrier.sent, conversation.trace


def simulated(one: Subject) -> Callable[[Http], Reply]:
    """Answer with the contract's simulator."""
    simulator = one.simulator()

    def answer(request: Http) -> Reply:
        body = json.dumps(request.json).encode() if request.json is not None else b""
        status, headers, text = simulator.handle(request.method, request.path, {}, body)
        return Reply(
            status=status,
            body=text,
            headers={name.lower(): value for name, value in headers.items()},
        )

    return answer


def step_of(document: Mapping[str, Any]) -> Step:
    """Make a step from a dossier with its events, as JSON."""
    events = tuple(Event.model_validate(one) for one in document["events"])
    rest = {key: value for key, value in document.items() if key not in {"events", "_step"}}
    more = dict(document.get("_step", {}))
    remote = Remote(**more.pop("remote", {}))
    return Step(dossier=Dossier.model_validate(rest), events=events, remote=remote, **more)


def _said(requests: list[Http]) -> str:
    return json.dumps(
        [[one.method, one.path, dict(one.query), one.json, one.form] for one in requests],
        default=str,
        sort_keys=True,
    )


def check_nothing_is_lost(one: Subject) -> None:
    """Nudge each canonical leaf: the requests change, or the facts say that it is not carried."""
    first, second = pair()
    before = _said(play(one, step_of(first), simulated(one))[1])
    lost: set[str] = set()
    told: set[str] = set()
    for path in leaves(first):
        name = dotted(path)
        other = value_at(second, path)
        if name in SILENT or other == value_at(first, path):
            continue
        after = _said(play(one, step_of(nudged(first, path, other)), simulated(one))[1])
        (lost if after == before else told).add(name)
    stated = one.adapter.facts.not_carried
    silent = sorted(name for name in lost if not _covered(name, stated))
    untrue = sorted(name for name in told if _covered(name, stated))
    idle = sorted(name for name in stated if not any(_covered(leaf, {name}) for leaf in lost))
    assert not silent, f"lost in silence: {silent}"
    assert not untrue, f"not_carried, yet carried: {untrue}"
    assert not idle, f"not_carried names nothing: {idle}"


def _covered(name: str, stated: Any) -> bool:
    return any(name == one or name.startswith((f"{one}.", f"{one}[")) for one in stated)


def check_pure(one: Subject) -> None:
    """Give the same requests for the same step, and the same key."""
    first, _ = pair()
    runs = [_said(play(one, step_of(first), simulated(one))[1]) for _ in range(2)]
    assert runs[0] == runs[1], "two runs of one step differ"
    assert step_of(first).key == step_of(first).key, "the key changes"


def check_examples(one: Subject) -> None:
    """Each example of the contract is spoken word for word, and ends as it says."""
    cases = sorted(path for path in (one.contract / "examples").iterdir() if path.is_dir())
    assert cases, "the contract has no examples"
    for case in cases:
        dossier, talk, expected = (
            json.loads((case / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("dossier", "talk", "outcome")
        )
        replies = iter(talk)

        def answer(_request: Http, replies: Any = replies) -> Reply:
            reply = next(replies)["reply"]
            return Reply(
                status=reply["status"],
                headers=reply.get("headers", {}),
                body=reply["body"].encode(),
            )

        outcome, sent, _ = play(one, step_of(dossier), answer)
        said = [
            {"method": request.method, "path": request.path, "json": request.json}
            for request in sent
        ]
        assert said == [turn["request"] for turn in talk], f"{case.name}: other requests"
        assert shown(outcome) == expected, f"{case.name}: {shown(outcome)}"


def shown(outcome: Outcome | CannotExpress) -> dict[str, Any]:
    """Write an outcome as examples do."""
    if isinstance(outcome, CannotExpress):
        return {"outcome": "cannot_express", "field": outcome.field}
    found: dict[str, Any] = json.loads(json.dumps(asdict(outcome)))
    return {"outcome": word(outcome), **found}


def check_requests_fit_the_schema(one: Subject) -> None:
    """Every request of the examples is valid by the contract's JSON Schema for its service."""
    for case in sorted((one.contract / "examples").iterdir()):
        for turn in json.loads((case / "talk.json").read_text(encoding="utf-8")):
            body = turn["request"]["json"]
            name = body.get("service", "request" if "username" not in body else "login")
            schema = json.loads((one.contract / "schema" / f"{name}.json").read_text("utf-8"))
            jsonschema.validate(body, schema)


def check_survives(one: Subject, status: int, body: bytes, kind: str, at: int) -> None:
    """Whatever comes as the `at`-th answer, the conversation ends with an outcome."""
    first, _ = pair()
    honest, count = simulated(one), iter(range(1000))

    def answer(request: Http) -> Reply:
        if next(count) == at:
            return Reply(status=status, headers={"content-type": kind}, body=body)
        return honest(request)

    outcome, _, _ = play(one, step_of(first), answer)
    crashed = isinstance(outcome, Malformed) and ".py:" in outcome.why
    assert not crashed, f"the adapter crashed: {outcome}"


def check_secrets_stay_inside(one: Subject) -> None:
    """Keep the secrets of the settings out of outcomes and traces."""
    first, _ = pair()
    for status in (200, 401, 500):

        def echo(request: Http, status: int = status) -> Reply:
            text = json.dumps([request.json, dict(request.headers)])
            return Reply(status=status, headers={}, body=text.encode())

        outcome, _, trace = play(one, step_of(first), echo)
        for text in (repr(outcome), repr(trace), repr(one.settings)):
            assert "canary" not in text, f"a secret shows: {text[:200]}"


def check_codes(one: Subject) -> None:
    """Hold tables over canonical words to be total, and an unknown foreign code to be Malformed."""
    for table in one.adapter.tables:
        kinds = {type(key) for key in table if isinstance(key, Enum)}
        for kind in kinds:
            lacking = [word for word in kind if word not in table]
            assert not lacking, f"a table of {kind.__name__} lacks {lacking}"
    toml = tomllib.loads((one.contract / "contract.toml").read_text(encoding="utf-8"))
    body = toml["checks"]["unknown"].encode()
    honest = simulated(one)

    def answer(request: Http) -> Reply:
        if not request.signed:
            return honest(request)
        return Reply(status=200, headers={"content-type": "application/json"}, body=body)

    outcome, _, _ = play(one, step_of(pair()[0]), answer)
    assert isinstance(outcome, Malformed), f"an unknown code gives {outcome}"


def check_imports(one: Subject) -> None:
    """Import the kit, the common tongue, the standard library and oneself, nothing else."""
    folder = Path(next(iter(adapters.__path__))) / one.adapter.name
    allowed = (*ALLOWED, f"adapters.{one.adapter.name}")
    forbidden = (
        "socket",
        "asyncio",
        "time",
        "logging",
        "os",
        "threading",
        "httpx",
        "aiohttp",
        "gateway",
        "contracts",
        "random",
        "requests",
        "urllib",
    )
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            )
            for name in names:
                foreign = name.startswith(("adapters", "schemas")) and not name.startswith(allowed)
                assert not foreign, f"{file.name} imports {name}"
                bad = name.split(".")[0] in forbidden
                assert not bad, f"{file.name} imports {name}"


CHECKS: tuple[Callable[[Subject], None], ...] = (
    check_nothing_is_lost,
    check_pure,
    check_examples,
    check_requests_fit_the_schema,
    check_secrets_stay_inside,
    check_imports,
    check_codes,
)
