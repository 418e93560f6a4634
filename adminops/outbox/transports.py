"""Ways for a letter to leave: a mail server, the console, the mailbox page of the app.

A transport says how a try ended by what it raises: `Refused` (never), `Deferred` (not this one, not now),
`Unreachable` (nothing can leave now), `Unconfirmed` (nobody knows whether it left). Their texts are the house's own
words with the server's code: what a mail server writes may quote addresses and content.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

import click
from sqlalchemy import select

from adminops.db import db, transaction
from adminops.outbox.letters import Letter
from adminops.outbox.models import MailboxMail
from adminops.settings import Settings


class NotSent(Exception):
    """The letter did not leave, or may not have left; the text says why in a few words."""


class Refused(NotSent):
    """The mail server will never take this letter (an answer of the 500s)."""


class Deferred(NotSent):
    """The mail server does not take this letter now (an answer of the 400s)."""


class Unreachable(NotSent):
    """The mail server can't be reached or does not let us in: no letter can leave."""


class Unconfirmed(NotSent):
    """The line broke after the letter was handed over and before the server said that it has it."""


class Transport(Protocol):
    """Sends letters one after the other."""

    def send(self, letter: Letter) -> None:
        """Let `letter` leave, or raise a `NotSent`."""
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...


def transport_of(settings: Settings) -> Transport:
    """Return the transport that the settings name."""
    if settings.mail_transport == "smtp":
        return MailServer(settings)
    return Console() if settings.mail_transport == "console" else Mailbox()


@contextlib.contextmanager
def opened(transport: Transport) -> Iterator[Transport]:
    """Close `transport` at the end of the block."""
    try:
        yield transport
    finally:
        transport.close()


class Console:
    """Prints letters."""

    def send(self, letter: Letter) -> None:
        """Print the text."""
        click.echo(f"To: {letter.recipient}\nSubject: {letter.subject}\n\n{letter.text}\n{'-' * 72}")

    def close(self) -> None:
        """Nothing is open."""


class Mailbox:
    """Keeps letters on a page of the app; the same letter once."""

    def send(self, letter: Letter) -> None:
        """Store the letter in a transaction of its own."""
        with transaction():
            if db.session.scalar(select(MailboxMail.id).where(MailboxMail.message_id == letter.message_id)):
                return
            db.session.add(
                MailboxMail(
                    message_id=letter.message_id,
                    recipient=letter.recipient,
                    subject=letter.subject,
                    text=letter.text,
                    html=letter.html,
                )
            )

    def close(self) -> None:
        """Nothing is open."""


class MailServer:
    """SMTP: one connection for all letters of a run, opened with the first.

    The certificate is verified against the host's name, and a server that does not offer the protection that the
    settings ask for gets nothing: it never falls back to an open line.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> None:
        """Hand `letter` over. A connection that the server closed after an earlier letter is opened anew, once."""
        content = letter.as_bytes()
        used_before = self._line is not None
        line = self._line or self.connect()
        try:
            self._introduce(line, letter)
        except Unreachable:
            self.close()
            if not used_before:
                raise
            line = self.connect()
            self._introduce(line, letter)
        self._hand_over(line, letter, content)

    def connect(self) -> smtplib.SMTP:
        """Return a connection that letters can be sent on. Raises `Unreachable`."""
        settings = self._settings
        try:
            self._line = line = self._open()
            line.ehlo_or_helo_if_needed()
            if settings.smtp_user:
                line.login(settings.smtp_user, settings.smtp_password)
        except smtplib.SMTPAuthenticationError as wrong:
            raise self._hopeless(f"The mail server refused our sign-in ({wrong.smtp_code}).") from None
        except smtplib.SMTPNotSupportedError:
            raise self._hopeless("The mail server does not offer the protection or the sign-in we need.") from None
        except ssl.SSLCertVerificationError:
            raise self._hopeless("The mail server's certificate can't be trusted.") from None
        except (OSError, smtplib.SMTPException) as broken:
            raise self._hopeless(f"The mail server does not answer ({type(broken).__name__}).") from None
        return line

    def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                line.quit()
            line.close()

    def _hopeless(self, problem: str) -> Unreachable:
        self.close()
        return Unreachable(problem)

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        host, port, timeout = settings.smtp_host, settings.smtp_port, settings.smtp_timeout_seconds
        name = urlsplit(settings.base_url).hostname  # without it the library asks the DNS for one, which may hang
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=timeout, context=self._trust())
        line = smtplib.SMTP(host, port, local_hostname=name, timeout=timeout)
        if settings.smtp_security == "starttls":
            try:
                line.starttls(context=self._trust())
            except BaseException:
                line.close()
                raise
        return line

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.smtp_ca_file or None)

    def _introduce(self, line: smtplib.SMTP, letter: Letter) -> None:
        """Name the sender: what is refused here is refused for every letter."""
        try:
            code, answer = line.mail(letter.sender)
        except (OSError, smtplib.SMTPException) as broken:
            raise Unreachable(f"The mail server hung up ({type(broken).__name__}).") from None
        if code != 250:
            raise Unreachable(f"The mail server does not take mails from us ({_codes(code, answer)}).")

    def _hand_over(self, line: smtplib.SMTP, letter: Letter, content: bytes) -> None:
        try:
            code, answer = line.rcpt(letter.recipient)
        except (OSError, smtplib.SMTPException) as broken:
            raise self._hopeless(f"The mail server hung up ({type(broken).__name__}).") from None
        if code not in (250, 251):
            raise self._turned_away(line, "the recipient", code, answer)
        try:
            code, answer = line.data(content)
        except smtplib.SMTPDataError as wrong:  # it said so before the content was sent
            raise self._turned_away(line, "the mail", wrong.smtp_code, wrong.smtp_error) from None
        except (OSError, smtplib.SMTPException) as broken:
            self.close()
            raise Unconfirmed(f"The line broke before the mail server confirmed ({type(broken).__name__}).") from None
        if code != 250:
            raise self._turned_away(line, "the mail", code, answer)

    def _turned_away(self, line: smtplib.SMTP, what: str, code: int, answer: bytes | str) -> NotSent:
        try:
            line.rset()
        except (OSError, smtplib.SMTPException):
            self.close()
        kind = Refused if 500 <= code < 600 else Deferred
        return kind(f"The mail server did not take {what} ({_codes(code, answer)}).")


def _codes(code: int, answer: bytes | str) -> str:
    """Return the answer's code with its enhanced one ("550 5.1.1"), and none of its words."""
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    parts = first.split(".")
    is_enhanced = len(parts) == 3 and all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts)
    return f"{code} {first}" if is_enhanced else str(code)
