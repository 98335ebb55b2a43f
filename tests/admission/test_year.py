"""Law 17: two exports of one year's dossiers, with typing errors and missing numbers."""

from __future__ import annotations

from tests.admission.year import NAMING, run


def test_a_year_of_two_exports_joins_nobody_wrongly() -> None:
    """Law 17: No wrong join, nobody nowhere, and at most one conflict in a hundred for nothing."""
    count = run(2000, seed=1)

    assert count.well, count
    assert (count.joined > 1800, count.conflicts > 20) == (True, True), count


def test_a_year_in_which_every_error_hits_what_names_a_citizen_joins_nobody_wrongly() -> None:
    """The worst year has more conflicts for nothing, and still no wrong join and nobody nowhere."""
    count = run(1000, seed=2, fields=NAMING)

    assert (count.wrong, count.nowhere) == (0, 0), count
