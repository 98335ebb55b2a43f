"""Hearing old software: its nightly exports, every row of which repeats every night.

The cursor names the file by its bytes and the next row, and a memo by its own. It lags one step
behind what was handed in, so that a crash repeats rows, which is harmless, and loses no line of the
report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from adapters.commune_files.export import Bad, Unusable, item_of, missed, read, remarks, report
from adapters.commune_files.tables import needs_memo
from adapters.kit import charsets
from adapters.kit.port import Hand, Move, PollContext, Put, Take
from schemas.inbound import Row, Verdict
from schemas.outcome import Outcome

if TYPE_CHECKING:
    from adapters.commune_files import CommuneSettings

CHUNK = 200
LOOKS_FOR_MEMO = 5
"""Polls for which a table waits for its memo file, which may still be written."""
MOST_REPORTED = 2000


async def poll(look: PollContext, settings: CommuneSettings) -> Outcome | None:
    """Read complete exports one after the other, in the order of their names."""
    cursor: dict[str, Any] = json.loads(look.cursor) if look.cursor else {}
    memos = await Take(pattern=_memos(settings.exports)) if _tables(settings.exports) else {}
    while files := await Take(pattern=settings.exports, limit=1):
        for name, body in files.items():
            beside = next((one for one in memos if one.rpartition(".")[0] == _stem(name)), None)
            memo = (beside[-4:], memos[beside]) if beside is not None else None
            if memo is None and (waiting := _waiting(name, body, cursor)) is not None:
                await Hand(items=(), cursor=waiting)
                return None
            names = (name,) if beside is None else (beside, name)
            folder, bad = await _file(name, body, memo, cursor, settings)
            await _away(names, folder, bad, settings)
            if beside is not None or cursor.get("whole"):
                # Forgotten only now: the next table of the same bytes is an export of its own, and
                # may have another memo, for which it has to wait.
                await Hand(items=(), cursor="{}")
            cursor = {}
    return None


def _waiting(name: str, body: bytes, cursor: dict[str, Any]) -> str | None:
    """Give the cursor of a table whose memo file is not complete yet; None: it is to be read."""
    if not name.lower().endswith(".dbf") or not needs_memo(body):
        return None
    sha = _sha(body)
    known = cursor.get("sha") == sha
    looked = int(cursor.get("looked", 0)) if known else 0
    if known and cursor.get("whole"):  # only to be put away, which its memo has been already
        return None
    if looked >= LOOKS_FOR_MEMO:
        return None
    return json.dumps({"sha": sha, "looked": looked + 1})


def _tables(pattern: str) -> bool:
    return pattern.lower().endswith((".dbf", "[dd][bb][ff]"))


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _memos(pattern: str) -> str:
    """Name the memo files that may lie beside the tables; looked at first, they lie quiet too."""
    folder = pattern.rpartition("/")[0]
    return f"{folder}/*.[fFdD][pPbB][tT]" if folder else "*.[fFdD][pPbB][tT]"


async def _file(
    name: str,
    body: bytes,
    memo: tuple[str, bytes] | None,
    cursor: dict[str, Any],
    settings: CommuneSettings,
) -> tuple[str, list[Bad]]:
    """Read one export to its end; give the folder it belongs to, and what is wrong in it."""
    marks = {"sha": _sha(body)} | ({"memo": _sha(memo[1])} if memo is not None else {})
    resumed = _resumed(cursor, marks)
    bad = [Bad(*one) for one in cursor.get("bad", ())] if resumed else []
    if resumed and cursor.get("whole"):
        return settings.done, bad
    try:
        rows = read(name, body, settings, memo)
    except Unusable as error:
        return settings.bad, [Bad(0, "", str(error))]
    start = int(cursor.get("row", 0)) if resumed else 0
    bad += [] if resumed else missed(rows, settings)
    for first in range(start, len(rows), CHUNK):
        found = [
            (number, item_of(number, row, settings))
            for number, row in enumerate(rows[first : first + CHUNK], start=first + 1)
        ]
        items = tuple(one for _, one in found if isinstance(one, Row))
        verdicts = await Hand(items=items, cursor=_cursor(marks, first, bad))
        bad += _judged(found, verdicts)
        for number, row in enumerate(rows[first : first + CHUNK], start=first + 1):
            bad += remarks(number, row, settings)
    await Hand(items=(), cursor=_cursor(marks, len(rows), bad, whole=True))
    return settings.done, bad


def _resumed(cursor: dict[str, Any], marks: dict[str, str]) -> bool:
    """Say whether a file is the one the cursor speaks of: both parts, or what is left of it.

    A memo may change under a table whose bytes stay the same.
    """
    if cursor.get("sha") != marks["sha"]:
        return False
    if "memo" in marks:
        return bool(cursor.get("memo") == marks["memo"])
    return bool(cursor.get("whole") or "memo" not in cursor)


def _cursor(marks: dict[str, str], row: int, bad: list[Bad], *, whole: bool = False) -> str:
    """Say how far a file was read; `whole`: of two files, that both are only to be put away."""
    kept = [[one.row, one.field, one.why] for one in bad[:MOST_REPORTED]]
    more = {"whole": True} if whole and "memo" in marks else {}
    return json.dumps({**marks, "row": row, "bad": kept, **more}, ensure_ascii=False)


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _judged(found: Sequence[tuple[int, Row | Bad]], verdicts: Iterable[Verdict]) -> list[Bad]:
    """List the bad rows of a chunk: those that could not be read, and those that were refused."""
    said = iter(verdicts)
    bad = []
    for number, one in found:
        if isinstance(one, Bad):
            bad.append(one)
            continue
        verdict = next(said)
        if verdict.word != "evidence":  # refused, or stored with what a human must look at
            bad += [Bad(number, problem.pointer, problem.detail) for problem in verdict.problems]
        else:
            bad.append(Bad(number, "/status", "differs from whoever owns the state; kept aside"))
    return bad


async def _away(
    names: Sequence[str], folder: str, bad: list[Bad], settings: CommuneSettings
) -> None:
    """Write the report, then move the export to stand beside it, its memo first.

    Whoever is ended in between leaves a table that the cursor knows to be handed in whole; the
    other way round a memo would stay, and the next table of that name might be read with it.
    """
    plain = [name.rsplit("/", 1)[-1] for name in names]
    if bad:
        text = report(bad[:MOST_REPORTED], settings.delimiter)
        body = charsets.encode(text, "utf-8")
        await Put(name=f"{folder}/{plain[-1]}.errors.csv", body=body)
    for name, alone in zip(names, plain, strict=True):
        await Move(name=name, to=f"{folder}/{alone}")
