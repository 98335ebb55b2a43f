"""Echo: the smallest real adapter. Copy this folder to begin a new one.

In: a step. Out: one JSON request with an idempotency key, and what its answer means.
Never: anything that `adapters.kit` does not offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import SecretStr

from adapters.echo.answers import MANY, ONE
from adapters.echo.translate import event_bodies, snapshot_body
from adapters.kit import (
    Adapter,
    Facts,
    Http,
    Many,
    Said,
    Step,
    WebSettings,
    read_answer,
    read_item,
    redact,
    strings_of,
    unsent,
    verdict,
)
from schemas.outcome import Delivered, Outcome, Problem, Refused, Remote


class EchoSettings(WebSettings):
    """token: sent as a Bearer token; style: what they keep, the newest `snapshot` or all `events`.

    Either way they are told what is new: only events say why.
    """

    token: SecretStr | None = None
    style: Literal["snapshot", "events"] = "snapshot"


async def deliver(step: Step, settings: EchoSettings) -> Outcome:
    """Send the whole dossier, or the events that they have not seen; either may be repeated."""
    key = {"Idempotency-Key": step.key, **_signature(settings)}
    path = f"/dossiers/{step.dossier.id}"
    if settings.style == "snapshot":
        request = Http(
            method="PUT", path=path, json=snapshot_body(step), headers=key, effect="keyed"
        )
    else:
        request = Http(
            method="POST",
            path=f"{path}/events",
            json=event_bodies(step),
            headers=key,
            effect="keyed",
        )
    return outcome_of(
        read_answer(await request, "keyed", ONE, personal=lambda: _masked(step)), step
    )


async def deliver_many(steps: Sequence[Step], settings: EchoSettings) -> Many:
    """Send several dossiers in one request; each is judged by itself, under its own id."""
    body = {"dossiers": [{"key": step.key, **_item(step, settings)} for step in steps]}
    reply = await Http(
        method="POST", path="/dossiers", json=body, headers=_signature(settings), effect="keyed"
    )
    said = read_answer(reply, "keyed", MANY)
    if not isinstance(said, Said):
        return said
    results = said.value.get("results") if said.means == "success" else None
    if not isinstance(results, dict):
        return verdict(said, MANY, "no results")
    return [_result(results.get(str(step.dossier.id)), step) for step in steps]


def _signature(settings: EchoSettings) -> dict[str, str]:
    if settings.token is None:
        return {}
    return {"Authorization": f"Bearer {settings.token.get_secret_value()}"}


def _item(step: Step, settings: EchoSettings) -> dict[str, Any]:
    if settings.style == "snapshot":
        return {"dossier": snapshot_body(step)}
    return event_bodies(step)


def _result(value: Any, step: Step) -> Outcome:
    """Say what their answer about one of several means."""
    return outcome_of(read_item(value, ONE, personal=lambda: _masked(step)), step)


def outcome_of(said: Said | Outcome, step: Step) -> Outcome:
    """Say what their answer about one dossier means."""
    if not isinstance(said, Said):
        return said
    if said.means != "success":
        refused = verdict(said, ONE)
        return _refusal(said, step) if isinstance(refused, Refused) else refused
    code = said.value.get("code")
    return Delivered(
        up_to=step.dossier.version,
        remote=Remote(created=True, line=step.dossier.version),
        official_code=code if isinstance(code, str) and code else None,
        note=None if (left := unsent(step.dossier.owner)) is None else f"not sent: {left}",
    )


def _refusal(said: Said, step: Step) -> Refused:
    """Name each field that they refuse."""
    return Refused(
        code=str(said.value.get("code", "refused")),
        message="the system refused the dossier",
        problems=tuple(
            _problem(one, step) for one in said.value["problems"] if isinstance(one, dict)
        ),
    )


def _masked(step: Step) -> tuple[str, ...]:
    return strings_of(step.dossier)


def _problem(one: dict[str, Any], step: Step) -> Problem:
    detail = redact(str(one.get("detail", "")), strings_of(step.dossier))
    return Problem(str(one.get("pointer", "")), str(one.get("code", "")), detail)


ADAPTER = Adapter(
    name="echo",
    settings=EchoSettings,
    facts=Facts(version="4", at_once=8),
    deliver=deliver,
    deliver_many=deliver_many,
)
