"""Slips of the finger in a word: a letter dropped, doubled, swapped with its neighbour or taken from the next key."""

import unicodedata

from adminops.demo.chance import Chance

_NEXT_KEY = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_SOUNDS = (("ph", "f"), ("ck", "k"), ("ee", "ea"), ("ie", "y"), ("ey", "y"), ("ss", "s"), ("tt", "t"), ("ai", "ay"))
# Letters that fall apart into no base letter and a mark.
_WHOLE = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "ß": "ss"})


def slip(chance: Chance, word: str) -> str:
    """Mistype one place of a word; words under three letters stay as they are."""
    if len(word) < 3:
        return word
    kind = chance.between(1, 6)
    if kind == 1:
        return transpose(chance, word)
    if kind == 2:
        return _by_ear(word)
    place = chance.between(1, len(word) - 1)
    if kind == 3:
        return word[:place] + word[place + 1 :]
    if kind == 4:
        return word[:place] + word[place] + word[place:]
    wrong = chance.of(_NEXT_KEY.get(word[place].lower(), word[place]))
    return word[:place] + wrong + word[place + 1 :]


def transpose(chance: Chance, word: str) -> str:
    """Swap two neighbouring characters that differ, beyond the first; unchanged when there are none."""
    places = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    if not places:
        return word
    place = chance.of(places)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def truncated(chance: Chance, word: str) -> str:
    """Cut a long word short, as a narrow field does."""
    return word if len(word) < 7 else word[: chance.between(4, len(word) - 2)]


def plain(word: str) -> str:
    """Drop accents, hyphens and apostrophes; a hyphen becomes a blank."""
    letters = unicodedata.normalize("NFKD", word.translate(_WHOLE))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare.replace("-", " ").replace("'", "")


def _by_ear(word: str) -> str:
    """Spell a sound the other way; the last letter doubled when no sound is known."""
    for one, other in _SOUNDS:
        if one in word:
            return word.replace(one, other, 1)
    return word + word[-1]
