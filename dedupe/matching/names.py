"""The distinct names of a store, each taken apart once: what comparisons and blocking read as numbers.

First, middle and last names share one space, so that swapped names and middle names used as first names are compared
as numbers too. Names are numbered in the order of the alphabet, 0 for a missing one, whatever the order of the rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adminops.hmis.nicknames import also_called, nickname_groups

Ints = NDArray[np.int32]
Bits = NDArray[np.uint64]

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i"})
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ.")
_PARTICLES = """
al ap ben bin da das de del dem den der des di do dos du el ibn la las le los st san santa ter van vander vom von y
zu zur
"""
PARTICLES = frozenset(_PARTICLES.split())
_SOUNDS = (
    ("tsch", "1"), ("sch", "2"), ("tch", "1"), ("ch", "1"), ("sh", "2"), ("ph", "f"), ("gh", "g"), ("th", "t"),
    ("ck", "k"), ("dg", "j"), ("ce", "se"), ("ci", "si"), ("cy", "si"), ("ge", "je"), ("gi", "ji"), ("x", "ks"),
    ("mc", "mak"), ("kn", "n"), ("wr", "r"),
)  # fmt: skip
_ONE_SIGN = str.maketrans("cqzvwjy", "kksfuji")
_VOWELS = str.maketrans("", "", "aeiouh")
_DOUBLED = re.compile(r"(.)\1+")
_TOKEN_BITS = 63
KEPT = 1 << 14
"""So many names stay known once they were read: to read those of a few takes a look-up longer than to weigh them."""


def fold(text: str) -> str:
    """Write a name in small letters without accents, apostrophes and full stops; other signs become single spaces."""
    plain = text.lower()
    if plain.isalpha() and plain.isascii():
        return plain
    plain = plain.translate(_APOSTROPHES)
    if not plain.isascii():
        split = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(sign for sign in split if not unicodedata.combining(sign)).lower()
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


def sound_of(word: str) -> str:
    """Give a key of a folded word that words share which are mixed up when heard, in English and Spanish spelling."""
    if len(word) < 2 or not word.isascii():
        return word
    for written, sign in _SOUNDS:
        if written in word:
            word = word.replace(written, sign)
    word = word.translate(_ONE_SIGN)
    start = "a" if word[0] in "aeiouh" else word[0]
    return _DOUBLED.sub(r"\1", start + word[1:].translate(_VOWELS))[:7]


def core_of(folded: str) -> tuple[str, ...]:
    """Give the words of a folded name without particles (de, la, van), or all of them when nothing else is left."""
    words = folded.split()
    return tuple(word for word in words if word not in PARTICLES) or tuple(words)


@dataclass(frozen=True)
class Names:
    """The distinct names of a store by number; place 0 stands for no name.

    `text` is the name without spaces (De La Cruz and Delacruz are one), `core` it without particles.
    """

    text: Sequence[str]
    length: NDArray[np.uint8]
    initial: Ints
    """The first letter of each name, 0 for none."""
    letters: NDArray[np.uint32]
    """One bit a letter that comes in the name."""
    sound: Ints
    """Numbers of sounds; names with one sound have one number."""
    called: Ints
    """As `sound`, but names that are short forms of one another share a number where that is unambiguous."""
    tokens: Bits
    """One bit (of a hash) for each word of three letters and more that the name is made of."""
    many: NDArray[np.bool_]
    """Whether it is made of several words."""
    nicknamed: NDArray[np.bool_]
    words: Sequence[tuple[str, ...]] = field(repr=False)
    longest: Ints
    """The longest word of each name, as a number of a name of its own where there is one, else a free number."""

    @cached_property
    def short_forms(self) -> NDArray[np.int64]:
        """All pairs of names that may be one given name, as lower * count + higher, in order."""
        number = {text: place for place, text in enumerate(self.text)}
        count = len(self.text)
        found = [
            min(place, number[other]) * count + max(place, number[other])
            for place in np.flatnonzero(self.nicknamed).tolist()
            for other in also_called(self.text[place])
            if other in number
        ]
        return np.unique(np.asarray(found, dtype=np.int64))


def _hashed(word: str) -> int:
    """Give a number of a word that is the same in every process."""
    value = 14_695_981_039_346_656_037
    for sign in word:
        value = (value ^ ord(sign)) * 1_099_511_628_211 & 0xFFFFFFFFFFFFFFFF
    return value


def _letters(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Give a bit for each letter that comes in each text; no text is empty."""
    if not texts:
        return np.zeros(0, dtype=np.uint32)
    signs = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.cumsum([0, *map(len, texts[:-1])])
    return np.bitwise_or.reduceat(np.uint32(1) << ((signs - np.uint32(97)) & np.uint32(31)), starts)


def _token_bits(words: Iterable[str]) -> int:
    bits = 0
    for word in words:
        if len(word) >= 3:
            bits |= 1 << (_hashed(word) % _TOKEN_BITS)
    return bits


class _Parts(NamedTuple):
    """What a name is made of, and how it sounds."""

    sound: str
    called: str
    is_nicknamed: bool
    tokens: int
    longest: str


@lru_cache(maxsize=KEPT)
def _taken_apart(text: str, words: tuple[str, ...]) -> _Parts:
    group, sound = nickname_groups(text), sound_of(text)
    longest = max(words, key=lambda word: (len(word), word))
    return _Parts(sound, f"\0{min(group)}" if group else sound, bool(group), _token_bits(words), longest)


def _numbers(keys: Iterable[str], start: int = 1) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(key, len(seen) + start) for key in keys]


def make_names(folded: Iterable[str]) -> tuple[Names, dict[str, int]]:
    """Number folded names; give the table and the number of each folded name."""
    distinct = {*folded} - {""}
    by_text: dict[str, tuple[str, ...]] = {}
    for name in sorted(distinct):
        by_text.setdefault(name.replace(" ", ""), core_of(name) if " " in name else (name,))
    texts = sorted(by_text)
    words = [(), *(by_text[text] for text in texts)]
    number = {text: place for place, text in enumerate(texts, 1)}
    apart = [_taken_apart(text, by_text[text]) for text in texts]
    names = Names(
        text=("", *texts),
        length=np.array([0, *(min(len(text), 255) for text in texts)], dtype=np.uint8),
        initial=np.array([0, *(ord(text[0]) for text in texts)], dtype=np.int32),
        letters=np.concatenate((np.zeros(1, dtype=np.uint32), _letters(texts))),
        sound=np.array([0, *_numbers(each.sound for each in apart)], dtype=np.int32),
        called=np.array([0, *_numbers(each.called for each in apart)], dtype=np.int32),
        tokens=np.array([0, *(each.tokens for each in apart)], dtype=np.uint64),
        many=np.array([False, *(len(parts) > 1 for parts in words[1:])]),
        nicknamed=np.array([False, *(each.is_nicknamed for each in apart)]),
        words=words,
        longest=np.array([0, *_numbers(each.longest for each in apart)], dtype=np.int32),
    )
    return names, {name: number[name.replace(" ", "")] for name in distinct}
