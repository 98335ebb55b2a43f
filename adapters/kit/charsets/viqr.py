"""VIQR (RFC 1456): Vietnamese in ASCII, marks written behind their letter.

A backslash takes the next sign as it stands; it is written wherever a sign would else be a mark.
"""

from __future__ import annotations

from types import MappingProxyType

from adapters.kit.charsets.fault import of_bytes, of_text
from adapters.kit.charsets.marks import ACUTE, DOT, GRAVE, HOOK, LETTERS, TILDE, composed, toneless

SHAPES = MappingProxyType(
    {"a^": "â", "a(": "ă", "e^": "ê", "o^": "ô", "o+": "ơ", "u+": "ư"}
    | {"A^": "Â", "A(": "Ă", "E^": "Ê", "O^": "Ô", "O+": "Ơ", "U+": "Ư"}
)
TONES = MappingProxyType({"`": GRAVE, "?": HOOK, "~": TILDE, "'": ACUTE, ".": DOT})
STROKE = MappingProxyType({"dd": "đ", "DD": "Đ", "Dd": "Đ"})
_VOWELS = frozenset(letter for letter in LETTERS + LETTERS.upper() if not toneless(letter)[1])
_SHAPED = {letter: look for look, letter in SHAPES.items()}
_TONED = {tone: sign for sign, tone in TONES.items()}


def read(data: bytes, _name: str) -> str:
    """Read bytes."""
    beyond = next((at for at, byte in enumerate(data) if byte >= 0x80), None)
    if beyond is not None:
        raise of_bytes(data, beyond, f"byte {data[beyond]:02X} is not ASCII, as VIQR is")
    text = data.decode("ascii")
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            if at + 1 == len(text):
                raise of_bytes(data, at, "a backslash stands before nothing")
            out.append(text[at + 1])
            at += 2
            continue
        letter, at = _letter(text, at)
        out.append(letter)
    return "".join(out)


def _letter(text: str, at: int) -> tuple[str, int]:
    """Read one letter with its marks; give it, and where the next begins."""
    pair = text[at : at + 2]
    if pair in STROKE:
        return STROKE[pair], at + 2
    letter = SHAPES.get(pair, text[at])
    at += 2 if pair in SHAPES else 1
    if letter in _VOWELS and text[at : at + 1] in TONES:
        return composed(letter + TONES[text[at]]), at + 1
    return letter, at


def write(text: str, name: str) -> bytes:
    """Write text, with a backslash before each sign that would be read as a mark."""
    out: list[str] = []
    before = ""
    for position, letter in enumerate(text):
        found = _look(letter)
        if found is None:
            raise of_text(text, position, name)
        after = text[position + 1 : position + 2]
        out.append("\\" + found if _misread(before, letter, after) else found)
        before = letter
    return "".join(out).encode("ascii")


def _look(letter: str) -> str | None:
    if letter.isascii():
        return letter
    if letter in "đĐ":
        return letter.replace("đ", "dd").replace("Đ", "DD")
    rest, tone = toneless(letter)
    shown = _SHAPED.get(rest, rest)
    return shown + _TONED.get(tone, "") if shown.isascii() else None


def _misread(before: str, letter: str, after: str) -> bool:
    """Say whether a plain sign would be taken for a mark, or a d for half of the đ behind it."""
    if letter == "\\" or (letter in "dD" and after in ("đ", "Đ")):
        return True
    return (
        before + letter in STROKE
        or before + letter in SHAPES
        or (before in _VOWELS and letter in TONES)
    )
