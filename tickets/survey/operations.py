"""The verbs of surveys: plan one, send it, answer it, refuse to be asked."""

import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Invalid
from adminops.facts import SurveyAnswered, SurveySent, SurveysRefused, SurveysWelcome, publish
from adminops.guard.looking import check, look_at
from adminops.guard.operations import HELD_BACK, hold
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings
from tickets.models import OPEN_STATES, Rating, Ticket
from tickets.operations import lock
from tickets.policies import is_team
from tickets.survey.models import SurveyRefusal, TicketSurvey
from tickets.survey.queries import has_refused, survey_of

LONGEST = 2_000
STRIDE = 37
"""Of a hundred tickets in a row this chooses exactly the share that is asked, spread evenly."""


def plan_survey(ticket: Ticket) -> TicketSurvey | None:
    """Note that the requester of `ticket`, just resolved, is to be asked; None when they are not.

    Never asked: about private tickets (incidents) and tickets that are part of another one, the team itself, who does
    not want to be, who was asked about this ticket, and all but the share that the settings say.
    """
    settings = current_settings()
    is_chosen = ticket.id * STRIDE % 100 < settings.survey_percent
    if not is_chosen or not _may_ask(ticket) or survey_of(ticket.id) is not None:
        return None
    if has_refused(ticket.requester_id):
        return None
    planned = TicketSurvey(
        ticket_id=ticket.id,
        person_id=ticket.requester_id,
        nonce=secrets.token_urlsafe(18),
        ask_at=clock.now() + timedelta(hours=settings.survey_delay_hours),
    )
    db.session.add(planned)
    db.session.flush()
    return planned


def send_survey(survey: TicketSurvey, *, by: User) -> None:
    """Ask now, or forget about it when things have changed: open again, private by now, or not wanted any more.

    Publishes `SurveySent`; mails the requester a link, which works for as many days as the settings say.
    """
    ticket = survey.ticket
    if ticket.state in OPEN_STATES or not _may_ask(ticket) or has_refused(survey.person_id):
        db.session.delete(survey)
        db.session.flush()
        return
    survey.sent_at = clock.now()
    survey.expires_at = survey.sent_at + timedelta(days=current_settings().survey_days)
    db.session.flush()
    publish(SurveySent(ticket_id=ticket.id, agency_id=ticket.agency_id), by=by)
    enqueue_mail("tickets.survey", to=survey.person, ticket_id=ticket.id, survey_id=survey.id)


def answer_survey(
    survey: TicketSurvey, *, rating: Rating, comment: str = "", to_redactors: bool = False, by: User
) -> None:
    """Keep what `by`, who was asked, says; it can be changed until the link expires.

    Raises `Invalid` for a comment that is too long or holds personal data of a client (unless it goes `to_redactors`
    and is held back until they have looked). Publishes `SurveyAnswered`.
    """
    comment, ticket = comment.strip(), survey.ticket
    if len(comment) > LONGEST:
        raise Invalid(f"Write no more than {LONGEST:,} characters.", field="comment")
    found = look_at(comment, agency_id=ticket.agency_id, by=by) if to_redactors else []
    if found:
        texts = {"comment": comment}
        hold(survey.ref, texts, found, agency_id=ticket.agency_id, author_id=by.id, by=by)
        comment = HELD_BACK
    elif not to_redactors:
        check(comment, field="comment", agency_id=ticket.agency_id, by=by)
    lock(ticket)
    survey.comment, survey.answered_at, ticket.rating = comment, clock.now(), rating
    db.session.flush()
    publish(SurveyAnswered(ticket_id=ticket.id, agency_id=ticket.agency_id, rating=rating.value), by=by)


def refuse_surveys(*, by: User) -> None:
    """Ask `by` no more; what was planned is forgotten. The same again is nothing. Publishes `SurveysRefused`."""
    if has_refused(by.id):
        return
    try:
        with savepoint():
            db.session.add(SurveyRefusal(user_id=by.id))
            db.session.flush()
    except IntegrityError:  # a second click at this very moment
        return
    unsent = delete(TicketSurvey).where(TicketSurvey.person_id == by.id, TicketSurvey.sent_at.is_(None))
    db.session.execute(unsent)
    publish(SurveysRefused(user_id=by.id, agency_id=by.agency_id), by=by)


def welcome_surveys(*, by: User) -> None:
    """Ask `by` again. Publishes `SurveysWelcome`."""
    db.session.execute(delete(SurveyRefusal).where(SurveyRefusal.user_id == by.id))
    publish(SurveysWelcome(user_id=by.id, agency_id=by.agency_id), by=by)


def _may_ask(ticket: Ticket) -> bool:
    stands_alone = not ticket.is_private and ticket.merged_into_id is None
    return stands_alone and ticket.requester.may_sign_in and not is_team(ticket.requester, ticket)
