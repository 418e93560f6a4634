"""Looking into files: their names, and what is written in text, CSV, Word, Excel, PowerPoint and PDF files.

A picture has no words that could be looked at, and a file that can't be read is not held against anybody: what was
not looked into is said (`is_read`), so that a page can say it, too.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from adminops.errors import Invalid
from adminops.files.kinds import FileKind
from adminops.guard.looking import look_at
from adminops.guard.sheets import MAIN, lines_of
from adminops.identity.models import User
from adminops.pii import Finding, kinds_in_words

MOST_LETTERS = 200_000
"""Of a longer file the beginning is looked at."""
MOST_BYTES = 10_000_000
"""A PDF, or the words of a Word or PowerPoint file, that are larger than this are not read."""
BEGINNING = 3_000_000
"""Bytes of a sheet that are looked at: they hold about as many letters as are looked at."""
MOST_PAGES = 200
AT_ONCE = 10_000
OVERLAP = 100
"""Letters that two parts of a text share, so that nothing is cut in two."""
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WORD_PARTS = re.compile(r"word/(document|header|footer|footnotes|endnotes|comments)[^/]*\.xml")
SLIDE_PARTS = re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml")
SHEET_PARTS = re.compile(r"xl/(worksheets/[^/]+|sharedStrings|styles|comments[^/]*)\.xml")


@dataclass(frozen=True)
class LookedInto:
    """What was found in a file and in its name. `is_read` is False where its content could not be looked at."""

    in_name: tuple[Finding, ...]
    in_content: tuple[Finding, ...]
    is_read: bool


def look_into(path: Path, filename: str, kind: FileKind, *, agency_id: int | None, by: User) -> LookedInto:
    """Look at the name of the file at `path` and at what is written in it."""
    words = filename.rpartition(".")[0].replace("_", " ")
    in_name = look_at(words, agency_id=agency_id, by=by)
    text = read_text(path, kind)
    content = (each for part in _parts(text or "") for each in look_at(part, agency_id=agency_id, by=by))
    return LookedInto(tuple(in_name), tuple(content), text is not None)


def check_file(path: Path, filename: str, kind: FileKind, *, agency_id: int | None, by: User) -> LookedInto:
    """Return `look_into`, or raise `Invalid` (at the field "file") when personal data of a client is in the file."""
    looked = look_into(path, filename, kind, agency_id=agency_id, by=by)
    if looked.in_name:
        said = kinds_in_words(looked.in_name)
        raise Invalid(
            f"The name of the file seems to hold {said}. Please rename it: the client ID is enough.", field="file"
        )
    if looked.in_content:
        said = kinds_in_words(looked.in_content)
        raise Invalid(f"The file seems to hold {said}. Please take it out and attach it again.", field="file")
    return looked


def read_text(path: Path, kind: FileKind) -> str | None:
    """Return what is written in the file at `path`; None when that can't be said."""
    reader = _READERS.get(kind)
    if reader is None:
        return None
    letters = 0
    pieces: list[str] = []
    try:
        for piece in reader(path):
            pieces.append(piece)
            letters += len(piece)
            if letters >= MOST_LETTERS:
                break
    except (PyPdfError, ElementTree.ParseError, zipfile.BadZipFile, KeyError, ValueError, RecursionError, OSError):
        return None
    return "".join(pieces)[:MOST_LETTERS]


def _of_text(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        raw = file.read(MOST_LETTERS * 4)
    try:
        yield raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield raw.decode("cp1252", errors="replace")


def _of_word(path: Path) -> Iterator[str]:
    """Yield the words of the body, the heads and feet, and the notes: a line a paragraph."""
    yield from _paragraphs(path, WORD_PARTS, WORD)


def _of_slides(path: Path) -> Iterator[str]:
    """Yield the words of the slides and of their notes: a line a paragraph."""
    yield from _paragraphs(path, SLIDE_PARTS, DRAWING)


def _paragraphs(path: Path, which: re.Pattern[str], space: str) -> Iterator[str]:
    with _parts_of(path, which) as (names, part):
        for name in names:
            for paragraph in part(name).iter(f"{space}p"):
                yield "".join(run.text or "" for run in paragraph.iter(f"{space}t")) + "\n"


def _of_workbook(path: Path) -> Iterator[str]:
    """Yield the rows of all sheets, and the remarks beside them."""
    with _parts_of(path, SHEET_PARTS) as (names, part):
        yield from lines_of(
            lambda name: part(name) if name in names else None, [n for n in names if "/worksheets/" in n]
        )
        for name in names:
            if name.startswith("xl/comments"):
                yield " ".join(run.text or "" for run in part(name).iter(f"{MAIN}t")) + "\n"


@contextmanager
def _parts_of(path: Path, which: re.Pattern[str]) -> Iterator[tuple[list[str], Callable[[str], Element]]]:
    """Open an office file: the names of those of its parts that are looked at, and what gives one of them."""
    with zipfile.ZipFile(path) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist() if which.fullmatch(info.filename)}
        if sum(size for name, size in sizes.items() if _end_of(name) is None) > MOST_BYTES:
            raise ValueError("too large")

        def part(name: str) -> Element:
            end = _end_of(name)
            with archive.open(name) as opened:
                raw = opened.read(BEGINNING if end else MOST_BYTES)
            if end and sizes[name] > BEGINNING:
                raw = raw[: raw.rindex(end[0]) + len(end[0])] + end[1]
            if b"<!DOCTYPE" in raw or b"\0" in raw:  # no program writes these, and entities can grow without end
                raise ValueError("declares entities")
            return ElementTree.fromstring(raw)  # noqa: S314 - without entities there is nothing to grow

        yield list(sizes), part


def _end_of(name: str) -> tuple[bytes, bytes] | None:
    """Return how an entry of a part ends that may be looked at in part, and what then closes it."""
    if name.startswith("xl/worksheets/"):
        return b"</row>", b"</sheetData></worksheet>"
    return (b"</si>", b"</sst>") if name == "xl/sharedStrings.xml" else None


def _of_pdf(path: Path) -> Iterator[str]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too large")
    for page in PdfReader(path).pages[:MOST_PAGES]:
        yield page.extract_text() + "\n"


_READERS: dict[FileKind, Callable[[Path], Iterator[str]]] = {
    FileKind.TEXT: _of_text,
    FileKind.CSV: _of_text,
    FileKind.WORD: _of_word,
    FileKind.EXCEL: _of_workbook,
    FileKind.POWERPOINT: _of_slides,
    FileKind.PDF: _of_pdf,
}


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), AT_ONCE):
        yield text[max(0, start - OVERLAP) : start + AT_ONCE]
