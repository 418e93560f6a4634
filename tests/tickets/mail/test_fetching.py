"""Mails are fetched by IMAP: stored first, then removed from the mailbox, once whatever happens in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Unavailable
from adminops.settings import Settings, WrongSetting
from tests.make_mails import raw_mail
from tests.tickets.mail.imap_server import Box, mailbox
from tickets.mail.fetching import fetch_mails
from tickets.mail.models import IncomingMail


@contextmanager
def set_up(app: AdminOps, box: Box, **over: Any) -> Iterator[None]:
    """Let the app fetch from `box`."""
    plain = app.extensions["settings"]
    values = {
        "imap_host": "127.0.0.1",
        "imap_port": box.port,
        "imap_security": "none",
        "imap_user": "desk",
        "imap_password": "right",
    }
    app.extensions["settings"] = replace(plain, **{**values, **over})
    try:
        with app.app_context():
            yield
    finally:
        app.extensions["settings"] = plain


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


@pytest.mark.parametrize("over", [{"imap_password": "wrong"}, {"imap_security": "tls"}, {"imap_port": 1}])
def test_server_that_does_not_let_us_in_loses_nothing(app: AdminOps, over: dict[str, Any]) -> None:
    with mailbox(raw_mail()) as box, set_up(app, box, **over):
        with pytest.raises(Unavailable, match="does not answer as it should"):
            fetch_mails()
        assert (kept(), len(box.mails)) == (0, 1)


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
