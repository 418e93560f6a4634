"""What surveys offer elsewhere: the mail, and the comments for the nightly scan."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import GuardedTexts, WrittenText
from adminops.outbox.messages import Mail
from tickets import policies
from tickets.models import OPEN_STATES, Ticket
from tickets.sight import readers_of
from tickets.survey.models import KIND, TicketSurvey
from tickets.survey.tokens import token_of


def asked(*, to_id: int, ticket_id: int, survey_id: int) -> Mail | None:
    """Ask how it went; not if the ticket is open again or private by now."""
    survey = db.session.get(TicketSurvey, survey_id)
    if survey is None or survey.person_id != to_id or survey.ticket_id != ticket_id or survey.answered_at:
        return None
    if survey.ticket.state in OPEN_STATES or survey.ticket.is_private or not survey.person.may_sign_in:
        return None
    return Mail(
        subject=f"How did we do with your request #{ticket_id}?",
        template="tickets/survey",
        values={"number": ticket_id},
        link=f"/survey/{survey_id}/{token_of(survey)}",
        link_label="Tell us with one click",
    )


def _written(after: int, limit: int) -> list[WrittenText]:
    chosen = select(TicketSurvey, Ticket.agency_id).join(Ticket, Ticket.id == TicketSurvey.ticket_id)
    rows = db.session.execute(chosen.where(TicketSurvey.id > after).order_by(TicketSurvey.id).limit(limit))
    return [
        WrittenText(id=row.id, agency_id=agency_id, author_id=row.person_id, texts={"comment": row.comment})
        for row, agency_id in rows
    ]


def _rewrite(survey_id: str, texts: Mapping[str, str]) -> None:
    survey = db.session.get(TicketSurvey, int(survey_id))
    if survey is None:
        raise NotFound("There is no such comment any more.")
    survey.comment = texts.get("comment", survey.comment)
    db.session.flush()


def _readers(survey_id: int) -> Sequence[int]:
    ticket = db.session.get_one(TicketSurvey, survey_id).ticket
    return [person.id for person in readers_of(ticket) if policies.works_on(person, ticket)]


COMMENTS = GuardedTexts(kind=KIND, title="A comment in a survey", written=_written, rewrite=_rewrite, readers=_readers)
