"""The dossier itself at iGate: created, looked up where it is in doubt, brought up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from adapters.igate import answers, translate
from adapters.igate.replies import odd, read, unhelpful
from adapters.igate.settings import IgateSettings
from adapters.kit.meanings import Answers, Said
from adapters.kit.port import Checkpoint, Http, Step
from adapters.kit.replies import exists
from schemas.outcome import Outcome, Refused, Remote


async def bring(step: Step, remote: Remote, settings: IgateSettings) -> Remote | Outcome:
    """Create the dossier or bring it up to date; whether it is there is looked up in doubt."""
    # An upload whose answer was lost is no create: only one under this code can have landed.
    step = replace(step, doubt=step.doubt and remote.notes.get("asked") == remote.id)
    known = remote.created or step.born_here
    if (step.doubt or known) and "id" not in remote.notes:
        name = await _look_up(step, remote, settings)
        if name is not None and not isinstance(name, str):
            return name
        if name is None and known:
            return odd("they are known to hold it, and cannot find it", None, step)
        remote = _with_id(remote, name)
    if "id" not in remote.notes:
        created = await _created(step, remote, settings)
        if not isinstance(created, Said):
            return created
        there = await _existing(created, step, remote, settings)
        if not isinstance(there, str):
            return there
        remote = _with_id(remote, there)
    path = settings.update_path.format(padman=settings.padman, id=remote.notes["id"])
    said = await _send("PUT", path, answers.REPLACE, step, remote, settings)
    if not isinstance(said, Said):
        return said
    if said.means != "success" or another(said, id=remote.notes["id"]):
        return unhelpful(said, step, answers.REPLACE)
    return remote


async def _created(step: Step, remote: Remote, settings: IgateSettings) -> Remote | Said | Outcome:
    """Create the dossier; an answer that it exists is given as it came."""
    # Remembered before it is sent: a retry knows whether a create of ours can have landed.
    remote = replace(remote, notes={**remote.notes, "asked": remote.id or ""})
    await Checkpoint(remote=remote, up_to=remote.line)
    path = f"/{settings.padman}/dossier/--apply-online/"
    said = await _send("POST", path, answers.CREATE, step, remote, settings)
    if isinstance(said, Refused) and not step.doubt:
        # Surely not created: nothing of it need be looked up, or taken back once it is void.
        await Checkpoint(remote=_unasked(remote), up_to=remote.line)
    if not isinstance(said, Said) or said.means == "exists":
        return said
    if said.means != "success" or another(said, code=remote.id):
        return odd("create: no id of this dossier", said.value, step)
    return _with_id(remote, str(said.value["id"]))


async def _existing(
    said: Said, step: Step, remote: Remote, settings: IgateSettings
) -> str | Outcome:
    """Give their id of what exists under our code, if it is ours to replace."""
    parked = exists(step, said.shown)
    if parked is not None:
        if step.dossier.official_code is None:  # they allocated it: a retry takes another number
            await Checkpoint(remote=replace(_unasked(remote), id=None), up_to=remote.line)
        return parked
    there = await _look_up(step, remote, settings)
    lost = "they say it exists, and cannot find it"
    return there if there is not None else odd(lost, said.shown, step)


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
    method: Literal["POST", "PUT"],
    path: str,
    table: Answers,
    step: Step,
    remote: Remote,
    settings: IgateSettings,
) -> Said | Outcome:
    """Send the whole dossier; its code is the key, so repeating a create adds none."""
    files = {
        name.removeprefix("file:"): there
        for name, there in remote.notes.items()
        if name.startswith("file:")
    }
    body = translate.dossier(step.dossier, remote.id or "", files, settings)
    reply = await Http(method=method, path=path, json=body, effect="keyed")
    return read(reply, "keyed", replace(step, remote=remote), table, settings)


async def _look_up(step: Step, remote: Remote, settings: IgateSettings) -> str | Outcome | None:
    """Give their id of the dossier; None: they do not have it."""
    held = await found(step, remote, settings)
    if not isinstance(held, Said):
        return held
    return str(held.value["id"]) if held.means == "success" else None


async def found(step: Step, remote: Remote, settings: IgateSettings) -> Said | Outcome:
    """Ask what they hold under our code."""
    reply = await Http(
        method="GET",
        path=f"/{settings.padman}/api-integration/--data",
        query={"code": remote.id or ""},
        effect="read",
    )
    said = read(reply, "read", replace(step, remote=remote), answers.LOOK_UP, settings)
    if not isinstance(said, Said):
        return said
    if said.means == "success" and another(said, code=remote.id):
        return odd("look-up: another dossier", said.shown, step)
    return said if said.means in {"success", "absent"} else unhelpful(said, step, answers.LOOK_UP)


def another(said: Said, **ours: str | None) -> bool:
    """Say whether an answer speaks of another dossier than ours."""
    return any(
        name in said.value and said.value[name] not in (None, own)
        for name, own in ours.items()
        if own is not None
    )
