"""How a ticket stands to others: merge it and undo that, relate it, split a message off."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import Form, choices
from adminops.web.navigation import registry
from tickets import merging, policies, queries, relations
from tickets.catalogue import all_types
from tickets.forms import LONGEST_TEXT, WritingForm
from tickets.models import Ticket, TicketMessage
from tickets.relations import Kind
from tickets.views.desk import blueprint

LARGEST_NUMBER = 2**31 - 1
OFFERED = (Kind.RELATES, Kind.DUPLICATE_OF, Kind.DEPENDS_ON, Kind.CHILD_OF)


class OtherForm(Form):
    """Another ticket, by its number."""

    other = IntegerField("Number of the other ticket", [InputRequired("Enter the number of a ticket.")])

    def ticket(self) -> Ticket | None:
        """Return that ticket when the viewer may see it, and say at the field when not."""
        number = self.other.data or 0
        try:
            return queries.get_ticket(number if 0 < number <= LARGEST_NUMBER else 0, signed_in_user())
        except NotFound as missing:
            self.status = 422
            self.refuse(missing.sentence, field="other")
            return None


class RelationForm(OtherForm):
    """How this ticket stands to another one."""

    kind = SelectField("This ticket", choices=choices((kind.value, kind.says) for kind in OFFERED))


class SplitForm(WritingForm):
    """A ticket that begins with what a message asks for."""

    request_type = SelectField("What is asked for")
    subject = StringField("In a few words", [InputRequired("Say in a few words what it is about."), Length(max=200)])
    body = TextAreaField("The request", [InputRequired("Write a message first."), Length(max=LONGEST_TEXT)])

    def __init__(self, ticket: Ticket, message: TicketMessage) -> None:
        super().__init__(data={"request_type": ticket.request_type, "subject": ticket.subject, "body": message.body})
        self.kinds = {kind.key: kind for kind in all_types(registry().features) if not kind.start}
        self.request_type.choices = choices((kind.key, kind.title) for kind in self.kinds.values())

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `split_off`."""
        values = super().values()
        return {**values, "kind": self.kinds[values.pop("request_type")]}


@blueprint.route("/<int:ticket_id>/merge", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def merge(ticket_id: int) -> ResponseReturnValue:
    """Merge a ticket into another one."""
    user = signed_in_user()
    ticket, form = queries.get_ticket(ticket_id, user), OtherForm()
    policies.check_is_team(ticket, by=user)
    if form.submitted() and (other := form.ticket()) is not None:
        with form.refusals():
            target = merging.merge(ticket, into=other, by=user)
            flash(f"#{ticket.id} is part of #{target.id} now. You can undo that under “Related tickets”.", "good")
            return redirect(url_for(".show", ticket_id=target.id))
    found = relations.candidates_for(ticket, user)
    return render_template("tickets/merge.html", ticket=ticket, form=form, candidates=found), form.status


@blueprint.post("/<int:ticket_id>/merge/undo")
@access(Permission.ASK_FOR_HELP)
def undo_merge(ticket_id: int) -> ResponseReturnValue:
    """Bring a merged ticket back to where it stood."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    merging.undo_merge(ticket, by=user)
    flash(f"#{ticket.id} stands by itself again. What was written since stays where it was written.", "good")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/<int:ticket_id>/relations", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def relate(ticket_id: int) -> ResponseReturnValue:
    """Say how a ticket stands to another one."""
    user = signed_in_user()
    ticket, form = queries.get_ticket(ticket_id, user), RelationForm()
    policies.check_is_team(ticket, by=user)
    if form.submitted() and (other := form.ticket()) is not None:
        with form.refusals():
            merging.relate(ticket, other, Kind(form.kind.data), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id))
    return render_template("tickets/relate.html", ticket=ticket, form=form), form.status


@blueprint.post("/<int:ticket_id>/relations/<int:relation_id>/remove")
@access(Permission.ASK_FOR_HELP)
def unrelate(ticket_id: int, relation_id: int) -> ResponseReturnValue:
    """Take a relation off."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    merging.unrelate(ticket, relations.get_relation(ticket, relation_id), by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/<int:ticket_id>/messages/<int:message_id>/split", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def split(ticket_id: int, message_id: int) -> ResponseReturnValue:
    """Make a ticket of its own from a message."""
    user = signed_in_user()
    ticket, message = queries.get_ticket(ticket_id, user), db.session.get(TicketMessage, message_id)
    policies.check_is_team(ticket, by=user)
    if message is None or message.ticket_id not in (ticket.id, *relations.sources_of(ticket)):
        raise NotFound("There is no such message on this ticket.")
    form = SplitForm(ticket, message)
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            new = merging.split_off(ticket, message, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=new.id))
    form.mark(ticket.agency_id, user)
    return render_template("tickets/split.html", ticket=ticket, form=form), form.status
