"""Which rows the timeline gets, and in which order: it only grows, and no row goes backwards.

order      by the time at which it happened; ties as they came
too late   a step older than the last row that they have is left out: rows are never inserted
received   is never left out, however late it becomes known: the index counts from it
superseded what was not told yet is not told; what was told stays, and the correction follows
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.kit.port import Step
from adapters.national_portal import progress
from adapters.national_portal.settings import PortalSettings
from adapters.national_portal.words import moment
from schemas.event import Event
from schemas.outcome import Remote
from schemas.status import Kind

AT, AHEAD = "at", "ahead"
"""Notes of a lane: the time of the newest row, and steps told before others that came earlier."""
STAYS = frozenset({Kind.ACCEPTED, Kind.CORRECTED, Kind.VOIDED, Kind.REOPENED})


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows that are still to be told, each with the number of its event.

    left_out: how many steps became known too late to be a row
    """

    rows: tuple[tuple[int, dict[str, str]], ...]
    left_out: int

    def after(self, remote: Remote, told: Sequence[tuple[int, dict[str, str]]]) -> Remote:
        """Remember rows that they have taken: all that came in before `line` is told."""
        numbers = {seq for seq, _ in told}
        ahead = numbers | _ahead(remote)
        open_ones = [seq for seq, _ in self.rows if seq not in ahead]
        line = min(open_ones) - 1 if open_ones else max(ahead, default=remote.line)
        newest = max([remote.notes.get(AT, ""), *(row["ThoiDiemXuLy"] for _, row in told)])
        further = sorted(seq for seq in ahead if seq > line)
        notes = {**remote.notes, AT: newest, AHEAD: ",".join(map(str, further))}
        if not further:
            del notes[AHEAD]
        return replace(remote, line=max(line, remote.line), notes=notes)


def timeline(step: Step, settings: PortalSettings) -> Timeline:
    """Choose and order the rows of a step."""
    told, newest = _ahead(step.remote), step.remote.notes.get(AT, "")
    fresh = [
        event
        for event in step.events
        if event.seq > step.remote.line and event.seq not in told and not progress.code_alone(event)
    ]
    kept = [event for event in fresh if _stays(event) or moment(event.occurred_at) >= newest]
    kept.sort(key=lambda event: (event.occurred_at, event.seq))
    rows = tuple((event.seq, progress.line(step.dossier, event, settings)) for event in kept)
    return Timeline(rows, len(fresh) - len(kept))


def _stays(event: Event) -> bool:
    """Say whether a step is a row, however late it comes."""
    return event.kind in STAYS or event.supersedes is not None


def _ahead(remote: Remote) -> set[int]:
    return {int(seq) for seq in remote.notes.get(AHEAD, "").split(",") if seq}
