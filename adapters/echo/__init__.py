"""Echo: the smallest real adapter. Copy this folder to begin a new one.

In: a step. Out: one JSON request with an idempotency key, and what its answer means.
Never: anything that `adapters.kit.port` does not offer.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SecretStr

from adapters.echo.translate import dossier_body, event_bodies
from adapters.kit.answers import judge, read_json, redact, strings_of
from adapters.kit.port import Adapter, Facts, Http, Reply, Step, WebSettings
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
    """token: sent as a Bearer token; style: `snapshot` keeps the newest dossier, `events` all."""

    token: SecretStr | None = None
    style: Literal["snapshot", "events"] = "snapshot"


async def deliver(step: Step, settings: EchoSettings) -> Outcome:
    """Send the whole dossier, or the events that they have not seen; either may be repeated."""
    key = {"Idempotency-Key": step.key}
    if settings.token is not None:
        key["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    path = f"/dossiers/{step.dossier.id}"
    if settings.style == "snapshot":
        request = Http(
            method="PUT", path=path, json=dossier_body(step.dossier), headers=key, effect="keyed"
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


def read(reply: Reply, step: Step) -> Outcome:
    """Say what their answer means."""
    outcome = judge(reply, "keyed")
    if outcome is not None:
        return outcome
    answer: Any = read_json(reply, "keyed")
    if isinstance(answer, (Uncertain, Unreachable)):
        return answer
    match answer:
        case {"ok": True}:
            code = answer.get("code")
            return Delivered(
                up_to=step.dossier.version,
                remote=Remote(created=True, line=step.dossier.version),
                official_code=code if isinstance(code, str) and code else None,
            )
        case {"ok": False, "problems": list(problems)}:
            return Refused(
                code=str(answer.get("code", "refused")),
                message="the system refused the dossier",
                problems=tuple(_problem(one, step) for one in problems if isinstance(one, dict)),
            )
        case _:
            raw = redact(reply.body.decode("utf-8", "replace"), strings_of(step.dossier))
            return Malformed(why="neither ok nor refused", raw=raw)


def _problem(one: dict[str, Any], step: Step) -> Problem:
    detail = redact(str(one.get("detail", "")), strings_of(step.dossier))
    return Problem(str(one.get("pointer", "")), str(one.get("code", "")), detail)


ADAPTER = Adapter(
    name="echo", settings=EchoSettings, facts=Facts(version="1", at_once=8), deliver=deliver
)
