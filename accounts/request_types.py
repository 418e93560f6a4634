"""What people may ask of accounts, and where each request is carried out."""

from collections.abc import Callable
from typing import Any

from flask import url_for

from accounts import request_forms as forms
from accounts.leaving.queries import of_ticket as leaver_of_ticket
from accounts.queries import find_named, find_of_user
from accounts.requests.kinds import GateKind
from accounts.requests.operations import open_request
from accounts.requests.queries import last_word_of, number_of
from accounts.requests.wishes import takes_away
from adminops.feature import FirstStep, RequestGroup, RequestType, WorkScreen
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import signed_in_user

STAFF_RULE = "Names of staff are fine here. Names of clients are not."
OFFICE_DAY = 9
"""Hours of business of a day, as targets are counted."""


def begin(ticket: Any, is_authorized: bool, by: User) -> None:
    """Begin the request that a ticket makes; one whose answers don't do is worked on by hand."""
    if ticket.agency_id is None:
        return
    open_request(
        Ref.to("ticket", ticket.id),
        request_type=ticket.request_type,
        requester=ticket.requester,
        agency_id=ticket.agency_id,
        answers=ticket.answers,
        is_authorized=is_authorized,
        by=by,
    )


def request_url(by_hand: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Return what finds the page of the request that a ticket made, else where it is worked on by hand, if it is."""

    def find(ticket: Any) -> str | None:
        number = number_of(Ref.to("ticket", ticket.id))
        if number is not None:
            return url_for("accounts.request_page", request_id=number)
        begins = ticket.is_open and ticket.waiting_on != "approval"
        return by_hand(ticket) if begins else None

    return find


def reset_url(ticket: Any) -> str | None:
    """Return where the help desk says who is asking, else where the password of the ticket's person is reset."""
    viewer, named = signed_in_user(), str(ticket.answers.get("username") or "")
    if (found := last_word_of(Ref.to("ticket", ticket.id))) is not None:
        number, missing = found
        if missing is GateKind.IDENTITY:
            return url_for("accounts.say", request_id=number, kind=missing.value)
        return url_for("accounts.request_page", request_id=number)
    account = find_named(named, viewer) if named else find_of_user(ticket.requester_id, viewer)
    return url_for("accounts.start_reset", account_id=account.id, ticket=ticket.id) if account else None


def new_account_url(ticket: Any) -> str | None:
    """Return where an account is created by hand."""
    by_hand = signed_in_user().may(Permission.MANAGE_ACCOUNTS)
    return url_for("accounts.new", ticket=ticket.id) if by_hand else None


def leaver_url(ticket: Any) -> str | None:
    """Return who leaves as the ticket says, else its request, else where the account is disabled by hand."""
    departure = leaver_of_ticket(Ref.to("ticket", ticket.id))
    if departure is not None:
        return url_for("accounts.leaver_page", departure_id=departure.id)
    return request_url(named_account_url("accounts.disable"))(ticket)


def named_account_url(page: str) -> Callable[[Any], str | None]:
    """Return what finds `page` of the account that a ticket names, else the list."""

    def find(ticket: Any) -> str | None:
        if not signed_in_user().may(Permission.MANAGE_ACCOUNTS):
            return None
        account = find_named(str(ticket.answers.get("username") or ""), signed_in_user())
        return url_for(page, account_id=account.id, ticket=ticket.id) if account else url_for("accounts.index")

    return find


def _work(page: str) -> WorkScreen:
    """Return the way to the request, which says how it stands; else to `page` of the account, by hand."""
    return WorkScreen(
        label="See how it stands",
        icon="list-checks",
        permission=Permission.READ_ACCOUNTS,
        url=request_url(named_account_url(page)),
        shows_state=True,
    )


def _of_staff(**over: Any) -> RequestType:
    """Return a request that only the agency's lead makes; others of the agency write it for their lead."""
    return RequestType(
        group=RequestGroup.STAFF,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        pii_rule=STAFF_RULE,
        filed=begin,
        **over,
    )


LOCKED_OUT = RequestType(
    key="locked_out",
    code="A4",
    title="I can't sign in",
    help="Password, code, or locked account",
    icon="lock",
    group=RequestGroup.SIGNING_IN,
    order=10,
    form=lambda: forms.LockedOutForm,
    priority="high",
    target_hours=8,
    pii_rule="A user name is enough. Never send a password.",
    first=FirstStep(
        title="You may not need to wait for us",
        text=(
            "For a new password, “Forgot your password?” sends a link to your work address at once.",
            "The link works once and for a short time, so open it soon.",
            "Write to us when no mail comes, when the account is locked, or when the second step does not work.",
        ),
        ways=(("Send me a link for a new password", "accounts.forgot"),),
        go_on="It does not help: write to us",
    ),
    checklist=(
        "Make sure who is asking: call back on the agency's main line.",
        "Say how you made sure, and the link leaves; never choose a password for somebody.",
        "Locked in the HMIS after wrong tries: unlock there, and reset the second step where it is asked for.",
    ),
    manuals=("signing in and passwords",),
    work=WorkScreen(label="Reset the password", icon="key-round", permission=Permission.RESET_PASSWORDS, url=reset_url),
    filed=begin,
)
NEW_ACCOUNT = _of_staff(
    key="new_account",
    code="A1",
    title="New account",
    help="Somebody starts with you and will work in HMIS",
    icon="user-plus",
    order=20,
    form=lambda: forms.NewAccountForm,
    target_hours=3 * OFFICE_DAY,
    approval="team",
    checklist=(
        "The request says what is missing; when nothing is, the person is invited by itself.",
        "Then organization, location and workgroups in the HMIS.",
        "The person has signed in, changed the password and signed the agreement on the screen.",
    ),
    manuals=("new account",),
    work=WorkScreen(
        label="See how it stands",
        icon="list-checks",
        permission=Permission.READ_ACCOUNTS,
        url=request_url(new_account_url),
        shows_state=True,
    ),
)
DEACTIVATE = _of_staff(
    key="deactivate_account",
    code="A6",
    title="Close an account",
    help="Somebody leaves, or no longer needs HMIS: tell us within 24 hours",
    icon="user-minus",
    order=21,
    form=lambda: forms.DeactivateForm,
    priority="urgent",
    target_hours=OFFICE_DAY,
    around_the_clock=True,
    checklist=(
        "The account closes by itself at the hour that was named: look whether it did.",
        "Set it to inactive in the HMIS, never delete it: what the person entered must stay.",
        "Ask each further agency of the person whether access ends there, too.",
    ),
    manuals=("staff leaving",),
    work=WorkScreen(
        label="Close the account",
        icon="user-minus",
        permission=Permission.READ_ACCOUNTS,
        url=leaver_url,
        shows_state=True,
    ),
)
ACCESS = _of_staff(
    key="access_change",
    code="A2",
    title="Change somebody's access",
    help="Another role, other programs, a further agency",
    icon="user-cog",
    order=22,
    form=lambda: forms.AccessForm,
    approval="team",
    spares=takes_away,
    checklist=(
        "The request says what is missing; when nothing is, the role changes by itself.",
        "Then the workgroups in the HMIS, by the sheet that opens.",
    ),
    work=_work("accounts.show"),
)
TRANSFER = _of_staff(
    key="transfer_account",
    code="A3",
    title="Somebody comes from another agency",
    help="Keeps the login and the training that still counts",
    icon="arrow-left-right",
    order=23,
    form=lambda: forms.TransferForm,
    approval="team",
    checklist=(
        "The request says what is missing; when nothing is, the account moves by itself, out of the old agency.",
        "Then organization and workgroups in the HMIS, by the sheet that opens.",
    ),
    work=_work("accounts.show"),
)
REACTIVATE = _of_staff(
    key="reactivate_account",
    code="A5",
    title="An account is inactive",
    help="Somebody was away, or did not sign in for long",
    icon="user-check",
    order=24,
    form=lambda: forms.ReactivateForm,
    checklist=(
        "Days since the last sign-in decide what comes first: nothing, a refresher, or the whole course.",
        "The account opens by itself. Set it to active in the HMIS, and ask for a sign-in on the same day.",
    ),
    manuals=("inactive account",),
    work=_work("accounts.reactivate"),
)
ASSESSOR = _of_staff(
    key="assessor_access",
    code="A7",
    title="Coordinated entry assessor",
    help="Access to assessments after the assessor training",
    icon="clipboard-list",
    order=25,
    form=lambda: forms.AssessorForm,
    approval="team",
    checklist=("Ask the coordinated entry lead, and note it.", "Add the workgroup in the HMIS, by the sheet."),
    work=_work("accounts.show"),
)
LICENSE = _of_staff(
    key="report_license",
    code="A8",
    title="License for own reports",
    help="Build and save reports yourself; has a yearly fee",
    icon="file-spreadsheet",
    order=26,
    form=lambda: forms.LicenseForm,
    priority="low",
    target_hours=10 * OFFICE_DAY,
    approval="team",
    checklist=("A license is free.", "Add it in the HMIS, and put the fee on the next bill, by the sheet."),
    work=_work("accounts.show"),
)
PARTICULARS = _of_staff(
    key="particulars_change",
    code="A9",
    title="A name, an address or an office has changed",
    help="New name or e-mail; a new agency lead, security officer or director",
    icon="contact",
    order=27,
    form=lambda: forms.ParticularsForm,
    approval="team",
    checklist=("For an office: file the signed designation, and note it.", "Change it in the HMIS and on the lists."),
    work=_work("accounts.show"),
)

REQUEST_TYPES = (
    LOCKED_OUT,
    NEW_ACCOUNT,
    DEACTIVATE,
    ACCESS,
    TRANSFER,
    REACTIVATE,
    ASSESSOR,
    LICENSE,
    PARTICULARS,
)
