"""What people meet who need help: a first page in plain words, the form of a request, and what they asked for."""

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access, access_of, signed_in_user
from adminops.web.navigation import panels, registry
from tickets import catalogue, drafts, queries
from tickets.attaching import attach
from tickets.authority import find_people, leads_of, may_ask
from tickets.catalogue import Section
from tickets.drafts import draft_of, drop_draft
from tickets.forms import TeamTicketForm, TicketForm, ticket_form, uploads_of
from tickets.models import Ticket, TicketState
from tickets.operations import file_ticket, resolve
from tickets.problems.queries import problems_of_type
from tickets.views.desk import blueprint as tickets

blueprint = Blueprint("help", "tickets", url_prefix="/help", template_folder="templates")

LATEST = 5
SUGGESTIONS = 8


@blueprint.get("")
@access(Permission.ASK_FOR_HELP)
def start() -> ResponseReturnValue:
    """Ask what somebody needs help with: a few big choices, a search, and the way to everything."""
    user = signed_in_user()
    return render_template(
        "tickets/start.html",
        first_name=user.name.partition(" ")[0],
        kinds=[_choice(choice) for choice in catalogue.first_choices(_offered(user))],
        something_else=catalogue.SOMETHING_ELSE,
        incident=catalogue.INCIDENT,
        phone_number="".join(letter for letter in current_settings().team_phone if letter.isdecimal()),
        drafts=_drafts(user),
        to_approve=queries.list_waiting_for(user, LATEST),
        requests=queries.list_requests(user, only_open=True, limit=LATEST).rows,
        cards=panels("start", user.id, user),
    )


@blueprint.get("/new")
@access(Permission.ASK_FOR_HELP)
def choose() -> ResponseReturnValue:
    """Show everything that the viewer may ask for, or what of it holds some words."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    sections = catalogue.in_sections(_offered(signed_in_user()), words)
    shown = [(section.group, [_choice(kind) for kind in section.kinds]) for section in sections]
    return render_template("tickets/choose.html", sections=shown, words=words)


@blueprint.get("/about/<group>")
@access(Permission.ASK_FOR_HELP)
def about(group: str) -> ResponseReturnValue:
    """Show what of one group the viewer may ask for."""
    sections = catalogue.in_sections(_offered(signed_in_user()))
    section = next((section for section in sections if section.group.value == group.replace("-", "_")), None)
    if section is None:
        raise NotFound("Nobody offers this, or your role does not include it.")
    return render_template("tickets/about.html", group=section.group, kinds=[_choice(kind) for kind in section.kinds])


@blueprint.route("/new/<key>", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def new(key: str) -> ResponseReturnValue:
    """Take a request of one type."""
    user, kind = signed_in_user(), _get(key)
    if kind.start:
        return redirect(url_for(kind.start))
    team, typed = user.may(Permission.WORK_TICKETS), draft_of(kind, user) if request.method == "GET" else None
    form = ticket_form(kind, team=team, typed=typed)
    if form.submitted() and not form.replaced(form.agency_about(user), user):
        with form.refusals():
            ticket = _file(kind, form, user)
            return redirect(url_for("tickets.show", ticket_id=ticket.id))
    form.mark(form.agency_about(user), user)
    leads = _asked_first(kind)
    shown = {"leads": leads, "draft": typed, "known": problems_of_type(kind.key, user)}
    return render_template("tickets/new.html", kind=kind, form=form, team=team, **shown), form.status


def _file(kind: RequestType, form: TicketForm, user: User) -> Ticket:
    """File the request, forget its draft, and resolve what was solved while it was taken down."""
    solved = isinstance(form, TeamTicketForm) and form.solved.data
    ticket = file_ticket(kind=kind, **form.values(), give=not solved, by=user)
    clean = bool(form.confirmed_clean.data)
    if uploads := uploads_of(form.file):
        attach(queries.first_message(ticket), uploads, kind=kind, confirmed_clean=clean, by=user)
    drop_draft(kind, by=user)
    if solved and ticket.state is TicketState.NEW:
        resolve(ticket, by=user)
    return ticket


@blueprint.post("/drafts/<key>")
@access(Permission.ASK_FOR_HELP)
def save_draft(key: str) -> ResponseReturnValue:
    """Keep what is typed so far: by itself while one types, or by a button."""
    kind = _get(key)
    kept = drafts.save_draft(kind, request.form.to_dict(flat=False), by=signed_in_user())
    if request.headers.get("HX-Request"):
        return render_template("tickets/draft_state.html", saved_at=clock.now() if kept else None)
    flash("Your draft is kept. You find it under “Get help”." if kept else "There was nothing to keep yet.", "good")
    return redirect(url_for(".start"))


@blueprint.post("/drafts/<key>/discard")
@access(Permission.ASK_FOR_HELP)
def discard_draft(key: str) -> ResponseReturnValue:
    """Forget what was typed."""
    kind = _get(key)
    drop_draft(kind, by=signed_in_user())
    return redirect(url_for(".new", key=kind.key))


@blueprint.get("/first/<key>")
@access(Permission.ASK_FOR_HELP)
def first(key: str) -> ResponseReturnValue:
    """Show what may help at once, before the form."""
    kind = _get(key)
    form_url = url_for("help.new", key=kind.key)
    if kind.first is None:
        return redirect(form_url)
    ways = [(label, url_for(endpoint)) for label, endpoint in kind.first.ways if _may_open(endpoint)]
    return render_template("tickets/first.html", kind=kind, first=kind.first, ways=ways, form_url=form_url)


@blueprint.get("/people")
@access(Permission.WORK_TICKETS)
def people() -> ResponseReturnValue:
    """Suggest people to file on behalf of, as options of a list."""
    text = request.args.get("on_behalf_of", "").strip()[:100]
    found = find_people(text, SUGGESTIONS) if len(text) > 1 else []
    return render_template("tickets/people.html", people=found)


@tickets.get("/mine")
@access(Permission.ASK_FOR_HELP)
def mine() -> ResponseReturnValue:
    """Show what the viewer asked for, or what their agency did."""
    user, which = signed_in_user(), request.args.get("show", "open")
    sees_agency = user.may(Permission.READ_AGENCY_TICKETS) or user.may(Permission.READ_PRIVATE_TICKETS)
    shown = which if which in ("open", "all", "agency") and (which != "agency" or sees_agency) else "open"
    page = queries.list_requests(
        user, agency=shown == "agency", only_open=shown == "open", after=request.args.get("after")
    )
    return render_template("tickets/mine.html", page=page, shown=shown, sees_agency=sees_agency)


def _offered(user: User) -> list[RequestType]:
    return catalogue.offered_to(user, registry().features)


def _get(key: str) -> RequestType:
    """Return the request type of that key. Raises `NotFound` for one that the viewer may not ask for."""
    kind = next((kind for kind in _offered(signed_in_user()) if kind.key == key), None)
    if kind is None:
        raise NotFound("Nobody offers this, or your role does not include it.")
    return kind


def _drafts(user: User) -> list[tuple[RequestType, datetime]]:
    """Return what the viewer has begun and may still ask for."""
    kinds = {kind.key: kind for kind in _offered(user)}
    return [(kinds[row.request_type], row.saved_at) for row in drafts.drafts_of(user) if row.request_type in kinds]


def _asked_first(kind: RequestType) -> list[str] | None:
    """Return the leads who have to ask for `kind` in the viewer's place; None where the viewer may."""
    user = signed_in_user()
    if user.may(Permission.WORK_TICKETS) or may_ask(kind, user, user.agency_id):
        return None
    return [lead.name for lead in leads_of(user.agency_id, but=[user])]


def _may_open(endpoint: str) -> bool:
    declared = access_of(current_app.view_functions[endpoint])
    needs = declared.needs if declared else None
    return not isinstance(needs, Permission) or signed_in_user().may(needs)


def _choice(choice: RequestType | Section) -> tuple[str, str, str, str]:
    """Return icon, title, explanation and address of a request type, or of a group of them."""
    if isinstance(choice, Section):
        address = url_for("help.about", group=choice.group.value.replace("_", "-"))
        return choice.group.icon, choice.group.label, choice.group.help, address
    if choice.start:
        return choice.icon, choice.title, choice.help, url_for(choice.start)
    return choice.icon, choice.title, choice.help, url_for("help.first" if choice.first else "help.new", key=choice.key)
