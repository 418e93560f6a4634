"""The survey: who is asked and who never, the link, what counts, few answers, the comment and the guard."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.guard.models import PiiIncident
from adminops.guard.operations import HELD_BACK
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.privacy.jobs import scan_some
from tests.browsing import Desk
from tests.conftest import settings_for
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations
from tickets.insights.tallies import FEW, Tally
from tickets.language import Wrong, parse
from tickets.merging import merge
from tickets.models import Rating, Ticket
from tickets.queries import TicketFilter, View, list_tickets
from tickets.sharing import make_private
from tickets.survey import refs
from tickets.survey.jobs import send_due_surveys
from tickets.survey.models import TicketSurvey
from tickets.survey.operations import answer_survey, plan_survey, refuse_surveys, welcome_surveys
from tickets.survey.queries import redeem, survey_of
from tickets.survey.tokens import token_of

on_both = pytest.mark.usefixtures("session")
DAY = timedelta(days=1)


def resolved(user: User | None = None, **over: Any) -> Ticket:
    """File a ticket and have it resolved."""
    ticket = make_ticket(user, **over)
    operations.resolve(ticket, by=make_helper())
    return ticket


def asked(ticket: Ticket) -> TicketSurvey:
    """Let the survey of a resolved ticket be sent, as the job does a day and a half later."""
    with clock.frozen_at(clock.now() + 1.5 * DAY):
        send_due_surveys()
    survey = survey_of(ticket.id)
    assert survey is not None
    return survey


def mails() -> list[int | None]:
    """Return who was asked."""
    return list(db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "tickets.survey")))


@on_both
def test_requester_is_asked_once_a_day_after() -> None:
    ticket = resolved()
    send_due_surveys()
    assert mails() == []
    survey = asked(ticket)
    assert mails() == [ticket.requester_id]
    mail = refs.asked(to_id=ticket.requester_id, ticket_id=ticket.id, survey_id=survey.id)
    assert mail is not None
    assert mail.link == f"/survey/{survey.id}/{token_of(survey)}"
    assert ticket.subject not in f"{mail.subject} {mail.values}"
    operations.reopen(ticket, by=ticket.requester)
    assert refs.asked(to_id=ticket.requester_id, ticket_id=ticket.id, survey_id=survey.id) is None
    operations.resolve(ticket, by=make_helper())
    asked(ticket)
    assert len(mails()) == 1


@on_both
def test_some_are_never_asked() -> None:
    helper, lead, _ = make_helper(), make_user(Role.AGENCY_LEAD), make_user(Role.MANAGER)
    private, target, unwilling = make_ticket(), make_ticket(), make_user()
    make_private(private, by=helper)
    operations.resolve(private, by=helper)
    merged = make_ticket(target.requester, agency=target.agency)
    merge(merged, into=target, by=helper)
    refuse_surveys(by=unwilling)
    refuse_surveys(by=unwilling)
    tickets = [private, merged, resolved(helper), resolved(unwilling)]
    assert [survey_of(ticket.id) for ticket in tickets] == [None] * 4
    welcome_surveys(by=unwilling)
    assert survey_of(resolved(unwilling).id) is not None
    refuse_surveys(by=unwilling)
    changes = [resolved(lead) for _ in range(2)]
    operations.reopen(changes[0], by=lead)
    make_private(changes[1], by=helper)
    with clock.frozen_at(clock.now() + 2 * DAY):
        send_due_surveys()
    assert [survey_of(ticket.id) for ticket in changes] == [None, None]
    assert mails() == []


def test_share_of_the_settings_says_how_many(app: AdminOps, monkeypatch: pytest.MonkeyPatch) -> None:
    home = app.extensions["settings"].home
    for percent, planned in ((0, False), (100, True)):
        settings = settings_for(home, survey_percent=percent, database_url=app.extensions["settings"].database_url)
        monkeypatch.setitem(app.extensions, "settings", settings)
        with Desk(app).work():
            assert (survey_of(resolved().id) is not None) is planned


@on_both
def test_link_is_good_for_its_ticket_alone_and_until_it_expires() -> None:
    ticket, other = resolved(), resolved()
    early = survey_of(ticket.id)
    assert early is not None
    with pytest.raises(NotFound):
        redeem(early.id, token_of(early))
    survey, another = asked(ticket), asked(other)
    assert redeem(survey.id, token_of(survey)) is survey
    for wrong in (token_of(another), token_of(survey)[:-1], token_of(survey) + "a", "", "ü"):
        with pytest.raises(NotFound):
            redeem(survey.id, wrong)
    with clock.frozen_at(clock.now() + 20 * DAY), pytest.raises(NotFound):
        redeem(survey.id, token_of(survey))
    another.person.may_sign_in = False
    with pytest.raises(NotFound):
        redeem(another.id, token_of(another))
    make_user(Role.MANAGER)
    make_private(ticket, by=make_helper())
    with pytest.raises(NotFound):
        redeem(survey.id, token_of(survey))


@on_both
def test_answer_is_kept_on_the_ticket_and_can_be_changed() -> None:
    ticket = resolved()
    survey, before = asked(ticket), ticket.updated_at
    answer_survey(survey, rating=Rating.BAD, comment="It took long.", by=ticket.requester)
    answer_survey(survey, rating=Rating.GOOD, by=ticket.requester)
    assert (ticket.rating, survey.comment, ticket.updated_at) == (Rating.GOOD, "", before)
    helper, lead = make_helper(), make_user(Role.AGENCY_LEAD, agency=ticket.agency)
    query = TicketFilter(view=View.ALL, query=parse("rated:good"))
    assert [row.id for row in list_tickets(query, helper).rows] == [ticket.id]
    with pytest.raises(Wrong):
        list_tickets(query, lead)


@on_both
def test_comment_passes_the_guard_or_goes_to_the_redactors() -> None:
    ticket = resolved()
    survey = asked(ticket)
    with pytest.raises(Invalid) as refusal:
        answer_survey(survey, rating=Rating.GOOD, comment="For SSN 219-09-9999", by=ticket.requester)
    assert (refusal.value.field, ticket.rating) == ("comment", None)
    with pytest.raises(Invalid):
        answer_survey(survey, rating=Rating.GOOD, comment="a" * 2_001, by=ticket.requester)
    said = "For SSN 219-09-9999"
    answer_survey(survey, rating=Rating.GOOD, comment=said, to_redactors=True, by=ticket.requester)
    assert survey.comment == HELD_BACK
    survey.comment = said
    db.session.flush()
    other = asked(resolved())
    other.comment = said
    db.session.flush()
    scan_some(refs.COMMENTS)
    assert other.comment == HELD_BACK
    assert len(db.session.scalars(select(PiiIncident)).all()) == 2


def test_share_of_few_answers_is_not_shown() -> None:
    tally = Tally()
    for number in range(FEW):
        assert tally.good_share is None, number
        tally.resolve_one(took=None, met=None, rating="fair" if number else "good")
    assert (tally.rated, tally.good_share) == (FEW, 20)


def test_only_the_button_of_the_page_counts(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        user, helper, lead = make_user(agency=agency), make_helper(), make_user(Role.AGENCY_LEAD, agency=agency)
        ticket = resolved(user, subject="Printer is cut off")
        survey = asked(ticket)
        url = f"/survey/{survey.id}/{token_of(survey)}"
        for _ in range(FEW):
            resolved(user).rating = Rating.FAIR
    stranger = desk.visitor()
    page = stranger.get(url)
    assert page.heading == f"How did we do with #{ticket.id}?"
    assert not page.says("Printer is cut off")
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    stranger.client.head(url)
    stranger.post(url, {"rating": "good"}, status=400, token=False)
    assert stranger.post(url, status=422).says("Choose one of the three")
    assert stranger.post(url, {"rating": "best"}, status=422).says("Choose one")
    assert stranger.post(url, {"rating": "good", "comment": "SSN 219-09-9999"}, status=422).says("What should not be")
    with desk.look() as session:
        assert session.get_one(Ticket, ticket.id).rating is None
    assert stranger.post(url, {"rating": "good", "comment": "Fast."}, follow=True).says("Thank you")
    team = desk.signed_in(helper)
    assert team.get(f"/tickets/{ticket.id}").says("Well: I got what I needed Fast.")
    assert not desk.signed_in(lead).get(f"/tickets/{ticket.id}").says("Fast.")
    numbers = team.get("/insights?by=agency&period=30d")
    assert numbers.says("Content 16%")
    assert team.get(numbers.link("Content")).says(f"{FEW + 1} tickets")
    assert not re.search(r"rated(%3A|:)", desk.signed_in(lead).get("/insights").html)
    assert stranger.post(f"{url}/no-more", follow=True).says("You are not asked any more")
    assert stranger.get(url[:-1], status=404).says("no longer works")
    stranger.post(f"{url[:-1]}/no-more", status=404)
    person = desk.signed_in(user)
    assert person.get("/me").says("You are not asked how your requests went")
    assert person.post("/survey/wish", follow=True).says("You are asked again now and then")
    person.post("/survey/wish")
    with desk.look():
        assert plan_survey(db.session.get_one(Ticket, ticket.id)) is None
