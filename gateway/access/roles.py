"""What each role may do, and to which dossiers: one table, and nothing that is not in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """As whom somebody works with the gateway; a principal may have several."""

    SUBMITTER = "submitter"
    OFFICER = "officer"
    OPERATOR = "operator"
    INTEGRATOR = "integrator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """One thing that somebody may do."""

    FILE = "file"
    METADATA = "metadata"
    BODIES = "bodies"
    EVIDENCE = "evidence"
    FILES = "files"
    CORRECT = "correct"
    VOID = "void"
    MERGE = "merge"
    HAND_OVER = "hand_over"
    OPERATE = "operate"
    REPLAY = "replay"
    CONFIGURE = "configure"
    CLIENTS = "clients"
    AUDIT = "audit"


class Reach(IntEnum):
    """To which dossiers a right reaches; a higher one covers the lower ones.

    OWN: those of which the principal is a source; to change them, those whose state it owns
    AGENCY: those of its agencies and what lies below them
    ALL_WITH_REASON: all, and each time it says why, which is kept
    """

    NONE = 0
    OWN = 1
    AGENCY = 2
    ALL_WITH_REASON = 3
    ALL = 4


TABLE: Mapping[Role, Mapping[Right, Reach]] = MappingProxyType(
    {
        Role.SUBMITTER: {
            Right.FILE: Reach.OWN,
            Right.METADATA: Reach.OWN,
            Right.BODIES: Reach.OWN,
            Right.EVIDENCE: Reach.OWN,
            Right.FILES: Reach.OWN,
            Right.CORRECT: Reach.OWN,
            Right.VOID: Reach.OWN,
            Right.MERGE: Reach.OWN,
            Right.HAND_OVER: Reach.OWN,
        },
        Role.OFFICER: {
            Right.FILE: Reach.AGENCY,
            Right.METADATA: Reach.AGENCY,
            Right.BODIES: Reach.AGENCY,
            Right.EVIDENCE: Reach.AGENCY,
            Right.FILES: Reach.AGENCY,
            Right.CORRECT: Reach.AGENCY,
            Right.VOID: Reach.AGENCY,
            Right.MERGE: Reach.AGENCY,
            Right.HAND_OVER: Reach.AGENCY,
        },
        Role.OPERATOR: {
            Right.METADATA: Reach.ALL,
            Right.BODIES: Reach.ALL_WITH_REASON,
            Right.EVIDENCE: Reach.ALL_WITH_REASON,
            Right.OPERATE: Reach.ALL,
            Right.REPLAY: Reach.ALL,
        },
        Role.INTEGRATOR: {
            Right.METADATA: Reach.ALL,
            Right.CONFIGURE: Reach.ALL,
        },
        Role.AUDITOR: {
            Right.METADATA: Reach.ALL,
            Right.BODIES: Reach.ALL_WITH_REASON,
            Right.EVIDENCE: Reach.ALL_WITH_REASON,
            Right.AUDIT: Reach.ALL,
        },
        Role.ADMINISTRATOR: {
            Right.METADATA: Reach.ALL,
            Right.HAND_OVER: Reach.ALL,
            Right.OPERATE: Reach.ALL,
            Right.REPLAY: Reach.ALL,
            Right.CONFIGURE: Reach.ALL,
            Right.CLIENTS: Reach.ALL,
            Right.AUDIT: Reach.ALL,
        },
    }
)


def reach(roles: Iterable[Role], right: Right, most: Reach = Reach.ALL) -> Reach:
    """Say how far a right of somebody with these roles reaches; roles that give more do not count.

    most: with `AGENCY`, what somebody may without saying why who may more with a reason
    """
    given = (TABLE[role].get(right, Reach.NONE) for role in roles)
    return max((one for one in given if one <= most), default=Reach.NONE)
