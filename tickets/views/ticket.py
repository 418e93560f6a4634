"""A ticket: its page, which its requester sees too, and everything that is done on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import link_to, links_to, panels, registry
from tickets import linking, operations, policies, queries, sharing
from tickets.catalogue import filed_as, shown_answers, title_of
from tickets.forms import MessageForm, PropertiesForm, TagForm
from tickets.goals.card import goals_of
from tickets.goals.queries import names_of
from tickets.models import OPEN_STATES, Ticket, WaitingOn
from tickets.notices.mailed import Post, posts
from tickets.notices.preview import Preview
from tickets.resolving.views import missing_before
from tickets.sending import waiting_on
from tickets.side import side_of
from tickets.spent.queries import in_words
from tickets.timeline import NEWEST, Line, Message, how_many_since, story
from tickets.views import writing
from tickets.views.desk import blueprint

MOST_SHOWN = 10_000
"""Messages that one page shows at most."""


@blueprint.get("/<int:ticket_id>")
@access(Permission.ASK_FOR_HELP)
def show(ticket_id: int) -> ResponseReturnValue:
    """Show a ticket: to the team with its properties, to its requester without."""
    return ticket_page(queries.get_ticket(ticket_id, signed_in_user()))


@blueprint.get("/<int:ticket_id>/clocks")
@access(Permission.ASK_FOR_HELP)
def clocks(ticket_id: int) -> ResponseReturnValue:
    """Show the team how the clocks of a ticket are counted."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    return render_template(
        "tickets/clocks.html", ticket=ticket, goals=goals_of(ticket, every=True), versions=names_of(ticket)
    )


@blueprint.post("/<int:ticket_id>/messages")
@access(Permission.ASK_FOR_HELP)
def write(ticket_id: int) -> ResponseReturnValue:
    """Store an answer or a note, and do to the ticket what the button said."""
    user = signed_in_user()
    ticket, form = queries.get_ticket(ticket_id, user), MessageForm()
    if writing.inserted(ticket, form, user):
        return ticket_page(ticket, message=form)
    if form.submitted() and not form.replaced(ticket.agency_id, user) and not writing.overtaken(ticket, form, user):
        with form.refusals():
            return redirect(writing.write(ticket, form, kind_of(ticket), user))
    return ticket_page(ticket, message=form)


@blueprint.post("/<int:ticket_id>/properties")
@access(Permission.ASK_FOR_HELP)
def change(ticket_id: int) -> ResponseReturnValue:
    """Change status, assignee or priority."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    form = PropertiesForm(ticket)
    if form.submitted():
        with form.refusals():
            operations.change(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id, saved="yes"))
    return ticket_page(ticket, properties=form)


@blueprint.post("/<int:ticket_id>/take")
@access(Permission.ASK_FOR_HELP)
def take(ticket_id: int) -> ResponseReturnValue:
    """Assign a ticket to oneself."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    operations.assign(ticket, user, by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/resolve")
@access(Permission.ASK_FOR_HELP)
def resolve(ticket_id: int) -> ResponseReturnValue:
    """Let the requester say that it is done."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    operations.resolve(ticket, by=user)
    flash("Thank you for telling us. The request is resolved.", "good")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/reopen")
@access(Permission.ASK_FOR_HELP)
def reopen(ticket_id: int) -> ResponseReturnValue:
    """Take a resolved ticket up again."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    operations.reopen(ticket, by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/<int:ticket_id>/links/new", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def choose_link(ticket_id: int) -> ResponseReturnValue:
    """Search for something to link to a ticket. The words come in the body: they may be a name."""
    user, text = signed_in_user(), request.form.get("q", "").replace("\x00", "").strip()[:200]
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_may_work(ticket, by=user)
    found = linking.candidates(ticket, text, user)
    return render_template("tickets/choose_link.html", ticket=ticket, text=text, groups=found, form=ConfirmForm())


@blueprint.post("/<int:ticket_id>/links")
@access(Permission.ASK_FOR_HELP)
def link(ticket_id: int) -> ResponseReturnValue:
    """Link something that the viewer may see to a ticket."""
    user = signed_in_user()
    ticket, ref = queries.get_ticket(ticket_id, user), Ref.parse(request.form.get("ref", ""))
    if ref is None or link_to(ref, user) is None:
        raise NotFound("There is no such thing to link.")
    linking.link(ticket, ref, by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/links/<int:link_id>/remove")
@access(Permission.ASK_FOR_HELP)
def unlink(ticket_id: int, link_id: int) -> ResponseReturnValue:
    """Take a link off a ticket."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    linking.unlink(ticket, queries.get_link(ticket, link_id), by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


# The page


def ticket_page(
    ticket: Ticket,
    *,
    message: MessageForm | None = None,
    properties: PropertiesForm | None = None,
    tagged: TagForm | None = None,
    told: Preview | None = None,
) -> ResponseReturnValue:
    """Return the page of a ticket, with a refused form in its place (or who will get it), and its status."""
    user, features = signed_in_user(), registry().features
    team, kind = policies.is_team(user, ticket), kind_of(ticket)
    told_so_far = _story(ticket, user, team)
    begun = told_so_far["side"].draft or not team
    form = message or writing.empty_form(ticket, told_so_far["unsent"], user, begun=begun)
    form.mark(ticket.agency_id, user)
    form.offer(told_so_far["side"].canned)
    form.seen.data = str(
        max((item.id for item in told_so_far["told"] if isinstance(item, Message) and not item.of), default=0)
    )
    parts = bool(told_so_far["side"].open_parts)
    form.speak(ticket, kind, note=team, parts=parts)
    page = render_template(
        "tickets/show.html",
        ticket=ticket,
        viewer=user,
        team=team,
        form=form,
        properties=(properties or PropertiesForm(ticket)).shaped(kind, parts) if team else None,
        type_title=kind.title if kind else title_of(ticket.request_type, features),
        answers=shown_answers(kind, ticket.answers),
        work=work_of(kind, ticket, user),
        panels=panels("ticket", ticket.id, user),
        preview=told,
        tag_form=(tagged or TagForm(formdata=None)) if team else None,
        **told_so_far,
        **_rights(ticket, user),
        goals=goals_of(ticket, [event for _, event in told_so_far["side"].happened]) if team else None,
        time_spent=in_words(told_so_far["side"].minutes) if team and current_settings().time_spent else "",
        missing=missing_before(ticket, kind, told_so_far["side"], told_so_far["told"], user) if team else [],
    )
    refused = message or properties or tagged
    return page, refused.status if refused else 200


def kind_of(ticket: Ticket) -> RequestType | None:
    """Return what a ticket was filed as; None for what is no longer known."""
    return filed_as(ticket.request_type, ticket.type_version, registry().features)


def work_of(kind: RequestType | None, ticket: Ticket, user: User) -> tuple[str, str, str] | None:
    """Return label, address and icon of the screen where the request is carried out, while there is work to do.

    Where it also says how far the request is, it is always there.
    """
    begins = ticket.state in OPEN_STATES and ticket.waiting_on is not WaitingOn.APPROVAL
    work = kind.work if kind and kind.work and (begins or kind.work.shows_state) else None
    address = work.url(ticket) if work and user.may(work.permission) else None
    return (work.label, address, work.icon) if work and address else None


def _story(ticket: Ticket, user: User, team: bool) -> dict[str, Any]:
    side = side_of(ticket, user if team else None)
    shown = _how_many(ticket, side.sources)
    read = story(ticket, team=team, sources=side.sources, newest=shown)
    told, mails = read.told, [mail for mail in side.mails if read.since is None or mail.at >= read.since]
    things = [thing for item in told if isinstance(item, Line) for thing in item.things]
    links = links_to([*things, *side.refs], user)
    unsent = waiting_on(ticket) if side.unsent else []
    return {
        "told": sorted([*told, *posts(mails)], key=_when),
        "left_out": read.shown_from,
        "earlier": min(shown * 4, MOST_SHOWN),
        "side": side,
        "linked": side.linked,
        "links": links,
        "unsent": unsent,
        "leaves_soon": writing.seconds_until(unsent),
        "opened_at": int(clock.now().timestamp()),
    }


def _how_many(ticket: Ticket, sources: Sequence[int]) -> int:
    """Return how many messages to show: as many as were asked for, or as reach back to the one that was."""
    wanted, asked = request.args.get("shown", NEWEST, type=int), request.args.get("message", type=int)
    if asked is not None and 0 < asked < 2**31:
        wanted = max(wanted, how_many_since(asked, ticket, sources))
    return max(1, min(wanted, MOST_SHOWN))


def _when(item: Message | Line | Post) -> tuple[datetime, bool]:
    """Return where an item stands on the page: mails after what they tell of."""
    return item.at, isinstance(item, Post)


def _rights(ticket: Ticket, user: User) -> dict[str, bool]:
    may_work = policies.may_work(ticket, by=user)
    return {
        "own": policies.is_own(user, ticket),
        "may_work": may_work,
        "may_take": may_work and ticket.state in OPEN_STATES and ticket.assignee_id != user.id,
        "may_reply": policies.may_reply(ticket, by=user),
        "may_resolve": policies.may_resolve(ticket, by=user),
        "may_reopen": policies.may_reopen(ticket, by=user),
        "may_share": sharing.may_share(ticket, by=user),
    }
