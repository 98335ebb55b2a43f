"""Law 17: two exports of one year's dossiers, with typing errors and missing numbers."""

from __future__ import annotations

from tests.admission.year import run


def test_a_year_of_two_exports_joins_nobody_wrongly() -> None:
    """Law 17: No wrong join, nobody nowhere, and at most one conflict in a hundred for nothing."""
    count = run(2000, seed=1)

    assert count.well, count
    assert (count.joined > 1800, count.conflicts > 40) == (True, True), count
