"""VIQR (RFC 1456): Vietnamese in ASCII, marks written behind their letter.

A backslash takes the next sign as it stands; it is written wherever a sign would else be a mark.
People do not write it: so a full stop or question mark that ends a word is a mark only where the
word has no tone yet and can carry one there, and addresses of the web and of e-mail have no marks.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from adapters.kit.charsets import cp1252
from adapters.kit.charsets.fault import CharsetError, of_bytes, of_text
from adapters.kit.charsets.marks import ACUTE, DOT, GRAVE, HOOK, LETTERS, TILDE, composed, toneless
from adapters.kit.charsets.syllables import possible

SHAPES = MappingProxyType(
    {"a^": "â", "a(": "ă", "e^": "ê", "o^": "ô", "o+": "ơ", "u+": "ư", "o*": "ơ", "u*": "ư"}
    | {"A^": "Â", "A(": "Ă", "E^": "Ê", "O^": "Ô", "O+": "Ơ", "U+": "Ư", "O*": "Ơ", "U*": "Ư"}
)
TONES = MappingProxyType({"`": GRAVE, "?": HOOK, "~": TILDE, "'": ACUTE, ".": DOT})
STROKE = MappingProxyType({"dd": "đ", "DD": "Đ", "Dd": "Đ"})
ENDING = ("?", ".")
"""Tones that are written like the end of a sentence."""
ADDRESS = re.compile(
    r"(?<![\w+.-])[a-z][a-z0-9+.-]{0,30}://[!-\[\]-~]+"
    r"|(?<![\w.-])www\.[!-\[\]-~]+"
    r"|(?<![\w%+.-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,64}(?:\.[a-z0-9-]{1,64})+"
    r"|(?<![\w\\.-])(?:[a-z0-9-]{1,64}\.)+(?:vn|com|net|org|edu|gov|info)(?![\w\\.-])"
    r"(?:/[!-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_VOWELS = frozenset(letter for letter in LETTERS + LETTERS.upper() if not toneless(letter)[1])
_SHAPED = {letter: look for look, letter in SHAPES.items() if look[1] != "*"}
_TONED = {tone: sign for sign, tone in TONES.items()}
_SPACES = re.compile(r"(\s+)")


def read(data: bytes, _name: str) -> str:
    """Read bytes."""
    beyond = next((at for at, byte in enumerate(data) if _foreign(byte)), None)
    if beyond is not None:
        raise of_bytes(data, beyond, f"byte {data[beyond]:02X} is not ASCII, as VIQR is")
    text = cp1252.shown(data)
    out, at = [], 0
    for address in ADDRESS.finditer(text):
        out += [_read(text[at : address.start()], data, at), address.group()]
        at = address.end()
    return "".join([*out, _read(text[at:], data, at)])


def _foreign(byte: int) -> bool:
    return byte >= 0x80 and byte not in cp1252.SIGNS


def _read(text: str, data: bytes, start: int) -> str:
    """Read a piece without addresses, which begins at a byte of the whole."""
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            letter, at = _letter(text, at, out)
            out.append(letter)
            continue
        if at + 1 < len(text):
            out.append(text[at + 1])
        elif not (at and text[at - 1] in ENDING):
            raise of_bytes(data, start + at, "a backslash stands before nothing")
        at += 2
    return "".join(out)


def _letter(text: str, at: int, before: list[str]) -> tuple[str, int]:
    """Read one letter with its marks; give it, and where the next begins."""
    pair = text[at : at + 2]
    if pair in STROKE:
        return STROKE[pair], at + 2
    letter = SHAPES.get(pair, text[at])
    at += 2 if pair in SHAPES else 1
    sign = text[at : at + 1]
    if letter not in _VOWELS or sign not in TONES:
        return letter, at
    toned = composed(letter + TONES[sign])
    after = text[at + 1 : at + 2]
    if sign in ENDING and not after.isalnum() and after != "\\" and not _tone_fits(before, toned):
        return letter, at
    return toned, at + 1


def _tone_fits(before: list[str], toned: str) -> bool:
    """Say whether the word that ends so is a syllable which carries its tone where it stands."""
    start = len(before)
    while start and before[start - 1].isalpha():
        start -= 1
    word = "".join([*before[start:], toned])
    # One capital with a point is the first letter of a name, as in "Nguyễn A. Ơn".
    initial = len(word) == 1 and word.isupper() and toneless(word)[1] == DOT
    return possible(word) and not initial


def write(text: str, name: str) -> bytes:
    """Write text, with a backslash before each sign that would be read as a mark."""
    lacking = next((at for at, one in enumerate(text) if _look(one) is None), None)
    if lacking is not None:
        raise of_text(text, lacking, name)
    pieces = _SPACES.split(text)
    looks = [piece if at % 2 else _written(piece, name) for at, piece in enumerate(pieces)]
    return cp1252.typed("".join(looks)) or b""


def _look(letter: str) -> str | None:
    if letter.isascii() or letter in cp1252.SIGN_BYTES:
        return letter
    if letter in "đĐ":
        return letter.replace("đ", "dd").replace("Đ", "DD")
    rest, tone = toneless(letter)
    shown = _SHAPED.get(rest, rest)
    return shown + _TONED.get(tone, "") if shown.isascii() else None


def _written(word: str, name: str) -> str:
    """Write what stands between two spaces in the plainest way that is read back as it was."""
    plain = "".join(_look(letter) or letter for letter in word)
    parted, at = "", 0
    for address in ADDRESS.finditer(word):
        parted += _escaped(word[at : address.start()]) + address.group()
        at = address.end()
    parted += _escaped(word[at:])
    more = (_escaped(word), _escaped(word, ended=True), _escaped(word, all_of=True))
    for look in (plain, parted, *more):
        if _read_back(look, name) == word:
            return look
    raise of_text(word, 0, name)


def _read_back(look: str, name: str) -> str | None:
    try:
        return read(cp1252.typed(look) or b"", name)
    except CharsetError:
        return None


def _escaped(word: str, *, ended: bool = False, all_of: bool = False) -> str:
    """Put backslashes where they are needed.

    ended: also behind a tone that would be taken for the end of a sentence; all_of: wherever one
    may stand
    """
    out = []
    for at, letter in enumerate(word):
        before, after = word[at - 1 : at] if at else "", word[at + 1 : at + 2]
        look = _look(letter) or letter
        if look == letter and (all_of or _misread(before, letter, after)):
            look = "\\" + look
        stands_last = look != letter and look[-1:] in ENDING and not after.isalnum()
        wanted = not after if all_of else ended and after != "\\"
        out.append(look + "\\" if stands_last and wanted else look)
    return "".join(out)


def _misread(before: str, letter: str, after: str) -> bool:
    """Say whether a plain sign would be taken for a mark, or a d for half of the đ behind it."""
    if letter == "\\" or (letter in "dD" and after in ("đ", "Đ")):
        return True
    return (
        before + letter in STROKE
        or before + letter in SHAPES
        or (before in _VOWELS and letter in TONES)
    )
