"""What the clock does to surveys: those that are due are sent. And what resolving a ticket does: one is planned."""

from datetime import timedelta

from adminops.db import db
from adminops.facts import TicketMoved
from adminops.feature import Job
from adminops.identity.models import SYSTEM, User
from tickets.models import Ticket, TicketState
from tickets.survey.operations import plan_survey, send_survey
from tickets.survey.queries import due_surveys

BATCH = 200


def send_due_surveys() -> None:
    """Ask those whose time has come."""
    for survey in due_surveys(BATCH):
        send_survey(survey, by=SYSTEM)


def ask_later(fact: TicketMoved, by: User) -> None:  # noqa: ARG001 - whoever resolved it
    """Plan a survey for a ticket that is resolved now."""
    if fact.new == TicketState.RESOLVED and fact.because != "refused":
        plan_survey(db.session.get_one(Ticket, fact.ticket_id))


JOBS = (Job(name="surveys", title="Ask how it went", run=send_due_surveys, every=timedelta(minutes=15)),)
