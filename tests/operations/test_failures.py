"""What waits for a human, as values."""

from __future__ import annotations

from gateway.operations.failures import Sample, grouped
from gateway.rules.masking import masked_id
from gateway.settings import Settings
from tests.store.work.test_operating import REFUSED, Office


async def test_a_group_hints_at_one_dossier_and_names_none(
    office: Office, settings: Settings
) -> None:
    """Neither its id nor the client's reference stands in the answer."""
    await office.post(1)
    await office.end(REFUSED)
    (group,) = await grouped(office.store, settings)
    (name,) = office.ids

    assert (group.system, group.cause, group.owner, group.count) == ("a", "refused:7", "officer", 1)
    assert isinstance(group.sample, Sample)
    assert (group.sample.dossier, str(name) in str(group)) == (masked_id(name), False)


async def test_groups_are_narrowed(office: Office, settings: Settings) -> None:
    """By the system and by the kind of cause."""
    await office.post(1)
    await office.end(REFUSED)
    found = [
        await grouped(office.store, settings, system=system, cause=cause)
        for system, cause in (("a", "refused"), ("b", None), (None, "malformed"))
    ]

    assert [len(groups) for groups in found] == [1, 0, 0]
