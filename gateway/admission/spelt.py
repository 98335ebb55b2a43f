"""Texts of a report in one spelling: adapters hand it in as objects, past whoever reads bodies."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from pydantic import BaseModel

from schemas.inbound import Report
from schemas.marks import composed


def spelt(report: Report) -> Report:
    """Compose every text of a report, also of its officer, papers and fees."""
    return replace(
        report, **{one.name: _spelt(getattr(report, one.name)) for one in fields(report)}
    )


def _spelt(value: Any) -> Any:
    """Compose a text, or the texts within a value; what is a word of ours stays as it is."""
    if type(value) is str:
        return composed(value)
    if isinstance(value, tuple | list):
        return type(value)(_spelt(one) for one in value)
    if isinstance(value, dict):
        return {key: _spelt(one) for key, one in value.items()}
    if isinstance(value, BaseModel):
        stated = {name: _spelt(getattr(value, name)) for name in value.model_fields_set}
        return value.model_copy(update=stated)
    return value
