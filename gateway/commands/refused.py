"""How the commands say what was asked wrongly: each in one line that names the option."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from gateway.commands.shown import plain
from gateway.operations.refusals import Code, Refusal
from gateway.settings import SettingsError

T = TypeVar("T")

SENTENCES: Mapping[Code, str] = MappingProxyType(
    {
        "nothing_chosen": "retry: say what: --dossier ID, --cause CAUSE or --system NAME",
        "dossier_and_cause": "retry: --dossier and --cause exclude each other",
        "not_an_id": "--dossier: {said!r} is not the id of a dossier",
        "no_such_dossier": "--dossier: there is no dossier {said}",
        "unknown_cause": "--cause: there is no cause {said!r}; kinds are: {known}",
        "unknown_system": "no system is called {said!r}; there are: {known}",
        "probe_off": "probe: {said} is switched off in the systems file",
        "probe_held": "probe: {said} is held by {known}: lienthong release {said}",
        "probe_unstarted": "probe: no gateway has started with {said} yet",
        "wave_size": "--wave: {said} is not between 1 and {known}",
        "patience": "--patience: {said} s is not above nothing",
        "environment": "--environment: {said!r} is neither live nor sandbox",
        "name_taken": "a client called {said!r} is there already",
        "same_client": "{said!r} cannot hand dossiers over to itself",
        "other_environment": "{said!r} is in another environment: {known}",
        "serves_not": "{said!r} does not serve these agencies; it speaks for: {known}",
        "unknown_client": "no client is called {said!r}",
        "login": "{said!r} cannot be a login: 2 to 64 of a–z, 0–9, and . _ - between",
        "login_taken": "an account {said!r} is there already",
        "unknown_account": "no account is called {said!r}, or it has ended",
        "unknown_role": "--role: {said!r} is none of {known}",
        "unknown_key": "no key of that client works and begins with {said!r}",
        "client_name": "{said!r} names no client: one line of at most 100 letters without : and /",
        "which_keys": "clients revoke: say which key, by its prefix, or --all",
        "audit_head": "--head: {said!r} is not PLACE:MAC, as audit_head in the log has it",
        "no_audit_key": "audit: nothing is sealed: set LIENTHONG_AUDIT_KEY, or LIENTHONG_SEAL_KEY",
        "days": "--expires: {said} is not above nothing",
        "not_fed_by_files": "{said} is not fed by files",
        "not_fed_by_view": "{said} is not fed by a view",
        "unread_view": "the view of {said} cannot be read: {known}",
        "unreadable_file": "{said} cannot be read: {known}",
        "asof_time": "asof: {said!r} is no time like 2026-03-02T09:30:00, nor a day",
        "asof_future": "asof: {said!r} is in the future; our clock says {known}",
        "asof_reason": "asof: say why, with --reason",
        "asof_ref": "asof: {said!r} is no dossier's id, no client's ref and no official code",
        "asof_client": "asof: --client: {said!r} is no source of it; there are: {known}",
        "asof_never": "asof: nobody has told of {said!r} by a row: there is nothing to put right",
        "asof_several": "asof: {said!r} is told by several; choose by --client or id: {known}",
        "unstarted_system": "no gateway has started with {said} yet: there is nothing of it",
        "not_live": "{said} is {known} in the systems file: nothing would be sent",
        "no_tries_meant": "resend: say which: --from and --to, --adapter-version or --mapping",
        "plan_time": "{said!r} is no day like 2026-03-02, nor a time like 2026-03-02T09:30:00",
        "plan_times": "resend: --from {said} is not before --to {known}",
        "no_such_procedure": "--procedure: no dossier here is under {said!r}",
        "no_such_agency": "--agency: no dossier here is at {said!r} or below it",
        "no_such_version": "--adapter-version: {known} was never told anything by {said!r}",
        "no_such_mapping": "--mapping: {known} was never told anything under {said!r}",
        "not_a_plan": "plans: {said!r} is not the id of a plan",
        "no_such_plan": "plans: no plan {said} is there that {known}",
        "settle_reason": "settle: say how they were told, with --reason",
        "settle_which": "settle: say what: either --dossier ID or --cause CAUSE",
        "settle_code": "settle: --code is of one dossier: give it with --dossier",
    }
)

CUT: frozenset[Code] = frozenset(
    {
        "not_an_id",
        "unknown_cause",
        "login",
        "unknown_account",
        "unknown_role",
        "unknown_key",
        "client_name",
        "audit_head",
        "asof_time",
        "asof_future",
        "asof_ref",
        "asof_client",
        "asof_never",
        "asof_several",
        "plan_time",
        "plan_times",
        "no_such_procedure",
        "no_such_agency",
        "no_such_version",
        "no_such_mapping",
        "not_a_plan",
    }
)
"""What was typed may be anything, and is said again cut short."""


def granted(answer: T | Refusal, option: str | None = None) -> T:
    """Give what was answered; a refusal ends the command, under the name of this option."""
    if not isinstance(answer, Refusal):
        return answer
    known = ", ".join(answer.known) or "none"
    said = plain(answer.said) if answer.code in CUT else answer.said
    sentence = SENTENCES[answer.code].format(said=said, known=known)
    raise SettingsError(sentence if option is None else f"{option}: {sentence}")
