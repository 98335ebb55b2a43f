"""The checks of "exists already" find an adapter that goes on nevertheless."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.kit import Adapter, Facts, Http, Many, Step, WebSettings, exists, read_json
from gateway.workbench.checks import check_exists, step_of
from gateway.workbench.existing import Tried, check_together
from gateway.workbench.full import pair
from gateway.workbench.transports import Subject, subject
from schemas.outcome import Delivered, Outcome, Refused, Remote

FOUND = registry.find_adapters().adapters
FIRST, SECOND = (step_of(document) for document in pair())


def careless(name: str) -> Subject:
    """Take an adapter that writes over whatever is there."""
    one = subject(FOUND[name])
    deliver = one.adapter.deliver

    async def over(step: Step, settings: Any) -> Outcome:
        return await deliver(replace(step, on_exists="replace"), settings)

    return replace(one, adapter=replace(one.adapter, deliver=over))


def cautious(name: str) -> Subject:
    """Take an adapter that never believes that something is its own."""
    one = subject(FOUND[name])
    deliver = one.adapter.deliver

    async def over(step: Step, settings: Any) -> Outcome:
        return await deliver(replace(step, doubt=False), settings)

    return replace(one, adapter=replace(one.adapter, deliver=over))


@pytest.mark.parametrize("name", ["national_portal", "igate", "commune_files"])
def test_an_adapter_that_writes_over_it_fails(name: str) -> None:
    """Law 17: Whoever takes "exists already" for delivery does not pass the checks."""
    with pytest.raises(AssertionError, match="exists already, and fresh"):
        check_exists(careless(name))


@pytest.mark.parametrize("name", ["national_portal", "igate"])
def test_an_adapter_that_forgets_its_own_create_fails(name: str) -> None:
    """A lost answer would park every dossier that landed."""
    with pytest.raises(AssertionError, match="our own create landed"):
        check_exists(cautious(name))


def test_a_contract_must_say_how_it_answers(tmp_path: Path) -> None:
    """Silence is no answer: an adapter that never thought of it is told to."""
    (tmp_path / "contract.toml").write_text("[settings]\n", "utf-8")

    with pytest.raises(AssertionError, match="does not say how a create of what exists"):
        check_exists(replace(subject(FOUND["echo"]), contract=tmp_path))


@dataclass
class Register:
    """A far end that takes several creates in one call, and judges each by its code."""

    switches: dict[str, Any] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def seed(self, codes: Sequence[str]) -> None:
        """Let dossiers stand there."""
        self.codes |= set(codes)

    def handle(
        self, _method: str, _path: str, _headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer for each."""
        sent = json.loads(body)
        said = ["exists" if code in self.codes else "ok" for code in sent]
        self.codes |= set(sent)
        return 200, {}, json.dumps(said).encode()


class Registered(Subject):
    """An adapter with that far end."""

    def simulator(self) -> Any:
        """Make it."""
        return Register()


def verdict(step: Step, word: str) -> Outcome:
    """Say what their word about one dossier means."""
    parked = exists(step, word) if word == "exists" else None
    return parked or Delivered(up_to=step.dossier.version, remote=Remote(created=True))


def blanket(_step: Step, word: str) -> Outcome:
    """Take every word for the same no."""
    return Refused(code="no", message=word)


def together(tmp_path: Path, judge: Callable[[Step, str], Outcome]) -> Registered:
    """Make an adapter that tells several dossiers in one call."""

    async def deliver_many(steps: Sequence[Step], _settings: WebSettings) -> Many:
        codes = [step.dossier.official_code for step in steps]
        reply = await Http(method="POST", path="/", json=codes, effect="keyed")
        return [judge(*one) for one in zip(steps, read_json(reply, "keyed"), strict=True)]

    async def deliver(step: Step, settings: WebSettings) -> Outcome:
        reply = await Http(
            method="POST", path="/", json=[step.dossier.official_code], effect="keyed"
        )
        return verdict(step, read_json(reply, "keyed")[0])

    (tmp_path / "contract.toml").write_text('[settings]\nbase_url = "http://far"\n', "utf-8")
    adapter = Adapter(
        name="register",
        settings=WebSettings,
        facts=Facts(version="1"),
        deliver=deliver,
        deliver_many=deliver_many,
    )
    return Registered(adapter, tmp_path)


def test_one_that_exists_among_many_parks_alone(tmp_path: Path) -> None:
    """Law 17: The others of the same call are delivered."""
    check_together(Tried.of(together(tmp_path, verdict), FIRST, {}), SECOND)


def test_a_batch_that_parks_all_fails(tmp_path: Path) -> None:
    """What harms a neighbour is found."""
    with pytest.raises(AssertionError, match="one of two exists"):
        check_together(Tried.of(together(tmp_path, blanket), FIRST, {}), SECOND)
