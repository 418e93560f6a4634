"""Reading: every character keeps its place, so that offsets hold for the text as it was written."""

import unicodedata
from functools import lru_cache

_DASHES = "‐‑‒–—―−﹘﹣－"
_DOTS = "·•․．"


def plain(text: str) -> str:
    """Return `text` in lower case with plain digits, dashes, dots, quotes and blanks, as long as it was."""
    return text.lower() if text.isascii() else "".join(map(_plain_letter, text))


def plain_in_its_case(text: str) -> str:
    """Return what `plain` does, with large letters left large."""
    if text.isascii():
        return text
    return "".join(
        letter.upper() if written.isupper() and len(letter.upper()) == 1 else letter
        for letter, written in zip(map(_plain_letter, text), text, strict=True)
    )


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in _DASHES or letter in _DOTS:
        return "-" if letter in _DASHES else "."
    if letter in "‘’ʼ":
        return "'"
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.digit(letter))
    if category in ("Zs", "Cf"):  # no-break and zero-width blanks
        return " "
    lower = letter.lower()
    return lower if len(lower) == 1 else letter
