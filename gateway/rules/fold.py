"""What an event changes in the dossier, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from gateway.rules.merging import state, state_all
from gateway.rules.patch import merge
from gateway.rules.procedures import recoded
from gateway.rules.times import stray
from gateway.words.fault import Fault
from schemas.days import dated, day_times
from schemas.dossier import Dossier, Supplement
from schemas.event import Event
from schemas.parts import Due
from schemas.status import Kind, Status

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
        "punctuality",
    }
)
"""What a correction may not touch."""


def fold(dossier: Dossier, event: Event, status: Status) -> Dossier | tuple[Fault, ...]:
    """Give the dossier after an event that leaves it in this state, or the faults of its patch."""
    change: Change = {"version": event.seq, "status": status}
    for name in ("components", "results", "fees"):
        said = getattr(event, name)
        if said:
            change[name] = state_all(getattr(dossier, name), said)
    if event.official_code is not None:
        change["official_code"] = event.official_code
    held = _held_codes(dossier, event)
    if event.codes or len(held) < len(dossier.codes):
        change["codes"] = state_all(held, event.codes)
    if event.due is not None:
        change |= _due(dossier, event.due)
    own = BY_KIND.get(event.kind)
    if own is not None:
        change |= own(dossier.model_copy(update=change), event)
    changed = dossier.model_copy(update=change | _closing(dossier, event, status))
    if event.patch is not None:
        patched = _patched(changed, event)
        if isinstance(patched, tuple):
            return patched
        changed = patched
    if event.day_times or dossier.day_times:
        changed = changed.model_copy(update={"day_times": tuple(day_times(changed))})
    return changed


def _held_codes(dossier: Dossier, event: Event) -> tuple[Any, ...]:
    """Give up claims once the dossier has got its own official code."""
    new = event.official_code or (event.patch or {}).get("official_code")
    if new is None or new == dossier.official_code:
        return dossier.codes
    return tuple(one for one in dossier.codes if one.kind != "claimed")


def _closing(dossier: Dossier, event: Event, status: Status) -> Change:
    """Let closing times stand with closing states and with no other."""
    before, at = dossier.status, event.occurred_at
    if before is status and event.kind not in OWN_TIME:
        return {}
    found: Change = {"refused_at": None, "finished_at": None, "returned_at": None}
    match status:
        case Status.REFUSED:
            found["refused_at"] = at
        case Status.FINISHED:
            found["finished_at"] = at
        case Status.RETURNED:
            found |= {"finished_at": dossier.finished_at, "returned_at": at}
        case _:
            pass  # an open or stopped dossier has none
    return {name: one for name, one in found.items() if one != getattr(dossier, name) or one}


OWN_TIME = frozenset({Kind.REFUSED, Kind.FINISHED, Kind.RETURNED})
"""Kinds that say when it ended, even where it had ended before."""


def _patched(dossier: Dossier, event: Event) -> Dossier | tuple[Fault, ...]:
    patch = event.patch or {}
    # What a row says of its own source is kept with it.
    barred = READ_ONLY - {"source"} if event.inferred else READ_ONLY
    astray = sorted(set(patch) & barred)
    if astray:
        return tuple(Fault("read_only_patch", f"/patch/{name}") for name in astray)
    kept = dossier.model_dump(mode="json", exclude_none=True)
    try:
        after = Dossier.model_validate(merge(dated(kept, day_times(dossier)), patch))
    except ValidationError as error:
        places = {"/".join(str(part) for part in one["loc"]) for one in error.errors()}
        return tuple(Fault("patch_invalid", f"/patch/{place}") for place in sorted(places))
    stays = {"status": dossier.status.value}
    faults = [
        Fault("time_without_state", f"/patch/{name}", stays)
        for name in stray(after, dossier.status)
    ]
    if faults:
        return tuple(faults)
    due = after.due
    if due is not None and dossier.due is not None and due.at != dossier.due.at:
        after = after.model_copy(update=_due(dossier, due))
    return after.model_copy(update={"procedure": recoded(dossier.procedure, after.procedure)})


def _accepted(_dossier: Dossier, event: Event) -> Change:
    return {"received_at": event.received_at or event.occurred_at}


def _reopened(_dossier: Dossier, event: Event) -> Change:
    return {} if event.received_at is None else {"received_at": event.received_at}


def _due(dossier: Dossier, said: Due) -> Change:
    held = dossier.due
    first = None if held is None else held.first_at or held.at
    due = said if held is None else state(held, said)
    return {"due": due.model_copy(update={"first_at": first or said.at})}


def _requested(dossier: Dossier, event: Event) -> Change:
    note = event.supplement
    new = Supplement(
        no=len(dossier.supplements) + 1,
        stage=note.stage if note else None,
        requested_at=event.occurred_at,
        requested_by=event.officer,
        content=note.content if note else None,
        reply_by=note.reply_by if note else None,
        papers=note.papers if note else (),
        fees=note.fees if note else (),
        due_before=dossier.due.at if dossier.due is not None else None,
    )
    return {"supplements": (*dossier.supplements, new)}


def _received(dossier: Dossier, event: Event) -> Change:
    """Close the open round; where none is open, say only that something came in."""
    rounds, note = list(dossier.supplements), event.supplement
    for index in range(len(rounds) - 1, -1, -1):
        if not rounds[index].done:
            said = rounds[index] if note is None else state(rounds[index], note)
            came = {
                "received_at": event.occurred_at,
                "received_by": event.officer,
                "done": True,
            }
            rounds[index] = said.model_copy(update=came)
            break
    return {"supplements": tuple(rounds)}


def _fee_state(state: str) -> Callable[[Dossier, Event], Change]:
    def change(dossier: Dossier, event: Event) -> Change:
        return {
            "fees": tuple(
                fee.model_copy(update={"state": state}) if fee.id == event.fee_id else fee
                for fee in dossier.fees
            )
        }

    return change


def _transferred(dossier: Dossier, event: Event) -> Change:
    if event.transfer is None:
        return {}
    return {"agencies": dossier.agencies.model_copy(update={"handling": event.transfer.to})}


def _returned(dossier: Dossier, event: Event) -> Change:
    if event.hand_over is None:
        return {}
    held = dossier.return_
    return {"return_": event.hand_over if held is None else state(held, event.hand_over)}


BY_KIND: Mapping[Kind, Callable[[Dossier, Event], Change]] = MappingProxyType(
    {
        Kind.ACCEPTED: _accepted,
        Kind.SUPPLEMENT_REQUESTED: _requested,
        Kind.SUPPLEMENT_RECEIVED: _received,
        Kind.FEE_PAID: _fee_state("paid"),
        Kind.FEE_WAIVED: _fee_state("waived"),
        Kind.TRANSFERRED: _transferred,
        Kind.RETURNED: _returned,
        Kind.REOPENED: _reopened,
        Kind.VOIDED: lambda _, __: {"voided": True},
    }
)
