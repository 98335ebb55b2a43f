"""What every adapter does when a create is answered "exists already"; nothing here names one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters import registry
from gateway.workbench.checks import step_of
from gateway.workbench.existing import PROMISES, Tried, ways_of
from gateway.workbench.full import pair
from gateway.workbench.transports import Subject, subject

SUBJECTS = [subject(adapter) for adapter in registry.find_adapters().adapters.values()]
WAYS = [
    pytest.param(one, way, id=f"{one.adapter.name}-{number}")
    for one in SUBJECTS
    for number, way in enumerate(ways_of(one))
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize(("one", "way"), WAYS)
def test_exists_already_is_no_delivery(
    one: Subject, way: Mapping[str, Any], promise: Callable[[Tried], None]
) -> None:
    """Law 17: The promise holds for the adapter, in each way in which its contract says so."""
    promise(Tried.of(one, step_of(pair()[0]), way))
