"""Old commune software behind a folder: files in, acknowledgements and nightly exports out.

In: a step. Out: one file, whole or not at all, and what its acknowledgement means.
Never: a file half written, an export read twice, a row lost in silence.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from adapters.commune_files.columns import READ, WORDS, WRITTEN
from adapters.commune_files.inbound import poll, reads
from adapters.commune_files.not_carried import NOT_CARRIED
from adapters.commune_files.reading import read
from adapters.commune_files.settings import CommuneSettings
from adapters.commune_files.view import first_rows
from adapters.commune_files.write import body_of, name_of
from adapters.kit import charsets
from adapters.kit.port import Adapter, Checkpoint, Facts, Move, Put, Step, Take
from adapters.kit.replies import exists, redact, strings_of
from schemas.outcome import Delivered, Malformed, Outcome, Pending, Problem, Refused

EMPTY = (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"OK", b"ok")
"""What an acknowledgement may hold: its name says it all, anything else is no word of theirs."""
AGAIN_AFTER = 5
"""Looks without an acknowledgement after which the same file is laid out once more."""


async def deliver(step: Step, settings: CommuneSettings) -> Outcome:
    """Lay out one file, and wait for its acknowledgement where this software gives one."""
    name, remote, up_to = name_of(step, settings), step.remote, step.dossier.version
    body = body_of(step, settings)
    known = replace(remote, created=True, line=up_to, notes={"acked": name})
    if remote.notes.get("acked") == name:
        return Delivered(up_to=up_to, remote=known)
    ours = remote.notes.get("file") == name
    looked = int(remote.notes.get("looked", "0")) if ours else 0
    if looked % AGAIN_AFTER == 0:
        lying = await _lay_out(Put(name=f"{settings.inbox}/{name}", body=body), step, ours=ours)
        if lying is not None:
            return lying
        if settings.acks and not ours:
            # Remembered at once: where they refuse it, a retry may lay out other content.
            remote = replace(remote, notes={"file": name, "looked": "0"})
            await Checkpoint(remote=remote, up_to=remote.line)
    if not settings.acks:
        note = "laid out in the folder; this software acknowledges nothing"
        return Delivered(up_to=up_to, remote=replace(known, notes={}), note=note)
    found = await Take(pattern=f"{settings.ack_folder}/{step.dossier.id}-*")
    accepted = found.get(f"{settings.ack_folder}/{name}.ok")
    if accepted is not None and accepted.strip() not in EMPTY:
        shown = redact(accepted.decode("utf-8", "replace"), strings_of(step.dossier))
        return Malformed(why="an acknowledgement that says something", raw=shown)
    if accepted is not None:
        # Kept before the acknowledgement is put away: nobody could read it a second time.
        await Checkpoint(remote=known, up_to=up_to)
        for one in found:
            await Move(name=one, to=f"{settings.done}/{one.rsplit('/', 1)[-1]}")
        return Delivered(up_to=up_to, remote=known)
    refused = found.get(f"{settings.ack_folder}/{name}.err")
    if refused is not None:
        return _refusal(refused, step, settings)
    notes = {"file": name, "looked": str(looked + 1)}
    return Pending(remote=replace(remote, notes=notes), ask_after=settings.ack_seconds)


async def _lay_out(file: Put, step: Step, *, ours: bool) -> Refused | None:
    """Lay out a file, but not over another one that may be somebody else's."""
    if await replace(file, replace=False):
        return None
    # Each file is a creation of its own: that they hold the dossier says nothing of this one.
    fresh = replace(step, born_here=False, remote=replace(step.remote, created=False))
    said = f"a file {file.name} with other content lies there"
    lying = exists(fresh, said, ours=ours, pointer="")
    if lying is None:
        await file
    return lying


def _refusal(body: bytes, step: Step, settings: CommuneSettings) -> Refused:
    """Read why the software would not have it: a line per field, `field;reason`."""
    try:
        text = charsets.decode(body, settings.charset, settings.font)
    except charsets.CharsetError:
        text = body.decode("latin-1")
    problems = []
    for line in csv.reader(io.StringIO(text), delimiter=";"):
        if not line:
            continue
        field, why = line[0].strip(), ";".join(line[1:]).strip() or line[0]
        shown = redact(why, strings_of(step.dossier))
        problems.append(Problem(WRITTEN.get(field.lower(), ""), "refused_by_system", shown))
    return Refused(
        code="err", message="the software refused the file", problems=tuple(dict.fromkeys(problems))
    )


ADAPTER = Adapter(
    name="commune_files",
    settings=CommuneSettings,
    facts=Facts(version="1", at_once=4, not_carried=NOT_CARRIED),
    deliver=deliver,
    poll=poll,
    reader=read,
    reads=reads,
    database=lambda settings: settings.view,
    first_rows=first_rows,
    tables=(WRITTEN, READ, *WORDS.values()),
)
