"""Changing many tickets at once by a program: plan, look, do, undo."""

from collections.abc import Callable, Mapping
from typing import Any

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import number, or_null, record, several, table, text, truth, word
from adminops.db import db
from adminops.errors import Invalid
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from tickets.bulk import operations, queries
from tickets.bulk.models import Act, BulkAct, BulkState, Outcome
from tickets.forms import LONGEST_TEXT
from tickets.language import LONGEST, parse
from tickets.models import Priority, TicketState, WaitingOn
from tickets.queries import TicketFilter, View

Sent = Mapping[str, Any]


def plan(asked: Asked) -> Answer:
    """Plan an act; nothing is changed."""
    sent = asked.body
    act = Act(sent["act"])
    ids = _chosen(sent, asked.user)
    planned = operations.plan(ids, act, value=_VALUES[act](sent), body=sent.get("body", ""), by=asked.user)
    return _told(planned, asked)


def show(asked: Asked) -> Answer:
    """Return how far an act is, and what became of each ticket."""
    return _told(queries.get_act(asked.path["act_id"], asked.user), asked)


def start(asked: Asked) -> Answer:
    """Do what was planned: the first tickets at once, the others in the background."""
    act = queries.get_act(asked.path["act_id"], asked.user)
    operations.start(act, by=asked.user)
    return _told(act, asked)


def undo(asked: Asked) -> Answer:
    """Put back what has not changed since."""
    act = queries.get_act(asked.path["act_id"], asked.user)
    operations.undo(act, by=asked.user)
    return _told(act, asked)


def _chosen(sent: Sent, user: User) -> list[int]:
    if ("ticket_ids" in sent) == ("q" in sent):
        raise Invalid("Say which tickets: by `ticket_ids` or by `q`, and not by both.", field="ticket_ids")
    if "ticket_ids" in sent:
        return queries.chosen_ids(sent["ticket_ids"], user)
    wanted = TicketFilter(view=View.ALL, query=parse(sent["q"]))
    return queries.matching_ids(wanted, user, operations.MOST_TICKETS + 1)


def _needed(sent: Sent, name: str) -> Any:
    if name not in sent:
        raise Invalid("This act needs it.", field=name)
    return sent[name]


def _assignee(sent: Sent) -> dict[str, Any]:
    number_ = _needed(sent, "assignee_id")
    if number_ is not None and db.session.get(User, number_) is None:
        raise Invalid("There is nobody with this number in the team.", field="assignee_id")
    return {"assignee": number_}


def _state(sent: Sent) -> dict[str, Any]:
    state, whom = _needed(sent, "state"), sent.get("waiting_on")
    if (whom is not None) != (state == TicketState.WAITING):
        raise Invalid("A waiting ticket waits on somebody, and no other one does.", field="waiting_on")
    return {"state": state, "waiting_on": whom}


def _written(sent: Sent) -> dict[str, Any]:
    return {"confirmed": sent.get("confirmed_clean", False)}


_VALUES: dict[Act, Callable[[Sent], dict[str, Any]]] = {
    Act.ASSIGN: _assignee,
    Act.STATE: _state,
    Act.PRIORITY: lambda sent: {"priority": _needed(sent, "priority")},
    Act.TAG: lambda sent: {"tag": _needed(sent, "tag")},
    Act.NOTE: _written,
    Act.REPLY: _written,
}


def _told(act: BulkAct, asked: Asked) -> Answer:
    """Return an act without any subject: the answer may be kept."""
    page = queries.list_items(act, asked.user, after=asked.query.get("cursor"))
    items = [{"ticket_id": row.ticket_id, "outcome": row.outcome.value, "why": row.why} for row in page.rows]
    counts = {outcome.value: count for outcome, count in queries.count_outcomes(act).items()}
    said = {"id": act.id, "act": act.act.value, "state": act.state.value, "counts": counts}
    return Answer({**said, "tickets": items, "next": page.after})


_TICKET = record(
    "A ticket of it",
    {
        "ticket_id": number("Its number"),
        "outcome": word("What became or becomes of it", Outcome),
        "why": text("Why it is left out"),
    },
)
ACT = record(
    "An act on many tickets",
    {
        "id": number("Its number"),
        "act": word("What is done to each", Act),
        "state": word("How far it is", BulkState),
        "counts": table(number("How many", least=0), "How many tickets by what became of them"),
        "tickets": several(_TICKET, "Some of its tickets"),
        "next": or_null(text("The cursor of the next ones; nothing behind the last", most=1000)),
    },
)
PLAN = record(
    "What shall be done to which tickets",
    {
        "act": word("What is done to each", Act),
        "ticket_ids": several(number("A ticket"), "Which tickets", most=operations.MOST_TICKETS),
        "q": text("Or all that fit a query of the filter bar", most=LONGEST),
        "assignee_id": or_null(number("To assign: to whom; nothing: nobody")),
        "state": word("To move: where it shall stand", [state for state in TicketState if state != "new"]),
        "waiting_on": word("Of waiting tickets: whose turn it is", WaitingOn),
        "priority": word("To prioritise: how much it presses", Priority),
        "tag": text("To tag: its name", least=1, most=60),
        "body": text("To note or to reply: the text", least=1, most=LONGEST_TEXT),
        "confirmed_clean": truth("The team's word that what was found is no client's data"),
    },
    optional=(
        "ticket_ids", "q", "assignee_id", "state", "waiting_on", "priority", "tag", "body", "confirmed_clean",
    ),
)  # fmt: skip
_WRITE, _WORK = TokenScope.WRITE_TICKETS, Permission.WORK_TICKETS
MANY = (
    Route(
        name="plan_bulk",
        method="POST",
        path="/bulk",
        summary="Plan a change of many tickets",
        about="Nothing is changed yet: look at the plan, then start it.",
        run=plan,
        scope=_WRITE,
        needs=_WORK,
        body=PLAN,
        answer=ACT,
        status=201,
    ),
    Route(
        name="show_bulk",
        method="GET",
        path="/bulk/<int:act_id>",
        summary="Show a change of many tickets",
        run=show,
        scope=TokenScope.READ_TICKETS,
        needs=_WORK,
        query={"cursor": text("Where the page before ended", most=1000)},
        answer=ACT,
    ),
    Route(
        name="start_bulk",
        method="POST",
        path="/bulk/<int:act_id>/start",
        summary="Do what was planned",
        run=start,
        scope=_WRITE,
        needs=_WORK,
        answer=ACT,
    ),
    Route(
        name="undo_bulk",
        method="POST",
        path="/bulk/<int:act_id>/undo",
        summary="Undo a change of many tickets",
        run=undo,
        scope=_WRITE,
        needs=_WORK,
        answer=ACT,
    ),
)
