"""VNPT iGate 2.0, the dossier system of most provinces.

In: a step. Out: a code where they allocate it, the files, the dossier, its states in order.
Never: a status number that the deployment's map does not know.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from adapters.igate import answers, codes, translate
from adapters.igate.inbound import poll
from adapters.igate.not_carried import NOT_CARRIED
from adapters.igate.record import another, bring, found
from adapters.igate.replies import odd, read, unhelpful
from adapters.igate.settings import IgateSettings
from adapters.kit.identities import check_code
from adapters.kit.meanings import Said
from adapters.kit.port import (
    Adapter,
    Attached,
    Checkpoint,
    Facts,
    Http,
    Reply,
    Session,
    Step,
    Token,
)
from adapters.kit.read_answers import read_answer, row_of, verdict
from schemas.event import Event
from schemas.outcome import Delivered, Outcome, Remote, Uncertain


async def login(settings: IgateSettings) -> Token | Outcome:
    """Get a token from Keycloak."""
    form = {"grant_type": settings.grant, "client_id": settings.client_id}
    if settings.client_secret is not None:
        form["client_secret"] = settings.client_secret.get_secret_value()
    if settings.grant == "password" and settings.password is not None:
        form |= {
            "username": settings.username or "",
            "password": settings.password.get_secret_value(),
        }
    reply = await Http(
        method="POST", path=settings.token_url, form=form, effect="read", signed=False
    )
    said = read_answer(reply, "read", answers.LOGIN, settings.words)
    if not isinstance(said, Said):
        return said
    if said.means != "success":
        return verdict(said, answers.LOGIN)
    life = said.value.get("expires_in")
    return Token(str(said.value["access_token"]), float(life) if type(life) is int else None)


def sign(request: Http, token: str) -> Http:
    """Put the token into the header."""
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def dead(reply: Reply) -> bool:
    """Say whether the token is no longer taken."""
    return reply.status == 401


def dead_by(reply: Reply, settings: IgateSettings) -> bool:
    """Say the same where it is told in words."""
    row = row_of(reply, answers.SESSION, settings.words)
    return dead(reply) or (row is not None and row.means == "dead")


async def deliver(step: Step, settings: IgateSettings) -> Outcome:
    """Allocate a code if need be, send what is new of the files, the dossier, then its states."""
    # Everything is translated before anything is sent: what cannot be said stops the step whole.
    check_code(step.dossier)
    files = translate.uploads(step.dossier, settings)
    translate.check(step.dossier, settings)
    states = [
        (event, translate.progress(step.dossier, event, settings))
        for event in step.events
        if event.seq > step.remote.line
    ]
    remote: Remote | Outcome = await _code(step, settings)
    if not isinstance(remote, Remote):
        return remote
    for file in files:
        if f"file:{file.id}" not in remote.notes:
            there = await _upload(Attached(field="files", file=file), step, settings)
            if not isinstance(there, str):
                return there
            remote = replace(remote, notes={**remote.notes, f"file:{file.id}": there})
            await Checkpoint(remote=remote, up_to=remote.line)
    remote = await bring(step, remote, settings)
    if not isinstance(remote, Remote):
        return remote
    await Checkpoint(remote=remote, up_to=remote.line)
    remote = await _progress(step, remote, states, settings)
    if not isinstance(remote, Remote):
        return remote
    return Delivered(
        up_to=step.dossier.version,
        remote=replace(remote, line=step.dossier.version),
        official_code=remote.id if step.dossier.official_code is None else None,
        note=translate.unsaid(step.dossier, settings),
    )


async def _progress(
    step: Step, remote: Remote, states: list[tuple[Event, dict[str, Any]]], settings: IgateSettings
) -> Remote | Outcome:
    """Tell the states in order; the first, where it may stand already, only if it does not.

    A step that became known late is told with its own time, and leaves the state where it is.
    """
    path = settings.status_path.format(padman=settings.padman, id=remote.notes["id"])
    stands = await _stands(step, remote, states[0][1], settings) if states else False
    if not isinstance(stands, bool):
        return stands
    for place, (event, told) in enumerate(states):
        at, newest = f"{event.occurred_at.astimezone(UTC):%Y%m%d%H%M%S}", remote.notes.get("at", "")
        late = at < newest and "state" in remote.notes
        state = told | {"dossierStatus": {"id": int(remote.notes["state"])}} if late else told
        if not (stands and place == 0):
            effect = settings.status_effect
            reply = await Http(method="PUT", path=path, json=state, effect=effect)
            said = read(reply, effect, step, answers.STATUS, settings)
            if not isinstance(said, Said):
                return said
            if said.means != "success" or another(said, id=remote.notes["id"]):
                return unhelpful(said, step, answers.STATUS)
        now = {"state": str(state["dossierStatus"]["id"]), "at": max(at, newest)}
        remote = replace(remote, line=event.seq, notes={**remote.notes, **now})
        await Checkpoint(remote=remote, up_to=event.seq)
    return remote


async def _stands(
    step: Step, remote: Remote, state: dict[str, Any], settings: IgateSettings
) -> bool | Outcome:
    """Look whether a state whose answer was lost is there.

    Their look-up shows the present state alone: it proves something only where the state before
    was another one. Else the state is told again, or a human looks, as the settings say.
    """
    before, ours = remote.notes.get("state"), str(state["dossierStatus"]["id"])
    proves = settings.status_look_up == "state" and before is not None and before != ours
    if not step.doubt or settings.status_effect == "keyed":
        return False
    if not proves:
        why = "their look-up cannot tell whether they have the last state"
        undecided = Uncertain(why=why, effect="append", undecided=True)
        return undecided if step.on_undecided == "park" else False
    held = await found(step, remote, settings)
    if not isinstance(held, Said):
        return held
    shown = held.value.get("dossierStatus") if isinstance(held.value, dict) else None
    number = shown.get("id") if isinstance(shown, dict) else shown
    return held.means == "success" and str(number) == ours


async def _code(step: Step, settings: IgateSettings) -> Remote | Outcome:
    """Give the memory with the dossier's code in it, allocated by them where there is none."""
    remote = step.remote
    known = step.dossier.official_code or remote.id
    if known is not None:
        return replace(remote, id=known)
    query = {"code": settings.pattern_code}
    path = f"/{settings.basedata}/config/get-pattern"
    reply = await Http(method="GET", path=path, query=query, effect="read")
    said = read(reply, "read", step, answers.PATTERN, settings)
    if not isinstance(said, Said):
        return said
    if said.means != "success":
        return odd("get-pattern: no id", said.value, step)
    path = f"/{settings.pattern}/pattern/{said.value['id']}/--get-next-value"
    # A number that is taken and not used is a gap in their sequence, and harms nobody.
    reply = await Http(method="PUT", path=path, json={}, effect="keyed")
    said = read(reply, "keyed", step, answers.NEXT_VALUE, settings)
    if not isinstance(said, Said):
        return said
    if said.means != "success":
        return odd("get-next-value: no value", said.value, step)
    code = str(said.value["value"])
    remote = replace(remote, id=code)
    # Remembered before the dossier is created under it: a retry must not take another number.
    await Checkpoint(remote=remote, up_to=remote.line)
    return remote


async def _upload(one: Attached, step: Step, settings: IgateSettings) -> str | Outcome:
    reply = await Http(
        method="POST",
        path=f"/{settings.fileman}/file/--multiple",
        query={"uuid": "1"},
        attached=(one,),
        effect="keyed",  # a copy that nothing refers to is seen by nobody
    )
    said = read(reply, "keyed", step, answers.UPLOAD, settings)
    if not isinstance(said, Said):
        return said
    return str(said.value["id"]) if said.means == "success" else odd("upload: no id", said, step)


ADAPTER = Adapter(
    name="igate",
    settings=IgateSettings,
    facts=Facts(
        version="3",
        at_once=8,
        appends=True,
        looks_up=True,
        exchanges=10,
        conversation=300.0,
        needs_official_code=True,
        not_carried=NOT_CARRIED,
    ),
    deliver=deliver,
    session=Session(login=login, sign=sign, dead=dead, dead_by=dead_by, seconds=3600.0),
    poll=poll,
    tables=(codes.GENDER, codes.APPLY_METHOD, codes.RECEIVING_KIND, codes.PAPER_TYPE),
)
