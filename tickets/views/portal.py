"""What people meet who need help: a first page in plain words, the form of a request, and what they asked for."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from tickets import catalogue, queries
from tickets.forms import ticket_form
from tickets.operations import file_ticket
from tickets.views.desk import blueprint as tickets

blueprint = Blueprint("help", "tickets", url_prefix="/help", template_folder="templates")

CHOICES = 6
"""So many request types stand on the first page; the rest one click further on."""
LATEST = 5
SUGGESTIONS = 8


@blueprint.get("")
@access(Permission.ASK_FOR_HELP)
def start() -> ResponseReturnValue:
    """Ask what somebody needs help with."""
    user = signed_in_user()
    offered = [kind for kind in _offered(user) if kind.key != catalogue.SOMETHING_ELSE]
    return render_template(
        "tickets/start.html",
        first_name=user.name.partition(" ")[0],
        kinds=[_choice(kind) for kind in offered[:CHOICES]],
        more=len(offered) > CHOICES,
        something_else=catalogue.SOMETHING_ELSE,
        phone_number="".join(letter for letter in current_settings().team_phone if letter.isdecimal()),
        requests=queries.list_requests(user, only_open=True, limit=LATEST).rows,
    )


@blueprint.get("/new")
@access(Permission.ASK_FOR_HELP)
def choose() -> ResponseReturnValue:
    """Show everything that the viewer may ask for."""
    return render_template("tickets/choose.html", kinds=[_choice(kind) for kind in _offered(signed_in_user())])


@blueprint.route("/new/<key>", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def new(key: str) -> ResponseReturnValue:
    """Take a request of one type."""
    user = signed_in_user()
    kind = next((kind for kind in _offered(user) if kind.key == key), None)
    if kind is None:
        raise NotFound("Nobody offers this, or your role does not include it.")
    if kind.start:
        return redirect(url_for(kind.start))
    team = user.may(Permission.WORK_TICKETS)
    if (form := ticket_form(kind, team=team)).submitted():
        with form.refusals():
            ticket = file_ticket(kind=kind, **form.values(), by=user)
            return redirect(url_for("tickets.show", ticket_id=ticket.id))
    return render_template("tickets/new.html", kind=kind, form=form, team=team), form.status


@blueprint.get("/people")
@access(Permission.WORK_TICKETS)
def people() -> ResponseReturnValue:
    """Suggest people to file on behalf of, as options of a list."""
    text = request.args.get("on_behalf_of", "").strip()[:100]
    found = queries.find_people(text, SUGGESTIONS) if len(text) > 1 else []
    return render_template("tickets/people.html", people=found)


@tickets.get("/mine")
@access(Permission.ASK_FOR_HELP)
def mine() -> ResponseReturnValue:
    """Show what the viewer asked for, or what their agency did."""
    user, which = signed_in_user(), request.args.get("show", "open")
    sees_agency = user.may(Permission.READ_AGENCY_TICKETS)
    shown = which if which in ("open", "all", "agency") and (which != "agency" or sees_agency) else "open"
    page = queries.list_requests(
        user, agency=shown == "agency", only_open=shown == "open", after=request.args.get("after")
    )
    return render_template("tickets/mine.html", page=page, shown=shown, sees_agency=sees_agency)


def _offered(user: User) -> list[RequestType]:
    return catalogue.offered_to(user, registry().features)


def _choice(kind: RequestType) -> tuple[str, str, str, str]:
    """Return icon, title, explanation and address of a request type."""
    return kind.icon, kind.title, kind.help, url_for(kind.start) if kind.start else url_for("help.new", key=kind.key)
