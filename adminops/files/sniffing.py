"""What a file is, told by its content. The name it came with must agree; on its own it proves nothing."""

import codecs
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

from adminops.errors import Invalid
from adminops.files.kinds import OFFICE, FileKind

PIECE = 1 << 20
LONGEST_NAME = 150
MOST_ENTRIES = 10_000
MOST_EXPANSION = 250
"""A zip that grows by more than this is a bomb; the most repetitive exports stay below 100."""
SMALL = 20_000_000
"""Bytes up to which the expansion does not matter."""
OFFICE_UNPACKED_LIMIT = 500_000_000
LARGEST_CONTENTS = 4_000_000
"""Bytes of a zip's table of contents. Reading it into memory takes about ten times as much."""
END, END_LONG_PLACE, END_LONG = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
LONGEST_END = 22 + 65_535
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)

SIGNATURES = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"GIF87a", FileKind.GIF),
    (b"GIF89a", FileKind.GIF),
    (b"PK\x03\x04", FileKind.ZIP),
)
MAIN_PARTS = {
    "word/document.xml": FileKind.WORD,
    "xl/workbook.xml": FileKind.EXCEL,
    "ppt/presentation.xml": FileKind.POWERPOINT,
}
DAMAGED = "That file is damaged, or not what its name says."


def clean_name(filename: str | None) -> str:
    """Return the name of an upload fit to be shown: the last part, without control, direction and wildcard marks.

    A very long one is cut before its ending; nothing left becomes "file".
    """
    name = unicodedata.normalize("NFC", filename or "").replace("\\", "/").rpartition("/")[2]
    shown = "".join("_" if letter in '<>:"|?*' else letter for letter in name if unicodedata.category(letter)[0] != "C")
    shown = " ".join(shown.split()).strip(". ")
    if len(shown) > LONGEST_NAME:
        ending = Path(shown).suffix[:12]
        shown = shown[: LONGEST_NAME - len(ending)] + ending
    return shown or "file"


def ending_of(name: str) -> str:
    """Return how a cleaned name ends, in lower case, with its dot."""
    return Path(name).suffix.lower()


def recognise(path: Path, ending: str, *, unpacked_limit: int) -> FileKind:
    """Return the kind of the file at `path`, whose name ends in `ending`.

    Raises `Invalid` with a sentence for content that is not recognised, that disagrees with the ending, that holds
    macros, or that is a dangerous zip: one that leads out of its folder, holds links, is encrypted, or unpacks to
    more than `unpacked_limit` bytes.
    """
    with path.open("rb") as file:
        head = file.read(16)
    kind = _by_signature(head)
    if kind is FileKind.ZIP:
        kind = _look_into_zip(path, unpacked_limit)
    elif kind is None:
        kind = _as_text(path, ending)
    if ending not in kind.endings:
        raise Invalid(f"The file's name ends in {ending or 'nothing'}, but its content is {kind.title}.", field="file")
    return kind


def _by_signature(head: bytes) -> FileKind | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    kind = next((kind for signature, kind in SIGNATURES if head.startswith(signature)), None)
    if kind is FileKind.PNG and head[12:16] != b"IHDR":
        raise Invalid(DAMAGED, field="file")
    return kind


def _as_text(path: Path, ending: str) -> FileKind:
    """Return text or CSV, whichever the ending says, when the content is text: UTF-8 or Windows-1252."""
    if not (_decodes(path, "utf-8") or _decodes(path, "cp1252")):
        raise Invalid("That kind of file can't be taken: its content is not recognised.", field="file")
    return FileKind.CSV if ending in FileKind.CSV.endings else FileKind.TEXT


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                if not _is_plain(decoder.decode(piece)):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_PLAIN_CONTROLS = frozenset("\t\n\r\f")
_CONTROLS = frozenset(chr(code) for code in (*range(32), 127)) - _PLAIN_CONTROLS


def _is_plain(text: str) -> bool:
    return _CONTROLS.isdisjoint(text)


def _look_into_zip(path: Path, unpacked_limit: int) -> FileKind:
    try:
        if _size_of_contents(path) > LARGEST_CONTENTS:
            raise Invalid("The zip holds more files than can be looked through.", field="file")
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            kind = _kind_of_zip(archive)
            limit = min(unpacked_limit, OFFICE_UNPACKED_LIMIT) if kind in OFFICE else unpacked_limit
            _check_sizes(infos, path.stat().st_size, limit)
            for info in infos:
                _check_entry(info)
            if kind in OFFICE:
                _refuse_active_content(archive)
    except BROKEN:
        raise Invalid(DAMAGED, field="file") from None
    return kind


def _size_of_contents(path: Path) -> int:
    """Return the bytes of a zip's table of contents by its end record, before it is read. Raises `ValueError`."""
    with path.open("rb") as file:
        file.seek(-min(LONGEST_END + 20, path.stat().st_size), 2)
        tail = file.read()
        at = tail.rfind(END)
        if at < 0 or len(tail) - at < 22:
            raise ValueError("no end record")
        if tail[max(at - 20, 0) : at].startswith(END_LONG_PLACE):
            file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
            record = file.read(56)
            if not record.startswith(END_LONG) or len(record) < 56:
                raise ValueError("no long end record")
            return int(struct.unpack_from("<Q", record, 40)[0])
    return int(struct.unpack_from("<L", tail, at + 12)[0])


def _kind_of_zip(archive: zipfile.ZipFile) -> FileKind:
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        return FileKind.ZIP
    return next((kind for part, kind in MAIN_PARTS.items() if part in names), FileKind.ZIP)


def _check_sizes(infos: list[zipfile.ZipInfo], packed_size: int, unpacked_limit: int) -> None:
    """Raise `Invalid` for a bomb. A reader never gets more out of an entry than the size it declares."""
    if len(infos) > MOST_ENTRIES:
        raise Invalid("The zip holds more files than can be looked through.", field="file")
    unpacked = sum(info.file_size for info in infos)
    overlap = sum(info.compress_size for info in infos) > packed_size
    if overlap or (unpacked > SMALL and unpacked > packed_size * MOST_EXPANSION):
        raise Invalid("The zip would grow beyond all measure when unpacked. It was not kept.", field="file")
    if unpacked > unpacked_limit:
        raise Invalid(f"The zip would unpack to {unpacked // 1_000_000:,} MB, which is over the limit.", field="file")


def _check_entry(info: zipfile.ZipInfo) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    if info.filename.startswith(("/", "\\")) or ".." in parts or ":" in info.filename:
        raise Invalid("The zip holds a path that leads out of it (../ or an absolute one).", field="file")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Invalid("The zip holds a symbolic link. Only plain files are taken.", field="file")
    if info.flag_bits & 0x1:
        raise Invalid("The zip is encrypted. Save it without a password and upload it again.", field="file")


def _refuse_active_content(archive: zipfile.ZipFile) -> None:
    """Raise `Invalid` for macros, and for a template that the program would fetch from elsewhere."""
    macros = any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in archive.namelist())
    types = _small_part(archive, "[Content_Types].xml")
    if macros or b"macroEnabled" in types or b"vbaProject" in types:
        raise Invalid("The document holds macros. Save it without them and upload it again.", field="file")
    links = _small_part(archive, "word/_rels/settings.xml.rels")
    if b"attachedTemplate" in links and b"External" in links:
        raise Invalid(
            "The document loads its template from elsewhere. Save it without and upload it again.", field="file"
        )


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(2 * PIECE)
