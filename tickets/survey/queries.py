"""Reads of surveys."""

from collections.abc import Sequence

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from tickets.survey.models import SurveyRefusal, TicketSurvey
from tickets.survey.tokens import fits

DEAD = "This link no longer works. Thank you all the same; if something is missing, write to us."


def survey_of(ticket_id: int) -> TicketSurvey | None:
    """Return the survey of a ticket; None where nobody was or will be asked."""
    return db.session.scalar(select(TicketSurvey).where(TicketSurvey.ticket_id == ticket_id))


def redeem(survey_id: int, token: str) -> TicketSurvey:
    """Return the survey that a link belongs to. Raises `NotFound` for a wrong, unsent or expired one, all alike."""
    survey = db.session.get(TicketSurvey, survey_id)
    now = clock.now()
    if survey is None or survey.expires_at is None or survey.expires_at <= now or not fits(survey, token):
        raise NotFound(DEAD)
    if survey.ticket.is_private:
        raise NotFound(DEAD)
    return survey


def due_surveys(limit: int) -> Sequence[TicketSurvey]:
    """Return those that are to be sent by now, the oldest first."""
    chosen = select(TicketSurvey).where(TicketSurvey.sent_at.is_(None), TicketSurvey.ask_at <= clock.now())
    return db.session.scalars(chosen.order_by(TicketSurvey.ask_at, TicketSurvey.id).limit(limit)).all()


def has_refused(user_id: int) -> bool:
    """Say whether somebody does not want to be asked."""
    return db.session.scalar(select(SurveyRefusal.id).where(SurveyRefusal.user_id == user_id)) is not None
