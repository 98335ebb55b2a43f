"""Two judges written from the documents alone find no ledger that says more than they hold.

Each scene plays the stories of some dossiers: one kind of trouble must not hide another's.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.strict import compare, igate, portal
from tests.strict.compare import SYSTEMS
from tests.strict.scene import Result, Setting, play

TOGETHER = Setting(
    8,
    20,
    forbidden=2,
    portal=portal.Switches(numeric=True, duplicate="-3", plain_progress=True, single_session=True),
    province=igate.Switches(sentence=True, absent="null", exists="Dossier already exists"),
)
BARE = Setting(
    7, 8, portal=portal.Switches(bare=True, duplicate="-1"), province=igate.Switches(keyed=True)
)
SCENES = {
    "dresses": Setting(2, 10, shares={"dress": 0.4}),
    "sessions": Setting(3, 10, shares={"patience": 0.25}, kinds=frozenset({"dead"})),
    "patience": Setting(4, 10, shares={"patience": 0.2}),
    "verdicts": Setting(5, 28, each=True),
    "forbidden": Setting(9, 6, shares={}, forbidden=2),
    "unread": Setting(6, 10, shares={"unread": 0.25}),
    "bare": BARE,
    "together": TOGETHER,
}


@pytest.fixture(scope="module", params=SCENES)
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Play a scene to its end, once for all tests."""
    return play(tmp_path_factory.mktemp(request.param), SCENES[request.param])


def none(found: Iterable[str]) -> None:
    """Fail with every finding, a line each."""
    listed = list(found)
    assert not listed, "\n".join(["", *listed])


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_called_delivered_is_held(result: Result, system: str) -> None:
    """Law 13: Whatever the ledger calls delivered, the system truly holds, up to that event."""
    none(compare.untrue(result, system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_parked_that_time_or_a_login_mends(result: Result, system: str) -> None:
    """Dead sessions, maintenance, limits and lost answers park nothing: only their own no does."""
    none(compare.stuck(result, system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_calm_system_is_told_everything(result: Result, system: str) -> None:
    """Once the faults are over nothing is left waiting, and nobody waits for another's refusal."""
    none(compare.unfinished(result, system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_line_is_repeated_whose_answer_could_be_read(result: Result, system: str) -> None:
    """A line stands once, and once more at most for each answer to it that nobody could read."""
    none(
        f"{one.sample.name}: {count} times at {at}, {lost} answers lost"
        for one, at, count, lost in compare.repeated(result, system)
        if count - 1 > lost
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_request_breaks_a_rule_of_the_documents(result: Result, system: str) -> None:
    """Types, lengths, code lists, required fields and order: they never had to refuse one."""
    none(f"{one.code}: {one.why}" for one in result.records[system].refusals)


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_line_sets_a_dossier_back(result: Result, system: str) -> None:
    """A late event on a timeline does not give a dossier a state that it has left behind."""
    none(compare.backwards(result, system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_line_that_stands_twice_is_marked(result: Result, system: str) -> None:
    """Whatever stands more than once is marked in the ledger, before and after its delivery."""
    none(compare.unmarked(result, system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_line_is_marked_whose_answers_could_be_read(result: Result, system: str) -> None:
    """Another charset, a wrapping or a compression leaves no doubt, so it leaves no mark."""
    none(compare.marked_idly(result, system))
