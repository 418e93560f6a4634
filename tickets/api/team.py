"""The team: who is away and stands in, the queues and the next ticket of one, times spent, what people said."""

from datetime import timedelta
from typing import Any

from adminops.api.routes import Answer, Asked
from adminops.api.shapes import day, moment, number, or_null, record, several, text, truth, word
from adminops.db import db
from adminops.errors import Invalid
from adminops.identity.models import User
from tickets import policies, queries
from tickets.absences.operations import end_absence as end
from tickets.absences.operations import enter_absence as enter
from tickets.absences.queries import away_today, coming_absences, get_absence, office_day
from tickets.api import telling
from tickets.api.offering import ASK, TICKET, dated, does, reads
from tickets.api.reading import CURSOR, NEXT, paged
from tickets.insights.periods import chosen
from tickets.insights.time import TimeBy, check_sees_time, list_entries
from tickets.models import Rating, Ticket
from tickets.queues.claiming import claim_next
from tickets.queues.queries import get_queue, queues_with_members
from tickets.queues.rules import Rule
from tickets.spent import operations as times
from tickets.spent.models import Activity, TicketTime
from tickets.spent.queries import get_time, times_of
from tickets.survey.queries import Said, list_said, survey_of

# Who is away

_ABSENCE = record(
    "An absence",
    {
        "id": number("Its number"),
        "user_id": number("Who is away"),
        "name": text("The name"),
        "first_day": day("The first day"),
        "last_day": day("The last day, included"),
        "substitute_id": or_null(number("Who stands in")),
    },
)


@reads("/absences", "List who is away, and will be", record("Absences", {"absences": several(_ABSENCE, "They")}))
def list_absences(_asked: Asked) -> Answer:
    """Return the absences that are not over."""
    told = [
        {
            "id": row.id,
            "user_id": row.user_id,
            "name": row.user.name,
            "first_day": row.first_day.isoformat(),
            "last_day": row.last_day.isoformat(),
            "substitute_id": row.substitute_id,
        }
        for row in coming_absences()
    ]
    return Answer({"absences": told})


@does(
    "POST",
    "/absences",
    "Enter that somebody is away, and who stands in",
    record("The absence", {"id": number("Its number")}),
    body=record(
        "Days",
        {
            "first_day": day("The first day"),
            "last_day": day("The last day, included"),
            "user_id": number("Administrators: who is away, where it is not the owner of the token"),
            "substitute_id": number("Who is given what the queues give out meanwhile"),
        },
        optional=("user_id", "substitute_id"),
    ),
)
def enter_absence(asked: Asked) -> Answer:
    """Enter an absence."""
    person = _person(asked, "user_id") or asked.user
    days = dated(asked.body, "first_day", "last_day")
    return Answer({"id": enter(person, **days, substitute=_person(asked, "substitute_id"), by=asked.user).id})


@does(
    "DELETE",
    "/absences/<int:absence_id>",
    "Say that somebody is back, or will not be away",
    record("The absence", {"id": number("Its number")}),
)
def end_absence(asked: Asked) -> Answer:
    """Let somebody be present from today on."""
    absence = get_absence(asked.path["absence_id"])
    end(absence, by=asked.user)
    return Answer({"id": asked.path["absence_id"]})


# Queues

_MEMBER = record(
    "Who is given its tickets",
    {"user_id": number("Who"), "name": text("The name"), "away": truth("Whether they are away today")},
)
_QUEUE = record(
    "A queue",
    {
        "id": number("Its number"),
        "name": text("Its name"),
        "request_types": several(text("A key"), "The request types that belong to it"),
        "rule": word("Who gets a ticket that comes into it", Rule),
        "members": several(_MEMBER, "Who is given its tickets"),
    },
)


@reads("/queues", "List the queues", record("Queues", {"queues": several(_QUEUE, "They, by name")}))
def list_queues(_asked: Asked) -> Answer:
    """Return the queues with their people; `queue:"Name" is:unassigned` finds what waits in one."""
    away = away_today()
    told = [
        {
            "id": queue.id,
            "name": queue.name,
            "request_types": queue.request_types,
            "rule": queue.rule.value,
            "members": [
                {"user_id": each.user_id, "name": each.user.name, "away": each.user_id in away}
                for each in queue.members
            ],
        }
        for queue in queues_with_members()
    ]
    return Answer({"queues": told})


@does(
    "POST",
    "/queues/<int:queue_id>/claim",
    "Take the next ticket of a queue",
    telling.STANDING,
    about="The one that is due first among those that nobody has; two programs never get the same.",
)
def claim_ticket(asked: Asked) -> Answer:
    """Take what presses most."""
    return Answer(telling.standing(claim_next(get_queue(asked.path["queue_id"]), by=asked.user)))


# Time spent

_TIME = record(
    "A time",
    {
        "id": number("Its number"),
        "user_id": number("Whose time"),
        "minutes": number("Minutes; 0: it was taken back", least=0),
        "activity": word("What for", Activity),
        "worked_on": day("On which day"),
        "counts": truth("Whether it counts: nothing has taken its place"),
        "corrects_id": or_null(number("The time whose place it takes")),
    },
)
_MINUTES = number("Minutes", least=0, most=times.MOST_MINUTES)


@reads(
    f"{TICKET}/time",
    "List the time spent on a ticket",
    record("Times", {"times": several(_TIME, "The newest first")}),
    needs=ASK,
)
def list_times(asked: Asked) -> Answer:
    """Return what was noted on a ticket, corrected ones too; to the team."""
    return Answer({"times": [_time(row) for row in times_of(_of_team(asked))]})


@does(
    "POST",
    f"{TICKET}/time",
    "Note time spent on a ticket",
    _TIME,
    needs=ASK,
    body=record(
        "A time",
        {
            "minutes": _MINUTES,
            "activity": word("What for", Activity),
            "worked_on": day("On which day; else today"),
            "user_id": number("Administrators: whose time, where it is not the owner's"),
        },
        optional=("activity", "worked_on", "user_id"),
    ),
)
def note_time(asked: Asked) -> Answer:
    """Note a time."""
    noted = times.note_time(
        _of_team(asked),
        minutes=asked.body["minutes"],
        activity=Activity(asked.body.get("activity", Activity.ANSWERING)),
        person=_person(asked, "user_id"),
        **dated(asked.body, "worked_on"),
        by=asked.user,
    )
    return Answer(_time(noted))


@does(
    "PUT",
    f"{TICKET}/time/<int:time_id>",
    "Correct time spent on a ticket",
    _TIME,
    needs=ASK,
    body=record(
        "What is right",
        {"minutes": _MINUTES, "activity": word("What for", Activity), "worked_on": day("On which day")},
    ),
    about="A time of its own takes the place of the wrong one, which stays to be seen; 0 minutes take it back.",
)
def correct_time(asked: Asked) -> Answer:
    """Correct a time."""
    ticket = _of_team(asked)
    row = get_time(ticket, asked.path["time_id"])
    new = times.correct_time(
        row,
        ticket,
        minutes=asked.body["minutes"],
        activity=Activity(asked.body["activity"]),
        **dated(asked.body, "worked_on"),
        by=asked.user,
    )
    return Answer(_time(new))


@reads(
    "/time",
    "List time spent",
    record(
        "Times",
        {
            "time": several(
                record(
                    "A time",
                    {
                        "ticket_id": number("Its ticket"),
                        "request_type": text("Key of its request type"),
                        "person": text("Whose time"),
                        "worked_on": day("On which day"),
                        "activity": word("What for", Activity),
                        "minutes": number("Minutes"),
                    },
                ),
                "Those that count, the newest day first",
            ),
            "next": NEXT,
        },
    ),
    query={
        "from": day("The first day; else thirty days ago"),
        "until": day("The last day; else today"),
        "cursor": CURSOR,
    },
)
def list_time(asked: Asked) -> Answer:
    """Return a page of what was noted on tickets that the owner sees."""
    today = office_day()
    first = asked.query.get("from") or (today - timedelta(days=30)).isoformat()
    period = chosen("", first, asked.query.get("until") or today.isoformat(), today)
    check_sees_time(asked.user, TimeBy.PERSON)
    page = list_entries(period, asked.user, after=asked.query.get("cursor"))
    rows: list[dict[str, Any]] = [
        {
            "ticket_id": row.ticket_id,
            "request_type": row.request_type,
            "person": row.person,
            "worked_on": row.worked_on.isoformat(),
            "activity": row.activity.value,
            "minutes": row.minutes,
        }
        for row in page.rows
    ]
    return paged("time", rows, page, asked)


def _time(row: TicketTime) -> dict[str, Any]:
    return {
        "id": row.id,
        "user_id": row.user_id,
        "minutes": row.minutes,
        "activity": row.activity.value,
        "worked_on": row.worked_on.isoformat(),
        "counts": row.is_current,
        "corrects_id": row.corrects_id,
    }


# What people said

_SAID = {
    "rating": word("How it went", Rating),
    "comment": text("What they added", most=telling.ANY_LENGTH),
    "answered_at": moment("When they said so"),
}


@reads(
    f"{TICKET}/survey",
    "Show what was said about a ticket afterwards",
    record(
        "The survey",
        {
            "asked_at": or_null(moment("When the requester was asked; nothing: not (yet)")),
            "answered_at": or_null(moment("When they answered")),
            "rating": or_null(word("How it went", Rating)),
            "comment": text("What they added", most=telling.ANY_LENGTH),
        },
    ),
    needs=ASK,
)
def show_survey(asked: Asked) -> Answer:
    """Return the answer of the requester, to the team."""
    ticket = _of_team(asked)
    survey = survey_of(ticket.id)
    return Answer(
        {
            "asked_at": telling.said(survey.sent_at) if survey else None,
            "answered_at": telling.said(survey.answered_at) if survey else None,
            "rating": ticket.rating.value if ticket.rating else None,
            "comment": survey.comment if survey else "",
        }
    )


@reads(
    "/survey-answers",
    "List what people said afterwards",
    record(
        "Answers",
        {
            "survey_answers": several(
                record("An answer", {"ticket_id": number("Its ticket"), **_SAID}), "The newest first"
            ),
            "next": NEXT,
        },
    ),
    query={"cursor": CURSOR},
)
def list_survey_answers(asked: Asked) -> Answer:
    """Return a page of the answers about tickets that the owner sees."""
    page = list_said(asked.user, after=asked.query.get("cursor"))
    return paged("survey_answers", [_answer(row) for row in page.rows], page, asked)


def _answer(row: Said) -> dict[str, Any]:
    return {
        "ticket_id": row.ticket_id,
        "rating": row.rating.value,
        "comment": row.comment,
        "answered_at": telling.said(row.answered_at),
    }


def _of_team(asked: Asked) -> Ticket:
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_is_team(ticket, by=asked.user)
    return ticket


def _person(asked: Asked, field: str) -> User | None:
    if field not in asked.body:
        return None
    if (person := db.session.get(User, asked.body[field])) is None:
        raise Invalid("There is nobody with this number in the team.", field=field)
    return person
