"""The page of who could see a client's record on a day."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from accounts.seeing.forms import SightForm
from accounts.seeing.operations import ask_who_could_see
from accounts.views.blueprint import blueprint
from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user

SHOWN = 250
"""People, and looks, on the page; the command tells of all."""


@blueprint.route("/accounts/who-could-see", methods=["GET", "POST"])
@access(Permission.ASK_WHO_SAW, confirm=Again.OPENING)
def who_could_see() -> ResponseReturnValue:
    """Ask who could see a client's record on a day; what is asked for comes in the body, and is on the record."""
    form, found = SightForm(data={"client_id": request.args.get("client", type=int)}), None
    if form.submitted():
        with form.refusals():
            found = ask_who_could_see(**form.values(), by=signed_in_user())
    return render_template("accounts/who_could_see.html", form=form, found=found, most=SHOWN), form.status
