"""Which words can be Vietnamese: an onset, a rime, and a tone that the rime may carry."""

from __future__ import annotations

from types import MappingProxyType

from adapters.kit.charsets.marks import ACUTE, DOT, TILDE, VOWELS, toneless

ONSETS = (
    *("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr"),
    *("b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", ""),
)
"""Longest first; a syllable may begin with its vowel."""

RIMES = frozenset(
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet
    oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut
    uy uya uych uyên uyêt uyn uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ưt ưu
    ươc ươi ươm ươn ương ươp ươt ươu
    y yêm yên yêng yêt yêu
    """.split()  # noqa: SIM905 - a list of 170 quoted words is not read by anybody
)
STOPS = ("c", "ch", "p", "t")
FRONT = tuple("eêi")
"""Before these the sounds of c, g and ng are written k, gh and ngh."""
BEFORE = MappingProxyType({"k": (*FRONT, "y"), "gh": FRONT, "ngh": FRONT, "qu": tuple("aăâeêiơôy")})
"""What a rime behind an onset begins with."""
NOT_BEFORE = MappingProxyType({"c": (*FRONT, "y"), "g": (*FRONT, "y"), "ng": (*FRONT, "y")})
WHOLE_Y = ("", "d", "h", "k", "l", "m", "n", "qu", "s", "t", "th", "v", "x")
"""Onsets behind which an i that ends the word is, in names at least, written y."""
RARE = MappingProxyType({"ưi": ("", "c", "ch", "g", "h", "ng")})
"""Rimes that have few onsets: without them the Bùi of another font would be a Bựi."""


GLIDES = frozenset("iyou")
"""At the end of a syllable, behind its vowel, these carry no tone."""


def possible(word: str) -> bool:
    """Say whether a word, in any case, can be one Vietnamese syllable."""
    apart = [toneless(letter) for letter in word.lower()]
    bare, tones = "".join(rest for rest, _ in apart), "".join(tone for _, tone in apart)
    if len(tones) > 1 or (len(bare) == 1 and tones == TILDE):
        return False
    if tones and apart[-1][1] and _glides(bare):
        return False
    if bare.endswith(STOPS) and tones not in {ACUTE, DOT}:
        return False
    if any(bare.startswith(one) and _joined(one, bare[len(one) :]) for one in ONSETS):
        return True
    # After "gi" and "qu" the rime's own first vowel is not written twice: giếng, gìn, quỳnh.
    return bare.startswith(("gi", "quy")) and bare[1:] in RIMES


def _glides(bare: str) -> bool:
    """Say whether a word ends in a glide: not in quý, giỏ, thuỷ, whose last letter is the vowel."""
    pair = bare[-2:]
    return (
        len(pair) == 2
        and pair[1] in GLIDES
        and pair[0] in VOWELS
        and pair != "uy"
        and bare[-3:-1] not in ("qu", "gi")
    )


def _joined(onset: str, rime: str) -> bool:
    if rime not in RIMES:
        return False
    if rime[0] == "y":
        return onset in (WHOLE_Y if rime == "y" else ("", "qu"))
    if onset in BEFORE and not rime.startswith(BEFORE[onset]):
        return False
    if onset in NOT_BEFORE and rime.startswith(NOT_BEFORE[onset]):
        return False
    return rime not in RARE or onset in RARE[rime]
