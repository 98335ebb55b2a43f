"""Hearing old software: its nightly exports, every row of which repeats every night.

A file is put aside under a name of its own before it is read, so that whatever it does is its own
affair, and the cursor names it there. The cursor lags one step behind what was handed in: a crash
repeats rows, which is harmless, and loses no line of the report.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.commune_files.formats.foxpro import MEMOS, needs_memo
from adapters.commune_files.reading import STAMP, original
from adapters.commune_files.rows import judged, report
from adapters.commune_files.view import listen
from adapters.kit import charsets
from adapters.kit.port import (
    Batch,
    Digest,
    Find,
    Hand,
    Head,
    Lying,
    Move,
    PollContext,
    Prune,
    Put,
    RowRead,
    Rows,
)
from schemas.base import VIETNAM
from schemas.inbound import Row
from schemas.outcome import Outcome

if TYPE_CHECKING:
    from adapters.commune_files.settings import CommuneSettings

CHUNK = 200
LOOKS_FOR_MEMO = 5
"""Polls for which a table waits for its memo file, which may still come."""
MOST_REPORTED = 2000
LONGEST_STEM, LONGEST_ENDING = 160, 16
"""Bytes and letters of a name that are kept: with our own it must fit into 255 bytes."""
MOST_DEATHS = 2
"""Processes that died over a file, with no row of it stored, before it is the file's fault."""
MOST_AGAIN = 5
"""Times that a file is read again because it changed under the reader."""
NOTHING = "not one row of it could be taken"
RESTLESS = "it changed again and again while it was read"
MOST_WATCHED = 50
"""Files put away of which it is remembered how large they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far we are.

    file, beside: what is being read, where it was put aside; origin, origins: where they lay before
    deaths, again: how many died over it without progress; how often it was read anew, as it changed
    row, sha: up to which row, of which bytes; bad: what is wrong in it so far
    more: how many bad rows there are beyond those that are listed; taken: how many good ones
    end: it was read to its end, and why it goes to the bad ones, if so ("" for none)
    looked: how often which table was looked at without its memo file
    watched: names and sizes of files that were put away last, with their memo files; one that grew
    is read again
    view: how far the view is, see `adapters.commune_files.view`
    """

    file: str = ""
    beside: tuple[str, ...] = ()
    origin: str = ""
    origins: tuple[str, ...] = ()
    deaths: int = 0
    again: int = 0
    row: int = 0
    sha: str = ""
    bad: tuple[tuple[int, str, str], ...] = ()
    more: int = 0
    taken: int = 0
    end: str | None = None
    looked: dict[str, int] = field(default_factory=dict)
    watched: tuple[tuple[str, int], ...] = ()
    view: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Write it, without what is as it was in the beginning."""
        plain = asdict(Cursor())
        kept = {name: value for name, value in asdict(self).items() if value != plain[name]}
        # Escaped: a name of a file may hold bytes that no text has, and no database keeps.
        return json.dumps(kept) if kept else ""


def cursor_of(text: str) -> Cursor:
    """Read a cursor; one of an older edition begins anew, and repeats, which is harmless."""
    found = json.loads(text) if text else {}
    if not isinstance(found, dict) or not found.keys() <= Cursor.__dataclass_fields__.keys():
        return Cursor()
    for name in ("beside", "bad", "origins", "watched"):
        if name in found:
            found[name] = tuple(tuple(one) if isinstance(one, list) else one for one in found[name])
    return Cursor(**found)


async def poll(look: PollContext, settings: CommuneSettings) -> Outcome | None:
    """Read complete exports one after the other, in the order of their names."""
    cursor = cursor_of(look.cursor)
    if cursor.file and cursor.end is None and look.died:
        cursor = replace(cursor, deaths=cursor.deaths + 1)
        if cursor.deaths >= MOST_DEATHS:
            cursor = replace(cursor, end="reading it ended the gateway, more than once")
        await Hand(items=(), cursor=cursor.text)
    if cursor.file or (cursor := await _left(cursor, settings)).file:
        cursor = await _through(cursor, look, settings)
    held: set[str] = set()
    while (lying := await _next(cursor, settings, held)) is not None:
        cursor = await _aside(cursor, lying, look, settings)
        if cursor.file:
            cursor = await _through(cursor, look, settings)
        else:
            held.add(lying.name)
    cursor = await _without_memo(cursor, settings)
    await _prune(cursor, look, settings)
    # Last: a database that is away must not hold up the files.
    return await listen(cursor.view, look, settings, lambda view: replace(cursor, view=view).text)


async def _left(cursor: Cursor, settings: CommuneSettings) -> Cursor:
    """Find what was put aside and of which no cursor knows any more, as after a restored backup."""
    for one in await Find(patterns=(f"{settings.reading}/*",), beside=MEMOS, quiet=0.0):
        if not one.name.lower().endswith(MEMOS):
            return replace(_fresh(cursor), file=one.name, beside=one.beside, deaths=1)
    return cursor


def _fresh(cursor: Cursor) -> Cursor:
    """Forget the file, and keep what goes beyond it."""
    return Cursor(looked=cursor.looked, watched=cursor.watched, view=cursor.view)


async def _next(cursor: Cursor, settings: CommuneSettings, held: set[str]) -> Lying | None:
    """Find a file to read: one that grew after it was put away, else the first one that is whole.

    held: names of files that cannot be moved now
    """
    quiet = 0.0 if settings.complete == "renamed" else settings.quiet_seconds
    known = dict(cursor.watched)
    if known:
        for one in await Find(names=tuple(known), beside=MEMOS, quiet=settings.quiet_seconds):
            if one.size != known[one.name] and one.name not in held:
                return one
    marker = settings.marker if settings.complete == "marker" else None
    for one in await Find(patterns=settings.patterns, beside=MEMOS, quiet=quiet, marker=marker):
        if one.name not in held and not await _waits(one, cursor):
            return one
    return None


async def _waits(lying: Lying, cursor: Cursor) -> bool:
    """Say whether a table waits for the memo file that it must have."""
    if not lying.name.lower().endswith(".dbf") or _memo_of(lying):
        return False
    if cursor.looked.get(lying.name, 0) >= LOOKS_FOR_MEMO:
        return False
    return needs_memo(await Head(name=lying.name))


def _memo_of(lying: Lying) -> bool:
    return any(one.lower().endswith(MEMOS) for one in lying.beside)


async def _without_memo(cursor: Cursor, settings: CommuneSettings) -> Cursor:
    """Remember which tables were looked at without their memo files, and how often."""
    looked = {}
    for one in await Find(patterns=settings.patterns, beside=MEMOS, quiet=settings.quiet_seconds):
        if await _waits(one, cursor):
            looked[one.name] = cursor.looked.get(one.name, 0) + 1
    if looked == cursor.looked:
        return cursor
    cursor = replace(cursor, looked=looked)
    await Hand(items=(), cursor=cursor.text)
    return cursor


async def _aside(
    cursor: Cursor, lying: Lying, look: PollContext, settings: CommuneSettings
) -> Cursor:
    """Put a file aside, with what belongs to it; without a file: it is held, and stays."""
    stamp = f"{look.now.astimezone(VIETNAM):%Y%m%d%H%M%S}"

    def place(name: str) -> str:
        return f"{settings.reading}/{stamp}-{_plain(name)}"

    watched = tuple(one for one in cursor.watched if one[0] != lying.name)
    claimed = replace(
        _fresh(replace(cursor, watched=watched)),
        file=place(lying.name),
        beside=tuple(map(place, lying.beside)),
        origin=lying.name,
        origins=lying.beside,
    )
    # The intent first: whoever is ended in between finds the file in one of two known places.
    await Hand(items=(), cursor=claimed.text)
    moves = [*zip(lying.beside, claimed.beside, strict=True), (lying.name, claimed.file)]
    for number, (name, to) in enumerate(moves):
        if not await Move(name=name, to=to):
            for back, there in moves[:number]:
                await Move(name=there, to=back)
            await Hand(items=(), cursor=cursor.text)
            return cursor
    return claimed


def _plain(name: str) -> str:
    """Give the name of a file without folder and stamp, short enough to get others."""
    stem, dot, ending = original(name.rsplit("/", 1)[-1]).rpartition(".")
    kept = (stem or ending).encode("utf-8", "surrogateescape")[:LONGEST_STEM]
    end = ending[:LONGEST_ENDING].encode("utf-8", "ignore").decode()
    return (kept.decode("utf-8", "ignore") or "x") + (f"{dot}{end}" if stem else "")


async def _through(cursor: Cursor, look: PollContext, settings: CommuneSettings) -> Cursor:
    """Read a file that was put aside to its end, and put it away."""
    cursor = await _there(cursor)
    while cursor.file:
        if cursor.end is None:
            cursor = await _read(cursor)
        cursor = await _away(cursor, look, settings)
    return cursor


async def _there(cursor: Cursor) -> Cursor:
    """Look for a file where the cursor says that it was put, or put it there now."""
    if cursor.end is not None or await Digest(name=cursor.file) is not None:
        return cursor
    if not cursor.origin or await Digest(name=cursor.origin) is None:
        return replace(cursor, end="it went away after it was put aside")
    for one, there in zip(cursor.origins, cursor.beside, strict=False):
        await Move(name=one, to=there)
    await Move(name=cursor.origin, to=cursor.file)
    return cursor


async def _read(cursor: Cursor) -> Cursor:
    """Read the rows of a file and hand them in."""
    while True:
        batch = await Rows(name=cursor.file, beside=cursor.beside, after=cursor.row, limit=CHUNK)
        if cursor.sha and batch.sha != cursor.sha:
            if cursor.again >= MOST_AGAIN:
                return replace(cursor, end=RESTLESS)
            cursor = _anew(cursor)
            continue
        cursor = await _handed(replace(cursor, sha=batch.sha), batch)
        if batch.end:
            nothing = NOTHING if not cursor.taken and any(one[0] for one in cursor.bad) else ""
            return replace(cursor, end=batch.fault or nothing)


def _anew(cursor: Cursor) -> Cursor:
    """Begin a file once more, because it is not what it was."""
    return replace(cursor, row=0, bad=(), more=0, taken=0, sha="", end=None, again=cursor.again + 1)


async def _handed(cursor: Cursor, batch: Batch) -> Cursor:
    """Hand in the rows of a batch."""
    items = tuple(
        Row(ref=one.body["source"]["ref"], body=one.body, fillers=one.fillers)
        for one in batch.rows
        if one.body is not None
    )
    verdicts = await Hand(items=items, cursor=cursor.text) if items else ()
    bad = (*cursor.bad, *judged(batch.rows, verdicts))
    return replace(
        cursor,
        row=batch.after or cursor.row,
        bad=bad[:MOST_REPORTED],
        more=cursor.more + max(0, len(bad) - MOST_REPORTED),
        taken=cursor.taken + sum(one.word != "refused" for one in verdicts),
        deaths=0 if items else cursor.deaths,
    )


async def _away(cursor: Cursor, look: PollContext, settings: CommuneSettings) -> Cursor:
    """Put a file away under its day and hash; one that changed meanwhile is read again.

    Whoever is ended in between finds what is left, and puts it away under the same names.
    """
    sha = cursor.sha or await Digest(name=cursor.file) or "0" * 8
    folder = settings.bad if cursor.end else settings.done
    # The day on which it was put aside: the same name, whenever this is done once more.
    stamp = STAMP.match(cursor.file.rsplit("/", 1)[-1])
    day = stamp[1] if stamp else f"{look.now.astimezone(VIETNAM):%Y%m%d}"

    def place(name: str) -> str:
        return f"{folder}/{day}-{sha[:8]}-{_plain(name)}"

    await Hand(items=(), cursor=cursor.text)
    bad = [RowRead(row, None, field, why) for row, field, why in cursor.bad]
    if cursor.end:
        bad.insert(0, RowRead(0, None, "", cursor.end))
    if cursor.more:
        bad.append(RowRead(0, None, "", f"and {cursor.more} more lines, which are not listed"))
    final = place(cursor.file)
    if bad:
        body = charsets.encode(report(bad, settings.delimiter), "utf-8")
        await Put(name=f"{final}.errors.csv", body=body)
    for one in cursor.beside:
        await Move(name=one, to=place(one))
    await Move(name=cursor.file, to=final)
    held = await Digest(name=final)
    if cursor.sha and held not in {None, cursor.sha} and cursor.end != RESTLESS:
        return await _back(cursor, final, place)
    return await _done(cursor, final)


async def _back(cursor: Cursor, final: str, place: Any) -> Cursor:
    """Fetch a file back that was put away and is not what was read."""
    cursor = replace(cursor, end=RESTLESS) if cursor.again >= MOST_AGAIN else _anew(cursor)
    await Hand(items=(), cursor=replace(cursor, origin=final).text)
    await Move(name=final, to=cursor.file)
    for one in cursor.beside:
        await Move(name=place(one), to=one)
    return cursor


async def _done(cursor: Cursor, final: str) -> Cursor:
    """Forget a file, but for how large it was."""
    lying = await Find(names=(final,), beside=MEMOS, quiet=0.0)
    watched = (*((one.name, one.size) for one in lying), *cursor.watched)[:MOST_WATCHED]
    after = replace(_fresh(cursor), watched=watched)
    await Hand(items=(), cursor=after.text, files={"bad" if cursor.end else "read": 1})
    return after


async def _prune(cursor: Cursor, look: PollContext, settings: CommuneSettings) -> None:
    """Delete what was put away long enough ago."""
    if settings.keep_days is None:
        return
    before = look.now.astimezone(VIETNAM) - timedelta(days=settings.keep_days)
    gone = 0
    for folder in dict.fromkeys((settings.done, settings.bad)):
        gone += await Prune(folder=folder, before=f"{before:%Y%m%d}")
    if gone:
        await Hand(items=(), cursor=cursor.text, files={"pruned": gone})


def reads(settings: CommuneSettings) -> tuple[str, ...]:
    """Give the patterns of all files that are looked for: exports, and what belongs to them."""
    found = list(settings.patterns)
    for pattern in settings.patterns:
        folder = pattern.rpartition("/")[0]
        beside = ["*.[fFdD][pPbB][tT]"]
        if settings.complete == "marker":
            beside.append(settings.marker.format(name="*", stem="*"))
        found += [f"{folder}/{one}" if folder else one for one in beside]
    return tuple(dict.fromkeys(found))
