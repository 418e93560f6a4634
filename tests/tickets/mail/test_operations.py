"""Mail that comes: kept first, then read once; nothing is lost, doubled or answered by mistake."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.guard.models import PiiIncident
from adminops.guard.operations import HELD_BACK
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from adminops.outbox.letters import earlier_message_id, thread_id
from adminops.outbox.models import OutboxMessage
from adminops.outbox.signed_ids import Marked
from adminops.settings import current_settings
from tests.make import make_admin, make_user
from tests.make_mails import bounce, id_of_mail_about, raw_mail, take_in
from tests.make_tickets import make_helper, make_ticket
from tickets.emails import filed
from tickets.mail.brakes import BRAKES
from tickets.mail.filing import MOST_NEW
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.operations import file_for, open_mail, raw_of, read_again, receive, set_aside, sort_mail
from tickets.merging import merge
from tickets.models import Channel, Then, Ticket, TicketEntry, TicketMessage, TicketState, Voice
from tickets.operations import assign, close, reply, resolve
from tickets.silence.queries import attempts_on

S = MailState


def counted(model: type) -> int:
    """Count the rows of a table."""
    return db.session.scalars(select(func.count()).select_from(model)).one()


def answer(ticket: Ticket, to: User, **over: str) -> bytes:
    """Return a mail in which `to` answers the first mail about `ticket` that went to them."""
    headers = {"In-Reply-To": id_of_mail_about(ticket, to)}
    return raw_mail(to.email, "Re: your request", "Here it is.", headers=headers, mail_id=over.get("mail_id", "r@x"))


# Kept


def test_mail_is_kept_as_it_is_and_sealed(session: Session) -> None:
    raw = raw_mail(text="Maria\x00 \xff".encode().decode("latin-1"))
    mail = receive(raw, by=SYSTEM)
    assert raw_of(mail) == raw
    assert b"Maria" not in mail.sealed
    assert (mail.state, mail.size) == (S.WAITING, len(raw))


def test_same_mail_again_is_kept_once(session: Session) -> None:
    raw = raw_mail()
    assert receive(raw, by=SYSTEM).id == receive(raw.replace(b"\r\n", b"\n"), by=SYSTEM).id
    assert receive(raw_mail(mail_id=""), by=SYSTEM).id == receive(raw_mail(mail_id=""), by=SYSTEM).id
    assert counted(IncomingMail) == 2


def test_another_mail_under_a_known_id_is_kept_for_somebodys_word(session: Session) -> None:
    receive(raw_mail(), by=SYSTEM)
    other = raw_mail(text="Something else altogether")
    kept = receive(other, by=SYSTEM)
    assert kept.state is S.HELD
    assert receive(other, by=SYSTEM).id == kept.id
    assert counted(IncomingMail) == 2


@pytest.mark.parametrize("raw", [b"", b"\r\n \n"])
def test_nothing_is_no_mail(session: Session, raw: bytes) -> None:
    with pytest.raises(Invalid, match="nothing came in"):
        receive(raw, by=SYSTEM)


# Whose it is


def test_mail_of_somebody_known_is_a_request_of_theirs(session: Session) -> None:
    ben = make_user()
    mail = take_in(raw_mail(ben.email.upper()))
    ticket = db.session.get_one(Ticket, mail.ticket_id)
    assert (ticket.requester_id, ticket.channel, ticket.subject) == (ben.id, Channel.MAIL, "Report stops")
    assert mail.state is S.FILED
    with pytest.raises(InvalidState):
        sort_mail(mail, by=SYSTEM)


def test_mail_of_a_stranger_waits_and_is_filed_for_whom_a_redactor_names(session: Session) -> None:
    mail, ben, redactor = take_in(raw_mail("stranger@example.com")), make_user(), make_admin()
    assert (mail.state, counted(Ticket)) == (S.HELD, 0)
    with pytest.raises(NotAllowed):
        file_for(mail, ben, by=make_helper(Role.TRAINER))
    file_for(mail, ben, by=redactor)
    assert db.session.get_one(Ticket, mail.ticket_id).requester_id == ben.id
    with pytest.raises(InvalidState):
        file_for(mail, ben, by=redactor)
    assert counted(Ticket) == 1


def test_mail_from_a_closed_account_or_an_address_of_two_waits(session: Session) -> None:
    gone = make_user(may_sign_in=False)
    assert take_in(raw_mail(gone.email, mail_id="1@x")).why == "The account is not active."
    make_user(email="both@example.org"), make_user(email="Both@example.org")
    assert take_in(raw_mail("both@example.org", mail_id="2@x")).state is S.HELD


def test_flood_of_one_sender_waits(session: Session) -> None:
    ben = make_user()
    states = [take_in(raw_mail(ben.email, mail_id=f"{n}@x")).state for n in range(MOST_NEW + 1)]
    assert states == [S.FILED] * MOST_NEW + [S.HELD]


def test_what_names_a_client_is_held_back(session: Session) -> None:
    ben = make_user()
    mail = take_in(raw_mail(ben.email, "SSN 219-09-9998", "Her SSN is 219-09-9998."))
    ticket = db.session.get_one(Ticket, mail.ticket_id)
    assert ticket.subject == HELD_BACK[:200]
    assert db.session.scalars(select(TicketMessage.body)).one() == HELD_BACK
    assert counted(PiiIncident) == 1


# Where it belongs


def test_answer_to_a_signed_mail_is_a_message_and_reopens(session: Session) -> None:
    ticket, helper = make_ticket(), make_helper()
    reply(ticket, body="What do you see?", then=Then.WAIT, by=helper)
    mail = take_in(answer(ticket, ticket.requester))
    assert (mail.ticket_id, ticket.state) == (ticket.id, TicketState.OPEN)
    last = db.session.scalars(select(TicketMessage).order_by(TicketMessage.id.desc())).first()
    assert last is not None
    assert (last.body, last.voice, last.author_id) == ("Here it is.", Voice.REQUESTER, ticket.requester_id)
    assert counted(Ticket) == 1


def test_answer_to_a_request_that_was_merged_goes_to_where_that_goes_on(session: Session) -> None:
    helper, person = make_helper(), make_user()
    ticket, target = make_ticket(person), make_ticket(make_user(agency=person.agency))
    merge(ticket, into=target, by=helper)
    mail = take_in(answer(ticket, person))
    assert (mail.state, mail.ticket_id) == (S.FILED, target.id)
    last = db.session.scalars(select(TicketMessage).order_by(TicketMessage.id.desc())).first()
    assert last is not None
    assert (last.body, last.ticket_id) == ("Here it is.", target.id)


def test_id_of_the_thread_is_enough_when_a_server_rewrote_the_other(session: Session) -> None:
    ticket = make_ticket()
    sent = db.session.scalars(select(OutboxMessage)).first()
    assert sent is not None
    headers = {"In-Reply-To": "<rewritten@mx>", "References": thread_id(sent, current_settings())}
    assert take_in(raw_mail(ticket.requester.email, "Re", headers=headers)).ticket_id == ticket.id


def test_forged_id_leads_nowhere(session: Session) -> None:
    ticket = make_ticket()
    real = id_of_mail_about(ticket, ticket.requester).strip("<>")
    assert Marked.read(real) is not None
    for forged in (real.replace(".t", ".t1"), real[:8] + "0" * 40 + "@x", f"a1.t{ticket.id}.u1.{'0' * 40}@example.org"):
        assert Marked.read(forged) is None
    stranger = make_user()
    headers = {"In-Reply-To": f"<a1.t{ticket.id}.u{stranger.id}.{'0' * 40}@example.org>"}
    assert take_in(raw_mail(stranger.email, headers=headers)).ticket_id != ticket.id


def test_answers_to_mails_sent_before_ids_were_signed_still_arrive(session: Session) -> None:
    ticket = make_ticket()
    sent = db.session.scalars(select(OutboxMessage)).first()
    assert sent is not None
    headers = {"In-Reply-To": f"<{earlier_message_id(sent)}@example.org>"}
    assert take_in(raw_mail(ticket.requester.email, headers=headers)).ticket_id == ticket.id


def test_answer_to_a_mail_that_became_a_request_belongs_to_it(session: Session) -> None:
    ben = make_user()
    first = take_in(raw_mail(ben.email, mail_id="first@x"))
    second = take_in(raw_mail(ben.email, "Re", headers={"References": "<first@x>"}, mail_id="second@x"))
    assert second.ticket_id == first.ticket_id


def test_number_in_the_subject_counts_for_who_takes_part_only(session: Session) -> None:
    ticket, stranger, helper = make_ticket(), make_user(), make_helper()
    subject = f"Re: There is a reply on request #{ticket.id}"
    assert take_in(raw_mail(ticket.requester.email, subject, mail_id="1@x")).ticket_id == ticket.id
    assert take_in(raw_mail(stranger.email, subject, mail_id="2@x")).ticket_id != ticket.id
    assert take_in(raw_mail(helper.email, subject, mail_id="3@x")).ticket_id != ticket.id


def test_mail_passed_on_to_somebody_else_waits(session: Session) -> None:
    ticket, colleague = make_ticket(), make_user()
    headers = {"In-Reply-To": id_of_mail_about(ticket, ticket.requester)}
    mail = take_in(raw_mail(colleague.email, headers=headers))
    assert (mail.state, mail.ticket_id) == (S.HELD, None)


def test_team_is_believed_only_in_answer_to_a_mail_of_its_own(session: Session) -> None:
    ticket, helper = make_ticket(), make_helper()
    headers = {"In-Reply-To": id_of_mail_about(ticket, ticket.requester)}
    assert take_in(raw_mail(helper.email, headers=headers, mail_id="1@x")).state is S.HELD
    assign(ticket, helper, by=make_helper())
    assert take_in(answer(ticket, helper, mail_id="2@x")).state is S.FILED
    assert db.session.scalars(select(TicketMessage.voice).order_by(TicketMessage.id.desc())).first() is Voice.TEAM


def test_answer_to_a_closed_request_is_a_new_one(session: Session) -> None:
    ticket, helper = make_ticket(), make_helper()
    resolve(ticket, by=helper)
    close(ticket, by=helper)
    with clock.frozen_at(clock.now() + timedelta(days=15)):  # until then an answer brings it back
        mail = take_in(answer(ticket, ticket.requester))
    assert mail.ticket_id not in (None, ticket.id)
    body = db.session.scalars(select(TicketMessage.body).where(TicketMessage.ticket_id == mail.ticket_id)).one()
    assert body.startswith(f"(This answers request #{ticket.id}, which is closed.)")


# Machines


def test_out_of_office_reply_goes_into_the_ticket_and_moves_nothing(session: Session) -> None:
    ticket, helper = make_ticket(), make_helper()
    reply(ticket, body="What do you see?", then=Then.WAIT, by=helper)
    mails = counted(OutboxMessage)
    raw = answer(ticket, ticket.requester).replace(b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:")
    assert take_in(raw).ticket_id == ticket.id
    assert (ticket.state, counted(OutboxMessage)) == (TicketState.WAITING, mails)
    assert "Here it is." in db.session.scalars(select(TicketMessage.body)).all()
    assert len(attempts_on(ticket.id)) == 1, "the requester has still not been heard"
    assert any("automatic mail" in line for line in db.session.scalars(select(TicketEntry.sentence)))


def test_robot_out_of_the_blue_is_ignored_and_kept(session: Session) -> None:
    ben = make_user()
    mail = take_in(raw_mail(ben.email, headers={"List-Id": "<x>"}))
    assert (mail.state, counted(Ticket), counted(OutboxMessage)) == (S.IGNORED, 0, 0)
    assert mail.why == "It comes from a list or an automatic reply."
    file_for(mail, ben, by=make_admin())
    assert counted(Ticket) == 1


def test_own_mail_that_comes_back_starts_no_loop(session: Session) -> None:
    ticket = make_ticket()
    mails = counted(OutboxMessage)
    mail = take_in(raw_mail(ticket.requester.email, mail_id=id_of_mail_about(ticket, ticket.requester).strip("<>")))
    assert (mail.state, counted(Ticket), counted(OutboxMessage)) == (S.IGNORED, 1, mails)


def test_bounce_is_noted_and_stops_mails_to_that_address_for_sixty_days(session: Session) -> None:
    ticket = make_ticket()
    ben = ticket.requester
    assert filed(to_id=ben.id, ticket_id=ticket.id) is not None
    mail = take_in(bounce(id_of_mail_about(ticket, ben)))
    assert (mail.state, mail.ticket_id) == (S.FILED, ticket.id)
    assert any("(5.1.1)" in line for line in db.session.scalars(select(TicketEntry.sentence)))
    assert filed(to_id=ben.id, ticket_id=ticket.id) is None
    with clock.frozen_at(clock.now() + timedelta(days=61)):
        assert filed(to_id=ben.id, ticket_id=ticket.id) is not None
    ben.email = "new@example.org"
    assert filed(to_id=ben.id, ticket_id=ticket.id) is not None


def test_delay_or_forged_bounce_stops_nothing(session: Session) -> None:
    ticket = make_ticket()
    take_in(bounce(id_of_mail_about(ticket, ticket.requester), status="4.2.2"))
    assert take_in(bounce("<a1.t1.u1.00@example.org>")).state is S.IGNORED
    assert filed(to_id=ticket.requester_id, ticket_id=ticket.id) is not None


@pytest.mark.parametrize(("within", "most"), BRAKES)
def test_mails_about_one_ticket_have_a_limit(session: Session, within: timedelta, most: int) -> None:
    ticket = make_ticket()
    ben, now = ticket.requester, clock.now()
    for number in range(most):
        ids = {"ticket_id": ticket.id, "message_id": number}
        sent = now - within + timedelta(seconds=1)
        row = OutboxMessage(key=f"k{number}", kind="tickets.replied", arguments=ids, recipient_id=ben.id, sent_at=sent)
        row.ticket_id = ticket.id
        db.session.add(row)
    db.session.flush()
    assert filed(to_id=ben.id, ticket_id=ticket.id) is None
    assert filed(to_id=ben.id, ticket_id=make_ticket(ben).id) is not None


# Decisions


def test_ignored_mail_is_read_again_and_held_one_set_aside(session: Session) -> None:
    helper = make_helper()
    mail = take_in(raw_mail("new@example.org"))
    with pytest.raises(NotAllowed):
        set_aside(mail, by=make_user())
    set_aside(mail, by=helper)
    make_user(email="new@example.org")
    read_again(mail, by=helper)
    sort_mail(mail, by=SYSTEM)
    assert mail.state is S.FILED
    with pytest.raises(InvalidState):
        set_aside(mail, by=helper)


def test_words_of_a_mail_are_for_redactors_and_on_the_record(session: Session) -> None:
    mail = take_in(raw_mail("new@example.org"))
    with pytest.raises(NotAllowed):
        open_mail(mail, by=make_helper(Role.TRAINER))
    assert open_mail(mail, by=make_admin()).text == "It ends in the middle."
    assert "MailOpened" in db.session.scalars(select(AuditEntry.fact)).all()
