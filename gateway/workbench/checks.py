"""The checks that every adapter gets for nothing: found by its folder and its contract's.

Each raises AssertionError with a sentence that says what is wrong, and where.
"""

from __future__ import annotations

import ast
import json
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from enum import Enum
from pathlib import Path
from typing import Any

import jsonschema

import adapters
from adapters.kit.files import Folder
from adapters.kit.port import Call, Hand, Http, Reply, Step, Take
from gateway.rules.outcomes import word
from gateway.workbench.battery import check_answers, check_proof
from gateway.workbench.existing import PROMISES, Tried, check_together, ways_of
from gateway.workbench.full import dotted, leaves, nudged, pair, value_at
from gateway.workbench.transports import (
    NOW,
    Altered,
    Scripted,
    Subject,
    all_stored,
    listen,
    play,
    play_many,
    read_exports,
    said,
    simulated,
    spelled,
    told,
)
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.inbound import Verdict
from schemas.outcome import CannotExpress, Delivered, Malformed, Outcome, Remote

ALLOWED = ("adapters.kit", "schemas", "pydantic", "__future__")
SILENT = frozenset(
    {
        "schema_version",
        "extensions.mau.truong",
        "source.raw",
    }
)
"""Leaves that no system is ever told, or that cannot differ."""


def step_of(document: Mapping[str, Any]) -> Step:
    """Make a step from a dossier with its events, as JSON."""
    events = tuple(Event.model_validate(one) for one in document["events"])
    rest = {key: value for key, value in document.items() if key not in {"events", "_step"}}
    more = dict(document.get("_step", {}))
    remote = Remote(**more.pop("remote", {}))
    return Step(dossier=Dossier.model_validate(rest), events=events, remote=remote, **more)


def check_nothing_is_lost(one: Subject) -> None:
    """Nudge each canonical leaf: the requests change, or the facts say that it is not carried."""
    first, second = pair()
    before = said(play(one, step_of(first), simulated(one))[1])
    lost: set[str] = set()
    told: set[str] = set()
    for path in leaves(first):
        name = dotted(path)
        other = value_at(second, path)
        if name in SILENT or other == value_at(first, path):
            continue
        after = said(play(one, step_of(nudged(first, path, other)), simulated(one))[1])
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
    runs = [said(play(one, step_of(first), simulated(one))[1]) for _ in range(2)]
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
        own = replace(one, others=dossier.pop("_settings", {}))
        outcome, sent, _ = play(own, step_of(dossier), Scripted(iter(talk)))
        spoken = [spelled(request) for request in sent]
        assert spoken == [turn["request"] for turn in talk], f"{case.name}: other requests"
        assert shown(outcome) == expected, f"{case.name}: {shown(outcome)}"


USUAL: Mapping[str, Any] = {"owner": "officer", "at_login": False, "undecided": False}
"""What of an outcome is not written where it is so: examples name what is worth a word."""


def shown(outcome: Outcome | CannotExpress) -> dict[str, Any]:
    """Write an outcome as examples do."""
    if isinstance(outcome, CannotExpress):
        return {"outcome": word(outcome), "field": outcome.field}
    found: dict[str, Any] = json.loads(json.dumps(asdict(outcome)))
    if not found.get("remote", {}).get("notes", True):
        del found["remote"]["notes"]
    for name, usual in USUAL.items():
        if found.get(name) == usual:
            del found[name]
    return {"outcome": word(outcome), **found}


def check_requests_fit_the_schema(one: Subject) -> None:
    """Every request of the examples is valid by the contract's JSON Schema for its service."""
    for case in sorted((one.contract / "examples").iterdir()):
        for turn in json.loads((case / "talk.json").read_text(encoding="utf-8")):
            body = turn["request"].get("json")
            if body is None:
                continue
            name = turn.get("schema") or (
                body.get("service", "request" if "username" not in body else "login")
            )
            schema = json.loads((one.contract / "schema" / f"{name}.json").read_text("utf-8"))
            jsonschema.validate(body, schema)


def check_survives(one: Subject, status: int, body: bytes, kind: str, at: int) -> None:
    """Whatever comes as the `at`-th answer, the conversation ends with an outcome."""

    def alter(_request: Http | Take, number: int) -> Reply | None:
        if number != at:
            return None
        return Reply(status=status, headers={"content-type": kind}, body=body)

    outcome, _, _ = play(one, step_of(pair()[0]), Altered(simulated(one), alter))
    crashed = isinstance(outcome, Malformed) and ".py:" in outcome.why
    assert not crashed, f"the adapter crashed: {outcome}"


def check_secrets_stay_inside(one: Subject) -> None:
    """Keep the secrets of the settings out of outcomes and traces."""
    first, _ = pair()
    for status in (200, 401, 500):

        def echo(request: Http | Take, _number: int, status: int = status) -> Reply:
            sent = (
                [request.json, request.form, request.headers] if isinstance(request, Http) else []
            )
            return Reply(status=status, headers={}, body=json.dumps(sent, default=dict).encode())

        outcome, _, trace = play(one, step_of(first), Altered(simulated(one), echo))
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
    if "unknown" not in toml.get("checks", {}):
        return  # it answers with no codes: the contract has none to be unknown
    body = toml["checks"]["unknown"].encode()

    def alter(request: Http | Take, _number: int) -> Reply | None:
        if isinstance(request, Http) and not request.signed:
            return None
        return Reply(status=200, headers={"content-type": "application/json"}, body=body)

    outcome, _, _ = play(one, step_of(pair()[0]), Altered(simulated(one), alter))
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


def check_polls(one: Subject) -> None:
    """Speak the examples of polling (`polls/`), which an adapter that polls has, word for word."""
    cases = sorted((one.contract / "polls").glob("*/"))
    assert bool(cases) == (one.adapter.poll is not None), "polls/ and `poll` go together"
    for case in cases:
        if one.adapter.reader is not None:
            _check_files(one, case)
            continue
        talk = json.loads((case / "talk.json").read_text(encoding="utf-8"))
        expected = json.loads((case / "outcome.json").read_text(encoding="utf-8"))
        outcome, sent = listen(one, talk[0].get("cursor", ""), Scripted(iter(talk)))
        spoken = [spelled(request) for request in sent]
        assert spoken == [turn["request"] for turn in talk], f"{case.name}: {spoken}"
        found = None if outcome is None else shown(outcome)
        assert found == expected, f"{case.name}: {found}"


def _check_files(one: Subject, case: Path) -> None:
    """Read the files of an example (`files.json`) in a real folder, and see what is left.

    Before: `cursor`, `files` by name. After: `handed`, `left` (names), `reports` with their text.
    """
    told_files = json.loads((case / "files.json").read_text(encoding="utf-8"))
    handed: list[dict[str, Any]] = []

    async def hand(asked: Hand) -> tuple[Verdict, ...]:
        handed.extend(told(item) for item in asked.items)
        return await all_stored(asked)

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name, text in told_files["files"].items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(text.encode())
        folder = Folder(root, quiet_seconds=0.0, scale=0.0)
        outcome = read_exports(one, told_files.get("cursor", ""), folder, hand)
        left = {str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
        reports = {
            name: file.read_text("utf-8")
            for name, file in left.items()
            if name.endswith(".errors.csv")
        }
    assert outcome is None, f"{case.name}: {outcome}"
    assert handed == told_files["handed"], f"{case.name}: {handed}"
    assert sorted(left) == told_files["left"], f"{case.name}: {sorted(left)}"
    assert reports == told_files["reports"], f"{case.name}: {reports}"


def check_calls(one: Subject) -> None:
    """Understand and answer the examples of calls (`calls/`), which an adapter that hears has."""
    cases = sorted((one.contract / "calls").glob("*/"))
    assert bool(cases) == (one.adapter.hear is not None), "calls/ and `hear` go together"
    for case in cases:
        call, expected = (
            json.loads((case / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("call", "heard")
        )
        assert one.adapter.hear is not None
        body = call.pop("body")
        heard = one.adapter.hear(
            Call(
                **{"method": "POST", "query": {}, "headers": {}} | call,
                body=(body if isinstance(body, str) else json.dumps(body)).encode(),
                now=NOW,
            ),
            one.settings,
        )
        assert heard is not None, f"{case.name}: not a call of theirs"
        assert [told(item) for item in heard.items] == expected["items"], f"{case.name}: items"
        words = expected.get("verdicts", {})
        verdicts = [Verdict(ref=i.ref, word=words.get(i.ref, "stored")) for i in heard.items]
        answer = heard.answer(tuple(verdicts))
        assert answer.status == expected["status"], f"{case.name}: HTTP {answer.status}"
        assert json.loads(answer.body) == expected["answer"], f"{case.name}: {answer.body!r}"


def check_many(one: Subject) -> None:
    """Tell several steps at once: each gets what it gets alone, and a bad answer fools nobody."""
    if one.adapter.deliver_many is None:
        return
    steps = [step_of(document) for document in pair()]
    alone = [play(one, step, simulated(one))[0] for step in steps]
    assert play_many(one, steps, simulated(one)) == alone, "together they end otherwise than alone"
    for status, body in ((500, b"x"), (200, b"[]"), (200, b"{}"), (200, b'{"ok": true}')):

        def alter(
            _request: Http | Take, _number: int, status: int = status, body: bytes = body
        ) -> Reply:
            return Reply(status=status, headers={}, body=body)

        found = play_many(one, steps, Altered(simulated(one), alter))
        each = found if isinstance(found, Sequence) else [found]
        crashed = [o for o in each if isinstance(o, Malformed) and ".py:" in o.why]
        assert not crashed, f"the adapter crashed: {crashed}"
        assert not any(isinstance(o, Delivered) for o in each), f"{body!r} is taken for delivery"


def check_exists(one: Subject) -> None:
    """Never write over a dossier of somebody else that stands under our code."""
    step, other = (step_of(document) for document in pair())
    for way in ways_of(one):
        for promise in PROMISES:
            promise(Tried.of(one, step, way))
        check_together(Tried.of(one, step, way), other)


CHECKS: tuple[Callable[[Subject], None], ...] = (
    check_nothing_is_lost,
    check_pure,
    check_examples,
    check_requests_fit_the_schema,
    check_secrets_stay_inside,
    check_imports,
    check_codes,
    check_polls,
    check_calls,
    check_many,
    check_exists,
    check_answers,
    check_proof,
)
