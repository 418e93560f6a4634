"""What people may ask of accounts, and where each request is carried out."""

from collections.abc import Callable
from typing import Any

from flask import url_for

from accounts import request_forms as forms
from accounts.leaving.operations import report_by_ticket
from accounts.leaving.queries import of_ticket as leaver_of_ticket
from accounts.queries import find_named, find_of_user
from accounts.requests.operations import open_request
from accounts.requests.queries import of_ticket
from adminops.feature import FirstStep, RequestGroup, RequestType, WorkScreen
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import signed_in_user

STAFF_RULE = "Names of staff are fine here. Names of clients are not."
NEEDED = ("person", "work_email", "employment")
"""Answers without which nobody knows for whom an account is asked."""
OFFICE_DAY = 9
"""Hours of business of a day, as targets are counted."""


def reset_url(ticket: Any) -> str | None:
    """Return where the password of the ticket's person is reset: the named user's, else the requester's."""
    viewer, named = signed_in_user(), str(ticket.answers.get("username") or "")
    account = find_named(named, viewer) if named else find_of_user(ticket.requester_id, viewer)
    return url_for("accounts.start_reset", account_id=account.id, ticket=ticket.id) if account else None


def new_account_url(ticket: Any) -> str | None:
    """Return the request that the ticket made, else where an account is created by hand."""
    request = of_ticket(Ref.to("ticket", ticket.id))
    if request is not None:
        return url_for("accounts.request_page", request_id=request.id)
    by_hand = signed_in_user().may(Permission.MANAGE_ACCOUNTS)
    return url_for("accounts.new", ticket=ticket.id) if by_hand else None


def begin(ticket: Any, is_authorized: bool, by: User) -> None:
    """Begin the request for the account that a ticket asks for.

    A ticket without the answers of the form, taken over from elsewhere or written on a call, is worked on by hand.
    """
    if ticket.agency_id is None or not all(ticket.answers.get(field) for field in NEEDED):
        return
    open_request(
        Ref.to("ticket", ticket.id),
        requester=ticket.requester,
        agency_id=ticket.agency_id,
        answers=ticket.answers,
        is_authorized=is_authorized,
        by=by,
    )


def note_leaver(ticket: Any, is_authorized: bool, by: User) -> None:
    """Let access end by itself at the moment that a ticket names, where its answers say whose and when."""
    account = find_named(str(ticket.answers.get("username") or ""), SYSTEM)
    if account is None or account.agency_id is None or account.agency_id != ticket.agency_id:
        return
    report_by_ticket(
        Ref.to("ticket", ticket.id),
        account,
        answers=ticket.answers,
        reporter=ticket.requester,
        is_authorized=is_authorized,
        by=SYSTEM if is_authorized else by,
    )


def leaver_url(ticket: Any) -> str:
    """Return who leaves as the ticket says, else where the account that it names is disabled by hand."""
    departure = leaver_of_ticket(Ref.to("ticket", ticket.id))
    if departure is not None:
        return url_for("accounts.leaver_page", departure_id=departure.id)
    return named_account_url("accounts.disable")(ticket)


def named_account_url(page: str) -> Callable[[Any], str]:
    """Return what finds `page` of the account that a ticket names, else the list."""

    def find(ticket: Any) -> str:
        account = find_named(str(ticket.answers.get("username") or ""), signed_in_user())
        return url_for(page, account_id=account.id, ticket=ticket.id) if account else url_for("accounts.index")

    return find


def _work(label: str, icon: str, page: str) -> WorkScreen:
    return WorkScreen(label=label, icon=icon, permission=Permission.MANAGE_ACCOUNTS, url=named_account_url(page))


def _of_staff(**over: Any) -> RequestType:
    """Return a request that only the agency's lead makes; others of the agency write it for their lead."""
    return RequestType(
        group=RequestGroup.STAFF,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        pii_rule=STAFF_RULE,
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
        "Start the reset here; never choose a password for somebody.",
        "Locked in the HMIS after wrong tries: unlock there, and reset the second step where it is asked for.",
    ),
    manuals=("signing in and passwords",),
    work=WorkScreen(label="Reset the password", icon="key-round", permission=Permission.RESET_PASSWORDS, url=reset_url),
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
        label="Set up the account", icon="list-checks", permission=Permission.READ_ACCOUNTS, url=new_account_url
    ),
    filed=begin,
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
        label="Close the account", icon="user-minus", permission=Permission.MANAGE_ACCOUNTS, url=leaver_url
    ),
    filed=note_leaver,
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
    checklist=(
        "Across agencies: the other agency's lead has agreed.",
        "The courses of the new role are taken.",
        "Change the role here, then the workgroups in the HMIS.",
    ),
    work=_work("Change the access", "user-cog", "accounts.show"),
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
        "Close the access at the old agency first.",
        "Training counts when the last sign-in was within six months and the program is of the same kind.",
        "Move the account, then organization and workgroups in the HMIS.",
    ),
    work=_work("Move the account", "arrow-left-right", "accounts.show"),
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
        "Days since the last sign-in decide: unlock, refresher, or the whole course first.",
        "Reactivate here and in the HMIS, and ask for a sign-in on the same day.",
    ),
    manuals=("inactive account",),
    work=_work("Reactivate the account", "user-check", "accounts.reactivate"),
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
    checklist=("The coordinated entry lead has agreed.", "Add the assessor workgroup in the HMIS."),
    work=_work("Open the account", "user-cog", "accounts.show"),
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
    checklist=("A license is free.", "The report training is done.", "Put the fee on the agency's next bill."),
    work=_work("Open the account", "user-cog", "accounts.show"),
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
    checklist=("For an office: the signed designation is on file.", "Change it here, in the HMIS and on the lists."),
    work=_work("Open the account", "user-cog", "accounts.show"),
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
