"""Where a dossier states an identifier that is not written as its kind is: flagged, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schemas.dossier import Content
from schemas.identifiers import Fault, fault
from schemas.parts import Party, Representative

FORMAT = "format"
LEAVES = ("phone", "email", "account_id")
"""What is checked of a party beside its identities."""


class Malformed(NamedTuple):
    """One wrong identifier: where it stands, of which kind it is to be, and what is the matter."""

    pointer: str
    kind: str
    fault: Fault


def malformed(of: Content) -> list[Malformed]:
    """Name every identifier of a dossier that is wrong; what is absent is not looked at."""
    found: list[Malformed] = []
    code = of.official_code
    if code is not None and (wrong := fault("official_code", code)) is not None:
        found.append(Malformed("/official_code", "official_code", wrong))
    found += _of_party(of.owner, "/owner")
    if of.submitter is not None:
        found += _of_party(of.submitter, "/submitter")
    for index, result in enumerate(of.results):
        if result.holder is not None:
            found += _of_party(result.holder, f"/results/{index}/holder")
    return found


def _of_party(party: Party, at: str) -> Iterator[Malformed]:
    yield from _numbers(party, at)
    for name in LEAVES:
        text = getattr(party, name)
        if text is not None and (wrong := fault(name, text)) is not None:
            yield Malformed(f"{at}/{name}", name, wrong)
    if party.representative is not None:
        yield from _numbers(party.representative, f"{at}/representative")


def _numbers(party: Party | Representative, at: str) -> Iterator[Malformed]:
    for index, one in enumerate(party.identities):
        wrong = fault(one.kind, one.number)
        if wrong is not None:
            yield Malformed(f"{at}/identities/{index}/number", one.kind, wrong)
