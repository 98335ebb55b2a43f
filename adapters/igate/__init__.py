"""VNPT iGate 2.0, the dossier system of most provinces.

In: a step. Out: a code where they allocate it, the files, the dossier, its states in order.
Never: a status number that the deployment's map does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, SecretStr

from adapters.igate import codes, translate
from adapters.igate.inbound import poll
from adapters.igate.not_carried import NOT_CARRIED
from adapters.igate.replies import odd, read, says_exists
from adapters.kit.communes import Expects
from adapters.kit.identities import NoIdentity, check_code
from adapters.kit.port import (
    Adapter,
    Attached,
    Checkpoint,
    Facts,
    Http,
    Reply,
    Session,
    Step,
    WebSettings,
)
from adapters.kit.replies import exists, judge, read_json
from schemas.outcome import (
    Blocked,
    Delivered,
    Malformed,
    Outcome,
    Refused,
    Remote,
    Uncertain,
    Unreachable,
)
from schemas.status import Status

OUTCOMES = (Blocked, Malformed, Refused, Uncertain, Unreachable)


class IgateSettings(WebSettings):
    """One province's iGate; paths, numbers and ids differ from province to province.

    token_url: the Keycloak token endpoint, a path or a whole address
    grant: `password` (an officer's account) or `client_credentials`
    padman, basedata, pattern, fileman: prefixes of the services behind the one host
    pattern_code: the code pattern from which they allocate dossier codes
    status_map: their status number → canonical state, for what they report; others are quarantined
    status_ids: canonical state → their number, for what they are told; others cannot be expressed
    status_path, update_path: not stated by any public source (inferred)
    files: `upload` or `none`; link_only_files: `refuse` or `skip` files that we have no bytes of
    procedures, agencies: canonical code → their id
    no_identity: what becomes of an owner without a number, by procedure: `park` or `untold`; "*"
        for all others
    communes: the generation of communes that they expect; `as_written` changes nothing
    poll_days, page_size: how far back their search looks, and its page
    """

    token_url: str = "/auth/realms/digo/protocol/openid-connect/token"  # noqa: S105 - an address
    grant: Literal["password", "client_credentials"] = "password"
    client_id: str
    client_secret: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    padman: str = "pa"
    basedata: str = "bd"
    pattern: str = "bt"
    fileman: str = "fi"
    pattern_code: str = "dossier"
    status_map: Mapping[str, Status] = Field(
        default_factory=lambda: MappingProxyType(
            {"0": Status.SUBMITTED, "2": Status.PROCESSING, "4": Status.FINISHED}
        )
    )
    status_ids: Mapping[Status, int] = Field(
        default_factory=lambda: MappingProxyType(
            {Status.SUBMITTED: 0, Status.PROCESSING: 2, Status.FINISHED: 4}
        )
    )
    status_path: str = "/{padman}/dossier/{id}/--status"
    update_path: str = "/{padman}/dossier/{id}"
    files: Literal["upload", "none"] = "upload"
    link_only_files: Literal["refuse", "skip"] = "refuse"
    procedures: Mapping[str, str] = Field(default_factory=dict)
    agencies: Mapping[str, str] = Field(default_factory=dict)
    no_identity: NoIdentity = Field(default_factory=dict)
    communes: Expects = "as_written"
    poll_days: int = Field(default=30, ge=1, le=366)
    page_size: int = Field(default=50, ge=1, le=500)


async def login(settings: IgateSettings) -> str | Outcome:
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
    if reply.status in {400, 401, 403}:
        return Blocked(why="the login was refused")
    outcome = judge(reply, "read")
    if outcome is not None:
        return outcome
    answer = read_json(reply, "read")
    match answer:
        case Unreachable() | Uncertain():
            return answer
        case {"access_token": str(token)} if token:
            return token
        case _:
            return Malformed(why="login: no access_token", raw="")


def sign(request: Http, token: str) -> Http:
    """Put the token into the header."""
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def dead(reply: Reply) -> bool:
    """Say whether the token is no longer taken."""
    return reply.status == 401


async def deliver(step: Step, settings: IgateSettings) -> Outcome:
    """Allocate a code if need be, send what is new of the files, the dossier, then its states."""
    # Everything is translated before anything is sent: what cannot be said stops the step whole.
    check_code(step.dossier)
    files = translate.uploads(step.dossier, settings)
    translate.check(step.dossier, settings)
    states = [
        (event.seq, translate.progress(step.dossier, event, settings))
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
    remote = await _bring(step, remote, settings)
    if not isinstance(remote, Remote):
        return remote
    await Checkpoint(remote=remote, up_to=remote.line)
    for seq, state in states:
        path = settings.status_path.format(padman=settings.padman, id=remote.notes["id"])
        # Saying a state again changes nothing more.
        answer = read(
            await Http(method="PUT", path=path, json=state, effect="keyed"), "keyed", step
        )
        if isinstance(answer, OUTCOMES):
            return answer
        remote = replace(remote, line=seq)
        await Checkpoint(remote=remote, up_to=seq)
    return Delivered(
        up_to=step.dossier.version,
        remote=replace(remote, line=step.dossier.version),
        official_code=remote.id if step.dossier.official_code is None else None,
        note=translate.unsaid(step.dossier, settings),
    )


async def _code(step: Step, settings: IgateSettings) -> Remote | Outcome:
    """Give the memory with the dossier's code in it, allocated by them where there is none."""
    remote = step.remote
    known = step.dossier.official_code or remote.id
    if known is not None:
        return replace(remote, id=known)
    query = {"code": settings.pattern_code}
    path = f"/{settings.basedata}/config/get-pattern"
    found = read(await Http(method="GET", path=path, query=query, effect="read"), "read", step)
    if isinstance(found, OUTCOMES):
        return found
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return odd("get-pattern: no id", found, step)
    path = f"/{settings.pattern}/pattern/{found['id']}/--get-next-value"
    # A number that is taken and not used is a gap in their sequence, and harms nobody.
    value = read(await Http(method="PUT", path=path, json={}, effect="keyed"), "keyed", step)
    if isinstance(value, OUTCOMES):
        return value
    code = value.get("value") if isinstance(value, dict) else None
    if not isinstance(code, str) or not code:
        return odd("get-next-value: no value", value, step)
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
    found = read(reply, "keyed", step)
    if isinstance(found, OUTCOMES):
        return found
    rows = found if isinstance(found, list) else []
    name = rows[0].get("id") if rows and isinstance(rows[0], dict) else None
    return name if isinstance(name, str) and name else odd("upload: no id", found, step)


async def _bring(step: Step, remote: Remote, settings: IgateSettings) -> Remote | Outcome:
    """Create the dossier or bring it up to date; whether it is there is looked up in doubt."""
    # An upload whose answer was lost is no create: only one under this code can have landed.
    step = replace(step, doubt=step.doubt and remote.notes.get("asked") == remote.id)
    known = remote.created or step.born_here
    if (step.doubt or known) and "id" not in remote.notes:
        found = await _look_up(step, remote, settings)
        if found is not None and not isinstance(found, str):
            return found
        if found is None and known:
            return odd("they are known to hold it, and cannot find it", None, step)
        remote = _with_id(remote, found)
    if "id" not in remote.notes:
        # Remembered before it is sent: a retry knows whether a create of ours can have landed.
        remote = replace(remote, notes={**remote.notes, "asked": remote.id or ""})
        await Checkpoint(remote=remote, up_to=remote.line)
        answer = await _send(
            "POST", f"/{settings.padman}/dossier/--apply-online/", step, remote, settings
        )
        name = answer.get("id") if isinstance(answer, dict) else None
        if isinstance(name, str) and name:
            return _with_id(remote, name)
        if isinstance(answer, Refused) and not says_exists(answer) and not step.doubt:
            # Surely not created: nothing of it need be looked up, or taken back once it is void.
            await Checkpoint(remote=_unasked(remote), up_to=remote.line)
        if not says_exists(answer):
            return answer if isinstance(answer, OUTCOMES) else odd("create: no id", answer, step)
        there = await _existing(answer, step, remote, settings)
        if not isinstance(there, str):
            return there
        remote = _with_id(remote, there)
    path = settings.update_path.format(padman=settings.padman, id=remote.notes["id"])
    answer = await _send("PUT", path, step, remote, settings)
    return answer if isinstance(answer, OUTCOMES) else remote


async def _existing(
    said: Refused, step: Step, remote: Remote, settings: IgateSettings
) -> str | Outcome:
    """Give their id of what exists under our code, if it is ours to replace."""
    parked = exists(step, said.message)
    if parked is not None:
        if step.dossier.official_code is None:  # they allocated it: a retry takes another number
            await Checkpoint(remote=replace(_unasked(remote), id=None), up_to=remote.line)
        return parked
    there = await _look_up(step, remote, settings)
    return there if there is not None else odd("they say it exists, and cannot find it", said, step)


def _with_id(remote: Remote, name: str | None) -> Remote:
    if name is None:
        return remote
    remote = _unasked(remote)
    return replace(remote, created=True, notes={**remote.notes, "id": name})


def _unasked(remote: Remote) -> Remote:
    """Forget that a create of ours may have landed."""
    notes = {key: value for key, value in remote.notes.items() if key != "asked"}
    return replace(remote, notes=notes)


async def _send(
    method: Literal["POST", "PUT"], path: str, step: Step, remote: Remote, settings: IgateSettings
) -> Any:
    """Send the whole dossier; its code is the key, so repeating a create adds none."""
    files = {
        name.removeprefix("file:"): there
        for name, there in remote.notes.items()
        if name.startswith("file:")
    }
    body = translate.dossier(step.dossier, remote.id or "", files, settings)
    return read(await Http(method=method, path=path, json=body, effect="keyed"), "keyed", step)


async def _look_up(step: Step, remote: Remote, settings: IgateSettings) -> str | Outcome | None:
    """Give their id of the dossier; None: they do not have it."""
    reply = await Http(
        method="GET",
        path=f"/{settings.padman}/api-integration/--data",
        query={"code": remote.id or ""},
        effect="read",
    )
    if reply.status == 404:
        return None
    found = read(reply, "read", step)
    if isinstance(found, OUTCOMES):
        return found
    row = found[0] if isinstance(found, list) and found else found
    name = row.get("id") if isinstance(row, dict) else None
    return name if isinstance(name, str) and name else None


ADAPTER = Adapter(
    name="igate",
    settings=IgateSettings,
    facts=Facts(
        version="2",
        at_once=8,
        exchanges=10,
        conversation=300.0,
        needs_official_code=True,
        not_carried=NOT_CARRIED,
    ),
    deliver=deliver,
    session=Session(login=login, sign=sign, dead=dead, seconds=3600.0),
    poll=poll,
    tables=(codes.GENDER, codes.APPLY_METHOD, codes.RECEIVING_KIND, codes.PAPER_TYPE),
)
