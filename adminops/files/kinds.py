"""The kinds of files that are taken: how each is called, how its name ends, as what it is handed out."""

from enum import StrEnum


class FileKind(StrEnum):
    """A kind of file, recognised by its content."""

    def __new__(cls, value: str, title: str, media_type: str, endings: tuple[str, ...]) -> "FileKind":
        """Keep title, media type and endings beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.media_type, member.endings = title, media_type, endings
        return member

    title: str  # type: ignore[assignment]
    media_type: str
    endings: tuple[str, ...]

    PDF = "pdf", "PDF", "application/pdf", (".pdf",)
    PNG = "png", "PNG", "image/png", (".png",)
    JPEG = "jpeg", "JPEG", "image/jpeg", (".jpg", ".jpeg")
    GIF = "gif", "GIF", "image/gif", (".gif",)
    WEBP = "webp", "WebP", "image/webp", (".webp",)
    ZIP = "zip", "zip", "application/zip", (".zip",)
    WORD = (
        "word",
        "Word (docx)",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        (".docx",),
    )
    EXCEL = "excel", "Excel (xlsx)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)
    POWERPOINT = (
        "powerpoint",
        "PowerPoint (pptx)",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        (".pptx",),
    )
    CSV = "csv", "CSV", "text/csv", (".csv",)
    TEXT = "text", "text", "text/plain", (".txt", ".log")


IMAGES = frozenset({FileKind.PNG, FileKind.JPEG, FileKind.GIF, FileKind.WEBP})
OFFICE = frozenset({FileKind.WORD, FileKind.EXCEL, FileKind.POWERPOINT})
DOCUMENTS = OFFICE | {FileKind.PDF, FileKind.CSV, FileKind.TEXT}
ATTACHMENTS = IMAGES | DOCUMENTS
EXPORTS = frozenset({FileKind.ZIP})
"""What an HMIS export comes as."""


def titles(kinds: frozenset[FileKind]) -> str:
    """Return the kinds as half a sentence: "PDF, PNG or JPEG"."""
    *most, last = [kind.title for kind in FileKind if kind in kinds]
    return f"{', '.join(most)} or {last}" if most else last
