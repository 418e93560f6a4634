"""The canned replies: a list, and a form for each."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm, Form, choices
from adminops.web.navigation import registry
from tickets import canned
from tickets.canned import CannedReply
from tickets.catalogue import all_types

blueprint = Blueprint("canned", "tickets", url_prefix="/canned-replies", template_folder="templates")


class CannedForm(Form):
    """A text to answer with."""

    title = StringField("Title", [InputRequired("Give it a title."), Length(max=100)])
    body = TextAreaField(
        "Text", [InputRequired("Write the text first."), Length(max=canned.LONGEST)], render_kw={"rows": 8}
    )
    shared = BooleanField("Everybody on the team has it")
    request_types = SelectMultipleField(
        "Only for",
        description="None chosen means all kinds of requests.",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, *, shares: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        kinds = (kind for kind in all_types(registry().features) if not kind.start)
        self.request_types.choices = choices((kind.key, kind.title) for kind in kinds)
        if not shares:
            del self.shared

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_reply` and `change_reply`."""
        return {"shared": False, **super().values()}


@blueprint.get("/")
@access(Permission.WORK_TICKETS)
def index() -> ResponseReturnValue:
    """List the canned replies that the viewer has."""
    user = signed_in_user()
    rows = [(row, _may_change(row)) for row in canned.replies_of(user)]
    return render_template("tickets/canned_index.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def new() -> ResponseReturnValue:
    """Write a canned reply."""
    user = signed_in_user()
    form = CannedForm(shares=user.may(Permission.SHAPE_DESK))
    if form.submitted():
        with form.refusals():
            canned.save_reply(**form.values(), by=user)
            return redirect(url_for(".index"))
    return render_template("tickets/canned.html", form=form, row=None, variables=canned.VARIABLES), form.status


@blueprint.route("/<int:reply_id>", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def edit(reply_id: int) -> ResponseReturnValue:
    """Change a canned reply."""
    user = signed_in_user()
    row = canned.get_reply(reply_id, user)
    canned.check_may_keep(shared=row.owner_id is None, by=user)
    data = {"title": row.title, "body": row.body, "request_types": row.request_types, "shared": row.owner_id is None}
    form = CannedForm(shares=user.may(Permission.SHAPE_DESK), data=data)
    if form.submitted():
        with form.refusals():
            canned.change_reply(row, **form.values(), by=user)
            return redirect(url_for(".index"))
    return render_template("tickets/canned.html", form=form, row=row, variables=canned.VARIABLES), form.status


@blueprint.route("/<int:reply_id>/remove", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def remove(reply_id: int) -> ResponseReturnValue:
    """Ask before a canned reply is removed, and remove it."""
    user, form = signed_in_user(), ConfirmForm()
    row = canned.get_reply(reply_id, user)
    canned.check_may_keep(shared=row.owner_id is None, by=user)
    if form.submitted():
        canned.remove_reply(row, by=user)
        flash(f"“{row.title}” is removed.", "good")
        return redirect(url_for(".index"))
    return render_template("tickets/remove_canned.html", form=form, row=row), form.status


def _may_change(row: CannedReply) -> bool:
    return row.owner_id is not None or signed_in_user().may(Permission.SHAPE_DESK)
