"""Old commune software behind a folder: files in, acknowledgements and nightly exports out.

In: a step. Out: one file, whole or not at all, and what its acknowledgement means.
Never: a file half written, an export read twice, a row lost in silence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from adapters.commune_files.columns import CONSTANTS, DATES, READ, WORDS, WRITTEN
from adapters.commune_files.hearing import poll
from adapters.commune_files.not_carried import NOT_CARRIED
from adapters.commune_files.write import body_of, name_of
from adapters.kit import charsets
from adapters.kit.answers import redact, strings_of
from adapters.kit.places import Expects
from adapters.kit.port import Adapter, Checkpoint, Facts, FolderSettings, Move, Put, Step, Take
from schemas.outcome import Delivered, Outcome, Pending, Problem, Refused

AGAIN_AFTER = 5
"""Looks without an acknowledgement after which the same file is laid out once more."""
Words = Mapping[str, Mapping[str, str]]


class CommuneSettings(FolderSettings):
    """One installation of old software.

    format: of the files we write; charset, delimiter: of all files
    inbox, acks, ack_seconds: where our files go; whether and how often to look for `NAME.ok`/`.err`
    exports, done, bad: which files to read, and where they go afterwards
    columns: canonical field (JSON pointer) → column of the exports; empty: the default table
    words: canonical field → their word → canonical word; constants: what every row means unsaid
    dates, dates_written: forms of dates, read in this order, and written
    communes: the generation of communes that it expects; `as_written` changes nothing
    guard_formulas: put an apostrophe before cells that spreadsheets would run; changes the data
    """

    format: Literal["csv", "xml"] = "csv"
    charset: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    inbox: str = "in"
    acks: bool = False
    ack_folder: str = "ack"
    ack_seconds: float = Field(60.0, gt=0)
    exports: str = "out/*.csv"
    done: str = "done"
    bad: str = "bad"
    columns: Mapping[str, str] = Field(default_factory=lambda: READ)
    words: Words = Field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = Field(default_factory=lambda: CONSTANTS)
    dates: tuple[str, ...] = DATES
    dates_written: str = "%d/%m/%Y %H:%M:%S"
    communes: Expects = "as_written"
    guard_formulas: bool = False


async def deliver(step: Step, settings: CommuneSettings) -> Outcome:
    """Lay out one file, and wait for its acknowledgement where this software gives one."""
    name, remote, up_to = name_of(step, settings), step.remote, step.dossier.version
    body = body_of(step, settings)
    known = replace(remote, created=True, line=up_to, notes={"acked": name})
    if remote.notes.get("acked") == name:
        return Delivered(up_to=up_to, remote=known)
    looked = int(remote.notes.get("looked", "0")) if remote.notes.get("file") == name else 0
    if looked % AGAIN_AFTER == 0:
        await Put(name=f"{settings.inbox}/{name}", body=body)
    if not settings.acks:
        note = "laid out in the folder; this software acknowledges nothing"
        return Delivered(up_to=up_to, remote=replace(known, notes={}), note=note)
    found = await Take(pattern=f"{settings.ack_folder}/{step.dossier.id}-*")
    if f"{settings.ack_folder}/{name}.ok" in found:
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


def _refusal(body: bytes, step: Step, settings: CommuneSettings) -> Refused:
    """Read why the software would not have it: a line per field, `field;reason`."""
    try:
        text = charsets.decode(body, settings.charset)
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
    tables=(WRITTEN, READ, *WORDS.values()),
)
