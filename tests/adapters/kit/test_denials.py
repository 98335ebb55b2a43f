"""A negation before the words of success, however much stands between, makes the contrary."""

from __future__ import annotations

import pytest

from adapters.kit.denials import denied

SUCCESS = ("thành công",)


@pytest.mark.parametrize(
    "sentence",
    [
        "hồ sơ không được cập nhật thành công",
        "chưa thực hiện đồng bộ thành công",
        "khong cap nhat duoc thanh cong",
    ],
)
def test_words_of_success_that_are_negated_are_none(sentence: str) -> None:
    """Law 13: A success is believed only where nothing beside it denies it."""
    assert denied({}, sentence, SUCCESS) == "its negation"


def test_a_negation_in_another_clause_denies_nothing() -> None:
    """It is about something else."""
    assert denied({}, "không cần làm gì thêm. cập nhật thành công", SUCCESS) is None
