"""What a newer Python would refuse at its start is found on the oldest one already."""

from __future__ import annotations

import ast

from tests.house.test_house import ROOT

TAKERS = frozenset(
    f"{when}{what}"
    for what in ("Serializer", "Validator")
    for when in ("After", "Before", "Plain", "Wrap")
)


def given(source: str) -> list[str]:
    """Give what stands where pydantic is handed a function, unless it is one of our own."""
    return [
        f"{node.lineno}: {ast.unparse(node.args[0])}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in TAKERS
        and not isinstance(node.args[0], ast.Name | ast.Lambda)
    ]


def test_pydantic_is_handed_functions_of_our_own() -> None:
    """It reads how they are called, and those of C tell it something else with each Python."""
    found = {
        str(path.relative_to(ROOT)): wrong
        for root in ("gateway", "adapters", "schemas", "contracts")
        for path in (ROOT / root).rglob("*.py")
        if (wrong := given(path.read_text(encoding="utf-8")))
    }

    assert found == {}
