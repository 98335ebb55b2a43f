"""Random tables in every container and font: each row comes out as it was written, or is reported.

`python -m tests.adapters.tables --examples N` tries very many more of them.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.adapters.tables.check import differences
from tests.adapters.tables.cuts import small
from tests.adapters.tables.writers import WRITERS

EXAMPLES = 8


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_written_comes_out_or_is_reported(kind: str) -> None:
    """No row is lost, altered or invented, in no container, charset or font."""
    found = {seed: differences(WRITERS[kind](Random(f"{kind}{seed}"))) for seed in range(EXAMPLES)}

    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("kind", "step"), [*((one, 1) for one in WRITERS if one != "xls"), ("xls", 7)]
)
def test_a_cut_table_is_never_taken_for_whole(kind: str, step: int, tmp_path: Path) -> None:
    """Cut at every byte, each row is what it was, or is reported, or the file says that it ends."""
    table = small(kind, tmp_path)

    assert [said for name in table.written.files for said in table.cut(name, step)] == []


@pytest.mark.parametrize(
    ("kind", "step"), [("csv", 1), ("dbf", 2), ("xml", 3), ("hand", 29), ("ods", 7)]
)
def test_a_changed_byte_costs_its_row_at_most(kind: str, step: int, tmp_path: Path) -> None:
    """All others are what they were, or are reported, or the file says that it is damaged."""
    table = small(kind, tmp_path)
    draw = Random("changed")

    assert [said for name in table.written.files for said in table.changed(name, draw, step)] == []
