"""Whose number a system is told: only one that is well formed, and what happens without one.

In: a dossier. Out: the same without what is no identity, or why it cannot be told.
Never: a number that a spreadsheet ruined, or a filler; a number made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from schemas.dossier import Dossier
from schemas.event import Event
from schemas.identifiers import fault, identities_of, normal
from schemas.outcome import CannotExpress, Untold
from schemas.parts import Party, Representative

P = TypeVar("P", Party, Representative)
NoIdentity = Mapping[str, Literal["park", "untold"]]
"""What becomes of a dossier without the identity that a contract wants: by code of the procedure,
national or local, and `*` for all others. `park`, as where nothing is said: an officer must act;
`untold`: it is not told."""

NO_CODE = frozenset({"filler", "exponent"})
UNSENT = "identities that are not well formed"


def without_identity(of: Dossier, ways: NoIdentity, why: str) -> CannotExpress:
    """Give what to raise where a contract wants an identity and the owner has none to tell.

    why: what the system does not take, in a short English sentence
    """
    procedure = of.procedure
    codes = (procedure.local_code, procedure.code, "*")
    way = next((ways[code] for code in codes if code is not None and code in ways), "park")
    stated = "; none that is stated is well formed" if of.owner.identities else ""
    error = Untold if way == "untold" else CannotExpress
    return error("/owner/identities", f"{why}{stated}")


def check_code(of: Dossier) -> None:
    """Refuse to tell an official code that is none: under it they would mix up people's dossiers.

    One that is only written in another way is told as it is: they know best what they take.
    """
    if of.official_code is not None and fault("official_code", of.official_code) in NO_CODE:
        raise CannotExpress("/official_code", "what stands in place of the code is no code")


def account_of(party: Party) -> str | None:
    """Give the id of a party's electronic account, if what stands there is one."""
    account = party.account_id
    return account if account is not None and fault("account_id", account) is None else None


def unsent(party: Party) -> str | None:
    """Say what of a party was not sent, for the ledger."""
    wrong = any(fault(one.kind, one.number) is not None for one in party.identities)
    return UNSENT if wrong or account_of(party) != party.account_id else None


def well_formed(of: Dossier) -> Dossier:
    """Give a dossier with the identities that may be told, for a system that is told all of it."""
    change: dict[str, Any] = {}
    owner = _party(of.owner)
    if owner is not of.owner:
        change["owner"] = owner
    if of.submitter is not None and (submitter := _party(of.submitter)) is not of.submitter:
        change["submitter"] = submitter
    results = _results(of.results)
    if results is not of.results:
        change["results"] = results
    if not change:
        return of
    # A flag names a place among what was stated; here it would point at another number.
    change["data_quality"] = tuple(
        flag.model_copy(
            update={"pointer": flag.pointer.partition("/identities/")[0] + "/identities"}
        )
        if flag.pointer is not None and "/identities/" in flag.pointer
        else flag
        for flag in of.data_quality
    )
    return of.model_copy(update=change)


def well_formed_event(event: Event) -> Event:
    """Give an event with the identities that may be told, in its results and in its correction."""
    change: dict[str, Any] = {}
    results = _results(event.results)
    if results is not event.results:
        change["results"] = results
    if event.patch is not None and (patch := _patch(event.patch)) != event.patch:
        change["patch"] = patch
    return event.model_copy(update=change) if change else event


def _party(party: P) -> P:
    """Give a party with its well-formed identities; the same one if all of them are."""
    told = tuple(identities_of(party))
    change: dict[str, Any] = {} if told == party.identities else {"identities": told}
    if isinstance(party, Party) and account_of(party) != party.account_id:
        change["account_id"] = None
    if isinstance(party, Party) and party.representative is not None:
        representative = _party(party.representative)
        if representative is not party.representative:
            change["representative"] = representative
    return party.model_copy(update=change) if change else party


def _results(results: Any) -> Any:
    """Give results with holders whose identities may be told; the same ones if all are."""
    told = tuple(
        one
        if one.holder is None or (holder := _party(one.holder)) is one.holder
        else one.model_copy(update={"holder": holder})
        for one in results
    )
    return results if all(map(_same, told, results)) else told


def _same(left: object, right: object) -> bool:
    return left is right


def _patch(value: Any) -> Any:
    """Take out of a correction the identities that are none."""
    if isinstance(value, list):
        return [_patch(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _stated(one) if key == "identities" and isinstance(one, list) else _patch(one)
        for key, one in value.items()
        if key != "account_id" or not isinstance(one, str) or fault(key, one) is None
    }


def _stated(identities: list[Any]) -> list[Any]:
    """Give the identities of a correction that are well formed, in their normal form."""
    told = []
    for one in identities:
        kind, number = (one.get("kind"), one.get("number")) if isinstance(one, dict) else ("", "")
        if isinstance(kind, str) and isinstance(number, str) and fault(kind, number) is None:
            told.append(one | {"number": normal(kind, number)})
    return told
