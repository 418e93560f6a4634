"""Reads of surveys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from tickets.models import Rating, Ticket
from tickets.sight import visible_to
from tickets.survey.models import SurveyRefusal, TicketSurvey
from tickets.survey.tokens import fits

DEAD = "This link no longer works. Thank you all the same; if something is missing, write to us."


def survey_of(ticket_id: int) -> TicketSurvey | None:
    """Return the survey of a ticket; None where nobody was or will be asked."""
    return db.session.scalar(select(TicketSurvey).where(TicketSurvey.ticket_id == ticket_id))


def redeem(survey_id: int, token: str) -> TicketSurvey:
    """Return the survey that a link belongs to. Raises `NotFound` for a dead one, whatever it died of.

    That is: wrong, not sent, or expired; about what is private by now, or of somebody who may no longer sign in.
    """
    survey = db.session.get(TicketSurvey, survey_id)
    now = clock.now()
    if survey is None or survey.expires_at is None or survey.expires_at <= now or not fits(survey, token):
        raise NotFound(DEAD)
    if survey.ticket.is_private or not survey.person.may_sign_in:
        raise NotFound(DEAD)
    return survey


def due_surveys(limit: int) -> Sequence[TicketSurvey]:
    """Return those that are to be sent by now, the oldest first."""
    chosen = select(TicketSurvey).where(TicketSurvey.sent_at.is_(None), TicketSurvey.ask_at <= clock.now())
    return db.session.scalars(chosen.order_by(TicketSurvey.ask_at, TicketSurvey.id).limit(limit)).all()


def has_refused(user_id: int) -> bool:
    """Say whether somebody does not want to be asked."""
    return db.session.scalar(select(SurveyRefusal.id).where(SurveyRefusal.user_id == user_id)) is not None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about a ticket."""

    ticket_id: int
    rating: Rating
    comment: str
    answered_at: datetime


def list_said(viewer: User, *, after: str | None = None) -> Page[Said]:
    """Return a page of what people said about the tickets that `viewer` works on, the newest first."""
    reach = viewer.reach(Permission.WORK_TICKETS)
    about = visible_to(viewer).join(TicketSurvey, TicketSurvey.ticket_id == Ticket.id)
    given = about.where(TicketSurvey.answered_at.is_not(None), Ticket.rating.is_not(None))
    if not reach.everywhere:
        given = given.where(Ticket.agency_id.in_(sorted(reach.agency_ids)))
    rows = given.with_only_columns(
        TicketSurvey.answered_at, TicketSurvey.id, Ticket.id, Ticket.rating, TicketSurvey.comment
    )

    def shape(row: Any) -> Said:
        answered_at, _, ticket_id, rating, comment = row
        return Said(ticket_id, rating, comment, answered_at)

    return fetch_page(rows, [TicketSurvey.answered_at, TicketSurvey.id], after=after, shape=shape)
