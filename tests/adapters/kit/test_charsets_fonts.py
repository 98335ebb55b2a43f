"""Container and font: what is written under any pair of settings is read back under it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import charsets
from adapters.kit.charsets import cp1252
from adapters.kit.charsets.marks import SPECIAL
from adapters.kit.charsets.tcvn3 import READING
from tests.adapters.kit.vietnamese import PEOPLE, communes

BYTEWISE = ("cp1252", "cp1258")
PAIRS = [
    (charset, font)
    for charset in charsets.CHARSETS
    for font in charsets.FONTS
    if (charset, font) != ("cp1252", "unicode")
]
SIGNS = "".join(cp1252.SIGNS.values())
OF_TCVN3 = "".join(sign for byte, sign in cp1252.SIGNS.items() if byte not in READING)
OF_CP1258 = "".join(one for one in SIGNS if one.encode("cp1258", "ignore"))
NAMES = st.one_of(PEOPLE, PEOPLE.map(str.upper), st.sampled_from(communes()))


def signs(charset: str, font: str) -> str:
    """List the signs beyond ASCII that a pair of settings can write."""
    if font.startswith("tcvn3"):
        return OF_TCVN3
    return OF_CP1258 if (charset, font) == ("cp1258", "unicode") else SIGNS


def kept(text: str, font: str) -> str:
    """Give the text without the case that the font loses."""
    if font == "tcvn3-capitals":
        return text.upper()
    toned = set(SPECIAL.upper()) - set("ĂÂÊÔƠƯĐ")
    return "".join(one.lower() if one in toned and font == "tcvn3" else one for one in text)


def read(written: bytes, charset: str, font: str) -> str:
    """Read, or give the reason why not."""
    try:
        return charsets.decode(written, charset, font)
    except charsets.CharsetError as error:
        return error.why


@pytest.mark.parametrize(("charset", "font"), PAIRS)
@given(data=st.data(), name=NAMES)
def test_names_and_signs_come_back(charset: str, font: str, data: st.DataObject, name: str) -> None:
    """Composed, and but for the case that a font loses; or the cell is reported, never another."""
    sign = data.draw(st.sampled_from(signs(charset, font)))
    text = unicodedata.normalize("NFC", f"{name} {sign} {name}")
    written = charsets.encode(unicodedata.normalize("NFD", text), charset, font)

    if charset in BYTEWISE or font == "unicode":
        assert kept(text, font) == charsets.decode(written, charset, font)
    else:
        assert read(written, charset, font) in {kept(text, font), f"may be Unicode or {font}"}


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("54e62035209620ca702033", "Tổ 5 – ấp 3"),
        ("54e6a035", "Tổ\u00a05"),
        ("3336b043", "36°C"),
        ("93a7b894", "“Đá”"),
        ("3530d7", "50ì"),
    ],
)
def test_signs_that_the_font_shows_come_through(octets: str, text: str) -> None:
    """Where the font has no letter of its own, it shows the Western sign."""
    assert text == charsets.decode(bytes.fromhex(octets), "tcvn3")
    assert octets == charsets.encode(text, "tcvn3").hex()


@pytest.mark.parametrize("font", ["tcvn3", "tcvn3-capitals", "vni", "viqr"])
def test_no_byte_is_taken_for_a_western_letter(font: str) -> None:
    """A byte that is neither a letter of the font nor a sign is an error that names it."""
    western = [byte for byte, look in cp1252.HIGH.items() if byte not in cp1252.SIGNS]
    refused = []
    for byte in western:
        try:
            found = charsets.decode(b" " + bytes([byte]), "cp1252", font)
        except charsets.CharsetError as error:
            refused.append((error.position, f"{byte:02X}" in error.why))
        else:
            assert found[1:].lower() in SPECIAL

    assert set(refused) == {(1, True)}


@pytest.mark.parametrize("sign", ["§", "×", "Š", "á̂́", "→"])
def test_what_the_font_has_no_byte_for_is_an_error(sign: str) -> None:
    """Its byte is a letter of the font, or there is none."""
    with pytest.raises(charsets.CharsetError, match="tcvn3 has no"):
        charsets.encode("a " + sign, "tcvn3")


@pytest.mark.parametrize("octet", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_bytes_that_windows_left_undefined_survive_their_container(octet: int) -> None:
    """Only the font, or the lack of one, may say that they are nothing."""
    text = charsets.incremental("cp1252").decode(bytes([octet]), final=True)

    assert bytes([octet]) == cp1252.typed(text)
    with pytest.raises(charsets.CharsetError, match=f"byte {octet:02X} is not cp1252"):
        charsets.decode(bytes([octet]), "cp1252")


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("utf-8", ("utf-8", "unicode")),
        ("cp1258", ("cp1258", "unicode")),
        ("cp1252", ("cp1252", "unicode")),
        ("tcvn3", ("cp1252", "tcvn3")),
        ("tcvn3-capitals", ("cp1252", "tcvn3-capitals")),
        ("vni", ("cp1252", "vni")),
        ("viqr", ("cp1252", "viqr")),
    ],
)
def test_one_setting_of_old_is_two(name: str, pair: tuple[str, str]) -> None:
    """Whatever was set before goes on to mean the same."""
    assert pair == charsets.split(name)


def test_settings_that_do_not_exist_are_named() -> None:
    """With what there is instead."""
    with pytest.raises(LookupError, match="'ascii'; there are utf-8"):
        charsets.split("ascii")
    with pytest.raises(LookupError, match="'vni'; there are utf-8"):
        charsets.incremental("vni")
    with pytest.raises(LookupError, match="'times'; there are unicode"):
        charsets.decode(b"", "utf-8", "times")


def test_small_letters_under_a_font_of_capitals_are_capitals() -> None:
    """What was typed small was read in capitals by whoever typed it."""
    written = charsets.encode("TRẦN VĂN ƯỚC", "cp1252", "tcvn3-capitals")

    assert written == charsets.encode("trần văn ước", "tcvn3")
    assert charsets.decode(written, "cp1252", "tcvn3-capitals") == "TRẦN VĂN ƯỚC"
    assert charsets.decode(written, "tcvn3-capitals", names=True) == "Trần Văn Ước"


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("TRẦN THỊ ÁNH-NGUYỆT", "Trần Thị Ánh-Nguyệt"),
        ("trần thị ánh-nguyệt", "Trần Thị Ánh-Nguyệt"),
        ("Trần Thị Ánh-Ánh", "Trần Thị Ánh-Ánh"),
        ("CÔNG TY TNHH MTV ÁNH SÁNG", "Công Ty TNHH MTV Ánh Sáng"),
        ("HTX, UBND VÀ TRƯỜNG THCS", "HTX, UBND Và Trường THCS"),
        ("TP.HCM", "TP.HCM"),
        ("H'HEN NIÊ", "H'Hen Niê"),
    ],
)
def test_names_keep_the_capitals_that_they_have(stored: str, name: str) -> None:
    """Behind a hyphen too, and abbreviations all of theirs."""
    assert name == charsets.decode(charsets.encode(stored, "tcvn3"), "tcvn3", names=True)


def test_text_that_a_database_took_for_windows_1258_is_read_too() -> None:
    """The same bytes look otherwise where Windows spoke Vietnamese."""
    octets = charsets.encode("Lý Thị Ước", "tcvn3")
    text = charsets.incremental("cp1258").decode(octets, final=True)

    assert charsets.respelt(text, "tcvn3", mixed=False) == "Lý Thị Ước"
