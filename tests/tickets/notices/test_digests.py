"""Digests: gathered when they are due, nothing lost and nothing twice, whenever the process dies."""

import os
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations, sharing
from tickets.emails import digest as digest_mail
from tickets.notices.hours import Every
from tickets.notices.jobs import forget_old_notices, send_digests
from tickets.notices.models import Digest, Notice
from tickets.notices.occasions import Way
from tickets.notices.operations import Choices, Hours, choose_notices, gather_digest
from tickets.notices.queries import lines_of, list_notices

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)  # a Monday in New York
NEXT = datetime(2026, 3, 3, 13, tzinfo=UTC)  # 8 am of the day after
REPLIES = {"replied.mine": Way.DIGEST, "resolved.mine": Way.APP_DIGEST}


def collector(**hours: object) -> User:
    """Return a person who reads replies in the digest."""
    person = make_user()
    choose_notices(Choices(ways=REPLIES, hours=Hours(zone="America/New_York", **hours)), by=person)  # type: ignore[arg-type]
    return person


def talk(person: User, times: int = 2) -> int:
    """Let the team answer on a ticket of `person`; return its number."""
    ticket, helper = make_ticket(person), make_helper()
    for _ in range(times):
        operations.reply(ticket, body="Which one?", by=helper)
    return ticket.id


def digest_mails(person: User) -> list[OutboxMessage]:
    asked = select(OutboxMessage).where(OutboxMessage.recipient_id == person.id, OutboxMessage.kind == "tickets.digest")
    return list(db.session.scalars(asked))


@pytest.mark.usefixtures("session")
def test_digest_tells_what_happened_by_ticket_once_it_is_due() -> None:
    with clock.frozen_at(NOON):
        person = collector()
        first, second = talk(person), talk(person, 1)
        operations.resolve(db.session.get_one(operations.Ticket, second), by=make_helper())
        assert gather_digest(person) is None
    with clock.frozen_at(NEXT):
        digest = gather_digest(person)
        assert gather_digest(person) is None
    assert digest is not None
    said = [(line.ticket_id, line.said) for line in lines_of(digest.id, person)]
    assert said == [(first, "2 replies"), (second, "1 reply, 1 time resolved")]
    assert [row.arguments for row in digest_mails(person)] == [{"digest_id": digest.id}]
    mail = digest_mail(to_id=person.id, digest_id=digest.id)
    assert mail is not None
    assert (mail.subject, mail.link) == ("What happened on 2 tickets", f"/me/notices/digests/{digest.id}")
    assert [row.occasion for row in list_notices(person, unread=True).rows] == ["resolved"]


@pytest.mark.usefixtures("session")
def test_weekly_digest_waits_for_its_day_and_a_new_choice_moves_it() -> None:
    with clock.frozen_at(NOON):
        person = collector(digest_every=Every.WEEK, digest_weekday=4)
        talk(person)
    with clock.frozen_at(NEXT):
        assert gather_digest(person) is None
        hours = Hours(zone="America/New_York", digest_minute=9 * 60)
        choose_notices(Choices(ways=REPLIES, hours=hours), by=person)
    with clock.frozen_at(NEXT + timedelta(hours=1)):
        assert gather_digest(person) is not None


@pytest.mark.usefixtures("session")
def test_digest_keeps_quiet_hours_and_says_nothing_of_what_one_no_longer_sees() -> None:
    with clock.frozen_at(NOON):
        person = collector(quiet_from=7 * 60, quiet_until=10 * 60)
        talk(person)
        hidden = db.session.get_one(operations.Ticket, talk(person))
        hidden.requester_id = make_user().id  # somebody else's now
    with clock.frozen_at(NEXT):
        digest = gather_digest(person)
    assert digest is not None
    assert len(lines_of(digest.id, person)) == 1
    assert lines_of(digest.id, make_user()) == []
    assert [row.next_try_at for row in digest_mails(person)] == [NEXT + timedelta(hours=2)]


@pytest.mark.usefixtures("session")
def test_digest_of_nothing_that_one_still_sees_is_not_sent() -> None:
    officer = make_user(Role.MANAGER)
    with clock.frozen_at(NOON):
        person = collector()
        choose_notices(Choices(ways={"filed.team": Way.DIGEST}), by=person)
        helper = make_helper()
        choose_notices(Choices(ways={"filed.team": Way.DIGEST}), by=helper)
        sharing.make_private(make_ticket(), by=officer)
    with clock.frozen_at(NEXT):
        digest = gather_digest(helper)
    assert digest is not None
    assert digest_mail(to_id=helper.id, digest_id=digest.id) is None


@pytest.mark.usefixtures("session")
def test_old_notices_are_forgotten_but_not_what_waits() -> None:
    with clock.frozen_at(NOON):
        told, waits = collector(), collector(digest_every=Every.WEEK)
        talk(told)
        talk(waits)
    with clock.frozen_at(NEXT):
        gather_digest(told)
    with clock.frozen_at(NOON + timedelta(days=100)):
        forget_old_notices()
    assert [row.user_id for row in db.session.scalars(select(Notice))] == [waits.id] * 2
    assert db.session.scalars(select(Digest)).all() == []


def test_nothing_is_lost_or_told_twice_when_the_process_is_killed(desk: Desk) -> None:
    with desk.work(), clock.frozen_at(NOON):
        people = [collector() for _ in range(6)]
        for person in people:
            talk(person)
    hit = sum(_killed_after(desk.app, statements) for statements in (1, 3, 5, 8, 9, 11, 14, 17, 21, 26))
    with desk.app.app_context(), clock.frozen_at(NEXT):
        send_digests()
        with transaction(writes=False):
            notices = db.session.scalars(select(Notice)).all()
            digests = {row.id: row.user_id for row in db.session.scalars(select(Digest))}
            asked = select(OutboxMessage.arguments).where(OutboxMessage.kind == "tickets.digest")
            mails = Counter(arguments["digest_id"] for arguments in db.session.scalars(asked))
    assert hit >= 5
    assert sorted(digests.values()) == sorted(person.id for person in people)
    assert [digests[row.digest_id or 0] for row in notices] == [row.user_id for row in notices]
    assert (len(notices), mails) == (12, Counter(dict.fromkeys(digests, 1)))


def _killed_after(app: AdminOps, statements: int) -> bool:
    """Let another process gather digests and die, as by a power cut, before its n-th statement; say whether it did."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    pid = os.fork()
    if pid == 0:
        left = [statements]

        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with app.app_context(), clock.frozen_at(NEXT):
                for name in ("before_cursor_execute", "commit"):
                    event.listen(db.engine, name, count)
                send_digests()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
