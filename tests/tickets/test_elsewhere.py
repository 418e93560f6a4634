"""Tickets outside their own pages: mails, links, hits of the search, a card, the demo."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.demo.cast import Cast
from adminops.guard.models import PiiIncident
from adminops.identity.models import ApiToken, User
from adminops.identity.permissions import Role
from adminops.outbox.letters import Letter, compose
from adminops.outbox.models import OutboxMessage
from adminops.pii import find_pii
from adminops.refs import Ref
from adminops.web.navigation import registry
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import emails, operations, refs, scenes
from tickets.catalogue import plain, shown_answers, title_of
from tickets.checklist.models import TicketStep
from tickets.demo import fill
from tickets.mail.models import IncomingMail, MailState
from tickets.models import Ticket, TicketMessage, TicketState
from tickets.scenes import SCENES
from tickets.webhooks.models import CallState, Webhook, WebhookCall

WORDS = "A very telling subject"


# Mails


def letters(app: AdminOps, to: User) -> list[Letter]:
    """Return the mails to a person as they would be sent now, in the order in which they were written."""
    written = []
    theirs = select(OutboxMessage).where(OutboxMessage.recipient_id == to.id).order_by(OutboxMessage.id)
    for message in db.session.scalars(theirs):
        mail = app.extensions["mails"].write(message.kind, to.id, message.arguments)
        if mail is not None:
            written.append(compose(mail, message, to=to, settings=app.extensions["settings"]))
    return written


def test_mails_hold_a_number_and_a_link_and_no_word_of_the_ticket(app: AdminOps, session: Session) -> None:
    person, helper, colleague = make_user(), make_helper(), make_helper()
    ticket = make_ticket(person, subject=WORDS, body="A very telling text")
    operations.assign(ticket, colleague, by=helper)
    operations.reply(ticket, body="A very telling answer", by=helper)
    operations.reply(ticket, body="A very telling reply", by=person)
    operations.resolve(ticket, by=helper)
    with app.test_request_context():
        sent = [*letters(app, person), *letters(app, colleague)]
    assert [letter.subject for letter in sent] == [
        f"We have your request #{ticket.id}",
        f"There is a reply on request #{ticket.id}",
        f"Your request #{ticket.id} is resolved",
        f"There is a reply on request #{ticket.id}",
        f"There is a reply on request #{ticket.id}",
        f"Request #{ticket.id} is resolved",
    ]
    for letter in sent:
        assert f"/tickets/{ticket.id}" in letter.text
        assert "telling" not in letter.text + letter.html + letter.subject


def test_mail_that_has_become_needless_is_not_sent(session: Session) -> None:
    person, helper = make_user(), make_helper()
    ticket = make_ticket(person)
    operations.assign(ticket, helper, by=make_helper())
    assert emails.assigned(to_id=helper.id, ticket_id=ticket.id)
    operations.assign(ticket, None, by=helper)
    assert emails.assigned(to_id=helper.id, ticket_id=ticket.id) is None
    operations.resolve(ticket, by=helper)
    assert emails.resolved(to_id=person.id, ticket_id=ticket.id, round=0)
    operations.reopen(ticket, by=person)
    assert emails.resolved(to_id=person.id, ticket_id=ticket.id, round=0) is None
    operations.resolve(ticket, by=helper)
    assert emails.resolved(to_id=person.id, ticket_id=ticket.id, round=0) is None
    assert emails.resolved(to_id=person.id, ticket_id=ticket.id, round=1)


def test_mail_to_who_may_not_see_the_ticket_any_more_is_not_sent(session: Session) -> None:
    ticket, stranger = make_ticket(), make_user()
    assert emails.filed(to_id=stranger.id, ticket_id=ticket.id) is None
    assert emails.replied(to_id=4711, ticket_id=ticket.id, message_id=1) is None
    assert emails.filed(to_id=ticket.requester_id, ticket_id=4711) is None
    assert emails.assigned(to_id=stranger.id, ticket_id=4711) is None


# Links, hits, cards


def test_ticket_is_linked_and_found_by_who_may_see_it(app: AdminOps, session: Session) -> None:
    person, stranger = make_user(), make_user()
    ticket = make_ticket(person, subject=WORDS)
    with app.test_request_context():
        links = refs.resolve([str(ticket.id), "4711", "many", "9" * 40], person)
        assert links[str(ticket.id)].title == f"#{ticket.id} {WORDS}"
        assert links[str(ticket.id)].url == f"/tickets/{ticket.id}"
        assert list(links) == [str(ticket.id)]
        assert refs.resolve([str(ticket.id)], stranger) == {}
        assert [hit.ref for hit in refs.find("telling", person, 5)] == [ticket.ref]
        assert refs.find("telling", stranger, 5) == []
        everything = make_user(Role.SYSTEM_ADMIN)
        for provider in (each for feature in registry().features for each in feature.refs):
            assert provider.resolve(["9" * 40, "9" * 5000, "²", "x"], everything) == {}, provider.kind


def test_card_of_a_person_shows_the_open_tickets_the_viewer_may_see(app: AdminOps, session: Session) -> None:
    person = make_user()
    lead = make_user(Role.AGENCY_LEAD, agency=person.agency)
    ref = Ref.to("user", person.id)
    with app.test_request_context():
        assert refs.open_requests(ref, lead) is None
        ticket = make_ticket(person, subject="<b>Telling</b>")
        card = refs.open_requests(ref, lead)
        assert card is not None
        assert "&lt;b&gt;Telling" in card
        assert refs.open_requests(ref, make_user(Role.AGENCY_LEAD)) is None
        operations.resolve(ticket, by=person)
        assert refs.open_requests(ref, lead) is None


def test_figures_and_what_presses_are_for_the_desk(app: AdminOps, session: Session) -> None:
    helper, board = make_helper(), make_user(Role.VIEWER)
    monday = datetime(2026, 11, 9, 14, tzinfo=UTC)
    with clock.frozen_at(monday):
        make_ticket(kind=make_kind(target_hours=2), subject="Past its goal")
        make_ticket(kind=make_kind(target_hours=6))
        make_ticket(kind=make_kind(target_hours=40))
        operations.resolve(make_ticket(), by=helper)
    with clock.frozen_at(monday - timedelta(days=9)):
        operations.resolve(make_ticket(), by=helper)
    with clock.frozen_at(monday + timedelta(hours=4)), app.test_request_context():
        figures = {figure.label: (figure.value, figure.note, figure.tone) for figure in refs.figures(helper)}
        assert figures == {
            "Open tickets": (3, "3 with nobody yet", "plain"),
            "Past goal": (1, "1 more due soon", "bad"),
            "Resolved in 7 days": (1, "1 in the 7 days before", "plain"),
        }
        card = refs.attention(Ref("dashboard", "today"), helper)
        assert card is not None
        assert card.count("<li") == 2
        assert "2 h late" in card
        for outsider in (board, make_user(Role.AGENCY_LEAD)):
            assert refs.figures(outsider) == []
            assert refs.attention(Ref("dashboard", "today"), outsider) is None


# Answers


def test_answers_are_shown_with_their_labels_and_choices(app: AdminOps, session: Session) -> None:
    locked_out = next(
        kind
        for feature in app.extensions["features"].features
        for kind in feature.request_types
        if kind.key == "locked_out"
    )
    with app.test_request_context():
        shown = dict(shown_answers(locked_out, {"screen": "locked", "username": "", "old_question": ["a", "b"]}))
        assert shown == {"What did the screen say?": "The account is locked", "Old question": "a, b"}
        assert shown_answers(None, {"sure": True, "empty": None}) == [("Sure", "Yes")]
        assert shown_answers(make_kind(), {}) == []


def test_answers_are_kept_as_plain_json() -> None:
    assert plain(datetime(2026, 11, 9, tzinfo=UTC).date()) == "2026-11-09"
    assert plain([{"on": datetime(2026, 11, 9, tzinfo=UTC)}, 3, None]) == [{"on": "2026-11-09T00:00:00+00:00"}, 3, None]


def test_type_that_nobody_offers_any_more_keeps_a_readable_name(app: AdminOps, session: Session) -> None:
    features = app.extensions["features"].features
    assert title_of("wrong_number", features) == "A number looks wrong"
    assert title_of("long_gone", features) == "Long gone"


# The demo


def cast_of(seed: int) -> Cast:
    """Return a small cast on an empty database."""
    agencies = [make_agency(), make_agency()]
    cast = Cast(seed=seed, now=clock.now(), source_id=1, agencies=agencies, people={})
    for name, role in (("maya", Role.SYSTEM_ADMIN), ("tomas", Role.HELP_DESK), ("grace", Role.HELP_DESK)):
        cast.people[name] = make_helper(role, username=name)
    cast.people["ruth"] = make_helper(Role.TRAINER, username="ruth")
    for agency in agencies:
        cast.leads[agency.id] = make_user(Role.AGENCY_LEAD, agency=agency)
        cast.staff[agency.id] = [make_user(agency=agency) for _ in range(2)]
    return cast


def summary() -> list[tuple[str, str, str]]:
    """Return what tells one demo from another."""
    chosen = select(Ticket.subject, Ticket.state, Ticket.request_type).order_by(Ticket.id)
    return [(subject, state.value, kind) for subject, state, kind in db.session.execute(chosen)]


def test_demo_is_worked_on_by_the_rules_lies_in_the_past_and_speaks_in_all_voices(session: Session) -> None:
    cast = cast_of(seed=7)
    fill(cast, tickets=60)
    states = dict(db.session.execute(select(Ticket.state, func.count()).group_by(Ticket.state)).all())
    assert sum(states.values()) == 60
    assert states[TicketState.CLOSED] > states.get(TicketState.RESOLVED, 0) > 0
    first, last = db.session.execute(select(func.min(Ticket.filed_at), func.max(Ticket.updated_at))).one()
    assert cast.now - timedelta(days=91) <= first <= last <= cast.now
    audited = select(func.count(AuditEntry.id)).where(AuditEntry.fact == "TicketFiled")
    assert db.session.scalar(audited) == 60
    voices = set(db.session.scalars(select(TicketMessage.voice)))
    assert {voice.value for voice in voices} == {"requester", "team", "note"}
    incidents = session.scalars(select(PiiIncident).order_by(PiiIncident.id)).all()  # texts that wait for a redactor
    assert [incident.found_kinds for incident in incidents] == [["ssn"], ["birth_date", "name"]]


def test_same_seed_makes_the_same_demo(session: Session) -> None:
    demos = []
    with clock.frozen_at(datetime(2026, 11, 9, 15, tzinfo=UTC)):
        for _ in range(2):
            with db.session.begin_nested() as nested:
                fill(cast_of(seed=7), tickets=12)
                demos.append(summary())
                nested.rollback()
    assert demos[0] == demos[1]
    assert len(demos[0]) == 12


def test_demo_texts_hold_no_personal_data_and_fill_their_gaps() -> None:
    words = {
        "client": 48213,
        "other": 51907,
        "count": 12,
        "first_name": "Ben",
        "username": "ben",
        "program": scenes.PROGRAMS[0],
        "report": scenes.REPORTS[0],
        "month": scenes.MONTHS[0],
        "day": scenes.DAYS[0],
        "colleague": scenes.COLLEAGUES[0],
    }
    for kind in SCENES.values():
        for scene in kind:
            texts = (scene.subject, scene.body, scene.answer, scene.question, scene.reply, scene.note)
            for text in (*texts, *scene.answers.values()):
                assert "{" not in text.format(**words)
                assert find_pii(text.format(**words)) == []
            assert bool(scene.question) == bool(scene.reply)


def test_demo_shows_what_came_by_mail_and_which_programs_take_part(session: Session) -> None:
    cast = cast_of(seed=7)
    cast.people["ben"] = make_user(agency=cast.agencies[0], username="ben", email="ben@example.org")
    cast.people["alicia"] = make_user(agency=cast.agencies[0], username="alicia", email="alicia@example.org")
    fill(cast, tickets=20)
    states = dict(session.execute(select(IncomingMail.state, func.count()).group_by(IncomingMail.state)).all())
    assert states == {MailState.FILED: 5, MailState.HELD: 2, MailState.IGNORED: 1, MailState.FAILED: 1}
    assert session.scalar(select(func.count(ApiToken.id))) == 3
    assert session.scalar(select(func.count(TicketStep.id))) > 0
    for table in (Webhook, WebhookCall):
        assert session.scalar(select(func.count(table.id))) > 1
    assert not session.scalar(select(func.count(WebhookCall.id)).where(WebhookCall.state == CallState.PENDING))
