"""Reading a raw mail: its headers, its sender, the words that are new in it. Nothing here trusts what a mail says.

Whatever bytes come, an answer comes back: an unknown charset is guessed, a broken part is passed over, and what can't
be decoded keeps a mark in its place. Only a mail that breaks the parser itself raises.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from hashlib import sha256
from html.parser import HTMLParser

MOST_LETTERS = 20_000
MOST_PARTS = 200
MOST_HEADER = 20_000
MOST_IDS = 50
CUT_OFF = "(The rest of this mail was cut off. The whole of it is kept.)"

ID = re.compile(r"<([^<>\s]{1,500})>")
ATTRIBUTION = re.compile(
    r"^(on\b.{4,200}\bwrote:|el\b.{4,200}\bescribió:|-{2,}\s*(original message|forwarded message|mensaje original)\b.*"
    r"|_{10,}|begin forwarded message:)\s*$",
    re.IGNORECASE,
)
QUOTED_HEAD = re.compile(r"^\*?(from|de):\*?\s.+", re.IGNORECASE)
QUOTED_NEXT = re.compile(r"^\*?(sent|date|to|enviado|fecha|para):\*?\s.+", re.IGNORECASE)
BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol", "hr"})
DECLARATION = re.compile(r"<!(?!--)[^>]*>")
UNSAID = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})


@dataclass(frozen=True)
class Incoming:
    """What was read of a mail. `message_id` and `named` (whom it answers, the nearest first) are without brackets."""

    message: Message
    message_id: str
    named: tuple[str, ...]
    sender: str
    subject: str
    text: str
    files: int


class _Part(Message):
    """A part of a mail whose parameters may be anything: what Python stumbles over is not there."""

    def get_param(  # type: ignore[override]
        self, param: str, failobj: object = None, header: str = "content-type", unquote: bool = True
    ) -> object:
        """Return a parameter of a header, `failobj` for one whose pieces fit nowhere (RFC 2231, two kinds mixed)."""
        try:
            return super().get_param(param, failobj, header, unquote)
        except (TypeError, ValueError):
            return failobj


def read_mail(raw: bytes) -> Incoming:
    """Return what `raw` says."""
    message = message_from_bytes(raw, _Part, policy=compat32)
    text, files = _words_and_files(message)
    answered = ids_in(header(message, "In-Reply-To"))[:1]
    before = list(reversed(ids_in(header(message, "References"))))[:MOST_IDS]
    return Incoming(
        message=message,
        message_id=next(iter(ids_in(header(message, "Message-ID"))), ""),
        named=tuple(dict.fromkeys([*answered, *before])),
        sender=sender_of(message),
        subject=" ".join(header(message, "Subject").split())[:200],
        text=_fit(without_quotes(text)),
        files=files,
    )


def fingerprints(raw: bytes) -> tuple[str, str]:
    """Return what tells a mail from every other, and a hash of what it says below its headers.

    The first is made of its Message-ID, or of all of it where there is none.
    """
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    message = BytesHeaderParser(policy=compat32).parsebytes(head[:1_000_000] + b"\n\n")
    named = next(iter(ids_in(header(message, "Message-ID"))), "")
    known_by = b"id|" + named.encode("utf-8", "replace") if named else b"raw|" + raw
    return sha256(known_by).hexdigest(), sha256(body.strip()).hexdigest()


def header(message: Message, name: str) -> str:
    """Return a header as text, decoded as far as that is possible, on one line."""
    return _decoded(_as_text(_written(message, name)))


def _written(message: Message, name: str) -> str:
    """Return a header as it came: `get` makes question marks of letters that are not encoded."""
    return next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def ids_in(text: str) -> list[str]:
    """Return the ids that stand in angle brackets; an empty header names none."""
    return ID.findall(text[:MOST_HEADER])


def sender_of(message: Message) -> str:
    """Return the address of the one who wrote, in lower case; empty where From names nobody or several."""
    found = getaddresses([_as_text(_written(message, "From"))[:MOST_HEADER]])
    addresses = {address.strip().lower() for _, address in found if "@" in address}
    return addresses.pop() if len(addresses) == 1 and len(message.get_all("From", [])) == 1 else ""


def decoded_name(part: Message) -> str:
    """Return the name of a file as it was meant, empty where it has none."""
    try:
        name = part.get_filename("")
    except (ValueError, LookupError, AttributeError):  # a charset that nobody knows, a parameter that is none
        return ""
    return _decoded(_as_text(name))


def _as_text(value: object) -> str:
    """Return a header's raw value without anything that would end the line or that no database takes."""
    text = decode(str(value).encode("utf-8", "surrogateescape"), None)
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()


def _decoded(text: str) -> str:
    try:
        parts = decode_header(text[:MOST_HEADER])
    except (HeaderParseError, ValueError):
        return text
    said = [part if isinstance(part, str) else decode(part, charset) for part, charset in parts]
    return re.sub(r"[\x00-\x1f\x7f]+", " ", "".join(said)).strip() or text


def decode(content: bytes, charset: str | None) -> str:
    """Return the words behind `content`: by its charset, else as UTF-8, else as the letters of Windows."""
    for name in (charset, "utf-8"):
        with contextlib.suppress(LookupError, UnicodeError, ValueError):
            return _clean(content.decode(name or "utf-8"))
    return _clean(content.decode("cp1252", "replace"))


def _clean(text: str) -> str:
    bare = text.encode("utf-8", "replace").decode("utf-8")
    return bare.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\ufeff", "")


# The words


def _words_and_files(message: Message) -> tuple[str, int]:
    """Return what is written in the mail (plain text where there is some, else its HTML), and the number of files."""
    plain, html, files = [], [], 0
    for part in leaves(message):
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or part.get_filename() or not kind.startswith("text/"):
            files += 1
        elif kind == "text/html":
            html.append(part)
        else:
            plain.append(part)
    words = "\n\n".join(filter(None, (_content(part).strip() for part in plain)))
    if not words:
        words = "\n\n".join(as_words(_content(part)) for part in html)
    return words.strip(), files


def leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something; of a mail within the mail only that it is there."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(), seen + 1
        within = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(within, list):
            waiting += reversed([each for each in within if isinstance(each, Message)])
        else:
            yield part


def _content(part: Message) -> str:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # broken base64, an encoding that nobody knows
        content = None
    if not isinstance(content, bytes):
        return _clean(str(part.get_payload()))
    return decode(content[: MOST_LETTERS * 20], part.get_content_charset())


class _Words(HTMLParser):
    """Takes the words out of HTML; nothing of it is ever shown as HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSAID:
            self._unsaid += 1
        elif tag in BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSAID:
            self._unsaid = max(0, self._unsaid - 1)
        elif tag in BREAKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.said.append(re.sub(r"\s+", " ", data))


def as_words(html: str) -> str:
    """Return the words of `html`, a line for each block."""
    parser = _Words()
    try:
        parser.feed(DECLARATION.sub(" ", html))
        parser.close()
    except AssertionError:  # a mark that HTML does not have
        return re.sub(r"<[^>]*>", " ", html).strip()
    lines = (line.strip() for line in "".join(parser.said).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_quotes(text: str) -> str:
    """Return `text` without what it quotes at its end; all of it where nothing would be left.

    Answers between quoted lines stay, with the lines that they answer.
    """
    lines = text.splitlines()
    end = next((at for at in range(len(lines)) if _quotes_from(lines, at)), len(lines))
    kept = lines[:end]
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    return "\n".join(kept).strip() or text.strip()


def _quotes_from(lines: list[str], at: int) -> bool:
    """Say whether all from this line on is quoted: a line that says so, and nothing of the writer's below it."""
    line, after = lines[at].strip(), [each.strip() for each in lines[at + 1 : at + 4]]
    if ATTRIBUTION.match(f"{line} {after[0]}" if after and line.lower().startswith("on ") else line) or (
        ATTRIBUTION.match(line)
    ):
        below = [each for each in lines[at + 1 :] if each.strip()]
        quoted = [each for each in below if each.lstrip().startswith(">")]
        is_gmail = line.lower().startswith(("on ", "el "))
        return not is_gmail or not quoted or len(quoted) >= len(below) - 1
    return bool(QUOTED_HEAD.match(line)) and any(QUOTED_NEXT.match(each) for each in after)


def _fit(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS].rstrip()}\n\n{CUT_OFF}"
