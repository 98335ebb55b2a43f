"""The lifecycle of a dossier, as tables: kinds of events, transitions, what each must carry.

Nothing about states stands anywhere else; the diagram of the documentation is drawn from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from gateway.words.fault import Fault
from schemas.catalogue.statuses import NUMBER
from schemas.event import NewEvent
from schemas.status import Kind, Status

OF_NUMBER = MappingProxyType({number: status for status, number in NUMBER.items()})


def _row(usual: str, unusual: str) -> tuple[frozenset[Status], frozenset[Status]]:
    return (
        frozenset(OF_NUMBER[int(number)] for number in usual.split()),
        frozenset(OF_NUMBER[int(number)] for number in unusual.split()),
    )


TRANSITIONS: Mapping[Status, tuple[frozenset[Status], frozenset[Status]]] = MappingProxyType(
    {
        OF_NUMBER[1]: _row("2 3 5 6 7", "8"),
        OF_NUMBER[2]: _row("4 5 6 7 8 9", "3 10"),
        OF_NUMBER[3]: _row("", ""),
        OF_NUMBER[4]: _row("5 6 7 8 9", "2 3 10"),
        OF_NUMBER[5]: _row("1 2 3 4 6 7 8", "5 9"),
        OF_NUMBER[6]: _row("2 4 7 8 9", "1 5 10"),
        OF_NUMBER[7]: _row("8", "4"),
        OF_NUMBER[8]: _row("", "2 4"),
        OF_NUMBER[9]: _row("10", "4 6"),
        OF_NUMBER[10]: _row("", ""),
    }
)
"""From each state: what usually follows, and what is real but unusual (stored and flagged)."""

REOPENING = frozenset({OF_NUMBER[2], OF_NUMBER[4]})
"""Where `reopened` leads from 3, 9 and 10."""

Default = Status | Literal["same", "before"]

DEFAULTS: Mapping[Kind, Default] = MappingProxyType(
    {
        Kind.REGISTERED: Status.SUBMITTED,
        Kind.ACCEPTED: Status.ACCEPTED,
        Kind.REFUSED: Status.REFUSED,
        Kind.PROGRESS: "same",
        Kind.SUPPLEMENT_REQUESTED: Status.AWAITING_SUPPLEMENT,
        Kind.SUPPLEMENT_RECEIVED: "before",
        Kind.FEE_REQUESTED: "same",
        Kind.FEE_PAID: "before",
        Kind.FEE_WAIVED: "before",
        Kind.DUE_CHANGED: "same",
        Kind.TRANSFERRED: "same",
        Kind.WITHDRAWAL_REQUESTED: Status.WITHDRAWAL_REQUESTED,
        Kind.STOPPED: Status.STOPPED,
        Kind.RESUMED: Status.PROCESSING,
        Kind.FINISHED: Status.FINISHED,
        Kind.RETURNED: Status.RETURNED,
        Kind.CORRECTED: "same",
        Kind.REOPENED: Status.PROCESSING,
        Kind.LINKED: "same",
        Kind.VOIDED: "same",
    }
)
"""The state after each kind, unless the event states one; `before`: as before 5 (or 6)."""

OPEN = frozenset(Status) - {Status.REFUSED, Status.STOPPED, Status.FINISHED, Status.RETURNED}
EITHER = frozenset(Status)

STATES: Mapping[Kind, frozenset[Status]] = MappingProxyType(
    {
        Kind.REGISTERED: EITHER,
        Kind.ACCEPTED: OPEN - {Status.SUBMITTED},
        Kind.REFUSED: frozenset({Status.REFUSED}),
        Kind.PROGRESS: EITHER,
        Kind.SUPPLEMENT_REQUESTED: frozenset({Status.AWAITING_SUPPLEMENT}),
        Kind.SUPPLEMENT_RECEIVED: OPEN,
        Kind.FEE_REQUESTED: OPEN,
        Kind.FEE_PAID: EITHER,
        Kind.FEE_WAIVED: EITHER,
        Kind.DUE_CHANGED: frozenset(),
        Kind.TRANSFERRED: OPEN,
        Kind.WITHDRAWAL_REQUESTED: frozenset({Status.WITHDRAWAL_REQUESTED}),
        Kind.STOPPED: frozenset({Status.STOPPED}),
        Kind.RESUMED: OPEN,
        Kind.FINISHED: frozenset({Status.FINISHED}),
        Kind.RETURNED: frozenset({Status.RETURNED}),
        Kind.CORRECTED: frozenset(),
        Kind.REOPENED: REOPENING,
        Kind.LINKED: frozenset(),
        Kind.VOIDED: frozenset(),
    }
)
"""Which states an event of a kind may state; the one that stands before it may always be said."""

ONLY_OF: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "received_at": frozenset({Kind.ACCEPTED, Kind.REOPENED}),
        "due": frozenset(
            {
                Kind.ACCEPTED,
                Kind.SUPPLEMENT_RECEIVED,
                Kind.FEE_PAID,
                Kind.FEE_WAIVED,
                Kind.DUE_CHANGED,
                Kind.RESUMED,
                Kind.REOPENED,
            }
        ),
        "supplement": frozenset({Kind.SUPPLEMENT_REQUESTED, Kind.SUPPLEMENT_RECEIVED}),
        "transfer": frozenset({Kind.TRANSFERRED}),
        "hand_over": frozenset({Kind.RETURNED}),
        "fee_id": frozenset({Kind.FEE_REQUESTED, Kind.FEE_PAID, Kind.FEE_WAIVED}),
        "patch": frozenset({Kind.CORRECTED}),
    }
)
"""Fields that change the dossier, and the kinds of events that may; nothing stated is passed by."""

WAITS_IN = MappingProxyType(
    {
        Kind.SUPPLEMENT_RECEIVED: Status.AWAITING_SUPPLEMENT,
        Kind.FEE_PAID: Status.AWAITING_PAYMENT,
        Kind.FEE_WAIVED: Status.AWAITING_PAYMENT,
    }
)

MUST_CARRY: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.ACCEPTED: ("received_at", "due"),
        Kind.REFUSED: ("reason",),
        Kind.PROGRESS: ("action",),
        Kind.SUPPLEMENT_REQUESTED: ("supplement/content", "supplement/stage"),
        Kind.FEE_REQUESTED: ("fees", "fee_id"),
        Kind.FEE_PAID: ("fee_id",),
        Kind.FEE_WAIVED: ("fee_id",),
        Kind.DUE_CHANGED: ("due", "reason", "approver"),
        Kind.TRANSFERRED: ("transfer",),
        Kind.STOPPED: ("reason",),
        Kind.RESUMED: ("reason",),
        Kind.FINISHED: ("results|reason",),
        Kind.RETURNED: ("hand_over",),
        Kind.CORRECTED: ("reason", "patch|supersedes"),
        Kind.REOPENED: ("reason", "approver"),
        Kind.LINKED: ("target|codes|official_code",),
        Kind.VOIDED: ("reason",),
    }
)
"""Fields that a kind needs; `a|b`: one of them, `a/b`: b within a."""


def _has(event: NewEvent, path: str) -> bool:
    found: object = event
    for name in path.split("/"):
        found = getattr(found, name, None)
    return found not in (None, ())


def lacking(event: NewEvent) -> tuple[Fault, ...]:
    """Name what an event of this kind must carry and does not."""
    return tuple(
        Fault("must_carry", f"/{need.split('|')[0]}", {"kind": event.kind.value})
        for need in MUST_CARRY.get(event.kind, ())
        if not any(_has(event, path) for path in need.split("|"))
    )


def astray(event: NewEvent) -> tuple[Fault, ...]:
    """Name what an event of this kind may not carry: it would be stated and change nothing."""
    return tuple(
        Fault("not_of_this_kind", f"/{name}", {"kind": event.kind.value})
        for name, kinds in ONLY_OF.items()
        if event.kind not in kinds and getattr(event, name) is not None
    )


def resulting(kind: Kind, stated: Status | None, before: Status, waited_from: Status) -> Status:
    """Give the state after an event; `waited_from` is the state before the last 5 or 6."""
    if stated is not None:
        return stated
    default = DEFAULTS[kind]
    if default == "same":
        return before
    if default == "before":
        return waited_from if before is WAITS_IN[kind] else before
    return default


def carries(kind: Kind, stated: Status | None) -> bool:
    """Say whether an event says nothing of the state itself."""
    return stated is None and DEFAULTS[kind] in {"same", "before"}


def judge(
    kind: Kind, before: Status, after: Status, *, seen: bool = False
) -> tuple[bool, Fault | None]:
    """Say whether a step is unusual, or give the fault that makes it impossible.

    seen: a row or a system shows the state that it led to: it happened, whatever the table says
    """
    if after is not before and after not in STATES[kind] and not seen:
        values = {"kind": kind.value, "may_be": ", ".join(sorted(STATES[kind])) or "—"}
        return False, Fault("state_of_another_kind", "/status", values)
    if seen:
        possible = after is before or after in TRANSITIONS[before][0] or kind is Kind.REOPENED
        return not possible, None
    if kind is Kind.REOPENED:
        ends = {Status.REFUSED, Status.FINISHED, Status.RETURNED}
        possible = before in ends and after in REOPENING
        return False, None if possible else _impossible(kind, before, after)
    if after is before and kind is not Kind.SUPPLEMENT_REQUESTED:
        return False, None
    usual, unusual = TRANSITIONS[before]
    if after in usual:
        return False, None
    return (True, None) if after in unusual else (False, _impossible(kind, before, after))


def _impossible(kind: Kind, before: Status, after: Status) -> Fault:
    usual, unusual = TRANSITIONS[before]
    may = sorted(status.value for status in usual | unusual) or ["reopened"]
    values = {"from": before.value, "kind": kind.value, "to": after.value}
    return Fault("impossible_transition", "/kind", values | {"may_follow": ", ".join(may)})


def mermaid() -> str:
    """Draw the state diagram from the table; dashed labels are unusual."""
    lines = ["stateDiagram-v2"]
    for before, (usual, unusual) in TRANSITIONS.items():
        lines += [f"  {before} --> {after}" for after in sorted(usual)]
        lines += [f"  {before} --> {after}: unusual" for after in sorted(unusual)]
    return "\n".join(lines)
