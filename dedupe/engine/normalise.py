"""Turn names, social security numbers and dates into comparable values, and tell real ones from made-up ones."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from adminops.hmis.nicknames import nickname_groups
from dedupe.engine.phonetics import sound_of
from dedupe.engine.placeholders import PARTICLES

# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i"})
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ.")

_SUFFIXES = {
    "jr": "jr", "junior": "jr", "jnr": "jr", "sr": "sr", "senior": "sr", "snr": "sr", "ii": "ii", "2nd": "ii",
    "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip
_SUFFIX_FIELD_ONLY = {"2": "ii", "3": "iii", "4": "iv", "v": "v", "5th": "v", "second": "ii", "third": "iii"}

_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}")

_FAKE_SSNS = frozenset({"078051120", "219099999", "123456789", "987654321", "012345678", "111223333", "123121234"})
_SSN_MARKS = re.compile(r"[\s\-–./]")
_HIDDEN_DIGITS = str.maketrans({"X": "x", "*": "x", "•": "x", "#": "x", "?": "x", "_": "x"})
EARLIEST_BIRTH_YEAR = 1905
_DEFAULT_DATES = frozenset({date(1910, 1, 1), date(1911, 11, 11), date(1912, 12, 12)})
APPROXIMATE_DOB = frozenset({2, 8, 9, 99})


def fold(text: str) -> str:
    """Write a name in small letters without accents, apostrophes, full stops and double spaces.

    Hyphens and other signs become spaces. Letters of other alphabets stay.
    """
    plain = text.translate(_APOSTROPHES).lower()
    if not plain.isascii():
        split = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(sign for sign in split if not unicodedata.combining(sign)).lower()
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


def is_hash(text: str | None) -> bool:
    """Say whether a text is a digest (MD5 to SHA-512 in hexadecimal) instead of a name."""
    return text is not None and _HASH.fullmatch(text.strip()) is not None


def suffix_of(text: str | None) -> str | None:
    """Read a name suffix field as jr, sr, ii, iii, iv or v; None when it holds none of them."""
    folded = fold(text or "").replace(" ", "")
    return _SUFFIXES.get(folded) or _SUFFIX_FIELD_ONLY.get(folded)


def split_suffix(tokens: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Take a suffix off the end of a name's words; a name that is nothing but a suffix word stays a name."""
    if len(tokens) > 1 and tokens[-1] in _SUFFIXES:
        return tokens[:-1], _SUFFIXES[tokens[-1]]
    return tokens, None


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """One distinct name of a scan, taken apart once.

    `number` tells it from every other name, `spelling` is shared by names that differ by spaces and hyphens only
    (De La Cruz, Delacruz). `core` is the name without particles, `parts` its words of three letters and more.
    """

    number: int
    spelling: int
    tokens: tuple[str, ...]
    joined: str
    core: str
    parts: frozenset[str]
    sound: str
    groups: frozenset[int]


def core_tokens(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out particles (de, la, van, ...) unless nothing else would be left."""
    return tuple(token for token in tokens if token not in PARTICLES) or tokens


def _make_name(number: int, spelling: int, tokens: tuple[str, ...]) -> Name:
    joined = "".join(tokens)
    core = core_tokens(tokens)
    parts = frozenset(token for token in core if len(token) >= 3)
    groups = nickname_groups(joined) or nickname_groups(tokens[0])
    return Name(number, spelling, tokens, joined, "".join(core), parts, sound_of(joined), groups)


class Names:
    """The distinct names of one scan: every spelling is taken apart once and numbered.

    It lives as long as the scan, so that no name stays in memory after it.
    """

    def __init__(self) -> None:
        self._words: dict[str, tuple[str, ...]] = {}
        self._names: dict[tuple[str, ...], Name] = {}
        self._spellings: dict[str, int] = {}

    def words(self, text: str | None) -> tuple[str, ...]:
        """Fold a text into words, remembering texts that were seen."""
        if not text:
            return ()
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = tuple(fold(text).split())
        return found

    def name(self, tokens: tuple[str, ...]) -> Name | None:
        """Give the one Name of these words, None for no words."""
        if not tokens:
            return None
        found = self._names.get(tokens)
        if found is None:
            spelling = self._spellings.setdefault("".join(tokens), len(self._spellings))
            found = self._names[tokens] = _make_name(len(self._names), spelling, tokens)
        return found


def _as_nine(text: str) -> str | None:
    """Bring the notations of an SSN to nine characters of digits and x, or None."""
    signs = _SSN_MARKS.sub("", text).translate(_HIDDEN_DIGITS)
    if not signs or any(sign not in "0123456789x" for sign in signs):
        return None
    if len(signs) == 4 and signs.isdigit():
        return "xxxxx" + signs
    if len(signs) in (7, 8) and signs.isdigit():
        signs = signs.zfill(9)  # a spreadsheet has taken the leading zeros off
    if len(signs) != 9:
        return None
    if signs[5:].isdigit() and signs[:5] in ("00000", "99999"):
        return "xxxxx" + signs[5:]
    return signs


def is_valid_ssn(nine: str) -> bool:
    """Say whether nine digits can be a person's SSN.

    Area not 000, 666 or 9xx, group not 00, serial not 0000, not one repeated digit, not a known fake
    (Social Security Administration's numbering rules).
    """
    if len(nine) != 9 or not nine.isdigit() or not nine.isascii():
        return False
    if nine[:3] in ("000", "666") or nine[0] == "9" or nine[3:5] == "00" or nine[5:] == "0000":
        return False
    return len(set(nine)) > 1 and nine not in _FAKE_SSNS


def ssn_of(text: str | None) -> str | None:
    """Read an SSN as nine characters, digits or `x` for a hidden one; None when fewer than four digits can be used."""
    nine = _as_nine(text) if text else None
    if nine is None:
        return None
    if "x" not in nine:
        return nine if is_valid_ssn(nine) else None
    shown = nine.replace("x", "")
    if len(shown) < 4 or len(set(shown)) == 1:
        return None
    return nine


def dob_of(born: date | None) -> date | None:
    """Give a birth date that can be used: not 1900-01-01 and its like, not before 1905."""
    if born is None or born.year < EARLIEST_BIRTH_YEAR or born in _DEFAULT_DATES:
        return None
    return date(born.year, born.month, born.day)


def is_rough(born: date, quality: int | None) -> bool:
    """Say whether a birth date is a guess: 1 January, or HUD's code 2 (approximate) and worse."""
    return (born.month == 1 and born.day == 1) or quality in APPROXIMATE_DOB
