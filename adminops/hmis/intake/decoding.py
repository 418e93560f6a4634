"""Which encoding a file is in, found by reading its bytes once.

Exports come as UTF-8 with or without a mark, as UTF-16, and from older systems as Windows-1252 or Mac Roman. A file
that is UTF-8 but for a few bytes keeps its UTF-8; only those bytes are read by the older table.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

_HIGH_BYTE = re.compile(rb"(?s)(.?)([\x80-\xff])")
_TYPOGRAPHIC = frozenset("‘’“”–—…•€™°")


@dataclass(frozen=True)
class Encoding:
    """How to open a file: `codec` and `errors` for `open`, `title` for people."""

    title: str
    codec: str
    errors: str = "strict"


UTF8 = Encoding("UTF-8", "utf-8")
UTF8_WITH_MARK = Encoding("UTF-8", "utf-8-sig")
WINDOWS = Encoding("Windows-1252", "utf-8", "adminops-windows-1252")
MAC = Encoding("Mac Roman", "utf-8", "adminops-mac-roman")


class EncodingProbe:
    """Is fed all bytes of a file in pieces and then says which encoding they are."""

    def __init__(self) -> None:
        self._start = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_utf8 = True
        self._high_bytes: Counter[tuple[bytes, bytes]] = Counter()
        self._zeros = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        if len(self._start) < 4096:
            self._start += piece[:4096]
        self._zeros += piece.count(0)
        if self._is_utf8:
            try:
                self._decoder.decode(piece)
            except UnicodeDecodeError:
                self._is_utf8 = False
        if not self._is_utf8:
            self._high_bytes.update(_HIGH_BYTE.findall(piece))

    def result(self) -> Encoding:
        """Return the encoding of what was fed."""
        if self._start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding("UTF-16", "utf-16", "replace")
        if unmarked := _unmarked_utf16(self._start):
            return unmarked
        if not self._is_whole_utf8():
            return MAC if self._score("mac_roman") > self._score("cp1252") else WINDOWS
        return UTF8_WITH_MARK if self._start.startswith(codecs.BOM_UTF8) else UTF8

    def zeros(self) -> int:
        """Return how many zero bytes were fed that are no part of a letter."""
        return 0 if self.result().title == "UTF-16" else self._zeros

    def _is_whole_utf8(self) -> bool:
        try:
            self._decoder.decode(b"", final=True)  # a file may end in the middle of a letter
        except UnicodeDecodeError:
            self._is_utf8 = False
        return self._is_utf8

    def _score(self, codec: str) -> int:
        return sum(
            count * _likelihood(before.decode("ascii", "ignore"), high.decode(codec, "replace"))
            for (before, high), count in self._high_bytes.items()
        )


def _unmarked_utf16(start: bytes) -> Encoding | None:
    """Recognise UTF-16 without a mark: every other byte of mostly Latin text is zero."""
    if len(start) < 8:
        return None
    zeros_first, zeros_second = start[0::2].count(0), start[1::2].count(0)
    if zeros_second > len(start) * 0.3 and zeros_first * 4 < zeros_second:  # else it is padded with zeros
        return Encoding("UTF-16", "utf-16-le", "replace")
    if zeros_first > len(start) * 0.3 and zeros_second * 4 < zeros_first:
        return Encoding("UTF-16", "utf-16-be", "replace")
    return None


def _likelihood(before: str, letter: str) -> int:
    """Say how well `letter` stands after `before` in a name: é 2, a quote 1, È in mid-word or a symbol less."""
    if letter in _TYPOGRAPHIC:
        return 1
    if not letter.isalpha() or ord(letter) > 0xFF:
        return -1
    if letter.islower():
        return 2
    return -1 if before.islower() else 1


def _read_by(codec: str) -> Callable[[UnicodeError], tuple[str, int]]:
    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return error.object[error.start : error.end].decode(codec, "replace"), error.end

    return handle


codecs.register_error(WINDOWS.errors, _read_by("cp1252"))
codecs.register_error(MAC.errors, _read_by("mac_roman"))
