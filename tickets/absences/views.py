"""The pages of absences, and the card on a person's page."""

from functools import partial

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.templating import render_card
from tickets.absences.forms import AbsenceForm
from tickets.absences.operations import check_may_enter, enter_absence
from tickets.absences.operations import end_absence as end
from tickets.absences.queries import coming_absences, get_absence, office_day
from tickets.policies import passes
from tickets.views.desk import blueprint


@blueprint.get("/absences")
@access(Permission.WORK_TICKETS)
def absences() -> ResponseReturnValue:
    """List who is away, and who will be."""
    may_end = partial(passes, check_may_enter, by=signed_in_user())
    rows = coming_absences()
    return render_template(
        "tickets/absences.html", rows=rows, today=office_day(), may_end=may_end, confirm=ConfirmForm()
    )


@blueprint.route("/absences/new", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def new_absence() -> ResponseReturnValue:
    """Enter when one is away oneself; administrators enter it for others, too."""
    user = signed_in_user()
    form = AbsenceForm(user, others=user.may(Permission.SHAPE_DESK))
    if form.submitted():
        with form.refusals():
            absence = enter_absence(**form.values(), by=user)
            flash(f"Entered: {absence.user.name} is away. Queues give nothing out to them on these days.", "good")
            return redirect(url_for(".absences"))
    return render_template("tickets/absence.html", form=form), form.status


@blueprint.post("/absences/<int:absence_id>/end")
@access(Permission.WORK_TICKETS)
def end_absence(absence_id: int) -> ResponseReturnValue:
    """Say that somebody is back, or will not be away."""
    absence = get_absence(absence_id)
    name = absence.user.name
    end(absence, by=signed_in_user())
    flash(f"{name} is present again from today on.", "good")
    return redirect(url_for(".absences"))


def absence_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a member of the team: when they are away. None for others, and for who is not of the team."""
    if not viewer.may(Permission.WORK_TICKETS):
        return None
    person = viewer if ref.number == viewer.id else db.session.get(User, ref.number)
    if person is None or not person.may(Permission.WORK_TICKETS):
        return None
    rows, own = coming_absences(person), person.id == viewer.id
    if not (rows or own):
        return None
    return render_card("tickets/absence_card.html", rows=rows, own=own, today=office_day())
