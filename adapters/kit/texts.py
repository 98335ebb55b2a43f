"""What an event says in one text, for systems that have a line of text and little else.

The text begins with what was done. What only a field of its own would tell follows: the times and
codes that the event changed, as they stand now, and its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from schemas.base import VIETNAM, is_day
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.status import Kind

TIMES: Mapping[str, str] = MappingProxyType(
    {
        "submitted_at": "Ngày nộp hồ sơ",
        "received_at": "Ngày tiếp nhận",
        "due": "Ngày hẹn trả",
        "refused_at": "Ngày từ chối",
        "finished_at": "Ngày kết thúc xử lý",
        "returned_at": "Ngày trả kết quả",
    }
)
"""Times of a dossier, as a text calls them."""
CLOSING = frozenset({"refused_at", "finished_at", "returned_at"})
MOVES_DUE = frozenset(
    {
        Kind.DUE_CHANGED,
        Kind.SUPPLEMENT_RECEIVED,
        Kind.FEE_PAID,
        Kind.FEE_WAIVED,
        Kind.RESUMED,
        Kind.REOPENED,
    }
)
"""Kinds that may change a promise that was made before."""
ABSENT = "không có"


def event_text(of: Dossier, event: Event) -> str:
    """Say what was done, what it changed, and why; `of`: the dossier as it stands now."""
    done = event.action if event.note is None else f"{event.action}: {event.note}"
    return ". ".join((done, *_changes(of, event), *_why(event)))


def told_codes(event: Event) -> list[str]:
    """List the further codes that an event brings, but for those that are another dossier's."""
    return [code.value for code in event.codes if code.kind != "claimed"]


def recodes(event: Event) -> bool:
    """Say whether an event gives the dossier an official code, or corrects it."""
    return event.official_code is not None or "official_code" in (event.patch or {})


def _changes(of: Dossier, event: Event) -> Iterator[str]:
    if event.supersedes is not None and event.kind is Kind.CORRECTED:
        yield "Thay cho bước đã ghi trước đó"
    for name in TIMES:
        if name in _changed(event):
            yield f"{TIMES[name]}: {_time(of, name)}"
    if event.kind not in {Kind.LINKED, Kind.CORRECTED, Kind.VOIDED}:
        return
    if recodes(event):
        yield f"Mã hồ sơ: {of.official_code or ABSENT}"
    elif event.target is not None and not _our_own(event.target):
        yield f"Hồ sơ liên quan: {event.target}"
    if codes := told_codes(event):
        yield f"Mã khác: {', '.join(codes)}"


def _changed(event: Event) -> frozenset[str]:
    """Name the times that an event changed."""
    if event.kind in MOVES_DUE:
        return frozenset({"due"} if event.due is not None else ())
    if event.kind is not Kind.CORRECTED:
        return frozenset()
    patched = frozenset(event.patch or ()) & frozenset(TIMES)
    undone = event.supersedes is not None and event.patch is None
    return patched | CLOSING if undone else patched


def _time(of: Dossier, name: str) -> str:
    """Write a time as it stands now; of which only the day is known, as a day."""
    if name != "due":
        return _written(getattr(of, name), day=False)
    if of.due is None:
        return ABSENT
    if of.due.none:
        return "không ấn định"
    return _written(of.due.at, day=of.due.precision == "day")


def _written(at: datetime | None, *, day: bool) -> str:
    if at is None:
        return ABSENT
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y" if day or is_day(at) else "%d/%m/%Y %H:%M")


def _our_own(target: str) -> bool:
    """Say whether a target is an id of the gateway, which means nothing elsewhere."""
    try:
        UUID(target)
    except ValueError:
        return False
    return True


def _why(event: Event) -> Iterator[str]:
    if event.reason is not None:
        yield f"Lý do: {event.reason}"
