"""What a file most likely is, inside a container that has all letters too; and the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.kit import charsets
from adapters.kit.charsets import cp1252
from tests.adapters.kit.test_charsets import TEXT, run

NAMES = "Nguyễn Thị Hồng Nhung\nTrần Văn Thời\nLê Thị Mỹ Lệ"


def settings(data: bytes) -> list[tuple[str, str, str]]:
    """Give the suggested settings, best first."""
    return [(one.charset, one.font, one.certainty) for one in charsets.suggest(data)]


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16"])
@pytest.mark.parametrize("font", ["tcvn3", "vni"])
def test_letters_of_a_font_inside_unicode_are_named(charset: str, font: str) -> None:
    """The container is sure, and still is no answer alone."""
    found = charsets.suggest(charsets.encode(NAMES, charset, font))[0]

    assert (font, "likely") == (found.font, found.certainty)
    assert found.charset.startswith(charset)
    assert found.name.endswith(f"with {font} letters")


def test_the_names_of_a_spreadsheet_that_was_saved_as_utf_8_are_named() -> None:
    """Cells of .VnTime go out as the Western letters they were taken for."""
    file = "NguyÔn ThÞ Hång Nhung\nTrÇn V¨n Thêi\nLª ThÞ Mü LÖ".encode()

    assert settings(file) == [("utf-8", "tcvn3", "likely"), ("utf-8", "unicode", "unsure")]
    assert charsets.decode(file, "utf-8", "tcvn3") == NAMES


def test_two_words_are_too_few_to_be_likely() -> None:
    """Both are named, and neither is sure."""
    assert settings("L¸ TrÇn".encode()) == [
        ("utf-8", "tcvn3", "unsure"),
        ("utf-8", "unicode", "unsure"),
    ]


def test_a_few_cells_of_a_font_in_a_file_of_unicode_are_named_behind_it() -> None:
    """The file is what it is, and a person looks at those cells."""
    assert settings(f"{TEXT} NguyÔn".encode()) == [
        ("utf-8", "unicode", "sure"),
        ("utf-8", "tcvn3", "unsure"),
    ]


@pytest.mark.parametrize("between", ["cp1252", "latin-1"])
def test_utf_8_that_was_encoded_twice_is_named(between: str) -> None:
    """With what it was taken for in between, and one word as it was."""
    octets = NAMES.encode()
    text = cp1252.shown(octets) if between == "cp1252" else octets.decode("latin-1")
    found = charsets.suggest(text.encode())[0]

    assert (found.twice, found.certainty, found.name) == (between, "likely", "utf-8 encoded twice")
    assert "'Nguyễn'" in found.reasons[0]


@pytest.mark.parametrize("text", [TEXT, NAMES, "Lê Công Bé, Võ Công Lý", "Müller, François: 5 £"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_unicode_is_not_taken_for_anything_else(text: str, charset: str) -> None:
    """What may be both is not held against it."""
    assert [one[1:] for one in settings(charsets.encode(text, charset))] == [("unicode", "sure")]


def test_a_long_file_is_looked_at_up_to_the_middle_of_a_letter() -> None:
    """Where the look ends no letter has to."""
    assert settings(b"ab" + "ễ".encode() * 100_000)[0] == ("utf-8", "unicode", "sure")


def test_small_letters_of_tcvn3_may_have_been_capitals() -> None:
    """The bytes do not tell under which font they were typed."""
    found = settings(charsets.encode(TEXT, "tcvn3-capitals"))

    assert found[:2] == [("cp1252", "tcvn3", "likely"), ("cp1252", "tcvn3-capitals", "unsure")]


def test_the_command_reads_by_both_settings(tmp_path: Path) -> None:
    """A line's cells each for itself: some were typed in Unicode."""
    file = tmp_path / "old.csv"
    file.write_text("Họ tên;Xã\nTrÇn V¨n Thêi;Xã Đất Mũi\n", "utf-8")

    assert run(file, "--from", "utf-8", "--font", "tcvn3") == (
        0,
        "Họ tên;Xã\nTrần Văn Thời;Xã Đất Mũi\n",
    )


def test_the_command_leaves_what_may_be_two_names_and_says_so(tmp_path: Path) -> None:
    """By line; whoever called it is told that the work is not done."""
    file = tmp_path / "old.csv"
    file.write_text("TrÇn\nLê Công Bé\n", "utf-8")
    code, said = run(file, "--from", "utf-8", "--font", "tcvn3")

    assert code == 1
    assert said.startswith("Trần\nLê Công Bé\nline 2: position 0: may be Unicode or tcvn3 ")


def test_the_command_prints_both_settings(tmp_path: Path) -> None:
    """And that no setting reads what was encoded twice."""
    file = tmp_path / "old.csv"
    file.write_bytes(charsets.encode(NAMES, "utf-16", "vni"))
    first = run(file)[1].splitlines()[0]
    file.write_text(cp1252.shown(NAMES.encode()), "utf-8")

    assert first == "charset utf-16-le, font vni (likely)"
    assert run(file)[1].splitlines()[0] == "charset utf-8, encoded twice (likely)"


def test_a_font_alone_is_half_of_an_answer(tmp_path: Path) -> None:
    """The container is not guessed."""
    file = tmp_path / "old.csv"
    file.write_bytes(b"a")

    assert run(file, "--font", "vni") == (
        2,
        "--font says only how letters were typed; say --from too",
    )
