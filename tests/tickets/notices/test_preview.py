"""Who will get a message, shown before; and who got which mail, shown after."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db, savepoint
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import MessageState, OutboxMessage
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations, sharing
from tickets.models import Then, Ticket
from tickets.notices.mailed import mailed_from, posts
from tickets.notices.models import Notice
from tickets.notices.occasions import CELLS, Way
from tickets.notices.operations import Choices, Hours, choose_notices
from tickets.notices.preview import preview
from tickets.side import side_of

NIGHT = datetime(2026, 3, 3, 4, tzinfo=UTC)


def reached(ticket: Ticket, text: str, *, note: bool, then: Then, by: User) -> set[tuple[str, str]]:
    """Send a message, and return whom it told on which ways; everything is as before then."""

    class Undone(Exception):
        pass

    ways: dict[int, str] = {}
    try:
        with savepoint():
            before = db.session.scalars(select(OutboxMessage.id)).all(), db.session.scalars(select(Notice.id)).all()
            if note:
                operations.write_note(ticket, body=text, by=by)
            else:
                operations.reply(ticket, body=text, then=then, by=by)
            for row in db.session.scalars(select(Notice).where(Notice.id.not_in(before[1]))):
                ways[row.user_id] = "+".join(filter(None, ("app" * row.in_app, "digest" * (row.digest_at is not None))))
            for mail in db.session.scalars(select(OutboxMessage).where(OutboxMessage.id.not_in(before[0]))):
                ways[mail.recipient_id] = "+".join(filter(None, (ways.get(mail.recipient_id), "mail")))
            raise Undone
    except Undone:
        db.session.expire_all()
    return {(db.session.get_one(User, id_).name, Way(way).label) for id_, way in ways.items()}


@pytest.mark.usefixtures("session")
def test_preview_names_exactly_those_whom_the_sending_tells() -> None:
    dice, agency = random.Random(27), make_agency()
    team = [make_helper(name=f"Helper {number}", username=f"helper{number}") for number in range(4)]
    users = [make_user(Role.AGENCY_LEAD, agency=agency, name=f"Lead {number}") for number in range(3)]
    stranger = make_user(Role.AGENCY_LEAD, agency=make_agency(), name="Stranger")
    for person in (*team, *users, stranger):
        ways = {key: dice.choice(list(Way)) for key in CELLS if dice.random() < 0.5}
        choose_notices(Choices(ways=ways), by=person)
    told = 0
    for _ in range(12):
        ticket = make_ticket(dice.choice(users))
        operations.assign(ticket, dice.choice([None, *team]), by=team[0])
        sharing.add_participant(ticket, dice.choice([*team, *users]), by=team[0])
        writer, note = dice.choice(team), dice.random() < 0.4
        text = dice.choice(["We look into it.", "@helper1 @helper2, please look.", "@nobody is there"])
        then = Then.NOTHING if note else dice.choice([Then.NOTHING, Then.RESOLVE])
        seen = preview(ticket, text, note=note, resolves=then is Then.RESOLVE, by=writer)
        expected = {(each.name, each.way) for each in seen.people}
        assert len(expected) == len(seen.people)
        assert expected == reached(ticket, text, note=note, then=then, by=writer)
        told += len(expected)
    assert told > 12


@pytest.mark.usefixtures("session")
def test_preview_says_when_quiet_hours_let_a_mail_leave() -> None:
    helper, person = make_helper(), make_user()
    hours = Hours(zone="America/New_York", quiet_from=22 * 60, quiet_until=7 * 60)
    choose_notices(Choices(hours=hours), by=person)
    ticket = make_ticket(person)
    with clock.frozen_at(NIGHT):
        (each,) = preview(ticket, "Which?", note=False, by=helper).people
    assert each.mail_at == NIGHT + timedelta(hours=8)


@pytest.mark.usefixtures("session")
def test_mails_of_one_act_are_one_line_with_where_each_stands() -> None:
    helper, other, person = make_helper(name="Maya"), make_helper(name="Tomas"), make_user(name="Ben")
    ticket = make_ticket(person)
    operations.assign(ticket, other, by=helper)
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        operations.reply(ticket, body="Which?", by=helper)
    lines = posts(side_of(ticket, helper).mails)
    said = [(line.says, {mail.name for mail in line.mails}) for line in lines]
    assert said == [
        ("that the request has arrived", {"Ben"}),
        ("that it is theirs", {"Tomas"}),
        ("that there is a reply", {"Ben", "Tomas"}),
    ]
    assert abs(lines[0].at - clock.now()) < timedelta(minutes=1)
    assert side_of(ticket).mails == []  # no matter of the requester


def test_moments_are_read_as_either_database_writes_them() -> None:
    read = mailed_from(1, "Ben", "tickets.goal|sent|2026-03-03 04:05:06.789000|2026-03-02 23:05:06-05")
    assert (read.state, read.at.microsecond, read.leaves_at) == (
        MessageState.SENT,
        789000,
        datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC),
    )


def test_composer_says_who_will_get_it_and_the_timeline_who_got_it(desk: Desk) -> None:
    with desk.work():
        helper, person = make_helper(), make_user(name="Ben Turner")
        make_helper(name="Tomás Lindqvist", username="tomas")
        ticket = make_ticket(person)
    url, sent = f"/tickets/{ticket.id}", {"kind": "reply", "body": "@tomas will look.", "then": ""}
    visitor = desk.signed_in(helper)
    page = visitor.post(f"{url}/told", sent, status=200)
    for said in ("Ben Turner: in the app and by mail", "Tomás Lindqvist: in the app", "@tomas will look."):
        assert page.says(said), said
    note = {"kind": "note", "body": "", "csrf_token": visitor.form_token()}
    part = visitor.client.post(f"{url}/told", data=note, headers={"HX-Request": "true"})
    assert "Nobody is told of this team note" in part.text
    assert "<html" not in part.text
    desk.signed_in(person).post(f"{url}/told", sent, status=403)
    desk.signed_in(helper).post("/tickets/999/told", sent, status=404)
    with desk.work() as session:
        session.scalars(select(OutboxMessage)).one().state = MessageState.DEAD
    assert visitor.get(url).says("A mail that the request has arrived: Ben Turner (could not be sent)")
    assert not desk.signed_in(person).get(url).says("A mail that")
