"""Hearing iGate: the dossiers that changed, newest first, page by page.

Their search has no "changed since"; sorted by change, the pages are read until they are older than
the last time. New changes push entries to later pages, so that resuming at a page repeats some and
skips none; what changed meanwhile is newer than this pass and is read in the next.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.igate import answers
from adapters.igate.replies import name_in
from adapters.kit.meanings import Said
from adapters.kit.port import Hand, Http, PollContext
from adapters.kit.read_answers import read_answer, verdict
from schemas.base import VIETNAM, spoken
from schemas.inbound import Report
from schemas.outcome import Outcome
from schemas.parts import Due, Officer
from schemas.status import Status

if TYPE_CHECKING:
    from adapters.igate.settings import IgateSettings

OVERLAP = timedelta(minutes=2)
"""Their clocks and their writes are not in step: look a little further back."""
OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")


def moment(text: Any) -> datetime | None:
    """Read a time whose offset has no colon (`+0700`), or has one, or is Z; None: no time."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(OFFSET.sub(r"\1:\2", text.strip()))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)


def birthday(text: Any) -> str | None:
    """Read a date of birth, kept as local midnight in UTC: the Vietnamese day counts."""
    at = moment(text)
    return None if at is None else at.astimezone(VIETNAM).date().isoformat()


async def poll(look: PollContext, settings: IgateSettings) -> Outcome | None:
    """Hand in the changes since the last pass; the cursor says how far this one has come."""
    place = json.loads(look.cursor) if look.cursor else {}
    first = look.now - timedelta(days=settings.poll_days)
    since = datetime.fromisoformat(place["since"]) if "since" in place else first
    page, newest = int(place.get("page", 0)), place.get("newest")
    while True:
        entries = await _page(page, since - timedelta(days=settings.poll_days), settings)
        if not isinstance(entries, list):
            return entries
        fresh = [one for one in entries if (_changed(one) or since) >= since - OVERLAP]
        newest = newest or next((spoken(at) for one in fresh if (at := _changed(one))), None)
        items = tuple(item for one in fresh if (item := report(one, settings)) is not None)
        last = len(entries) < settings.page_size or len(fresh) < len(entries)
        page += 1
        after = (
            {"since": newest or spoken(since)}
            if last
            else {"since": spoken(since), "page": page, "newest": newest}
        )
        await Hand(items=items, cursor=json.dumps(after))
        if last:
            return None


async def _page(page: int, accepted: datetime, settings: IgateSettings) -> list[Any] | Outcome:
    reply = await Http(
        method="GET",
        path=f"/{settings.padman}/dossier/search",
        query={
            "page": str(page),
            "size": str(settings.page_size),
            "sort": "updatedDate,desc",
            "spec": "slice",
            "accepted-from": accepted.astimezone(VIETNAM).strftime("%Y-%m-%dT00:00:00.000%z"),
        },
        effect="read",
    )
    said = read_answer(reply, "read", answers.SEARCH, settings.words)
    if not isinstance(said, Said):
        return said
    if said.means != "success":
        return verdict(said, answers.SEARCH)
    entries: list[Any] = said.value["content"]
    return entries


def _changed(entry: Any) -> datetime | None:
    return moment(entry.get("updatedDate")) if isinstance(entry, dict) else None


def report(entry: Any, settings: IgateSettings) -> Report | None:
    """Read one dossier of a page; None: it has no code, so it is nobody's."""
    code = entry.get("code") if isinstance(entry, dict) else None
    if not isinstance(code, str) or not code:
        return None
    state = entry.get("dossierStatus")
    number = state.get("id") if isinstance(state, dict) else state
    status = settings.status_map.get(str(number))
    at = _changed(entry)
    task = _task(entry.get("currentTask"))
    stamp = spoken(at) if at is not None else ""
    return Report(
        ref=f"{code}:{number}:{stamp}"[:90],
        code=code,
        remote_id=entry.get("nationCode") if isinstance(entry.get("nationCode"), str) else None,
        status=Status(status) if status is not None else None,
        at=at,
        received_at=moment(entry.get("acceptedDate")),
        due=_due(entry),
        officer=_officer(task),
        quarantine=None if status is not None else f"status {number} is not in the status map",
    )


def _due(entry: dict[str, Any]) -> Due | None:
    """Read the promise; a procedure without a due time says so in a misspelt field."""
    if entry.get("undefindedCompleteTime") is True:
        return Due(none=True)
    at = moment(entry.get("appointmentDate"))
    return None if at is None else Due(at=at)


def _task(task: Any) -> dict[str, Any]:
    """Read the present task: a list or one object."""
    if isinstance(task, list):
        task = task[0] if task else None
    return task if isinstance(task, dict) else {}


def _officer(task: dict[str, Any]) -> Officer | None:
    assignee = task.get("assignee")
    name = assignee.get("fullname") if isinstance(assignee, dict) else None
    title = name_in(task.get("name"))
    if not isinstance(name, str) or not name.strip():
        return None
    return Officer(name=name[:200], title=title[:200] if title else None)
