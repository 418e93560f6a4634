"""The demo's surveys: most of those who were asked have said something."""

from datetime import timedelta
from random import Random

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from adminops.identity.models import SYSTEM
from tickets.models import Rating
from tickets.survey.models import TicketSurvey
from tickets.survey.operations import answer_survey, send_survey
from tickets.survey.queries import survey_of

SAID = {
    Rating.GOOD: ("", "", "", "Quick and friendly.", "Solved before lunch. Thank you."),
    Rating.FAIR: ("", "", "It worked in the end.", "I had to ask twice."),
    Rating.BAD: ("", "It took two weeks.", "Nobody told me what happened."),
}


def answer_surveys(cast: Cast) -> None:
    """Send what was planned, and let three in four answer."""
    chance = Random(cast.chance.getrandbits(64))
    due = select(TicketSurvey.ticket_id).where(TicketSurvey.ask_at < cast.now - timedelta(days=1))
    for ticket_id in db.session.scalars(due.order_by(TicketSurvey.ask_at, TicketSurvey.id)).all():
        survey = survey_of(ticket_id)
        if survey is None:
            continue
        with clock.frozen_at(survey.ask_at):
            send_survey(survey, by=SYSTEM)
        if survey.sent_at is not None and chance.random() < 0.75:
            with clock.frozen_at(survey.ask_at + timedelta(hours=chance.randrange(1, 24))):
                rating = chance.choices(list(Rating), [8, 3, 1])[0]
                answer_survey(survey, rating=rating, comment=chance.choice(SAID[rating]), by=survey.person)
