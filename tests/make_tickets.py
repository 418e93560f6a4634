"""Makers of tickets: file one as somebody would, name only what the test is about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import g

from adminops.app import AdminOps
from adminops.feature import RequestType
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from tests.make import make_user
from tickets.models import Ticket
from tickets.operations import file_ticket

PLAIN = RequestType(key="something_else", title="Something else", help="", icon="message-square")


def make_kind(**over: Any) -> RequestType:
    """Make a request type that everybody may ask for."""
    return RequestType(**{"key": "something_else", "title": "Something else", "help": "", "icon": "mail", **over})


def make_helper(role: Role = Role.HELP_DESK, **over: Any) -> User:
    """Make a member of the team that works on tickets."""
    return make_user(role, **over)


def make_ticket(by: User | None = None, *, agency: Agency | None = None, **over: Any) -> Ticket:
    """File a ticket as `by` (made when not given, at `agency`)."""
    by = by or make_user(agency=agency)
    values = {"kind": PLAIN, "subject": "Report stops at 10,000 rows", "body": "It ends in the middle.", **over}
    return file_ticket(**values, by=by)


@contextmanager
def sent_by(app: AdminOps, user: User, data: Mapping[str, str] | None = None) -> Iterator[None]:
    """Be in a request of `user` that sends `data`, for what reads forms."""
    with app.test_request_context("/", method="POST", data=data or {}):
        g._login_user = user  # where Flask-Login keeps who is signed in
        yield
