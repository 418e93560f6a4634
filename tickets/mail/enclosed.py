"""The files that a mail brings: attached ones, pictures within its text, those in a `winmail.dat`."""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from tickets.mail.reading import decoded_name, leaves
from tickets.mail.tnef import files_in

MOST_FILES = 50
"""Of one mail; the rest stays in it and is not looked at."""
BRINGS_MAIL = "A mail within the mail can't be taken. It is kept: ask the Systems Team for it."
SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
"""What proves a mail to a mail program: no file that anybody sent."""
UNREADABLE = "This file can't be read: it is damaged."


@dataclass(frozen=True)
class Enclosed:
    """A file of a mail. `refusal` is why it can't be taken, where that is known without looking into it."""

    name: str
    content: bytes
    is_inline: bool = False
    refusal: str = ""


def enclosed_in(message: Message) -> list[Enclosed]:
    """Return the files of `message`, attached ones before pictures that only stand in its text."""
    found = [file for part in leaves(message) if is_file(part) for file in _files_of(part)]
    return sorted(found, key=lambda file: file.is_inline)[:MOST_FILES]


def is_file(part: Message) -> bool:
    """Say whether `part` is a file and not words of the mail."""
    kind = part.get_content_type()
    if kind in SIGNATURES or part.get_content_maintype() == "multipart":  # the latter is broken
        return False
    is_words = kind in ("text/plain", "text/html")
    return part.get_content_disposition() == "attachment" or bool(part.get_filename()) or not is_words


def _files_of(part: Message) -> Iterator[Enclosed]:
    name, kind = decoded_name(part), part.get_content_type()
    if kind.startswith("message/"):
        yield Enclosed(name or "mail.eml", b"", refusal=BRINGS_MAIL)
        return
    content = _content(part)
    if kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        yield from (Enclosed(own or "file", inner) for own, inner in files_in(content))
        return  # without files in it there are only Outlook's own settings
    is_inline = part.get_content_disposition() != "attachment" and kind.startswith("image/")
    yield Enclosed(name or f"file{_ending(kind)}", content, is_inline, "" if content else UNREADABLE)


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # broken base64, an encoding that nobody knows
        return b""
    return content if isinstance(content, bytes) else b""


def _ending(kind: str) -> str:
    return ".txt" if kind.startswith("text/") else mimetypes.guess_extension(kind) or ""
