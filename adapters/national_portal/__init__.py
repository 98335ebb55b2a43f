"""The national public service portal, classic dialect: login, snapshot, progress lines, answers.

In: a step. Out: `DongBoHoSoMC` (keyed by the dossier code), then `CapNhatTienDoHoSoMC` (appends);
or `DongBoTrangThaiHoSo` for what was born there, where it is set so.
Never: an invented identity number, a text cut in silence, a create of what was born there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.kit.identities import check_code
from adapters.kit.meanings import Said
from adapters.kit.port import Adapter, Checkpoint, Facts, Reply, Session, Step, Talk
from adapters.kit.read_answers import read_answer, verdict
from adapters.kit.replies import exists, strings_of
from adapters.kit.texts import recodes
from adapters.national_portal import answers, codes, framing, progress, translate
from adapters.national_portal.inbound import hear
from adapters.national_portal.not_carried import NOT_CARRIED
from adapters.national_portal.settings import PortalSettings
from adapters.national_portal.timeline import AT, timeline
from schemas.outcome import CannotExpress, Delivered, Effect, Outcome, Remote
from schemas.status import Kind

CHUNK = 10
"""Lines in one call: what a client was seen to send; the portal's own limit is unknown."""


async def login(settings: PortalSettings) -> str | Outcome:
    """Ask for a session."""
    said = read_answer(await framing.login(settings), "read", answers.LOGIN, settings.words)
    if not isinstance(said, Said):
        return said
    return str(said.value["session"]) if said.means == "success" else verdict(said, answers.LOGIN)


async def deliver(step: Step, settings: PortalSettings) -> Outcome:
    """Bring the snapshot up to date, then append what is new; or answer for what was born there."""
    _not_voided(step, settings)
    check_code(step.dossier)
    former = _former_code(step)
    if step.born_here and settings.portal_born == "answer":
        return await _answer(step, settings)
    # Everything is translated before anything is sent: what cannot be said stops the step whole.
    snapshot = translate.dossier(step.dossier, settings)
    rows = timeline(step, settings)
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
    for start in range(0, len(rows.rows), CHUNK):
        chunk = rows.rows[start : start + CHUNK]
        reply = await framing.progress([line for _, line in chunk], settings)
        lost = _lost(reply, step, settings)
        if lost is not None:
            return lost
        remote = rows.after(remote, chunk)
        await Checkpoint(remote=remote, up_to=remote.line)
    return _done(step, remote, settings, former, rows.left_out)


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
        said = _read(await framing.progress([line], settings), "append", step, settings)
        if not isinstance(said, Said):
            return said
        if said.means not in {"success", "absent"}:
            return verdict(said, answers.APPEND)
    notes = {**step.remote.notes, "code": step.dossier.official_code or ""}
    remote = replace(step.remote, created=False, notes=notes)
    await Checkpoint(remote=remote, up_to=remote.line)
    return replace(step, remote=remote)


def _done(
    step: Step,
    remote: Remote,
    settings: PortalSettings,
    former: str | None = None,
    left_out: int = 0,
) -> Delivered:
    cut = translate.cut(step.dossier, settings)
    left = None if former is None else "the record under the former code stays until they remove it"
    void = "told that it is void; the record stays until they remove it"
    said = void if any(event.kind is Kind.VOIDED for event in step.events) else None
    late = f"steps known too late for the timeline: {left_out}" if left_out else None
    return Delivered(
        up_to=step.dossier.version,
        remote=replace(remote, line=step.dossier.version),
        note="; ".join(one for one in (cut, left, said, late) if one) or None,
    )


async def _answer(step: Step, settings: PortalSettings) -> Outcome:
    """Answer event by event; whether an answer may be repeated is unknown, so it appends.

    An answer says where the dossier stands: a step that became known late is no news.
    """
    remote = step.remote
    said = [
        (event.seq, progress.answer(step.dossier, event, settings))
        for event in step.events
        if event.seq > remote.line and (event is step.events[-1] or not progress.code_alone(event))
    ]
    for seq, data in said:
        newest = remote.notes.get(AT, "")
        if data is None or data["NgayXuLy"] < newest:
            continue
        reply = await framing.answer(data, settings)
        lost = _lost(reply, step, settings)
        if lost is not None:
            return lost
        remote = replace(remote, line=seq, notes={**remote.notes, AT: data["NgayXuLy"]})
        await Checkpoint(remote=remote, up_to=seq)
    return _done(step, remote, settings)


async def _snapshot(step: Step, settings: PortalSettings, data: dict[str, Any]) -> Outcome | None:
    """Create or replace; an answer that says it is the other one is followed by the other, once."""
    updating = step.remote.created or step.born_here
    said = await _synced(step, settings, data, updating=updating)
    if isinstance(said, Said) and said.means == "exists" and not updating:
        parked = exists(step, said.shown)
        if parked is not None:
            return parked
        said = await _synced(step, settings, data, updating=True)  # an earlier try had landed
    elif isinstance(said, Said) and said.means == "absent" and updating and not step.born_here:
        said = await _synced(step, settings, data, updating=False)
    if not isinstance(said, Said):
        return said
    return None if said.means == "success" else verdict(said, answers.WRITE)


async def _synced(
    step: Step, settings: PortalSettings, data: dict[str, Any], *, updating: bool
) -> Said | Outcome:
    reply = await framing.snapshot(data, settings, updating=updating)
    return _read(reply, "keyed", step, settings)


def _read(reply: Reply, effect: Effect, step: Step, settings: PortalSettings) -> Said | Outcome:
    """Read an answer about this dossier; what it repeats of a person is masked."""
    of = step.dossier
    born = of.origin.code if of.origin is not None else None
    held = step.remote.notes.get("code")
    known = (of.official_code, born, held, *(one.value for one in of.codes))
    return read_answer(
        reply,
        effect,
        answers.table_of(effect, settings),
        settings.words,
        about=frozenset(code for code in known if code),
        personal=lambda: strings_of(of),
    )


def _lost(reply: Reply, step: Step, settings: PortalSettings) -> Outcome | None:
    """Say what became of lines or an answer that they did not take; None: they did."""
    said = _read(reply, "append", step, settings)
    if not isinstance(said, Said):
        return said
    return None if said.means == "success" else verdict(said, answers.APPEND)


def _login(settings: PortalSettings) -> Talk[str | Outcome]:
    return login(settings)


def _never(_reply: Reply) -> bool:
    """Say nothing: by which words a session is dead stands in the settings."""
    return False


ADAPTER = Adapter(
    name="national_portal",
    settings=PortalSettings,
    facts=Facts(
        version="4", at_once=8, appends=True, needs_official_code=True, not_carried=NOT_CARRIED
    ),
    deliver=deliver,
    session=Session(
        login=_login, sign=framing.sign, dead=_never, dead_by=answers.dead, seconds=600.0
    ),
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
