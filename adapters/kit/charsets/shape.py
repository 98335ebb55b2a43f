"""How likely a word, as one reading of it has it, is what somebody meant to type."""

from __future__ import annotations

import re
import string
from functools import lru_cache

from adapters.kit.charsets.marks import LETTERS, VOWELS, toneless
from adapters.kit.charsets.syllables import ONSETS, RIMES, possible

LONGEST = 40
"""Letters of what may still be a word of anybody's."""
PLAIN = frozenset(".,;:!?'\"()[]{}/\\-_&@#%=<>|*$+^~`‐‑–—‘’‚“”„†•…‰‹›€™ \u00a0")
"""Signs that may touch a word; of the others a font makes letters."""
_LETTER_SIGNS = frozenset("ªºµ")
_OURS = frozenset(LETTERS + "đð" + string.ascii_lowercase)
_VOWEL = f"[{VOWELS}]"
_CONSONANT = f"(?:[bcdđghjklmnpqrstvwxzf]|\\by(?={_VOWEL}))"
_NUCLEI = frozenset(nucleus for rime in RIMES for nucleus in re.findall(f"^{_VOWEL}+", rime)) | {
    *("ă", "ea", "ei", "êê", "ơơ")
}
_SYLLABLE = re.compile(f"({_CONSONANT}{{0,3}})({_VOWEL}{{1,3}})")
_SHAPE = re.compile(
    f"(?:{_CONSONANT}{{0,3}}{_VOWEL}{{1,3}}){{1,3}}(?:ng|nh|ch|[bcdghklmnprstxf]{{0,1}})"
)
"""Names of the peoples of the highlands and the like, without their tones."""
_HIGHLAND_END = re.compile("([bdklrsxf]|(?<![cn])h|(?<!n)g)$")
_PLACES = frozenset(
    "ayun broăi cooih hiao huoai kà kạn kần kót krey kuăng ley măih miầu piơr rooi".split()  # noqa: SIM905 - as the rimes
)
"""Words of names of communes that keep to no rule below."""
_WORD = re.compile(r"[^\W\d_]+")

IMPOSSIBLE, FOREIGN, HIGHLAND, SYLLABLE = range(4)
"""Nobody types such a word; it has Western letters; it may be a name of the highlands; it can be
Vietnamese. Neighbours in this order are too close to be told apart, beyond the impossible."""


def grade(token: str, *, lossy: bool) -> int:
    """Grade what stands between two spaces: by its worst word, and the signs that touch words.

    lossy: the font had no capitals with tones, so that such letters are of either case
    """
    if len(token) > LONGEST:
        return _grade(token, lossy=lossy)
    return _known(token, lossy=lossy)


@lru_cache(maxsize=20_000)
def _known(token: str, *, lossy: bool) -> int:
    return _grade(token, lossy=lossy)


def has_letters(text: str) -> bool:
    """Say whether there are letters beyond ASCII: without them no word is at stake."""
    return any(one.isalpha() and not one.isascii() and one not in _LETTER_SIGNS for one in text)


def _grade(token: str, *, lossy: bool) -> int:
    spread = "".join("\u00a4" if _like_a_letter(one) else one for one in token)
    if any(_amid(sign, spread, at) for at, sign in enumerate(spread) if not sign.isalnum()):
        return IMPOSSIBLE
    words = _WORD.finditer(spread)
    return min(
        (_word(word.group(), spread[: word.start()], lossy=lossy) for word in words),
        default=HIGHLAND,
    )


def _like_a_letter(sign: str) -> bool:
    """Say whether Unicode counts a sign among letters or digits, which no writing does: º, ½."""
    return sign in _LETTER_SIGNS or (sign.isnumeric() and not sign.isdecimal())


def _amid(sign: str, token: str, at: int) -> bool:
    """Say whether a sign touches a word as it does in no writing: a font or a mark is behind it."""
    before, after = _WORD.search(token[:at][::-1]), token[at + 1 : at + 2]
    run = before.group() if before and before.start() == 0 else ""
    if sign not in PLAIN:
        priced = sign == "®" and token[at - 1 : at].isdigit()  # the đ of a font
        return bool(run) or after.isalpha() or priced
    if sign in "^~`" or (sign in "+*" and len(run) > 1):
        return bool(run)
    if sign == "'":
        voiced = any(toneless(one)[0] in VOWELS for one in run.lower())
        return voiced and sign not in token[:at]
    if sign == ".":
        return len(run) > 1 and after.isalpha() and after.islower()
    if sign == "(":
        return bool(run) and after.isalpha() and ")" not in token[at:]
    return sign in "?!=<>|#$%" and bool(run) and after.isalpha()


def _word(word: str, before: str, *, lossy: bool) -> int:
    """Grade one run of letters; `before`: what stands in front of it."""
    small = word.lower().replace("ð", "đ")
    if len(word) > LONGEST or not _sane_capitals(word, lossy=lossy):
        return IMPOSSIBLE
    if not set(small) <= _OURS:
        return FOREIGN
    counted = before[-1:].isdigit()
    bare = "".join(toneless(one)[0] for one in small)
    if not set(bare) & set(VOWELS):
        priced = small == "đ" and counted
        return SYLLABLE if word.isupper() or len(word) == 1 or priced else IMPOSSIBLE
    if len(word) == 1 and counted and not word.isascii():
        return IMPOSSIBLE
    if possible(small):
        return SYLLABLE
    known = small in _PLACES
    return HIGHLAND if known or _highland(bare, [toneless(one)[1] for one in small]) else IMPOSSIBLE


def _highland(bare: str, tones: list[str]) -> bool:
    """Say whether a word is well formed, though not Vietnamese: Krông, Búk, Avương, Kon."""
    if _SHAPE.fullmatch(bare) is None:
        return False
    syllables = _SYLLABLE.findall(bare)
    if not {nucleus for _, nucleus in syllables} <= _NUCLEI:
        return False
    toned = sum(map(bool, tones))
    foreign = syllables[0][0] not in ONSETS or _HIGHLAND_END.search(bare) is not None
    return toned == 0 or (toned == 1 and len(syllables) == 1 and foreign)


def _sane_capitals(word: str, *, lossy: bool) -> bool:
    """Say whether the capitals stand at the beginning or everywhere: else a font put them there."""
    free = [lossy and one.islower() and toneless(one)[1] != "" for one in word]
    sure = "".join(one for one, either in zip(word, free, strict=True) if not either)
    if not sure or sure.islower() or sure.isupper():
        return True
    if free[0]:
        return False
    twice = word[:2].isascii() and word[:2].isupper() and not set(word[:2].lower()) & set("aeiouy")
    return sure[0].isupper() and (sure[1:].islower() or (twice and sure[2:].islower()))
