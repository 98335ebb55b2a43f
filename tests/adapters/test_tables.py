"""Random tables in every container and font: each row comes out as it was written, or is reported.

`python -m tests.adapters.tables --examples N` tries very many more of them.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.adapters.tables.check import differences
from tests.adapters.tables.writers import WRITERS

EXAMPLES = 25


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_written_comes_out_or_is_reported(kind: str) -> None:
    """No row is lost, altered or invented, in no container, charset or font."""
    found = {seed: differences(WRITERS[kind](Random(f"{kind}{seed}"))) for seed in range(EXAMPLES)}

    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
