"""The dossiers that everybody is given: the same bytes but for their numbers, of invented people.

The mould is made here and handed to the load generator, which then loads nothing of the product.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from gateway.workbench.samples.generator import sample
from tests.bench.mould import NAME

SMALL, LARGE = "1k", "50k"
AGENCY = "H99"
"""The root of the agencies that the dossiers speak of."""
FORM = 48_900
"""Bytes of the form of a large dossier; the rest makes it 50 kB."""


def _plain() -> dict[str, Any]:
    """Take a sample without its papers, in its number's place a mark."""
    made = sample(8, 1).requests[0].body
    made["source"]["ref"] = f"do/{NAME}"
    made["official_code"] = f"{made['agencies']['competent']['code']}-260615-{NAME}"
    made["summary"] = f"Chứng thực bản sao (mẫu {NAME})"
    # No province has the number 098: nobody can have this personal number.
    made["owner"]["identities"] = [{"kind": "personal_number", "number": f"0980{NAME}"}]
    made["components"] = made["components"][:1]
    for absent in ("origin", "fees"):
        made.pop(absent, None)
    return made


def body(size: str) -> dict[str, Any]:
    """Give the dossier of a size, with a mark where its number goes."""
    made = _plain()
    if size == LARGE:
        line = "Nội dung tờ khai mẫu, không có thật. "
        count = FORM // len(json.dumps([line], ensure_ascii=False).encode()[1:])
        made["form"] = {"schema": "to-khai-mau", "data": {"lines": [line] * count}}
    return made


@lru_cache(maxsize=2)
def text(size: str) -> str:
    """Give the mould of a size: what `tests.bench.mould.Mould` fills in."""
    return json.dumps(body(size), ensure_ascii=False, separators=(",", ":"))
