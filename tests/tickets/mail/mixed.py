"""Mails as they come in real life, mixed: answers, bounces, robots, loops, odd encodings, huge and broken ones."""

import base64
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.make_mails import bounce, raw_mail

CHARSETS = ("utf-8", "iso-8859-1", "windows-1252", "utf-16", "koi8-r", "x-nobody-knows")
OWN = "adminops@example.org"


@dataclass(frozen=True)
class Sent:
    """A mail of the desk that can be answered: its id, its ticket, and whom it went to."""

    mail_id: str
    ticket_id: int
    address: str


@dataclass(frozen=True)
class Mixed:
    """A mail of the mix. `marker`: words that must be on exactly one ticket; empty where that can't be told."""

    raw: bytes
    marker: str = ""
    file: str = ""
    """Name of the file that must lie with it, once."""


Maker = Callable[[random.Random, int, Sequence[Sent]], Mixed]


def mixed(count: int, sent: Sequence[Sent], *, seed: int) -> list[Mixed]:
    """Return `count` mails, about one in twelve of them a second copy of another."""
    dice = random.Random(seed)
    mails: list[Mixed] = []
    while len(mails) < count:
        if mails and dice.random() < 0.08:
            mails.append(Mixed(dice.choice(mails).raw))
        else:
            mails.append(dice.choices(MAKERS, WEIGHTS)[0](dice, len(mails), sent))
    return mails


def _mark(number: int) -> str:
    return f"marker-{number:05}-end"


def _new(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    sender = dice.choice(sent).address
    return Mixed(raw_mail(sender, f"Question {number}", _mark(number), mail_id=f"n{number}@x"), _mark(number))


def _answer(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    to = dice.choice(sent)
    text = f"{_mark(number)}\r\n\r\nOn Mon, AdminOps wrote:\r\n> There is a reply"
    headers = {"In-Reply-To": to.mail_id}
    return Mixed(raw_mail(to.address, "Re: x", text, headers=headers, mail_id=f"a{number}@x"), _mark(number))


def _by_number(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    to = dice.choice(sent)
    subject = f"Re: request #{to.ticket_id}"
    return Mixed(raw_mail(to.address, subject, _mark(number), mail_id=f"s{number}@x"), _mark(number))


def _bounce(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    raw = bounce(dice.choice(sent).mail_id, status=dice.choice(("5.1.1", "4.4.1", "")))
    return Mixed(raw.replace(b"Message-ID: <b-", b"Message-ID: <b%d-" % number, 1))


def _robot(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    to = dice.choice(sent)
    sign = dice.choice(({"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List-Id": "<l.example.org>"}))
    headers = {**sign, **({"In-Reply-To": to.mail_id} if dice.random() < 0.6 else {})}
    return Mixed(raw_mail(to.address, "Out of office", "Back on Monday", headers=headers, mail_id=f"o{number}@x"))


def _loop(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    to = dice.choice(sent)
    if dice.random() < 0.5:
        return Mixed(raw_mail(OWN, "We have your request", to.mail_id, mail_id=f"l{number}@x"))
    return Mixed(raw_mail(to.address, headers={"X-AdminOps-Loop": OWN}, mail_id=f"l{number}@x"))


def _odd(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    charset = dice.choice(CHARSETS)
    real = "utf-8" if charset.startswith("x-") else charset
    words = f"{_mark(number)} Peña Привет".encode(real, "replace")
    head = (
        f"From: =?{charset}?q?Pe=F1a?= <{dice.choice(sent).address}>\r\nSubject: =?{charset}?b?UGXDsWE=?= ?=\r\n"
        f"Message-ID: <e{number}@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return Mixed(head.encode() + base64.encodebytes(words), _mark(number))


def _html(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    text = f"<html><script>alert(1)</script><p>{_mark(number)}</p><img src=x onerror=alert(1)></html>"
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return Mixed(raw_mail(dice.choice(sent).address, text=text, headers=headers, mail_id=f"h{number}@x"), _mark(number))


def _huge(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    size = dice.choice((200_000, 1_000_000, 3_000_000))
    head = (
        f"From: {dice.choice(sent).address}\r\nMessage-ID: <g{number}@x>\r\nSubject: A file\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{_mark(number)}\r\n"
        '--b\r\nContent-Type: application/pdf; name="x.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return Mixed(head.encode() + base64.encodebytes(dice.randbytes(size)) + b"--b--\r\n", _mark(number))


def _with_file(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    to, name = dice.choice(sent), f"{_mark(number)}.txt"
    head = (
        f"From: {to.address}\r\nMessage-ID: <f{number}@x>\r\nSubject: A file\r\nIn-Reply-To: {to.mail_id}\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{_mark(number)}\r\n"
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
        f"Rows {number}\r\n--b--\r\n"
    )
    return Mixed(head.encode(), _mark(number), name)


def _broken(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    raw = bytearray(dice.choice((_new, _odd, _html, _bounce, _robot))(dice, number, sent).raw)
    for _ in range(dice.randrange(1, 12)):
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    return Mixed(bytes(raw[: dice.randrange(max(2, len(raw) // 3), len(raw) + 1)]) + b" %d" % number)


def _nested(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    depth = dice.choice((3, 30, 90))
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{at}"\r\n\r\n--b{at}\r\n' for at in range(depth))
    start = f"From: {dice.choice(sent).address}\r\nMessage-ID: <m{number}@x>\r\nSubject: deep\r\n"
    return Mixed(f"{start}{head}Content-Type: text/plain\r\n\r\n{_mark(number)}\r\n".encode(), _mark(number))


def _without_id(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    return Mixed(raw_mail(dice.choice(sent).address, text=_mark(number), mail_id=""), _mark(number))


def _same_id(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    return Mixed(raw_mail(dice.choice(sent).address, text=f"Other words {number}", mail_id="same@x"))


def _stranger(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    return Mixed(raw_mail(f"stranger{number}@example.com", mail_id=f"x{number}@x"))


def _personal(dice: random.Random, number: int, sent: Sequence[Sent]) -> Mixed:
    text = f"Her SSN is 219-09-{dice.randrange(1000, 9998)}."
    return Mixed(raw_mail(dice.choice(sent).address, text=text, mail_id=f"p{number}@x"))


WEIGHTED: tuple[tuple[Maker, int], ...] = (
    (_new, 14),
    (_answer, 24),
    (_with_file, 24),
    (_by_number, 6),
    (_bounce, 9),
    (_robot, 10),
    (_loop, 6),
    (_odd, 8),
    (_html, 5),
    (_huge, 2),
    (_broken, 8),
    (_nested, 2),
    (_without_id, 3),
    (_same_id, 2),
    (_stranger, 4),
    (_personal, 3),
)
MAKERS = [maker for maker, _ in WEIGHTED]
WEIGHTS = [weight for _, weight in WEIGHTED]
