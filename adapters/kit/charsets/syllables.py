"""Which words can be Vietnamese: an onset, a rime, and a tone that the rime may carry."""

from __future__ import annotations

from adapters.kit.charsets.marks import ACUTE, DOT, toneless

ONSETS = (
    *("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr"),
    *("b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", ""),
)
"""Longest first; a syllable may begin with its vowel."""

RIMES = frozenset(
    """
    a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây
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


def possible(word: str) -> bool:
    """Say whether a word, in any case, can be one Vietnamese syllable."""
    bare, tones = "", ""
    for letter in word.lower():
        rest, tone = toneless(letter)
        bare, tones = bare + rest, tones + tone
    if len(tones) > 1:
        return False
    rime = any(bare.startswith(one) and bare[len(one) :] in RIMES for one in ONSETS)
    # After "gi" the rime's own i is not written twice: giếng, gìn.
    whole = bare.startswith("gi") and bare[1:] in RIMES
    stopped = bare.endswith(STOPS)
    return (rime or whole) and (not stopped or tones in {ACUTE, DOT})
