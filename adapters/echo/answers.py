"""How they answer: `ok` is the code, and nothing but JSON's own `true` is a yes."""

from __future__ import annotations

from dataclasses import replace

from adapters.kit import Answers, Row

YES, NO = frozenset({Row.YES}), frozenset({Row.NO})
ONE = Answers(
    code=("ok",),
    sentence=("message",),
    rows=(
        Row("refused", codes=NO, lists=("problems",)),
        Row("success", codes=YES),
    ),
)
"""About one dossier."""
MANY = replace(ONE, items=("results",))
"""About several: each of `results` is judged by itself."""
