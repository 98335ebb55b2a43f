"""Procedures as rows of the CSV file, so that a person can add what an import lacks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pydantic import BaseModel

from schemas.catalogue.procedure_rows import LISTS, PLAIN
from schemas.catalogue.procedures import ProcedureVersion

COLUMNS = (
    *("code", "name", "field_code", "field_name", "decision", "effective_from", "effective_to"),
    *("amount", "unit", "received_until", *LISTS, "confidence", "source"),
)


def write(versions: Iterable[ProcedureVersion]) -> str:
    """Write a file that `procedure_rows.read` reads back as the same versions."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(map(_row, versions))
    return out.getvalue()


def _row(one: ProcedureVersion) -> dict[str, str]:
    said = one.model_dump(mode="json", exclude_none=True)
    row = {name: said[name] for name in PLAIN if name in said}
    if one.field is not None:
        row |= {"field_code": one.field.code, "field_name": one.field.name or ""}
    if one.duration is not None:
        row |= one.duration.model_dump(mode="json", exclude_none=True)
    elif one.no_due_time:
        row["unit"] = "none"
    row |= {name: "\n".join(map(_line, getattr(one, name))) for name in LISTS}
    row["confidence"] = "\n".join(f"{part} | {word}" for part, word in one.confidence.items())
    return row


def _line(item: BaseModel) -> str:
    parts = ["" if value is None else str(value) for value in item.model_dump().values()]
    while not parts[-1]:
        parts.pop()
    return " | ".join(" ".join(part.split()).replace("|", r"\|") for part in parts)
