"""An attempt that ended: what it says to the rules, and to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gateway.dossiers.limits import Limits
from gateway.rules.gate import Result, Word
from gateway.rules.outcomes import (
    ALL_MAY_STAND_TWICE,
    CERTAIN,
    MAY_STAND_TWICE,
    Lane,
    Shadowed,
    word,
)
from gateway.rules.suspects import call_of
from gateway.store.ledger.attempts import Attempt
from gateway.store.work.lanes import Claim
from schemas.outcome import CannotExpress, Outcome, Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An attempt that ended: what it was, what came of it, and a jitter drawn for its wait."""

    id: UUID
    claim: Claim
    outcome: Outcome | CannotExpress | Shadowed
    started_at: int
    ended_at: int
    detail: dict[str, Any]
    jitter: float
    progressed: bool = False  # the next try begins further on
    blamed: bool = True  # False: what befell a whole batch says nothing of this lane
    appended: int | None = None  # up to which event the first line that was added tells

    @property
    def doubled(self) -> tuple[int, int] | None:
        """Say which events may stand twice by now: added again while an earlier try may stand."""
        claim = self.claim
        every = claim.again or claim.uncertainty == ALL_MAY_STAND_TWICE
        if self.appended is None or not (every or claim.uncertainty >= MAY_STAND_TWICE):
            return None
        return claim.done_seq + 1, claim.head_seq if every else max(
            self.appended, claim.done_seq + 1
        )


def _call(one: Finished) -> str:
    """Name the last call of an attempt."""
    exchanges = one.detail.get("exchanges") or ()
    return call_of(exchanges[-1]["method"], exchanges[-1]["path"]) if exchanges else ""


def result_of(one: Finished, said: Word, cause: str, *, idle: bool, took: int) -> Result:
    """Say what the gate hears of an attempt: nothing, where nothing was said to the system.

    took: milliseconds since its lane was leased
    """
    if said == "good" and one.detail.get("exchanges") == []:
        said = "none"
    after = one.outcome.retry_after if isinstance(one.outcome, Unreachable) else None
    again = one.claim.suspect_since is not None and not one.progressed
    return Result(
        dossier=str(one.claim.dossier_id),
        word=said,
        cause=cause,
        call=_call(one),
        after=after,
        alone=idle and again,
        took=took,
    )


def lane_of(one: Finished, limits: Limits) -> Lane:
    """Say how its lane stands; one that came further is not failing at one and the same place."""
    claim = one.claim
    return Lane(
        tries=0 if one.progressed else claim.tries,
        uncertainty=_left(one),
        failing_since=None if one.progressed else claim.failing_since,
        linger=limits.linger,
        on_uncertain=limits.on_uncertain,
        looks_up=limits.looks_up,
        dossier=str(claim.dossier_id),
        call=_call(one),
        suspect_since=None if one.progressed else claim.suspect_since,
    )


def _left(one: Finished) -> int:
    """Say what doubt is left: a line that was added and confirmed settles that about itself."""
    uncertainty = one.claim.uncertainty
    settled = one.progressed and one.appended is not None
    return CERTAIN if settled and uncertainty == MAY_STAND_TWICE else uncertainty


def line_of(one: Finished, limits: Limits, *, late: bool) -> Attempt:
    """Give its line of the ledger; late: it moved no lane."""
    claim, detail = one.claim, one.detail
    if one.doubled is not None:
        detail = {**detail, "may_stand_twice": list(one.doubled)}
    return Attempt(
        id=one.id,
        dossier_id=claim.dossier_id,
        system=claim.system,
        from_seq=claim.done_seq + 1,
        to_seq=claim.head_seq,
        fence=claim.fence,
        worker=limits.worker,
        started_at=one.started_at,
        ended_at=one.ended_at,
        outcome=word(one.outcome),
        late=late,
        adapter=limits.adapter,
        detail=detail,
    )
