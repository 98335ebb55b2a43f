"""What the communes of a dossier's addresses mean today, and where that cannot be told."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.catalogue.communes import Resolution, resolve
from schemas.dossier import Content
from schemas.parts import Address

CODES = {
    "unknown": "unknown_commune",
    "ambiguous": "ambiguous_commune",
    "split": "split_commune",
    "misnamed": "misnamed_commune",
}


def meant(place: Address) -> Resolution | None:
    """Resolve an address by name, day and generation; None: it states no code."""
    if place.commune is None or place.commune.code is None:
        return None
    return resolve(
        place.commune.code, name=place.commune.name, on=place.as_of, generation=place.generation
    )


def doubts(content: Content) -> Iterator[tuple[str, str, str]]:
    """Give pointer, code and reason of each commune that has not one meaning today.

    The address stays as it was written: choosing for the officer would be a guess.
    """
    for pointer, place in _places(content):
        found = meant(place)
        if found is not None and found.certainty in CODES:
            codes = ", ".join(one.code for one in found.candidates[:5])
            detail = f"{found.why}; today it may be {codes}" if codes else found.why
            yield f"{pointer}/commune/code", CODES[found.certainty], detail


def _places(content: Content) -> Iterator[tuple[str, Address]]:
    for role, party in (("owner", content.owner), ("submitter", content.submitter)):
        if party is not None:
            for number, place in enumerate(party.addresses):
                yield f"/{role}/addresses/{number}", place
