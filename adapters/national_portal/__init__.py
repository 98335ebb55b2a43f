"""The national public service portal, classic dialect: login, snapshot, progress lines, answers.

In: a step. Out: `DongBoHoSoMC` (keyed by the dossier code), then `CapNhatTienDoHoSoMC` (appends);
or `DongBoTrangThaiHoSo` for what was born there, where it is set so.
Never: an invented identity number, a text cut in silence, a create of what was born there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.kit.identities import check_code
from adapters.kit.port import Adapter, Checkpoint, Facts, Session, Step, Talk
from adapters.kit.replies import exists, judge, read_json, redact, strings_of
from adapters.kit.texts import recodes
from adapters.national_portal import codes, framing, progress, translate
from adapters.national_portal.inbound import hear
from adapters.national_portal.not_carried import NOT_CARRIED
from adapters.national_portal.replies import Answer, read, refusal
from adapters.national_portal.settings import PortalSettings
from schemas.outcome import (
    Blocked,
    CannotExpress,
    Delivered,
    Malformed,
    Outcome,
    Remote,
    Uncertain,
    Unreachable,
)
from schemas.status import Kind

CHUNK = 10
"""Lines in one call: what a client was seen to send; the portal's own limit is unknown."""


async def login(settings: PortalSettings) -> str | Outcome:
    """Ask for a session."""
    reply = await framing.login(settings)
    outcome = judge(reply, "read")
    if outcome is not None:
        return outcome
    answer = read_json(reply, "read")
    match answer:
        case Unreachable() | Uncertain():
            return answer
        case {"session": str(session), "error_code": 0 | "0" | "00"} if session:
            return session
        case {"error_code": _}:
            return Blocked(why="the login was refused")
        case _:
            return Malformed(why="login: neither a session nor an error_code", raw=redact(""))


async def deliver(step: Step, settings: PortalSettings) -> Outcome:
    """Bring the snapshot up to date, then append what is new; or answer for what was born there."""
    _not_voided(step, settings)
    check_code(step.dossier)
    former = _former_code(step)
    if step.born_here and settings.portal_born == "answer":
        return await _answer(step, settings)
    # Everything is translated before anything is sent: what cannot be said stops the step whole.
    snapshot = translate.dossier(step.dossier, settings)
    lines = [
        (event.seq, progress.line(step.dossier, event, settings))
        for event in step.events
        if not progress.code_alone(event) and event.seq > step.remote.line
    ]
    if former is not None:
        left = await _leave(step, former, settings)
        if not isinstance(left, Step):
            return left
        step = left
    notes = {**step.remote.notes, "code": step.dossier.official_code or ""}
    remote = replace(step.remote, notes=notes)
    if not (step.born_here and settings.portal_born == "none"):
        outcome = await _snapshot(step, settings, snapshot)
        if outcome is not None:
            return outcome
        remote = replace(remote, created=True)
        await Checkpoint(remote=remote, up_to=remote.line)
    for start in range(0, len(lines), CHUNK):
        chunk = lines[start : start + CHUNK]
        reply = await framing.progress([line for _, line in chunk], settings)
        answer = read(reply, "append")
        if not isinstance(answer, Answer):
            return answer
        if not answer.succeeded(settings):
            return refusal(answer, step)
        remote = replace(remote, line=chunk[-1][0])
        await Checkpoint(remote=remote, up_to=remote.line)
    return _done(step, remote, settings, former)


def _not_voided(step: Step, settings: PortalSettings) -> None:
    """Leave it to a human to have a dossier removed that was voided."""
    voided = any(event.kind is Kind.VOIDED for event in step.events)
    if voided and settings.voided == "park":
        raise CannotExpress("/voided", "the portal has no service that takes a dossier back")


def _former_code(step: Step) -> str | None:
    """Give the code under which they hold it, where it has been corrected since."""
    held = step.remote.notes.get("code")
    if held is None or held == step.dossier.official_code:
        return None
    if step.born_here:
        raise CannotExpress("/official_code", "the portal holds it under another code")
    return held


async def _leave(step: Step, former: str, settings: PortalSettings) -> Step | Outcome:
    """Say on the record under the former code where the dossier went, and forget that record.

    They know a dossier by its code alone: what stands under the new one may be another's.
    """
    for because in [one for one in step.events if recodes(one)][-1:] or step.events[-1:]:
        line = progress.moved(step.dossier, because, former, settings)
        answer = read(await framing.progress([line], settings), "append")
        if not isinstance(answer, Answer):
            return answer
        if not answer.succeeded(settings) and "không tồn tại" not in answer.message:
            return refusal(answer, step)
    notes = {**step.remote.notes, "code": step.dossier.official_code or ""}
    remote = replace(step.remote, created=False, notes=notes)
    await Checkpoint(remote=remote, up_to=remote.line)
    return replace(step, remote=remote)


def _done(
    step: Step, remote: Remote, settings: PortalSettings, former: str | None = None
) -> Delivered:
    cut = translate.cut(step.dossier, settings)
    left = None if former is None else "the record under the former code stays until they remove it"
    void = "told that it is void; the record stays until they remove it"
    said = void if any(event.kind is Kind.VOIDED for event in step.events) else None
    return Delivered(
        up_to=step.dossier.version,
        remote=replace(remote, line=step.dossier.version),
        note="; ".join(one for one in (cut, left, said) if one) or None,
    )


async def _answer(step: Step, settings: PortalSettings) -> Outcome:
    """Answer event by event; whether an answer may be repeated is unknown, so it appends."""
    remote = step.remote
    said = [
        (event.seq, progress.answer(step.dossier, event, settings))
        for event in step.events
        if event.seq > remote.line and (event is step.events[-1] or not progress.code_alone(event))
    ]
    for seq, data in said:
        if data is None:
            continue
        reply = await framing.answer(data, settings)
        answer = read(reply, "append")
        if not isinstance(answer, Answer):
            return answer
        if not answer.succeeded(settings):
            return refusal(answer, step)
        remote = replace(remote, line=seq)
        await Checkpoint(remote=remote, up_to=seq)
    return _done(step, remote, settings)


async def _snapshot(step: Step, settings: PortalSettings, data: dict[str, Any]) -> Outcome | None:
    """Create or replace; an answer that says it is the other one is followed by the other, once."""
    updating = step.remote.created or step.born_here
    answer: Answer | Outcome | None = None
    for _ in range(2):
        reply = await framing.snapshot(data, settings, updating=updating)
        answer = read(reply, "keyed")
        if not isinstance(answer, Answer):
            return answer
        if answer.succeeded(settings):
            return None
        if not updating and "đã tồn tại" in answer.message:
            parked = exists(step, redact(answer.shown, strings_of(step.dossier)))
            if parked is not None:
                return parked
            updating = True  # an earlier try had landed
        elif updating and "không tồn tại" in answer.message and not step.born_here:
            updating = False
        else:
            break
    return refusal(answer, step) if isinstance(answer, Answer) else answer


def _login(settings: PortalSettings) -> Talk[str | Outcome]:
    return login(settings)


ADAPTER = Adapter(
    name="national_portal",
    settings=PortalSettings,
    facts=Facts(
        version="3", at_once=8, appends=True, needs_official_code=True, not_carried=NOT_CARRIED
    ),
    deliver=deliver,
    session=Session(login=_login, sign=framing.sign, dead=framing.dead, seconds=600.0),
    hear=hear,
    tables=(
        codes.TRANG_THAI,
        codes.KENH_THUC_HIEN,
        codes.LOAI_DOI_TUONG,
        codes.LOAI_DINH_DANH,
        codes.HINH_THUC,
        codes.HINH_THUC_THU,
        codes.TAI_SU_DUNG,
        codes.TRA_LOI,
    ),
)
