"""A mailbox on a real IMAP server on loopback, over TLS, with STARTTLS, or in the clear; tests fill it by IMAP, too."""

import asyncio
import contextlib
import imaplib
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer

from tests.services.certificates import certificates
from tests.services.private import private_folder, remove_folder

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True)
class ImapMailbox:
    """A running server with one mailbox."""

    folder: Path
    port: int
    security: Security
    user: str = "desk"
    password: str = field(default="right", repr=False)

    host = "127.0.0.1"

    @property
    def ca_file(self) -> str:
        """The authority that signed the server's certificate."""
        return str(self.folder / "ca.pem")

    def put(self, *mails: bytes, into: str = "INBOX") -> None:
        """Put mails into a folder, which is made when it is not there."""
        with self._opened() as line:
            line.create(into)
            for mail in mails:
                said, _ = line.append(into, "", "", mail)
                assert said == "OK"

    def mails(self, folder: str = "INBOX") -> list[bytes]:
        """Return what lies in a folder."""
        with self._opened() as line:
            line.select(folder, readonly=True)
            _, (found,) = line.uid("SEARCH", "ALL")
            answers = [line.uid("FETCH", uid, "(BODY.PEEK[])")[1][0] for uid in found.decode().split()]
            return [answer[1] for answer in answers if isinstance(answer, tuple)]

    @contextlib.contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        trust = ssl.create_default_context(cafile=self.ca_file)
        line: imaplib.IMAP4
        if self.security == "tls":
            line = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=trust, timeout=20)
        else:
            line = imaplib.IMAP4(self.host, self.port, timeout=20)
        with line:
            if self.security == "starttls":
                line.starttls(trust)
            line.login(self.user, self.password)
            yield line


@contextlib.contextmanager
def imap_mailbox(security: Security, authority: str = "AdminOps test authority") -> Iterator[ImapMailbox]:
    """Run an IMAP server on a free port while the block runs, with a certificate that `authority` signed."""
    folder = private_folder("mailbox")
    certificates(authority).write_to(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()
    try:
        listening = _listen(ImapMailbox(folder, 0, security))
        server = asyncio.run_coroutine_threadsafe(listening, loop).result(timeout=20)
        try:
            yield ImapMailbox(folder, server.sockets[0].getsockname()[1], security)
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result(timeout=20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        remove_folder(folder)


async def _listen(mailbox: ImapMailbox) -> asyncio.Server:
    wishes = Namespace(
        host=None, port=0, debug=False, tls=mailbox.security == "starttls", proxy_protocol=None, passlib_cfg=None,
        cert=str(mailbox.folder / "server.pem"), key=str(mailbox.folder / "server.key"),
        demo_data=False, demo_user=mailbox.user, demo_password=mailbox.password,
    )  # fmt: skip
    backend, config = await DictBackend.init(wishes)
    config.apply_context()
    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
    shown = None
    if mailbox.security == "tls":
        shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        shown.load_cert_chain(wishes.cert, wishes.key)
    return await asyncio.start_server(answer, mailbox.host, 0, ssl=shown)


async def _close(server: asyncio.Server) -> None:
    server.close()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
