"""The command that a mail server calls, the job that reads, and the pages of what needs somebody's word."""

from collections.abc import Callable
from datetime import timedelta

from click.testing import CliRunner
from sqlalchemy import select

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.cli import command_line
from adminops.crypto import KeyRing
from adminops.db import db, transaction
from adminops.hmis import sealing
from adminops.hmis.resealing import SEALED, reseal_some
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_mails import raw_mail
from tests.make_tickets import make_helper
from tickets.mail.jobs import MOST_TRIES, read_waiting
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.operations import raw_of, receive

HOUR = timedelta(hours=1)


def handed(app: AdminOps, raw: bytes) -> int:
    """Hand `raw` to the command as a mail server does; return its exit code."""
    program = command_line(wsgi.FEATURES, lambda: app)
    return CliRunner().invoke(program, ["mail", "receive"], input=raw, prog_name="adminops").exit_code


def the_mail(app: AdminOps) -> IncomingMail:
    """Return the only mail there is."""
    with app.app_context(), transaction(writes=False):
        mail = db.session.scalars(select(IncomingMail)).one()
        raw_of(mail)
        return mail


def keep(app: AdminOps, raw: bytes) -> int:
    """Keep a mail, unread."""
    with app.app_context(), transaction():
        return receive(raw, by=SYSTEM).id


def read(app: AdminOps, later: timedelta = timedelta()) -> int:
    """Let the job run."""
    with app.app_context(), clock.frozen_at(clock.now() + later):
        return read_waiting()


def test_mail_server_hears_that_a_mail_is_stored_and_nothing_reads_it_yet(app: AdminOps) -> None:
    assert handed(app, raw_mail()) == 0
    assert handed(app, raw_mail()) == 0
    assert the_mail(app).state is MailState.WAITING


def test_mail_server_keeps_what_could_not_be_stored(app: AdminOps) -> None:
    assert handed(app, b"") == 65
    with app.app_context(), sealing.using(KeyRing.generate()):
        assert handed(app, raw_mail(mail_id="sealed@x")) == 0

    def away() -> AdminOps:
        raise OSError("no such folder")

    program = command_line(wsgi.FEATURES, away)
    ended = CliRunner().invoke(program, ["mail", "receive"], input=raw_mail(), prog_name="adminops")
    assert ended.exit_code == 75
    assert "Try again later" in ended.output


def test_mail_that_can_not_be_read_holds_up_no_other_and_is_given_up_in_the_end(app: AdminOps) -> None:
    with sealing.using(KeyRing.generate()):
        broken = keep(app, raw_mail(mail_id="1@x"))  # sealed under a key that is gone
    keep(app, raw_mail(mail_id="2@x"))
    assert read(app) == 2
    assert read(app) == 0
    for _ in range(MOST_TRIES):
        with app.app_context(), clock.frozen_at(clock.now() + HOUR), transaction():
            db.session.get_one(IncomingMail, broken).next_try_at = clock.now() - HOUR * 2
        read(app)
    with app.app_context(), transaction(writes=False):
        states = {mail.id: (mail.state, mail.why) for mail in db.session.scalars(select(IncomingMail))}
    assert states[broken][0] is MailState.FAILED
    assert "It could not be read (" in states[broken][1]
    assert [state for id_, (state, _) in states.items() if id_ != broken] == [MailState.HELD]


def test_mail_that_brings_the_reading_down_is_given_up_too(app: AdminOps) -> None:
    mail_id = keep(app, raw_mail())
    with app.app_context(), transaction():
        db.session.get_one(IncomingMail, mail_id).attempts = MOST_TRIES
    assert read(app) == 0
    assert the_mail(app).state is MailState.FAILED


def test_mails_go_along_when_the_key_changes(app: AdminOps) -> None:
    keep(app, raw_mail())
    (column,) = [column for column in SEALED if column.title == "incoming_mail.sealed"]
    with sealing.using(sealing.key_ring().with_new_key()):
        with app.app_context(), transaction():
            assert reseal_some(column, after=0).written == 1
        assert the_mail(app) is not None


def test_stranger_s_mail_is_decided_on_its_page(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        redactor, ben = make_admin(), make_user()
        mail = receive(raw_mail("stranger@example.com", "Subject of a stranger"), by=SYSTEM)
    read(desk.app)
    visitor = desk.signed_in(redactor)
    counted()
    page = visitor.get("/mail-in")
    assert counted() <= 12
    assert page.says("Nobody here has the address that it came from.")
    assert not page.says("stranger")
    url = f"/mail-in/{mail.id}"
    assert not visitor.get(url).says("Subject of a stranger")
    opened = visitor.post(f"{url}/words", {}, status=200)
    assert opened.says("Subject of a stranger")
    visitor.post(f"{url}/claim", {"person": "nobody at all"}, status=422)
    visitor.post(f"{url}/claim", {"person": ben.email})
    assert visitor.get("/mail-in?show=filed").says(f"Mail {mail.id}")
    visitor.post(f"{url}/again", {}, status=409)


def test_team_sets_aside_and_tries_again_but_only_redactors_read(desk: Desk) -> None:
    with desk.work():
        trainer = make_helper(Role.TRAINER)
        mail = receive(raw_mail("stranger@example.com"), by=SYSTEM)
    read(desk.app)
    visitor = desk.signed_in(trainer)
    url = f"/mail-in/{mail.id}"
    assert visitor.get(url).says("A redactor reads it")
    visitor.post(f"{url}/words", {}, status=403)
    visitor.post(f"{url}/claim", {"person": "x"}, status=403)
    visitor.post(f"{url}/aside", {})
    assert visitor.get("/mail-in?show=ignored").says("Somebody set it aside.")
    visitor.post(f"{url}/again", {})
    assert the_mail(desk.app).state is MailState.WAITING
    visitor.get("/mail-in/4711", status=404)


def test_end_users_do_not_see_incoming_mail(desk: Desk) -> None:
    with desk.work():
        user = make_user()
    desk.signed_in(user).get("/mail-in", status=403)
