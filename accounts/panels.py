"""What accounts show on pages of others: one's password on one's own page, how the account of who asked stands."""

from markupsafe import Markup

from accounts.agreements.queries import current_text, signed_by, today
from accounts.lapses.operations import check_may_hold_agency
from accounts.licenses.queries import find_agency, seats_of
from accounts.lost_steps.queries import seen_of
from accounts.outside.queries import own_providers
from accounts.policies import refusal
from accounts.queries import account_of as find_own
from accounts.queries import find_of_user
from accounts.requests.queries import count_waiting
from accounts.reviewing.queries import open_review_of, open_reviews_of
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.templating import render_card


def account_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a person's account, for who sees accounts; None where there is none to see."""
    account = find_of_user(ref.number, viewer)
    if account is None or not viewer.reach(Permission.READ_ACCOUNTS).covers(account.agency_id):
        return None
    return render_card("accounts/account_card.html", account=account, user=account.user)


def agency_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of an agency's seats, and the way to close its accounts once its agreement has run out."""
    agency = find_agency(ref.number, viewer) if viewer.may(Permission.READ_ACCOUNTS) else None
    if agency is None:
        return None
    may_close = refusal(check_may_hold_agency, agency, by=viewer) is None
    values = {"seats": seats_of(agency.id), "review": open_review_of(agency.id), "waiting": count_waiting(agency.id)}
    return render_card("accounts/agency_card.html", agency=agency, may_close=may_close, **values)


def start_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the way to an agency's people, and what they are to be confirmed by, for who speaks for one."""
    del ref
    agency_ids = viewer.reach(Permission.REPORT_LEAVERS).agency_ids
    if not agency_ids:
        return None
    return render_card("accounts/staff/start_card.html", reviews=open_reviews_of(agency_ids))


def own_agreement(ref: Ref, viewer: User) -> Markup | None:
    """Return the card about the viewer's signature under the user agreement; nothing on anybody else's page."""
    account = find_own(viewer) if ref.id == str(viewer.id) else None
    if account is None or current_text() is None:
        return None
    return render_card("accounts/agreements/own.html", signed=signed_by(account.id), today=today())


def own_identities(ref: Ref, viewer: User) -> Markup | None:
    """Return the card about signing in with an identity provider; None where none vouches for the viewer."""
    rows = own_providers(viewer) if ref.id == str(viewer.id) else []
    if not rows:
        return None
    return render_card("accounts/outside/own.html", rows=rows)


def second_step(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a person's second step, for who could have it taken away; nothing on one's own page."""
    account = find_of_user(ref.number, viewer) if ref.id != str(viewer.id) else None
    if account is None or not viewer.reach(Permission.RESET_PASSWORDS).covers(account.agency_id):
        return None
    return render_card("accounts/second_step_card.html", account=account, seen=seen_of(account))


def own_password(ref: Ref, viewer: User) -> Markup | None:
    """Return the card about the viewer's own password; nothing on anybody else's page."""
    if ref.id != str(viewer.id):
        return None
    return render_card("accounts/own_password.html", set_at=viewer.password_set_at)


def sight_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the way from a client to who could see it on a day, for who may ask that."""
    if not viewer.may(Permission.ASK_WHO_SAW):
        return None
    return render_card("accounts/sight_card.html", client_id=ref.number)
