"""Is this person here already? Asked before a client is added a second time."""

from flask import render_template
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import link_to
from dedupe.describing import reasons_of
from dedupe.forms import LookUpForm
from dedupe.lookup import LookedUp, look_up_person
from dedupe.views.blueprint import asking


@asking.get("")
@access(Permission.READ_CLIENTS)
def index() -> ResponseReturnValue:
    """Ask who it is."""
    return _page(LookUpForm(formdata=None))


@asking.post("")
@access(Permission.READ_CLIENTS)
def look_up() -> ResponseReturnValue:
    """Show who may be here already, with the reasons."""
    form, found = LookUpForm(), None
    if form.submitted():
        with form.refusals():
            found = look_up_person(form.wanted, by=signed_in_user())
    form.ssn.data = ""  # it stands on no page, not even on the answer to who typed it
    return _page(form, found)


def _page(form: LookUpForm, found: LookedUp | None = None) -> ResponseReturnValue:
    by = signed_in_user()
    shown = render_template(
        "dedupe/here.html",
        form=form,
        found=found,
        reasons=reasons_of,
        may_give_ssn=by.may(Permission.REVEAL_SSN),
        ask=link_to(Ref.to("ask", "something_else"), by) if found and found.of_some else None,
    )
    return shown, form.status
