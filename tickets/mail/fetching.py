"""Fetching mails from a mailbox by IMAP: each is stored here first, and only then leaves the mailbox.

All that lies in the folder is fetched, read or not: somebody may look into it with a mail program. A process that dies
between the two finds the mail once more, knows it by its fingerprint, and takes it out of the mailbox.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import structlog

from adminops.db import transaction
from adminops.errors import Unavailable
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from adminops.settings import Settings, current_settings
from tickets.mail.operations import LARGEST, receive
from tickets.mail.queries import FETCHING

log = structlog.get_logger("adminops.mail")

AT_ONCE = 200
TIMEOUT = 30
"""Seconds that the server may take for an answer."""
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


def fetch_mails(*, timeout: float = TIMEOUT) -> None:
    """Fetch what lies in the mailbox, if there is one. Raises `Unavailable` when it can't be reached."""
    settings = current_settings()
    if not settings.imap_host:
        return
    try:
        with _mailbox(settings, timeout) as mailbox:
            for uid in _waiting(mailbox):
                _fetch(mailbox, uid, settings.imap_done_folder)
    except ssl.SSLCertVerificationError:
        raise Unavailable(
            "The certificate of the IMAP server can't be trusted: it ran out, is that of another name, or is signed by "
            "somebody else than ADMINOPS_IMAP_CA_FILE says."
        ) from None
    except TimeoutError:
        raise Unavailable("The IMAP server does not answer in time.") from None
    except (OSError, imaplib.IMAP4.error) as broken:  # its words may hold the name or an address
        raise Unavailable(f"The IMAP server does not answer as it should ({type(broken).__name__}).") from None


@contextlib.contextmanager
def _mailbox(settings: Settings, timeout: float) -> Iterator[imaplib.IMAP4]:
    """Open the folder to fetch from. It never falls back to an open line."""
    trust = ssl.create_default_context(cafile=settings.imap_ca_file or None)
    host, port = settings.imap_host, settings.imap_port
    line: imaplib.IMAP4
    if settings.imap_security == "tls":
        line = imaplib.IMAP4_SSL(host, port, ssl_context=trust, timeout=timeout)
    else:
        line = imaplib.IMAP4(host, port, timeout=timeout)
    try:
        if settings.imap_security == "starttls":
            if "STARTTLS" not in line.capabilities:
                raise Unavailable("The IMAP server offers no STARTTLS, and mails are not fetched over an open line.")
            line.starttls(trust)
        with _told_as("The IMAP server does not let us in: see ADMINOPS_IMAP_USER and ADMINOPS_IMAP_PASSWORD."):
            line.login(settings.imap_user, settings.imap_password)
        with _told_as("The IMAP server has no folder as ADMINOPS_IMAP_FOLDER names it."):
            _good(line.select(_quoted(settings.imap_folder)))
        yield line
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            line.logout()
        with contextlib.suppress(OSError, imaplib.IMAP4.error):  # a line that broke is not closed by that
            line.shutdown()


@contextlib.contextmanager
def _told_as(sentence: str) -> Iterator[None]:
    """Say what the server's refusal of the block means; a line that breaks is something else."""
    try:
        yield
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise Unavailable(sentence) from None


def _waiting(mailbox: imaplib.IMAP4) -> list[str]:
    found = _good(mailbox.uid("SEARCH", "ALL"))
    return found[0].decode("ascii", "replace").split()[:AT_ONCE] if found and isinstance(found[0], bytes) else []


def _fetch(mailbox: imaplib.IMAP4, uid: str, done_folder: str) -> None:
    """Store one mail, then take it out of the folder. One that is too large stays there, and the log says so."""
    size = SIZE.search(
        b"".join(each for each in _good(mailbox.uid("FETCH", uid, "(RFC822.SIZE)")) if isinstance(each, bytes))
    )
    if size is None or int(size[1]) > LARGEST:
        log.warning("mail left in the mailbox", uid=uid, cause="larger than 50 MB" if size else "it is gone")
        return
    raw = next((each[1] for each in _good(mailbox.uid("FETCH", uid, "(BODY.PEEK[])")) if isinstance(each, tuple)), b"")
    if not raw.strip():
        log.warning("mail left in the mailbox", uid=uid, cause="it is empty")
        return
    with transaction():
        receive(raw, by=SYSTEM)
    if done_folder:
        _good(mailbox.uid("COPY", uid, _quoted(done_folder)))
    _good(mailbox.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
    _good(mailbox.expunge())


def _good(answer: tuple[str, Any]) -> list[Any]:
    said, found = answer
    if said != "OK":
        raise imaplib.IMAP4.error(said)
    return list(found)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


JOBS = (
    Job(
        name=FETCHING,
        title="Fetch mail from the mailbox",
        run=fetch_mails,
        every=timedelta(minutes=1),
        own_transactions=True,
    ),
)
