"""Previewing an export before it is let in: what each row would become, and nothing stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from adapters.commune_files.export import Bad, Unusable, item_of, missed, read, remarks
from adapters.commune_files.tables import MEMOS
from adapters.kit.port import Previewed
from schemas.inbound import Row

if TYPE_CHECKING:
    from adapters.commune_files import CommuneSettings


def preview(files: Mapping[str, bytes], settings: CommuneSettings) -> list[Previewed]:
    """Read the first file as an export, with a memo file among the others if there is one."""
    name, body = next(iter(files.items()))
    memos = ((PurePath(one).suffix, held) for one, held in files.items())
    memo = next((one for one in memos if one[0].lower() in MEMOS), None)
    try:
        rows = read(name, body, settings, memo)
    except Unusable as error:
        return [Previewed(0, why=str(error))]
    lacking = [Previewed(0, field=one.field, why=one.why) for one in missed(rows, settings)]
    shown = [
        _shown(number, item_of(number, row, settings), remarks(number, row, settings))
        for number, row in enumerate(rows, 1)
    ]
    return [*lacking, *shown]


def _shown(number: int, item: Row | Bad, remarked: Sequence[Bad]) -> Previewed:
    if isinstance(item, Bad):
        return Previewed(number, field=item.field, why=item.why)
    left_out = "; ".join(f"{one.field}: {one.why}" for one in remarked)
    return Previewed(number, body=item.body, why=left_out)
