"""The log of phone calls and walk-ins."""

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets.calls import count_calls, list_calls
from tickets.views.desk import blueprint

WEEK = timedelta(days=7)


@blueprint.get("/calls")
@access(Permission.WORK_TICKETS)
def calls() -> ResponseReturnValue:
    """Show what came by phone or in person, and how much of it."""
    user = signed_in_user()
    return render_template(
        "tickets/calls.html",
        page=list_calls(user, after=request.args.get("after")),
        counts=count_calls(user, since=clock.now() - WEEK),
    )
