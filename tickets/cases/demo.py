"""The demo's cases at the vendor: one that is late, one with a day to come, one that is verified."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from tickets.cases.models import CaseState
from tickets.cases.operations import save_case
from tickets.linking import link
from tickets.models import Ticket, WaitingOn

CASES = (
    ("48213", "Services report stops at 10,000 rows", -4),
    ("48377", "Codes by text message come late", 12),
    ("47990", "Exit screen loses the destination", -30),
)


def write_cases(cast: Cast) -> None:
    """Write three cases down, and let the tickets at the vendor wait for the first two."""
    maya, cases = cast["maya"], []
    for number, title, days in CASES:
        with clock.frozen_at(cast.now - timedelta(days=40)):
            case = save_case(
                None,
                vendor="Eccovia",
                number=number,
                title=title,
                state=CaseState.PROMISED,
                promised_on=cast.now.date() + timedelta(days=days),
                by=maya,
            )
        cases.append(case)
    done = cases[2]
    for state in (CaseState.RELEASED, CaseState.VERIFIED):
        save_case(
            done,
            vendor=done.vendor,
            number=done.number,
            title=done.title,
            state=state,
            promised_on=done.promised_on,
            release="25.2",
            by=maya,
        )
    waiting = select(Ticket).where(Ticket.is_open, Ticket.waiting_on == WaitingOn.VENDOR).order_by(Ticket.id)
    for place, ticket in enumerate(db.session.scalars(waiting).all()):
        link(ticket, cases[place % 2].ref, by=maya)
