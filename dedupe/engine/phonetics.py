"""What a name sounds like to someone who types it after hearing it, in English and in Spanish spelling.

A small key of our own: consonants that are mixed up when heard share a sign, vowels count at the start only.
"""

from __future__ import annotations

import re

_STARTS = (
    ("mck", "mk"), ("kn", "n"), ("gn", "n"), ("pn", "n"), ("wr", "r"), ("ps", "s"), ("wh", "w"),
    ("x", "s"), ("rh", "r"), ("hu", "wu"), ("ju", "yu"),
)  # fmt: skip
_RULES = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"ph", "f"),
        (r"tsch|tch|tsh", "1"),
        (r"sch(?=[aeiouylmnrw])", "2"),
        (r"sch", "sk"),
        (r"ch(?=[rl]|ae)", "k"),
        (r"ch|tz(?=[aeiou])", "1"),
        (r"sh|sio(?=n)|tio(?=n)", "2"),
        (r"th", "3"),
        (r"dg(?=[eiy])|g(?=[eiy])|j", "4"),
        (r"ough|augh|igh|eigh", "a"),
        (r"gh|gu(?=[ei])", "g"),
        (r"ck|cq|qu|q|x(?=c)", "k"),
        (r"sc(?=[eiy])|c(?=[eiy])|z", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"ll(?=[aeio])", "l"),
        (r"v", "f"),
        (r"w(?![aeiou])|h", ""),
        (r"mb$", "m"),
    )
)
_VOWELS = re.compile(r"[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")
_LENGTH = 7


def _with_plain_start(word: str) -> str:
    for start, instead in _STARTS:
        if word.startswith(start) and len(word) > len(start):
            return instead + word[len(start) :]
    return word


def sound_of(word: str) -> str:
    """Give the key of a folded word; equal keys sound alike. Words of another alphabet keep their letters."""
    if len(word) < 2 or not word.isascii():
        return word
    sound = _with_plain_start(word)
    for pattern, sign in _RULES:
        sound = pattern.sub(sign, sound)
    start = "a" if sound[:1] and sound[0] in "aeiouy" else sound[:1]
    rest = _VOWELS.sub("", sound[1:])
    return _DOUBLED.sub(r"\1", start + rest)[:_LENGTH]
