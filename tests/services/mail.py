"""A mail server that keeps what it gets: real SMTP on loopback, with StartTLS and sign-in when asked for."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.services.certificates import certificates
from tests.services.private import private_folder, remove_folder


@dataclass(frozen=True)
class Received:
    """One mail as it arrived: its envelope and its content."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    over_tls: bool
    signed_in_as: str


@dataclass
class MailCatcher:
    """A running mail server; `answer_with` makes it refuse, `mails` is what it got."""

    folder: Path
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    mails: list[Received] = field(default_factory=list)
    _answer: str = ""
    _arrived: threading.Condition = field(default_factory=threading.Condition, repr=False)

    host = "127.0.0.1"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.folder / "ca.pem"

    def answer_with(self, line: str) -> None:
        """Answer the next mails with `line`, such as "451 try again later"; an empty one accepts them again."""
        self._answer = line

    def wait_for(self, count: int, *, seconds: float = 10) -> list[Received]:
        """Return all mails as soon as there are `count`. Raises `TimeoutError` after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.mails) >= count, timeout=seconds):
                raise TimeoutError(f"{len(self.mails)} of {count} mails came within {seconds} seconds.")
            return list(self.mails)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the mail, or refuse it with the answer that was set. Called by the SMTP library."""
        if self._answer:
            return self._answer
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        received = Received(
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            message_from_bytes(content, policy=policy.default),
            session.ssl is not None,
            self.user if session.authenticated else "",
        )
        with self._arrived:
            self.mails.append(received)
            self._arrived.notify_all()
        return "250 kept"

    def _admit(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        wanted = (self.user.encode(), self.password.encode())
        good = isinstance(login, LoginPassword) and (login.login, login.password) == wanted
        return AuthResult(success=good, handled=False)

    def _protocol(self, context: ssl.SSLContext | None) -> SMTP:
        signs_in = bool(self.user)
        return SMTP(
            self,
            hostname="mail.example.org",
            tls_context=context,
            require_starttls=context is not None,
            authenticator=self._admit if signs_in else None,
            auth_required=signs_in,
            auth_require_tls=context is not None,
        )


@contextlib.contextmanager
def mail_catcher(*, starttls: bool = False, user: str = "", password: str = "") -> Iterator[MailCatcher]:
    """Run a mail server on a free port while the block runs.

    With `starttls` it takes mails only over TLS; with a `user` only after a sign-in, which needs `starttls`.
    """
    folder = private_folder("mail")
    certificates().write_to(folder)
    catcher = MailCatcher(folder, user=user, password=password)
    context = _server_context(folder) if starttls else None
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail catcher", daemon=True)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(_listen(catcher, context), loop).result(timeout=20)
        catcher.port = server.sockets[0].getsockname()[1]
        yield catcher
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(timeout=20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        remove_folder(folder)


def _server_context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


async def _listen(catcher: MailCatcher, context: ssl.SSLContext | None) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: catcher._protocol(context), catcher.host, 0)


async def _close(server: asyncio.Server) -> None:
    server.close()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
