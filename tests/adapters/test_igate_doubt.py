"""A change of state whose answer was lost: their look-up decides where it can, never a guess."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters import registry
from adapters.kit import Http, Reply, TransportError
from gateway.workbench.battery import steps
from gateway.workbench.transports import Simulated, Subject, play, subject
from schemas.outcome import Delivered, Outcome, Remote, Uncertain

ONE = subject(registry.find_adapters().adapters["igate"])
STEP = steps()["plain"]


@dataclass
class Losing(Simulated):
    """A province whose answer to one change of state is lost: after it was stored, or before."""

    at: int = 0
    stored: bool = True
    told: list[dict[str, Any]] = field(default_factory=list)
    looked: int = 0

    def answer(self, request: Http) -> Reply:
        """Do what was asked, unless it is lost on the way."""
        self.looked += request.path.endswith("--data")
        if not request.path.endswith("--status"):
            return Simulated.answer(self, request)
        self.at -= 1
        if self.at == 0 and not self.stored:
            raise TransportError(Uncertain(why="cut", effect=request.effect))
        reply = Simulated.answer(self, request)
        if self.at == 0:
            raise TransportError(Uncertain(why="cut", effect=request.effect))
        return reply


def province(at: int, *, stored: bool, **switches: Any) -> Losing:
    """Make one whose history grows with each change of state."""
    effects: list[dict[str, Any]] = []
    simulator = ONE.simulator()
    simulator.switches, simulator.witness = {"history": "append", **switches}, effects.append
    far = Losing(simulator, at=at, stored=stored)
    far.told = effects
    return far


def lose_and_go_on(one: Subject, far: Losing) -> Outcome:
    """Tell a dossier, lose an answer, and tell what is left as the engine would."""
    kept: list[Remote] = []
    lost, _, _ = play(one, STEP, far, kept)
    assert isinstance(lost, Uncertain)
    outcome, _, _ = play(one, replace(STEP, remote=kept[-1], doubt=True), far)
    assert isinstance(outcome, Delivered)
    return lost


def states(far: Losing) -> list[int]:
    """List the numbers of the events in their history."""
    return [one["seq"] for one in far.told if one["kind"] == "event"]


WHOLE = [event.seq for event in STEP.events]


@pytest.mark.parametrize("stored", [True, False], ids=["it landed", "it did not"])
@pytest.mark.parametrize("at", [2, 3, 4, 5])
def test_a_state_that_can_be_read_is_not_told_twice(at: int, *, stored: bool) -> None:
    """Law 5: Their look-up shows it, or shows the one before: told once either way."""
    far = province(at, stored=stored)
    lost = lose_and_go_on(ONE, far)

    assert (lost.effect if isinstance(lost, Uncertain) else "", states(far)) == ("append", WHOLE)


def test_the_first_state_is_told_again() -> None:
    """What stood before it is unknown, so that their look-up proves nothing; nothing is lost."""
    far = province(1, stored=True)
    lose_and_go_on(ONE, far)

    assert (states(far), far.looked) == ([1, *WHOLE], 0)


def test_where_the_look_up_is_not_trusted_it_is_not_asked() -> None:
    """A setting says so; the ledger then says that the state may stand twice."""
    far = province(3, stored=True)
    lose_and_go_on(replace(ONE, others={"status_look_up": "none"}), far)

    assert (sorted(states(far)), far.looked) == (sorted([*WHOLE, 3]), 0)


def test_where_a_state_is_keyed_it_is_simply_told_again() -> None:
    """A province that says so is asked nothing, and keeps it once."""
    far = province(3, stored=True, history="keyed")
    lost = lose_and_go_on(replace(ONE, others={"status_effect": "keyed"}), far)

    assert isinstance(lost, Uncertain)
    assert (lost.effect, states(far), far.looked) == ("keyed", WHOLE, 0)


def test_a_look_up_that_fails_adds_nothing() -> None:
    """Whatever it says but a state or an absence: nothing is told until it can be read."""
    far = province(3, stored=True)
    kept: list[Remote] = []
    play(ONE, STEP, far, kept)

    @dataclass
    class Away(Simulated):
        def answer(self, request: Http) -> Reply:
            if request.path.endswith("--data"):
                return Reply(status=200, headers={}, body=b'{"status": 777}')
            return Simulated.answer(self, request)

    before = states(far)
    outcome, _, _ = play(ONE, replace(STEP, remote=kept[-1], doubt=True), Away(far.simulator))

    assert not isinstance(outcome, Delivered)
    assert states(far) == before
