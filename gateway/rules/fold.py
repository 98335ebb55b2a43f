"""What an event changes in the dossier, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from gateway.rules.patch import merge
from gateway.rules.procedures import recoded
from gateway.words.fault import Fault
from schemas.dossier import Dossier, Supplement
from schemas.event import Event
from schemas.parts import Fee
from schemas.status import Kind


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Named)
Change = dict[str, Any]

READ_ONLY = frozenset(
    {
        "id",
        "version",
        "environment",
        "status",
        "supplements",
        "data_quality",
        "source",
        "voided",
        "schema_version",
    }
)
"""What a correction may not touch."""


def fold(dossier: Dossier, event: Event) -> Any:
    """Give the dossier after an event, or the faults of its patch.

    A late event adds to lists and does not overwrite what newer events said.
    """
    change: Change = {"version": event.seq}
    if event.components:
        change["components"] = _merged(dossier.components, event.components)
    if event.results:
        change["results"] = _merged(dossier.results, event.results)
    if event.fees:
        change["fees"] = _merged(dossier.fees, event.fees)
    if event.codes:
        change["codes"] = (*dossier.codes, *event.codes)
    if event.official_code is not None:
        change["official_code"] = event.official_code
    own = BY_KIND.get(event.kind)
    if own is not None:
        change |= own(dossier.model_copy(update=change), event)
    if event.late:
        change = {
            key: value
            for key, value in change.items()
            if key in {"version", "supplements", "codes"} or not getattr(dossier, key)
        }
    else:
        change["status"] = event.status
    changed = dossier.model_copy(update=change)
    return _patched(changed, event.patch) if event.patch is not None else changed


def _merged(old: tuple[N, ...], new: Iterable[N]) -> tuple[N, ...]:
    """Replace parts that have the same id, append the others."""
    by_id = {part.id: part for part in old}
    by_id.update((part.id, part) for part in new)
    return tuple(by_id.values())


def _patched(dossier: Dossier, patch: Mapping[str, Any]) -> Dossier | tuple[Fault, ...]:
    astray = sorted(set(patch) & READ_ONLY)
    if astray:
        return tuple(Fault("read_only_patch", f"/patch/{name}") for name in astray)
    kept = dossier.model_dump(mode="json", exclude_none=True)
    try:
        after = Dossier.model_validate(merge(kept, patch))
    except ValidationError as error:
        places = {"/".join(str(part) for part in one["loc"]) for one in error.errors()}
        return tuple(Fault("patch_invalid", f"/patch/{place}") for place in sorted(places))
    return after.model_copy(update={"procedure": recoded(dossier.procedure, after.procedure)})


def _accepted(dossier: Dossier, event: Event) -> Change:
    return {"received_at": event.received_at or event.occurred_at} | _due(dossier, event)


def _due(dossier: Dossier, event: Event) -> Change:
    if event.due is None:
        return {}
    first = dossier.due.first_at if dossier.due is not None else None
    first = first or (dossier.due.at if dossier.due is not None else None) or event.due.at
    return {"due": event.due.model_copy(update={"first_at": first})}


def _requested(dossier: Dossier, event: Event) -> Change:
    note = event.supplement
    if note is None:
        return {}
    new = Supplement(
        no=len(dossier.supplements) + 1,
        stage=note.stage,
        requested_at=event.occurred_at,
        requested_by=event.officer,
        content=note.content,
        reply_by=note.reply_by,
        papers=note.papers,
        fees=note.fees,
        due_before=dossier.due.at if dossier.due is not None else None,
    )
    return {"supplements": (*dossier.supplements, new)}


def _received(dossier: Dossier, event: Event) -> Change:
    """Close the open round; where none is open, say only that something came in."""
    rounds, note = list(dossier.supplements), event.supplement
    for index in range(len(rounds) - 1, -1, -1):
        if not rounds[index].done:
            rounds[index] = rounds[index].model_copy(
                update={
                    "received_at": event.occurred_at,
                    "received_by": event.officer,
                    "done": True,
                    "receipt_note": note.receipt_note if note else None,
                    "due_after": note.due_after if note else None,
                    "rule": note.rule if note else None,
                }
            )
            break
    return {"supplements": tuple(rounds)} | _due(dossier, event)


def _fee_state(state: str) -> Callable[[Dossier, Event], Change]:
    def change(dossier: Dossier, event: Event) -> Change:
        def moved(fee: Fee) -> Fee:
            if fee.id != event.fee_id or fee.state == state:
                return fee
            return fee.model_copy(update={"state": state})

        return {"fees": tuple(moved(fee) for fee in dossier.fees)}

    return change


def _transferred(_dossier: Dossier, event: Event) -> Change:
    if event.transfer is None:
        return {}
    return {"agencies": _dossier.agencies.model_copy(update={"handling": event.transfer.to})}


BY_KIND: Mapping[Kind, Callable[[Dossier, Event], Change]] = MappingProxyType(
    {
        Kind.ACCEPTED: _accepted,
        Kind.REFUSED: lambda _, event: {"refused_at": event.occurred_at},
        Kind.SUPPLEMENT_REQUESTED: _requested,
        Kind.SUPPLEMENT_RECEIVED: _received,
        Kind.FEE_PAID: _fee_state("paid"),
        Kind.FEE_WAIVED: _fee_state("waived"),
        Kind.DUE_CHANGED: _due,
        Kind.TRANSFERRED: _transferred,
        Kind.FINISHED: lambda _, event: {"finished_at": event.occurred_at},
        Kind.RETURNED: lambda _, event: {
            "returned_at": event.occurred_at,
            "return_": event.hand_over,
        },
        Kind.REOPENED: lambda _, __: {"refused_at": None, "finished_at": None, "returned_at": None},
        Kind.VOIDED: lambda _, __: {"voided": True},
    }
)
