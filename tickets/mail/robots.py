"""Who wrote a mail: a person, a machine that answers, a mail server that gives one back, or this desk itself.

A machine is never answered, and never moves a ticket. The signs are those that mail programs, robots and other help
desks are known to give (RFC 3834, RFC 3464, RFC 2919, and what Exchange and older robots write).
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from tickets.mail.reading import Incoming, header, ids_in


class Writer(StrEnum):
    """Who wrote it."""

    PERSON = "person"
    ROBOT = "robot"
    """An out-of-office reply, a newsletter, a list, a monitor."""
    SERVER = "server"
    """A mail server: something could not be delivered."""
    OURSELVES = "ourselves"


@dataclass(frozen=True)
class Judged:
    """Who wrote a mail, and the sign by which that was seen, as the end of a sentence."""

    writer: Writer
    sign: str = ""


LOOP = "X-AdminOps-Loop"
ROBOTS_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply", "List-Id", "List-Unsubscribe")
PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
SERVERS = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|bounces?)([+.-].*)?@", re.IGNORECASE)
ABSENT = re.compile(
    r"^(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|away from|"
    r"respuesta automática|fuera de (la )?oficina|réponse automatique|absence du bureau|automatische antwort|"
    r"abwesenheits\w+|resposta automática)\b",
    re.IGNORECASE,
)


def judge(mail: Incoming, *, own_addresses: Collection[str], is_ours: Callable[[str], bool]) -> Judged:
    """Say who wrote `mail`. `is_ours` tells whether a Message-ID is one that this desk signed."""
    message = mail.message
    if is_ours(mail.message_id) or mail.sender in own_addresses:
        return Judged(Writer.OURSELVES, "It was sent by AdminOps itself.")
    if header(message, LOOP).lower() in own_addresses:
        return Judged(Writer.OURSELVES, "It has been through AdminOps before.")
    if sign := _sign_of_server(mail):
        return Judged(Writer.SERVER, sign)
    if sign := _sign_of_robot(mail):
        return Judged(Writer.ROBOT, sign)
    return Judged(Writer.PERSON)


def _sign_of_server(mail: Incoming) -> str:
    message = mail.message
    if _param(message, "report-type") == "delivery-status":
        return "It reports a mail that could not be delivered."
    if message.get("Return-Path") is not None and header(message, "Return-Path") in ("<>", ""):
        return "It has no return address."
    return "It was written by a mail server." if SERVERS.match(mail.sender) else ""


def _sign_of_robot(mail: Incoming) -> str:
    message = mail.message
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "It says that it was sent by a machine."
    if header(message, "Precedence").lower() in PRECEDENCES:
        return "It was sent in bulk."
    if any(message.get(name) is not None for name in ROBOTS_HEADERS):
        return "It comes from a list or an automatic reply."
    if header(message, "X-Auto-Response-Suppress").lower() not in ("", "none"):
        return "It asks not to be answered by machines."
    return "Its subject is that of an automatic reply." if ABSENT.match(mail.subject) else ""


MOST_WORDS = 100_000
_ID_IN_WORDS = re.compile(r"^[>\s]*Message-ID:\s*<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE)
_CODE_IN_WORDS = re.compile(r"(?:#|\b[45]\d\d[ -])([45]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class Bounce:
    """What a mail server reports: the ids of the mail that came back, its code, and whether it never will arrive."""

    named: tuple[str, ...]
    code: str
    is_permanent: bool


def bounce_of(mail: Incoming) -> Bounce:
    """Return what a mail server's report says: also of those that write it into the words, and the mail below them."""
    named, codes, words = list(mail.named), [], ""
    for part in mail.message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            within = part.get_payload()
            for block in _mails(within):
                codes += re.findall(r"\b([245]\.\d{1,3}\.\d{1,3})\b", header(block, "Status"))
                named += ids_in(header(block, "Original-Message-ID"))
        elif kind == "text/rfc822-headers":
            named += ids_in(_text(part))
        elif kind == "text/plain":
            words += _text(part)[:MOST_WORDS]
        elif part is not mail.message:
            named += ids_in(header(part, "Message-ID"))
    named += _ID_IN_WORDS.findall(words)
    code = next(iter(codes or _CODE_IN_WORDS.findall(words)), "")
    return Bounce(tuple(dict.fromkeys(named)), code, code.startswith("5"))


def _mails(within: object) -> list[Message]:
    return [each for each in within if isinstance(each, Message)] if isinstance(within, list) else []


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _param(message: Message, name: str) -> str:
    try:
        value = message.get_param(name)
    except (ValueError, LookupError, AttributeError):
        return ""
    return value.lower() if isinstance(value, str) else ""
