"""The store is entered by few doors: modules that code outside of it imports."""

from __future__ import annotations

import grimp
import pytest

MOST_DOORS = 31
"""More than so many, and nobody sees any longer what the store promises to the rooms above."""


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """All imports of the engine."""
    return grimp.build_graph("gateway", cache_dir=None)


def doors(imports: grimp.ImportGraph, room: str) -> set[str]:
    """Name the modules of a room that others import."""
    inside = {room, *imports.find_descendants(room)}
    return {one for one in inside if imports.find_modules_that_directly_import(one) - inside}


def test_the_store_has_few_doors(imports: grimp.ImportGraph) -> None:
    """A new door is a decision: first look whether one that stands leads there too."""
    found = sorted(doors(imports, "gateway.store"))

    assert len(found) <= MOST_DOORS, "\n".join(found)


def test_a_new_door_is_counted(imports: grimp.ImportGraph) -> None:
    """The count above can fail; what the store imports from itself is no door."""
    before = doors(imports, "gateway.store")
    inner = "gateway.store.ledger.bodies"
    planted = grimp.build_graph("gateway", cache_dir=None)
    planted.add_import(importer="gateway.intake.reads", imported=inner)

    assert (inner in before, doors(planted, "gateway.store")) == (False, before | {inner})
