"""Names from fonts that knew no capitals."""

from __future__ import annotations


def named(text: str) -> str:
    """Give a name its capitals back.

    Where plain letters show one case only, every word gets a capital: the font hid which it was.
    Where they show both, the case was typed, and only a word that begins with a letter the font
    had no capital for is mended, and only if all the others begin with one.
    """
    plain = [one for one in text if one.isascii() and one.isalpha()]
    words = text.split(" ")
    if not any(map(str.isupper, plain)) or not any(map(str.islower, plain)):
        return " ".join(word[:1].upper() + word[1:].lower() for word in words)
    lost = [bool(word) and not word[0].isascii() and word[0].islower() for word in words]
    others = [word for word, hidden in zip(words, lost, strict=True) if word and not hidden]
    if not all(word[0].isupper() or not word[0].isalpha() for word in others):
        return text
    return " ".join(
        word[:1].upper() + word[1:] if hidden else word
        for word, hidden in zip(words, lost, strict=True)
    )
