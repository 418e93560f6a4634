"""The demo's known problems: one that is told on the banner, one of a single agency, one that is solved."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from tickets.models import Ticket
from tickets.problems.operations import have_it_too, save_problem, solve_problem


def tell_of_problems(cast: Cast) -> None:
    """Write three known problems down, and link open tickets to the first."""
    maya, today = cast["maya"], cast.now.date()
    with clock.frozen_at(cast.now - timedelta(days=2)):
        slow = save_problem(
            None,
            title="The services report stops at 10,000 rows.",
            body="Longer ones end without a word.\n\nUntil it is mended, pull one month at a time.",
            since=today - timedelta(days=2),
            until=today + timedelta(days=5),
            request_types=("wrong_number",),
            on_banner=True,
            by=maya,
        )
        chosen = select(Ticket).where(Ticket.is_open, Ticket.request_type == "wrong_number").order_by(Ticket.id.desc())
        for ticket in db.session.scalars(chosen.limit(3)).all():
            have_it_too(slow, ticket=ticket, by=maya)
    with clock.frozen_at(cast.now - timedelta(days=9)):
        solved = save_problem(
            None,
            title="Codes by text message come late.",
            body="Wait five minutes before you ask for another one.",
            since=today - timedelta(days=10),
            request_types=("locked_out",),
            by=maya,
        )
    with clock.frozen_at(cast.now - timedelta(days=8)):
        solve_problem(solved, by=maya)
    with clock.frozen_at(cast.now - timedelta(days=1)):
        save_problem(
            None,
            title="Bed nights of one shelter are shown twice.",
            body="The numbers are right in the store; only the screen counts them twice.",
            since=today - timedelta(days=1),
            agency_ids=[str(cast.agencies[0].id)],
            by=maya,
        )
