"""Reading: every character keeps its place, so that offsets hold for the text as it was written."""

import unicodedata
from collections.abc import Callable

_DASHES = "‐‑‒–—―−﹘﹣－"
_DOTS = "·•․．"
_SLASHES = "∕⁄／"


def plain(text: str) -> str:
    """Return `text` in lower case with plain digits, dashes, dots, quotes and blanks, as long as it was."""
    return text.lower() if text.isascii() else text.translate(_PLAIN)


def plain_in_its_case(text: str) -> str:
    """Return what `plain` does, with large letters left large."""
    return text if text.isascii() else text.translate(_IN_ITS_CASE)


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in _DASHES or letter in _DOTS:
        return "-" if letter in _DASHES else "."
    if letter in "‘’ʼ" or letter in _SLASHES:
        return "/" if letter in _SLASHES else "'"
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.digit(letter))
    if category in ("Zs", "Cf"):  # no-break and zero-width blanks
        return " "
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


def _letter_in_its_case(letter: str) -> str:
    read = _plain_letter(letter)
    return read.upper() if letter.isupper() and len(read.upper()) == 1 else read


class _Letters(dict[int, str]):
    """What `str.translate` reads letters with: as `read` says, asked once for each."""

    MOST = 4096

    def __init__(self, read: Callable[[str], str]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, code: int) -> str:
        letter = self._read(chr(code))
        if len(self) < self.MOST:
            self[code] = letter
        return letter


_PLAIN, _IN_ITS_CASE = _Letters(_plain_letter), _Letters(_letter_in_its_case)
