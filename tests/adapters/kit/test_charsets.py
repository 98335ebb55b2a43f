"""Charsets: every letter both ways, errors that say where, and suggestions that are not guesses."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from adapters.kit import charsets
from adapters.kit.charsets import cp1258, tcvn3, viqr, vni
from adapters.kit.charsets.marks import SPECIAL, TONES
from gateway.commands.app import program
from gateway.settings import SettingsError

ALL = SPECIAL + SPECIAL.upper()
ASCII = "".join(map(chr, range(0x20, 0x7F))) + "\t\r\n"
SHAPED = "ĂÂÊÔƠƯĐ"
TEXT = "Ủy ban nhân dân xã Trần Văn Thời đã tiếp nhận hồ sơ về việc đăng ký khai sinh"
EIGHT_BIT = ("cp1258", "tcvn3", "vni", "viqr")


def tcvn3_lossless(text: str) -> str:
    """Make small what TCVN3 has no capital for."""
    return "".join(one.lower() if one in ALL and one not in SHAPED else one for one in text)


def test_there_are_134_letters_and_each_charset_has_them_all() -> None:
    """The repertoire of Vietnamese is 67 letters beyond ASCII, small and capital."""
    assert len(set(ALL)) == 134
    assert set(ALL) == set(vni.WRITING) == set(tcvn3.WRITING)
    assert all(cp1258.write(one, "cp1258") and viqr.write(one, "viqr") for one in ALL)


@pytest.mark.parametrize("letter", ALL)
@pytest.mark.parametrize("name", charsets.NAMES)
def test_every_letter_comes_back(name: str, letter: str) -> None:
    """A letter written and read is itself; TCVN3 loses only capitals it never had."""
    expected = tcvn3_lossless(letter) if name == "tcvn3" else letter

    assert expected == charsets.decode(charsets.encode(letter, name), name)


@pytest.mark.parametrize("name", charsets.NAMES)
@given(text=st.text(alphabet=ALL + ASCII))
def test_every_text_comes_back(name: str, text: str) -> None:
    """Letters and signs in any order, composed or not, are read as they were written."""
    expected = tcvn3_lossless(text) if name == "tcvn3" else text
    apart = unicodedata.normalize("NFD", text)

    assert expected == charsets.decode(charsets.encode(text, name), name)
    assert charsets.encode(text, name) == charsets.encode(apart, name)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("Trần Văn Thời", "5472c76e2056a86e205468ea69"),
        ("Long Nguyên", "4c6f6e67204e677579aa6e"),
        ("Hoài Đức", "486fb56920a7f863"),
        ("Đặng Thị Hồng Nhung", "a7c66e67205468de2048e56e67204e68756e67"),
        ("ước mơ đường", "aded63206dac20aeadea6e67"),
        ("xã", "78b7"),
    ],
)
def test_tcvn3_is_what_an_independent_program_wrote(text: str, octets: str) -> None:
    """Vectors written once by glibc."""
    assert octets == charsets.encode(text, "tcvn3").hex()
    assert text == charsets.decode(bytes.fromhex(octets), "tcvn3")


def test_tcvn3_agrees_with_iconv_for_every_letter_that_the_fonts_had() -> None:
    """Small letters and the seven shaped capitals; toned capitals the fonts never had."""
    iconv = shutil.which("iconv")
    letters = SPECIAL + SHAPED
    if iconv is None:
        pytest.skip("there is no iconv on this machine")
    done = subprocess.run(
        [iconv, "-f", "UTF-8", "-t", "TCVN"],
        input=letters.encode(),
        capture_output=True,
        check=True,
    )

    assert done.stdout == charsets.encode(letters, "tcvn3")


def test_cp1258_splits_only_the_tone() -> None:
    """A shaped letter with a tone is the shaped letter, then the tone."""
    octets = "5472e2cc6e2056e36e205468f5cc69"

    assert octets == charsets.encode("Trần Văn Thời", "cp1258").hex()


def test_vni_reads_the_longest_letter() -> None:
    """Two bytes are one letter where they can be, and a mark may be small behind a capital."""
    assert charsets.decode("Thôøi AÙnh Aùnh ñöôøng".encode("latin-1"), "vni") == (
        "Thời Ánh Ánh đường"
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [(b"a^'", "ấ"), (b"D\\d", "Dd"), (b"Ha\\.", "Ha."), (b"ddu+o+`ng", "đường")],
)
def test_viqr_knows_its_backslash(written: bytes, text: str) -> None:
    """A sign behind a backslash is itself."""
    assert text == charsets.decode(written, "viqr")


@pytest.mark.parametrize("text", ["DĐ", "dđ", "Dđ", "đd", "ĐD", "ddđ"])
def test_viqr_tells_a_d_from_half_of_the_letter_behind_it(text: str) -> None:
    """A plain d before an đ stays outside of it."""
    assert text == charsets.decode(charsets.encode(text, "viqr"), "viqr")


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(("base", "shape"), [("e", "\u0302"), ("a", "\u0306"), ("o", "\u031b")])
def test_marks_in_the_wrong_order_are_mended(base: str, shape: str, tone: str) -> None:
    """A tone typed before the shape gives the same one letter."""
    right = unicodedata.normalize("NFC", base + shape + tone)

    assert right == charsets.decode((base + tone + shape).encode(), "utf-8")
    assert len(right) == 1


@pytest.mark.parametrize(
    ("name", "data", "position"),
    [
        ("utf-8", b"abc\xff", 3),
        ("utf-16", b"a\0", 0),
        ("utf-16-le", b"a\0b", 2),
        ("cp1258", b"ab\x81", 2),
        ("tcvn3", b"x\xb7 \x81", 3),
        ("vni", b"Th\xf8", 2),
        ("viqr", b"a\xe2", 1),
    ],
)
def test_bytes_that_do_not_fit_are_an_error_with_its_place(
    name: str, data: bytes, position: int
) -> None:
    """Never a question mark."""
    with pytest.raises(charsets.CharsetError) as found:
        charsets.decode(data, name)

    assert position == found.value.position
    assert f"position {position}: " in str(found.value)


@pytest.mark.parametrize("name", EIGHT_BIT)
def test_characters_that_do_not_fit_are_an_error_with_its_place(name: str) -> None:
    """A character that the charset lacks is named by its number."""
    with pytest.raises(charsets.CharsetError, match=r"position 2: .* has no U\+4E2D"):
        charsets.encode("xã中", name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa Bình", "HOÀ  BÌNH"),
        ("thủy", "thuỷ"),
        ("Đắk R'lấp", "Đắk R’Lấp"),
        ("Cư M'gar", "Cư Mgar"),
        ("Quý", "Qúy"),
        ("Trần", unicodedata.normalize("NFD", "Trần")),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    """Tone placement, apostrophes, case, spaces and composition do not count."""
    assert charsets.name_key(one) == charsets.name_key(other)


@given(one=st.sampled_from(SPECIAL), other=st.sampled_from(SPECIAL))
def test_different_letters_stay_different_names(one: str, other: str) -> None:
    """The key keeps every shape and tone."""
    equal = charsets.name_key(f"l{one}n") == charsets.name_key(f"l{other}n")

    assert equal == (one == other)


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("TRẦN VĂN THỜI", "Trần Văn Thời"),
        ("trần văn thời", "Trần Văn Thời"),
        ("Đặng Thị Ánh", "Đặng Thị Ánh"),
        ("Công ty Ổn Định", "Công ty ổn Định"),
    ],
)
def test_capitals_that_tcvn3_lost_come_back_in_names(stored: str, name: str) -> None:
    """Title case where the fonts hid the case; what was typed in both cases is left alone."""
    stored_bytes = charsets.encode(stored, "tcvn3")

    assert name == charsets.decode(stored_bytes, "tcvn3", names=True)


@pytest.mark.parametrize("name", [one for one in charsets.NAMES if one != "utf-16"])
def test_a_sentence_is_recognised(name: str) -> None:
    """The first suggestion is right and gives a reason."""
    found = charsets.suggest(charsets.encode(TEXT, name))[0]

    assert (name, True) == (found.name, found.certainty != "unsure")
    assert found.reasons


@pytest.mark.parametrize("name", ["cp1258", "tcvn3", "vni"])
@given(words=st.lists(st.sampled_from(TEXT.split()), max_size=4))
def test_a_short_text_is_never_called_another(name: str, words: list[str]) -> None:
    """Too little to tell is called unsure, not something else."""
    data = charsets.encode(" ".join(words), name)
    said = [one.name for one in charsets.suggest(data) if one.certainty == "likely"]

    assert set(said) <= {name}


def run(*words: str | Path) -> tuple[int, str]:
    """Run the command."""
    done = CliRunner().invoke(program(), ["charset", *map(str, words)])
    if isinstance(done.exception, SettingsError):
        return 2, str(done.exception)
    return done.exit_code, done.output


def test_the_command_prints_utf8_or_says_what_it_is(tmp_path: Path) -> None:
    """With --from it converts, without it it only suggests."""
    file = tmp_path / "old.txt"
    file.write_bytes(charsets.encode(TEXT + "\n", "vni"))

    assert run(file, "--from", "vni") == (0, TEXT + "\n")
    assert run(file)[1].splitlines()[0] == "charset cp1252, font vni (likely)"


def test_the_command_gives_names_their_capitals(tmp_path: Path) -> None:
    """Line by line."""
    file = tmp_path / "names.txt"
    file.write_bytes(charsets.encode("TRẦN VĂN ƯỚC\nLê Ánh\n", "tcvn3"))

    assert run(file, "--from", "tcvn3", "--names") == (0, "Trần Văn Ước\nLê Ánh\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("absent",), "cannot be read"),
        (("old.txt", "--from", "ascii"), "no charset is called 'ascii'"),
        (("old.txt", "--from", "utf-8"), "position 1: is not UTF-8"),
    ],
)
def test_wrong_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    """It says what is wrong and where."""
    monkeypatch.chdir(tmp_path)
    Path("old.txt").write_bytes(b"x\xb7")
    code, line = run(*words)

    assert (code, line.count("\n")) == (2, 0)
    assert said in line


def test_every_mark_of_unicode_is_counted() -> None:
    """Whatever the interpreter would have to put in order makes a letter overloaded."""
    from adapters.kit.charsets.marks import MOST, overloaded

    sorted_ = (
        chr(one)
        for one in range(0x110000)
        if unicodedata.combining(unicodedata.normalize("NFD", chr(one))[0])
    )

    assert [one for one in sorted_ if not overloaded("e" + one * (MOST + 1))] == []


def test_an_overloaded_letter_stays_as_it_is_and_the_others_are_composed() -> None:
    """What nobody can put in order in time is not touched."""
    run = "\u0301\u0323" * 20

    assert charsets.decode(f"e\u0302\u0301 e{run} e\u0301\u0302".encode(), "utf-8") == (
        f"\u1ebf e{run} \u1ebf"
    )
