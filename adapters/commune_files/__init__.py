"""Old commune software behind a folder: files in, acknowledgements and nightly exports out.

In: a step. Out: one file, whole or not at all, and what its acknowledgement means.
Never: a file half written, an export read twice, a row lost in silence.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from adapters.commune_files.columns import CONSTANTS, DATES, READ, WORDS, WRITTEN
from adapters.commune_files.inbound import poll
from adapters.commune_files.look import preview
from adapters.commune_files.not_carried import NOT_CARRIED
from adapters.commune_files.write import body_of, name_of
from adapters.kit import charsets
from adapters.kit.communes import Expects
from adapters.kit.port import Adapter, Checkpoint, Facts, FolderSettings, Move, Put, Step, Take
from adapters.kit.replies import exists, redact, strings_of
from schemas.outcome import Delivered, Outcome, Pending, Problem, Refused


def _known(name: str) -> str:
    if name not in charsets.NAMES:
        raise ValueError(f"there is no such charset; there are {', '.join(charsets.NAMES)}")
    return name


AGAIN_AFTER = 5
"""Looks without an acknowledgement after which the same file is laid out once more."""
Charset = Annotated[str, AfterValidator(_known)]
Words = Mapping[str, Mapping[str, str]]


class CommuneSettings(FolderSettings):
    """One installation of old software.

    mapping: a TOML file of these settings, for whoever knows the columns; what is set here counts
    format: of the files we write; charset, delimiter: of all files
    exports_charset: of exports, if it differs; sheet: of spreadsheets, else the first
    inbox, acks, ack_seconds: where our files go; whether and how often to look for `NAME.ok`/`.err`
    exports, done, bad: which files to read, and where they go afterwards
    columns: canonical field (JSON pointer) → column of the exports; empty: the default table
    words: canonical field → their word → canonical word; constants: what every row means unsaid
    dates, dates_written: forms of dates, read in this order, and written
    communes: the generation of communes that it expects; `as_written` changes nothing
    guard_formulas: put an apostrophe before cells that spreadsheets would run; changes the data
    """

    format: Literal["csv", "xml"] = "csv"
    mapping: Path | None = None
    charset: Charset = "utf-8"
    exports_charset: Charset | None = None
    sheet: str | None = None
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

    @property
    def reads(self) -> str:
        """The charset of exports."""
        return self.exports_charset or self.charset

    @model_validator(mode="before")
    @classmethod
    def _mapped(cls, stated: Any) -> Any:
        """Take what a mapping file says for what is not set beside it."""
        if not isinstance(stated, dict) or not stated.get("mapping"):
            return stated
        path = Path(stated["mapping"])
        try:
            mapped = tomllib.loads(path.read_text("utf-8-sig"))
        except OSError as error:
            raise ValueError(f"mapping: {path} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"mapping: {path} is no TOML file: {error}") from None
        return mapped | stated


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
    preview=preview,
    tables=(WRITTEN, READ, *WORDS.values()),
)
