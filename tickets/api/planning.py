"""Projects for programs: make a ticket one, change it, add parts, make it a plain ticket again."""

from datetime import date
from typing import Any

from adminops.api.routes import Answer, Asked
from adminops.api.shapes import day, number, record, several, text, word
from adminops.db import db
from adminops.errors import Invalid
from adminops.identity.models import User
from tickets import queries
from tickets.api.acts import Sent, act
from tickets.api.asking import CONFIRMED
from tickets.api.offering import ASK, TICKET, reads
from tickets.api.reading import CURSOR, NEXT, paged
from tickets.models import Ticket
from tickets.projects import operations as verbs
from tickets.projects import queries as projects
from tickets.side import side_of

_PLAN = {"owner_id": number("Who answers for it"), "due_on": day("By which day it is done")}
_PARTS = several(text("A part", most=verbs.LONGEST_PART), "What it consists of", most=verbs.MOST_PARTS)


@act(
    "POST",
    "project",
    "Make a ticket a project",
    body=record(
        "A plan", {**_PLAN, "parts": _PARTS, "confirmed_clean": CONFIRMED}, optional=("parts", "confirmed_clean")
    ),
)
def promote(ticket: Ticket, sent: Sent, user: User) -> None:
    """Promote; each part becomes a ticket that waits until somebody takes it up."""
    clean = sent.get("confirmed_clean", False)
    verbs.promote(ticket, **_plan(sent), parts=sent.get("parts", ()), confirmed_clean=clean, by=user)


@act("PUT", "project", "Change owner or day of a project", body=record("A plan", _PLAN))
def change_project(ticket: Ticket, sent: Sent, user: User) -> None:
    """Change the plan."""
    verbs.change_project(ticket, **_plan(sent), by=user)


@act(
    "POST",
    "project/parts",
    "Add parts to a project",
    body=record("Parts", {"parts": _PARTS, "confirmed_clean": CONFIRMED}, optional=("confirmed_clean",)),
)
def add_parts(ticket: Ticket, sent: Sent, user: User) -> None:
    """File a ticket for each; `list_relations` has their numbers."""
    verbs.add_parts(ticket, sent["parts"], confirmed_clean=sent.get("confirmed_clean", False), by=user)


@act("DELETE", "project", "Make a project a plain ticket again")
def demote(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Demote; parts that nobody has begun are resolved as no longer needed."""
    verbs.demote(ticket, by=user)


_PROJECT = {
    "owner": text("Who answers for it"),
    "due_on": day("By which day it is done"),
    "parts": number("How many parts it has", least=0),
    "done": number("How many of them are done", least=0),
}


@reads(
    f"{TICKET}/project",
    "Show the plan of a project",
    record("The plan", {**_PROJECT, "owner_id": number("Who")}),
    needs=ASK,
)
def show_project(asked: Asked) -> Answer:
    """Return owner, day and how far it is, to whoever sees the ticket."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    project, side = projects.get_project(ticket), side_of(ticket)
    done = len(side.parts) - len(side.open_parts)
    told = {"owner": project.owner.name, "owner_id": project.owner_id, "due_on": project.due_on.isoformat()}
    return Answer({**told, "parts": len(side.parts), "done": done})


@reads(
    "/projects",
    "List projects",
    record(
        "Projects",
        {
            "projects": several(
                record("A project", {"ticket_id": number("Its ticket"), **_PROJECT}), "The first due first"
            ),
            "next": NEXT,
        },
    ),
    query={"show": word("Which ones", ("open", "done")), "cursor": CURSOR},
)
def list_projects(asked: Asked) -> Answer:
    """Return a page of the projects that the owner sees."""
    page = projects.list_projects(asked.user, done=asked.query.get("show") == "done", after=asked.query.get("cursor"))
    rows: list[dict[str, Any]] = [
        {
            "ticket_id": row.ticket_id,
            "owner": row.owner,
            "due_on": row.due_on.isoformat(),
            "parts": row.parts,
            "done": row.done,
        }
        for row in page.rows
    ]
    return paged("projects", rows, page, asked)


def _plan(sent: Sent) -> dict[str, Any]:
    owner = db.session.get(User, sent["owner_id"])
    if owner is None:
        raise Invalid("There is nobody with this number in the team.", field="owner_id")
    return {"owner": owner, "due_on": date.fromisoformat(sent["due_on"])}
