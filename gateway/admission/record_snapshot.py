"""The present state of a dossier, from software that knows rows and no events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from gateway.access.may import decides
from gateway.admission import claims, match
from gateway.admission.decisions import Decided, decided, denied, digest_of, refused
from gateway.admission.record_event import fixed
from gateway.admission.register import file, surer
from gateway.admission.requests import RecordSnapshot
from gateway.admission.unit_of_work import UnitOfWork
from gateway.dossiers.record import DossierRecord, Source, millis
from gateway.rules.order import active
from gateway.rules.snapshot import Seen, aside, otherwise, rest, steps, without, without_stray
from gateway.rules.times import CLOSING, compare, impossible
from gateway.words.fault import Fault
from schemas.base import VIETNAM, date_of, is_day
from schemas.dossier import Content, Dossier, NewDossier, Quality
from schemas.inbound import Word
from schemas.status import Kind

WITHOUT_STATE = "time_without_state"


def as_post(row: Content) -> NewDossier:
    """Give a row as the post that would say the same, and no more."""
    return NewDossier(**{name: getattr(row, name) for name in row.model_fields_set})


def record_snapshot(unit: UnitOfWork, command: RecordSnapshot) -> Decided:
    """Take the present state of a dossier."""
    faults = tuple(impossible(command.content, unit.now))
    if faults:  # before anything is set aside
        return refused(faults)
    record = unit.by_ref.get((command.client.id, command.content.source.ref))
    if record is None:
        return _new(unit, command)
    as_of = command.content.source.as_of
    if as_of is None:
        return denied(422, "invalid", [Fault("missing", "/source/as_of")])
    source = record.joined.get(command.client.id)
    newest = source.as_of if source is not None else record.as_of
    if source is not None and not source.verified:
        found = surer(unit, record, source, command)
        if found is not None:
            return found
    row = _row(unit, record, command)
    if newest is not None and latest(as_of) < newest:
        return _stale(unit, record, command, row)
    if source is not None or _only_helped(unit, record, command):
        return _second(unit, record, source or record, command, row)
    if _older_than_told(record, as_of):
        return _stale(unit, record, command, row)
    row, withheld = _withheld(unit, record, command, row)
    contradicts = otherwise(record.dossier, row)
    if newest == millis(as_of) and not is_day(as_of) and contradicts:
        named = [Fault("differs", at) for at in ("/source/as_of", *contradicts)]
        return denied(409, "snapshot_contradicts", named)
    return _first(unit, record, command, row, withheld)


def _new(unit: UnitOfWork, command: RecordSnapshot) -> Decided:
    """Begin with the first row of a dossier; the closing times that its state contradicts aside."""
    row, stray = without_stray(command.content, command.content.status)
    if stray and match.match(unit, command, as_post(command.content)).record is not None:
        row, stray = command.content, []  # whoever joins moves nothing: all of it is evidence
    flags = [*command.flags, *_without_state(stray)]
    if "status" not in row.model_fields_set:
        flags.append(("status_not_stated", "/status"))
    found = file(unit, replace(command, content=row, flags=tuple(flags)), as_post(row))
    if stray and found.record is not None and found.stated is None:
        _keep_row(unit, found.record, command, stray, why=WITHOUT_STATE)
    return found


def _row(unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot) -> Content:
    """Give what a row states; a code that another dossier has is stated as a claim."""
    stated = as_post(command.content)
    contested = claims.contested(unit, record, claims.claims_of(stated))
    claimed = {one.value for one in record.dossier.codes if one.kind == "claimed"}
    if not contested and not claimed:
        return command.content
    if not stated.codes:
        kept = (one for one in record.dossier.codes if one.kind != "claimed")
        stated = stated.model_copy(update={"codes": tuple(kept)})
    aside = claims.set_aside(stated, contested)
    names = ("official_code", "origin", "codes")
    return command.content.model_copy(update={name: getattr(aside, name) for name in names})


def _older_than_told(record: DossierRecord, as_of: datetime) -> bool:
    """Say whether somebody told of a step that came after this row was written.

    Codes that became known, and what the gateway itself noted, say nothing of what a row says.
    """
    own = {past.event.seq for past in record.recorded if past.origin == claims.GATEWAY}
    told = (
        event
        for event in active(record.history[1:])
        if not event.inferred and event.kind is not Kind.LINKED and event.seq not in own
    )
    return any(compare(as_of, event.occurred_at) < 0 for event in told)


def _stale(
    unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot, row: Content
) -> Decided:
    """Keep what an older row says otherwise, so that nothing true vanishes; nothing moves."""
    fields = aside(record.dossier, row)
    if not fields:
        return decided(record, 200, {"stale": True, "events": []}, "stale")
    _keep_row(unit, record, command, fields, why="stale")
    found = decided(record, 200, {"stale": True, "events": [], "evidence": True}, "stale")
    found.aside = row
    return found


def _only_helped(unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot) -> bool:
    """Say whether a row comes from whoever took the dossier in for its competent agency."""
    helped = record.by_agency and record.owner not in unit.systems.newcomers
    return helped and not decides(command.client, record.dossier)


def _withheld(
    unit: UnitOfWork, record: DossierRecord, command: RecordSnapshot, row: Content
) -> tuple[Content, list[str]]:
    """Take out of the owner's row what may not move, and name it.

    The state may be somebody else's, closing times stand only with closing states, and a code that
    a system was told is fixed.
    """
    head = record.dossier
    names = []
    owns = unit.owner_of_status(record) in (None, unit.voice(command.client.id))
    if not owns and "status" in row.model_fields_set:
        names = ["status"] if row.status is not head.status else []
        row = without(row, ["status"])
    if row.official_code is not None and fixed(record, row.official_code):
        names.append("official_code")
        row = without(row, ["official_code"])
    target = row.status if "status" in row.model_fields_set else head.status
    row, stray = without_stray(row, target)
    return row, [*(f"/{name}" for name in names), *stray]


def _first(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RecordSnapshot,
    row: Content,
    withheld: list[str],
) -> Decided:
    """Take a row of the source that owns the content."""
    length, head = len(record.recorded), record.dossier
    as_of = command.content.source.as_of or unit.now
    flags = [*command.flags, *_without_state(withheld)]
    for one in steps(head, row, as_of=as_of, number=length + 1):
        fault = _add(unit, record, command, one, flags)
        if fault is not None:
            record.go_back(length, head)
            return fault
    last = rest(record.dossier, row, as_of=as_of, number=len(record.recorded) + 1)
    if last is not None:
        fault = _add(unit, record, command, Seen(last, untimed=False), flags)
        if fault is not None:
            record.go_back(length, head)
            return fault
    if withheld:
        _keep_row(unit, record, command, withheld, why=_why(withheld))
    record.as_of, record.touched = max(record.as_of or 0, earliest(as_of)), True
    unit.route(record)
    added = [past.event.seq for past in record.recorded[length:]]
    more = {"stale": False, "events": added} | ({"evidence": True} if withheld else {})
    word: Word = "stored" if added else ("evidence" if withheld else "unchanged")
    found = decided(record, 200, more, word)
    found.head = _told(record.dossier, withheld)
    return found


def _without_state(pointers: list[str]) -> list[tuple[str, str]]:
    """Flag the closing times that the state contradicts."""
    return [(WITHOUT_STATE, at) for at in pointers if at.removeprefix("/") in CLOSING]


def _why(withheld: list[str]) -> str:
    return WITHOUT_STATE if _without_state(withheld) else "differs"


def _told(head: Dossier, withheld: list[str]) -> Dossier:
    """Flag in the answer what made no event that could bear the flag."""
    held = {(flag.code, flag.pointer) for flag in head.data_quality}
    new = [Quality(code=code, pointer=at) for code, at in _without_state(withheld)]
    lacking = [flag for flag in new if (flag.code, flag.pointer) not in held]
    return head.model_copy(update={"data_quality": (*head.data_quality, *lacking)})


def _add(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RecordSnapshot,
    one: Seen,
    flags: list[tuple[str, str]],
) -> Decided | None:
    """Add an event that a row shows, or say why it cannot be."""
    where = f"/events/{len(record.recorded)}"
    marks = [*flags, *([("time_inferred", where)] if one.untimed else [])]
    version = record.follow(one.event, now=unit.now, flags=marks, by="row", inferred=True)
    if isinstance(version, tuple):
        return denied(409, "impossible", version)
    record.add(version, origin=command.system, digest=digest_of(version), client=command.client.id)
    return None


def _second(
    unit: UnitOfWork,
    record: DossierRecord,
    source: Source | DossierRecord,
    command: RecordSnapshot,
    row: Content,
) -> Decided:
    """Take a row of a further source: what it says otherwise is evidence."""
    as_of = command.content.source.as_of or unit.now
    source.as_of, record.touched = max(source.as_of or 0, earliest(as_of)), True
    fields = aside(record.dossier, row)
    if not fields:
        return decided(record, 200, {"stale": False, "events": []}, "unchanged")
    _keep_row(unit, record, command, fields)
    found = decided(record, 200, {"stale": False, "events": [], "evidence": True}, "evidence")
    found.aside = row
    return found


def earliest(as_of: datetime) -> int:
    """Give the first moment that a row may be of, as it is stored: a day has many."""
    if not is_day(as_of):
        return millis(as_of)
    return millis(datetime.combine(date_of(as_of), time(), VIETNAM))


def latest(as_of: datetime) -> int:
    """Give the last moment that a row may be of."""
    return earliest(as_of) + (86_400_000 - 1 if is_day(as_of) else 0)


def _keep_row(
    unit: UnitOfWork,
    record: DossierRecord,
    command: RecordSnapshot,
    fields: list[str],
    why: str = "differs",
) -> None:
    """Keep a row as evidence, once for as long as it says the same."""
    match.keep_difference(
        unit,
        record,
        command,
        fields,
        command.content.model_dump(mode="json", exclude_none=True, exclude_unset=True),
        why=why,
    )
