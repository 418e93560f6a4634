"""The pages of incoming mail: what failed, what waits for a decision, what was ignored, and why."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets.mail import operations, queries
from tickets.mail.forms import ClaimForm
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.reading import Incoming

blueprint = Blueprint("mail_in", __name__, url_prefix="/mail-in", template_folder="../templates")

TABS = (MailState.HELD, MailState.FAILED, MailState.IGNORED, MailState.WAITING, MailState.FILED)


@blueprint.get("")
@access(Permission.WORK_TICKETS)
def index() -> ResponseReturnValue:
    """List the mails by what became of them; first those that somebody has to decide about."""
    shown = request.args.get("show", MailState.HELD.value)
    state = MailState(shown) if shown in {each.value for each in MailState} else MailState.HELD
    page = queries.list_mails(signed_in_user(), state=state, after=request.args.get("after"))
    return render_template(
        "tickets/mail/index.html", page=page, state=state, tabs_of=TABS, not_fetched=queries.why_not_fetched()
    )


@blueprint.get("/<int:mail_id>")
@access(Permission.WORK_TICKETS)
def show(mail_id: int) -> ResponseReturnValue:
    """Show what became of a mail, without its words."""
    return _page(queries.get_mail(mail_id, signed_in_user()))


@blueprint.post("/<int:mail_id>/words")
@access(Permission.REDACT)
def open_words(mail_id: int) -> ResponseReturnValue:
    """Show what a mail says, which is on the record."""
    user = signed_in_user()
    mail = queries.get_mail(mail_id, user)
    return _page(mail, said=operations.open_mail(mail, by=user))


@blueprint.post("/<int:mail_id>/again")
@access(Permission.WORK_TICKETS)
def again(mail_id: int) -> ResponseReturnValue:
    """Have a mail read again."""
    user = signed_in_user()
    operations.read_again(queries.get_mail(mail_id, user), by=user)
    flash("The mail is read again within a minute.", "good")
    return redirect(url_for(".show", mail_id=mail_id))


@blueprint.post("/<int:mail_id>/aside")
@access(Permission.WORK_TICKETS)
def aside(mail_id: int) -> ResponseReturnValue:
    """Decide that nothing is to be done about a mail."""
    user = signed_in_user()
    operations.set_aside(queries.get_mail(mail_id, user), by=user)
    flash("The mail was set aside. It stays kept under “Ignored”.", "good")
    return redirect(url_for(".index"))


@blueprint.post("/<int:mail_id>/claim")
@access(Permission.REDACT)
def claim(mail_id: int) -> ResponseReturnValue:
    """File a mail as somebody's request."""
    user = signed_in_user()
    mail, form = queries.get_mail(mail_id, user), ClaimForm()
    if form.submitted():
        with form.refusals():
            operations.file_for(mail, form.chosen(), by=user)
            flash("The mail is a request now.", "good")
            return redirect(url_for("tickets.show", ticket_id=mail.ticket_id))
    return _page(mail, form=form)


def _page(mail: IncomingMail, *, said: Incoming | None = None, form: ClaimForm | None = None) -> ResponseReturnValue:
    reads = signed_in_user().may(Permission.REDACT)
    decides = mail.state in (MailState.HELD, MailState.IGNORED)
    form = form or (ClaimForm() if reads and decides else None)
    page = render_template(
        "tickets/mail/show.html", mail=mail, said=said, form=form, reads=reads, decides=decides, confirm=ConfirmForm()
    )
    return page, form.status if form else 200
