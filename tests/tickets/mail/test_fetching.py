"""Mails are fetched by IMAP: stored first, then removed from the mailbox, once whatever happens in between."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Unavailable
from adminops.identity.permissions import Role
from adminops.scheduler.runs import run_job
from adminops.settings import Settings, WrongSetting
from tests.browsing import Desk
from tests.make import make_user
from tests.make_mails import raw_mail
from tests.make_tickets import make_helper
from tests.services.mailbox import ImapMailbox, Security, imap_mailbox
from tests.tickets.mail.imap_server import Box, mailbox
from tickets.mail.fetching import JOBS, fetch_mails
from tickets.mail.models import IncomingMail
from tickets.mail.operations import raw_of
from tickets.mail.queries import FETCHING


@contextmanager
def pointed(app: AdminOps, box: Box | ImapMailbox | None, **over: Any) -> Iterator[None]:
    """Let the app's settings name `box`."""
    plain = app.extensions["settings"]
    values = {
        "imap_host": "127.0.0.1",
        "imap_port": box.port if box else 0,
        "imap_security": "none",
        "imap_user": "desk",
        "imap_password": "right",
    }
    app.extensions["settings"] = replace(plain, **{**values, **over})
    try:
        yield
    finally:
        app.extensions["settings"] = plain


@contextmanager
def set_up(app: AdminOps, box: Box | ImapMailbox | None, **over: Any) -> Iterator[None]:
    """Be in the app, which fetches from `box`."""
    with pointed(app, box, **over), app.app_context():
        yield


def kept() -> int:
    """Count the mails that are kept."""
    with transaction(writes=False):
        return db.session.scalars(select(func.count(IncomingMail.id))).one()


def test_fetched_mails_are_stored_and_leave_the_mailbox(app: AdminOps) -> None:
    one, two = raw_mail(mail_id="1@x"), raw_mail(mail_id="2@x", text="é")
    with mailbox(one, two) as box, set_up(app, box, imap_done_folder="Done"):
        fetch_mails()
        assert (kept(), box.mails, box.copied) == (2, {}, [one, two])
        fetch_mails()
        assert kept() == 2


def test_mail_that_was_stored_but_not_removed_is_known_the_next_time(app: AdminOps) -> None:
    with mailbox(raw_mail()) as box, set_up(app, box):
        box.hang_up_before = "UID STORE"
        with pytest.raises(Unavailable):
            fetch_mails()
        assert (kept(), len(box.mails)) == (1, 1)
        box.hang_up_before = ""
        fetch_mails()
        assert (kept(), box.mails) == (1, {})


def test_empty_mail_stays_where_it_is(app: AdminOps) -> None:
    with mailbox(b"\r\n") as box, set_up(app, box):
        fetch_mails()
        assert (kept(), len(box.mails)) == (0, 1)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"imap_password": "wrong"}, "does not let us in"),
        ({"imap_security": "tls"}, "does not answer as it should"),
        ({"imap_security": "starttls"}, "offers no STARTTLS"),
        ({"imap_port": 1}, "does not answer as it should"),
    ],
)
def test_server_that_does_not_let_us_in_loses_nothing(app: AdminOps, over: dict[str, Any], says: str) -> None:
    with mailbox(raw_mail()) as box, set_up(app, box, **over):
        with pytest.raises(Unavailable, match=says):
            fetch_mails()
        assert (kept(), len(box.mails)) == (0, 1)


@contextmanager
def fetching_from(app: AdminOps, box: ImapMailbox, **over: Any) -> Iterator[None]:
    """Be in the app, which fetches from a real server as its settings would say."""
    with set_up(app, box, **{**named(box), **over}):
        yield


def named(box: ImapMailbox) -> dict[str, str]:
    """Return the settings that name a real server."""
    return {"imap_security": box.security, "imap_ca_file": box.ca_file, "imap_password": box.password}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_are_fetched_from_a_real_server_over_a_line_that_is_protected(app: AdminOps, security: Security) -> None:
    mails = [raw_mail(mail_id=f"{number}@x", text="é\r\n.\r\n{12}\r\n") for number in range(3)]
    with imap_mailbox(security) as box, fetching_from(app, box, imap_done_folder="Done"):
        box.put(into="Done")
        box.put(*mails)
        assert box.mails() == mails
        fetch_mails()
        assert (kept(), box.mails(), box.mails("Done")) == (3, [], mails)
        with transaction(writes=False) as session:
            assert {raw_of(mail) for mail in session.scalars(select(IncomingMail))} == set(mails)
        box.put(mails[0], raw_mail(mail_id="4@x"))  # one that is known already
        fetch_mails()
        assert (kept(), box.mails()) == (4, [])


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("doubt", ["of somebody else's authority", "of another name"])
def test_server_with_a_wrong_certificate_gets_no_password(sqlite_app: AdminOps, security: Security, doubt: str) -> None:
    over = {"imap_host": "localhost"} if doubt == "of another name" else {}
    theirs = "Nobody's authority" if not over else "AdminOps test authority"
    with imap_mailbox("tls") as ours, imap_mailbox(security, authority=theirs) as box:
        box.put(raw_mail())
        with fetching_from(sqlite_app, box, imap_ca_file=ours.ca_file, **over):
            with pytest.raises(Unavailable, match=r"The certificate of the IMAP server can't be trusted"):
                fetch_mails()
            assert kept() == 0
        assert len(box.mails()) == 1


@pytest.mark.parametrize(
    ("over", "says"), [({"imap_password": "wrong"}, "let us in"), ({"imap_folder": "Nowhere"}, "no folder")]
)
def test_real_server_that_refuses_is_told_apart(sqlite_app: AdminOps, over: dict[str, str], says: str) -> None:
    with imap_mailbox("tls") as box, fetching_from(sqlite_app, box, **over), pytest.raises(Unavailable, match=says):
        fetch_mails()


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_silent_server_is_left_in_time(sqlite_app: AdminOps, security: Security) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values = {"imap_port": silent.getsockname()[1], "imap_security": security}
        with set_up(sqlite_app, None, **values), pytest.raises(Unavailable, match="does not answer in time"):
            fetch_mails(timeout=0.2)


def test_team_reads_on_the_page_why_mails_are_not_fetched(desk: Desk) -> None:
    job = next(job for job in JOBS if job.name == FETCHING)
    with desk.work():
        helper, admin = make_helper(), make_user(Role.SYSTEM_ADMIN)
    browser = desk.signed_in(helper)
    with imap_mailbox("tls") as ours, imap_mailbox("tls", authority="Nobody's authority") as box:
        with pointed(desk.app, box, **{**named(box), "imap_ca_file": ours.ca_file}):
            assert not browser.get("/mail-in").says("not fetched")
            run_job(desk.app, job)
            page = browser.get("/mail-in")
            assert page.says("Mails are not fetched at the moment. The certificate of the IMAP server can't be trusted")
            assert desk.signed_in(admin).get("/system/jobs").says("signed by somebody else than ADMINOPS_IMAP_CA_FILE")
        with pointed(desk.app, box, **named(box)):
            run_job(desk.app, job)
            assert not browser.get("/mail-in").says("not fetched")


def test_nothing_is_fetched_without_a_mailbox(app: AdminOps) -> None:
    with app.app_context():
        fetch_mails()
        assert kept() == 0


def test_production_fetches_over_a_protected_line_only() -> None:
    good = {
        "ADMINOPS_ENVIRONMENT": "production",
        "ADMINOPS_BASE_URL": "https://desk.example.org",
        "ADMINOPS_MAIL_TRANSPORT": "smtp",
        "ADMINOPS_IMAP_HOST": "imap.example.org",
    }
    assert Settings.from_environment(good).imap_security == "tls"
    with pytest.raises(WrongSetting, match="ADMINOPS_IMAP_SECURITY"):
        Settings.from_environment({**good, "ADMINOPS_IMAP_SECURITY": "none"})
