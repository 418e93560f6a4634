"""Who sees a ticket: its participants, and whether it is private."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired, Length

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.operations import find_user, find_users_by_email
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import Form
from tickets import policies, queries, sharing
from tickets.models import Ticket
from tickets.sight import participants_of, sees
from tickets.views.desk import blueprint


class ParticipantForm(Form):
    """Whom to add. Only the team finds people of other agencies."""

    person = StringField(
        "User name or e-mail address",
        [InputRequired("Enter the user name of the person."), Length(max=200)],
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )

    def __init__(self, ticket: Ticket, user: User) -> None:
        super().__init__()
        self._ticket, self._user = ticket, user
        self.found: User | None = None

    def validate_person(self, field: StringField) -> None:
        """Find the person, so that a wrong name is said at the field."""
        text = field.data or ""
        named = find_user(text)
        found = [named] if named else find_users_by_email(text)
        if not policies.is_team(self._user, self._ticket):
            found = [person for person in found if person.agency_id == self._user.agency_id]
        if len(found) != 1:
            raise ValidationError("There is nobody whom you could add with that user name or address.")
        self.found = found[0]


@blueprint.route("/<int:ticket_id>/people", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def sharers(ticket_id: int) -> ResponseReturnValue:
    """Show who takes part in a ticket, and add somebody."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    form = ParticipantForm(ticket, user)
    if form.submitted():
        with form.refusals():
            person = form.found
            if person is not None and sharing.add_participant(ticket, person, by=user) is None:
                flash(f"{person.name} sees this already.", "good")
            return redirect(url_for(".sharers", ticket_id=ticket.id))
    return render_template("tickets/sharers.html", ticket=ticket, form=form, **rights(ticket, user)), form.status


@blueprint.post("/<int:ticket_id>/people/<int:user_id>/remove")
@access(Permission.ASK_FOR_HELP)
def unshare(ticket_id: int, user_id: int) -> ResponseReturnValue:
    """Take somebody off a ticket, or leave it."""
    user = signed_in_user()
    ticket, person = queries.get_ticket(ticket_id, user), db.session.get(User, user_id)
    if person is None:
        raise NotFound("There is no such person.")
    sharing.remove_participant(ticket, person, by=user)
    if person.id == user.id and not sees(user, ticket):
        flash(f"You no longer take part in request #{ticket.id}.", "good")
        return redirect(url_for(".mine"))
    return redirect(url_for(".sharers", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/private")
@access(Permission.ASK_FOR_HELP)
def make_private(ticket_id: int) -> ResponseReturnValue:
    """Hide a ticket from all but those named on it and security officers."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    sharing.make_private(ticket, by=user)
    flash("This ticket is private now.", "good")
    return redirect(url_for(".sharers", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/open-up")
@access(Permission.ASK_FOR_HELP)
def open_up(ticket_id: int) -> ResponseReturnValue:
    """Let everybody see a private ticket again who sees others of its agency."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    sharing.open_up(ticket, by=user)
    flash("This ticket is no longer private.", "good")
    return redirect(url_for(".sharers", ticket_id=ticket.id))


def rights(ticket: Ticket, user: User) -> dict[str, Any]:
    """Return who takes part in `ticket`, and what `user` may change of that."""
    stands_alone = ticket.merged_into_id is None
    return {
        "joined": participants_of(ticket),
        "viewer": user,
        "may_share": sharing.may_share(ticket, by=user),
        "may_close_off": not ticket.is_private and stands_alone and sharing.may_close_off(ticket, by=user),
        "may_open_up": ticket.is_private and stands_alone and sharing.sees_private(ticket, user),
    }
