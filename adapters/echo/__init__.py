"""Echo: the smallest real adapter. Copy this folder to begin a new one.

In: a step. Out: one JSON request with an idempotency key, and what its answer means.
Never: anything that `adapters.kit` does not offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import SecretStr

from adapters.echo.translate import event_bodies, snapshot_body
from adapters.kit import (
    Adapter,
    Facts,
    Http,
    Many,
    Reply,
    Step,
    WebSettings,
    judge,
    read_json,
    redact,
    strings_of,
    unsent,
)
from schemas.outcome import (
    Delivered,
    Malformed,
    Outcome,
    Problem,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
)


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
    return read(await request, step)


async def deliver_many(steps: Sequence[Step], settings: EchoSettings) -> Many:
    """Send several dossiers in one request; each is judged by itself, under its own id."""
    body = {"dossiers": [{"key": step.key, **_item(step, settings)} for step in steps]}
    reply = await Http(
        method="POST", path="/dossiers", json=body, headers=_signature(settings), effect="keyed"
    )
    answer, raw = _answer(reply), reply.body.decode("utf-8", "replace")
    if not isinstance(answer, dict):
        return answer
    results = answer.get("results")
    if not isinstance(results, dict):
        return verdict(None, steps[0], raw)
    return [verdict(results.get(str(step.dossier.id)), step, raw) for step in steps]


def _signature(settings: EchoSettings) -> dict[str, str]:
    if settings.token is None:
        return {}
    return {"Authorization": f"Bearer {settings.token.get_secret_value()}"}


def _item(step: Step, settings: EchoSettings) -> dict[str, Any]:
    if settings.style == "snapshot":
        return {"dossier": snapshot_body(step)}
    return event_bodies(step)


def read(reply: Reply, step: Step) -> Outcome:
    """Say what their answer means."""
    answer = _answer(reply)
    if isinstance(answer, dict):
        return verdict(answer, step, reply.body.decode("utf-8", "replace"))
    return answer


def _answer(reply: Reply) -> dict[str, Any] | Outcome:
    """Read their answer as JSON, or say what it means that it is none."""
    outcome = judge(reply, "keyed")
    if outcome is not None:
        return outcome
    answer: Any = read_json(reply, "keyed")
    if isinstance(answer, (dict, Uncertain, Unreachable)):
        return answer
    return Malformed(why="neither ok nor refused", raw="")


def verdict(answer: object, step: Step, raw: str) -> Outcome:
    """Say what their answer about one dossier means; `raw`: the whole of it, as it came."""
    match answer:
        case {"ok": True, **more}:
            code = more.get("code")
            return Delivered(
                up_to=step.dossier.version,
                remote=Remote(created=True, line=step.dossier.version),
                official_code=code if isinstance(code, str) and code else None,
                note=None if (left := unsent(step.dossier.owner)) is None else f"not sent: {left}",
            )
        case {"ok": False, "problems": list(problems), **more}:
            return Refused(
                code=str(more.get("code", "refused")),
                message="the system refused the dossier",
                problems=tuple(_problem(one, step) for one in problems if isinstance(one, dict)),
            )
        case _:
            shown = redact(raw, strings_of(step.dossier))
            return Malformed(why="neither ok nor refused", raw=shown)


def _problem(one: dict[str, Any], step: Step) -> Problem:
    detail = redact(str(one.get("detail", "")), strings_of(step.dossier))
    return Problem(str(one.get("pointer", "")), str(one.get("code", "")), detail)


ADAPTER = Adapter(
    name="echo",
    settings=EchoSettings,
    facts=Facts(version="3", at_once=8),
    deliver=deliver,
    deliver_many=deliver_many,
)
