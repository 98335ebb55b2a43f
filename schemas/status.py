"""The business states of a dossier, and the kinds of things that happen to one."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a dossier stands; the national numbers are in `schemas.catalogue.statuses`."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PROCESSING = "processing"
    AWAITING_SUPPLEMENT = "awaiting_supplement"
    AWAITING_PAYMENT = "awaiting_payment"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    STOPPED = "stopped"
    FINISHED = "finished"
    RETURNED = "returned"


class Kind(StrEnum):
    """What happened: the word that every event begins with."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PROGRESS = "progress"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    SUPPLEMENT_RECEIVED = "supplement_received"
    FEE_REQUESTED = "fee_requested"
    FEE_PAID = "fee_paid"
    FEE_WAIVED = "fee_waived"
    DUE_CHANGED = "due_changed"
    TRANSFERRED = "transferred"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    STOPPED = "stopped"
    RESUMED = "resumed"
    FINISHED = "finished"
    RETURNED = "returned"
    CORRECTED = "corrected"
    REOPENED = "reopened"
    LINKED = "linked"
    VOIDED = "voided"
