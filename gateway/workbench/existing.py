"""What an adapter does when they answer a create with "exists already" (law 17).

A code that was mistyped, or taken by somebody else, must not let us write over another citizen's
dossier. Each promise is tried through the real driver against the contract's own simulator, in
every way in which the contract says that it answers so (`checks.exists` of its `contract.toml`).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.kit.errors import TransportError
from adapters.kit.port import Http, Put, Reply, Step, Take
from gateway.workbench.transports import (
    Sent,
    Simulated,
    Subject,
    play,
    play_many,
    simulated,
    spelled,
)
from schemas.outcome import (
    EXISTS_ALREADY,
    CannotExpress,
    Delivered,
    Outcome,
    Refused,
    Remote,
    Uncertain,
)

FOREIGN = b"of somebody else"


def ways_of(one: Subject) -> list[Mapping[str, Any]]:
    """Read in which ways the contract answers so: tables of `switches` and `settings`, or none."""
    toml = tomllib.loads((one.contract / "contract.toml").read_text(encoding="utf-8"))
    found: list[Mapping[str, Any]] | None = toml.get("checks", {}).get("exists")
    assert found is not None, (
        "contract.toml does not say how a create of what exists is answered: [[checks.exists]] "
        "with switches of the simulator, or exists = [] where nothing is created under our code"
    )
    return found


@dataclass(slots=True)
class Cut(Simulated):
    """An honest far end of which one answer is lost: the one to the `at`-th request."""

    at: int = 0
    count: int = -1

    def answer(self, request: Http) -> Reply:
        """Do what was asked, and answer unless it is that one."""
        reply = Simulated.answer(self, request)
        self._lose(request.effect)
        return reply

    def put(self, asked: Put) -> bool:
        """Take a file, and say so unless it is that one."""
        there = Simulated.put(self, asked)
        self._lose("keyed")
        return there

    def take(self, asked: Take) -> dict[str, bytes]:
        """Give files."""
        self.count += 1
        return Simulated.take(self, asked)

    def _lose(self, effect: Any) -> None:
        self.count += 1
        if self.count == self.at:
            raise TransportError(Uncertain(why="cut", effect=effect))


@dataclass(slots=True)
class Tried:
    """A step that their system has never heard of, told in one of the ways; `free`: unhindered."""

    one: Subject
    step: Step
    switches: Mapping[str, Any] = field(default_factory=dict)
    free: list[Sent] = field(default_factory=list)

    @classmethod
    def of(cls, one: Subject, step: Step, way: Mapping[str, Any]) -> Tried:
        """Tell it once where nothing is in the way."""
        own = replace(one, others={**one.others, **way.get("settings", {})})
        made = cls(own, step, dict(way.get("switches", {})))
        outcome, made.free, _ = play(own, step, made.far())
        assert isinstance(outcome, Delivered), f"a fresh dossier ends with {outcome}"
        return made

    def far(self, *, taken: bool = False) -> Simulated:
        """Make a far end; `taken`: somebody else's dossier stands under our code, or file name."""
        far = simulated(self.one)
        far.simulator.switches = dict(self.switches)
        if taken:
            self.take(far)
        return far

    def take(self, far: Simulated) -> None:
        """Let somebody else take our code there."""
        far.simulator.seed([self.step.dossier.official_code])
        far.lying |= {one.name: FOREIGN for one in self.free if isinstance(one, Put)}

    def tell(self, far: Simulated, **change: Any) -> tuple[Outcome | CannotExpress, list[Sent]]:
        """Tell the step, changed in some fields."""
        outcome, sent, _ = play(self.one, replace(self.step, **change), far)
        return outcome, sent

    def create(self) -> int:
        """Say which request of the unhindered talk creates: the last before they said no."""
        outcome, sent = self.tell(self.far(taken=True))
        assert parked(outcome), f"exists already, and fresh: {outcome}"
        changing = [place for place, request in enumerate(sent) if _changes(request)]
        return changing[-1]

    def cut(self, at: int) -> tuple[Cut, Remote]:
        """Lose the answer to one request; give the far end after it, and what was remembered."""
        far, kept = Cut(self.far().simulator, at=at), [self.step.remote]
        outcome, _, _ = play(self.one, self.step, far, kept)
        assert isinstance(outcome, Uncertain), f"its answer was lost: {outcome}"
        far.at = -1
        return far, kept[-1]


def _changes(request: Sent) -> bool:
    return isinstance(request, Put) or (isinstance(request, Http) and request.effect != "read")


def parked(outcome: object) -> bool:
    """Say whether an outcome parks for the officer, naming the code or nothing of the dossier."""
    return (
        isinstance(outcome, Refused)
        and outcome.code == EXISTS_ALREADY
        and [one.code for one in outcome.problems] == [EXISTS_ALREADY]
        and outcome.problems[0].pointer in {"/official_code", ""}
    )


def parks(tried: Tried) -> None:
    """Park a fresh dossier of which they say that it exists, and send nothing that changes it."""
    far = tried.far(taken=True)
    outcome, sent = tried.tell(far)
    assert parked(outcome), f"exists already, and fresh: {outcome}"
    changing = [spelled(request) for request in sent if _changes(request)]
    free = [spelled(request) for request in tried.free if _changes(request)]
    assert changing == free[: len(changing)], f"sent after they said no: {changing}"
    assert len(changing) < len(free) or len(free) == 1, "all of it was sent nevertheless"
    assert set(far.lying.values()) <= {FOREIGN}, "another's file was replaced"


def goes_on_in_doubt(tried: Tried) -> None:
    """Go on where the answer to our own create was lost: what exists there is ours."""
    far, remote = tried.cut(tried.create())
    outcome, _ = tried.tell(far, remote=remote, doubt=True)
    assert isinstance(outcome, Delivered), f"our own create landed: {outcome}"


def parks_in_doubt_of_another_request(tried: Tried) -> None:
    """Park where only something before the create was uncertain: no create of ours can stand."""
    create = tried.create()
    for place in range(create):
        if not _changes(tried.free[place]):
            continue
        far, remote = tried.cut(place)
        tried.take(far)
        outcome, _ = tried.tell(far, remote=remote, doubt=True)
        assert parked(outcome), f"no create was sent before: {outcome}"


def never_creates_what_they_know(tried: Tried) -> None:
    """Ask for no create where they hold it: by `known_in`, or because it was born there."""
    create = tried.free[tried.create()]
    if isinstance(create, Put):
        return  # each file is a creation of its own
    code = tried.step.dossier.official_code
    known: Sequence[dict[str, Any]] = (
        {"remote": Remote(id=code, created=True)},
        {"remote": Remote(id=code, created=True), "born_here": True},
    )
    for change in known:
        outcome, sent = tried.tell(tried.far(taken=True), **change)
        assert isinstance(outcome, Delivered), f"they hold it: {outcome}"
        again = json.dumps(spelled(create), default=str)
        said = [json.dumps(spelled(request), default=str) for request in sent]
        assert again not in said, "asked to create what they hold"


def replaces_where_it_is_set_so(tried: Tried) -> None:
    """Replace what stands there where the deployment says so."""
    outcome, _ = tried.tell(tried.far(taken=True), on_exists="replace")
    assert isinstance(outcome, Delivered), f'on_exists = "replace": {outcome}'


PROMISES: tuple[Callable[[Tried], None], ...] = (
    parks,
    goes_on_in_doubt,
    parks_in_doubt_of_another_request,
    never_creates_what_they_know,
    replaces_where_it_is_set_so,
)


def check_together(tried: Tried, other: Step) -> None:
    """Park only the one that exists among several that are told in one call."""
    if tried.one.adapter.deliver_many is None:
        return
    found = play_many(tried.one, [tried.step, other], tried.far(taken=True))
    if isinstance(found, Sequence):
        ends = (parked(found[0]), isinstance(found[1], Delivered))
        assert ends == (True, True), f"one of two exists: {found}"
