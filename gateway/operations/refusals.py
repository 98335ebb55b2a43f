"""What an operator may ask wrongly: values, for whoever asked to say in words of their own.

A command names its option, a form its field; what is wrong is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.settings import Settings
from gateway.words.causes import KINDS

Code = Literal[
    "nothing_chosen",
    "dossier_and_cause",
    "not_an_id",
    "no_such_dossier",
    "unknown_cause",
    "unknown_system",
    "probe_off",
    "probe_held",
    "probe_unstarted",
    "wave_size",
    "patience",
    "environment",
    "name_taken",
    "unknown_client",
    "same_client",
    "other_environment",
    "serves_not",
    "login",
    "login_taken",
    "unknown_account",
    "unknown_role",
    "unknown_key",
    "client_name",
    "which_keys",
    "days",
    "audit_head",
    "no_audit_key",
    "not_fed_by_files",
    "not_fed_by_view",
    "unread_view",
    "unreadable_file",
    "asof_time",
    "asof_future",
    "asof_reason",
    "asof_ref",
    "asof_client",
    "asof_never",
    "asof_several",
    "unstarted_system",
    "not_live",
    "no_tries_meant",
    "plan_time",
    "plan_times",
    "no_such_procedure",
    "no_such_agency",
    "no_such_version",
    "no_such_mapping",
    "not_a_plan",
    "no_such_plan",
    "settle_reason",
    "settle_which",
    "settle_code",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done: what is wrong, what was said, and what could have been said."""

    code: Code
    said: str = ""
    known: tuple[str, ...] = ()


def known_systems(settings: Settings, names: Sequence[str]) -> tuple[str, ...] | Refusal:
    """Check names of systems against the systems file."""
    configured = tuple(sorted(system.name for system in settings.systems))
    astray = next((name for name in names if name not in configured), None)
    return tuple(names) if astray is None else Refusal("unknown_system", astray, configured)


def known_cause(cause: str) -> str | Refusal:
    """Check a cause, whole or its kind, against the engine's: a typing error would find nothing."""
    if cause.partition(":")[0] in KINDS:
        return cause
    return Refusal("unknown_cause", cause, tuple(sorted(KINDS)))
