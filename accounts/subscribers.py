"""What accounts do about facts of others."""

from sqlalchemy import or_

from accounts.emergency.operations import tell_of_use
from accounts.lapses.operations import held_accounts, let_go, note_refresher
from accounts.leaving.models import DepartureState
from accounts.leaving.operations import end_without
from accounts.leaving.queries import of_account as of_leaver
from accounts.models import Account, HoldKind
from accounts.operations import drop_links_of_user, tell_directory_of, withdraw_coming
from accounts.queries import account_of_id, account_with
from accounts.requests.gates import review
from accounts.requests.models import AccountRequest, RequestState
from accounts.requests.operations import end_request, note_approval, note_course, note_lead, resume_request
from accounts.requests.queries import of_ticket, waiting
from accounts.reviewing.queries import leads_of
from accounts.seats.operations import end_seats_of
from accounts.seats.queries import agencies_of
from accounts.setup.operations import open_sheet
from adminops import clock
from adminops.facts import (
    AccountArchived,
    AccountReactivated,
    AccountReleased,
    AccountRestored,
    CompletionWithdrawn,
    CourseCompleted,
    RoleGranted,
    RoleRevoked,
    SignedIn,
    TicketApproved,
    TicketMoved,
    TicketRefused,
)
from adminops.facts.leaving import LeaverReported
from adminops.facts.opening import (
    AccountApproved,
    AgreementFact,
    LicenseSeatsOrdered,
    UserAgreementSigned,
)
from adminops.facts.proving import LostStepSettled
from adminops.identity.models import SYSTEM, User
from adminops.outbox.messages import enqueue_mail

OVER = ("resolved", "closed")
"""States of a ticket in which nothing more is expected."""


def let_links_die(fact: SignedIn, by: User) -> None:
    """Who signed in knows the password: links still on their way must not open the account any more."""
    del by
    drop_links_of_user(fact.user_id)


def tell_of_emergency(fact: SignedIn, by: User) -> None:
    """An account for emergencies is used: whoever has to know learns it at once."""
    if by.for_emergencies:
        account = account_of_id(fact.user_id)
        if account is not None:
            tell_of_use(account, by=by)


def let_coming_holds_go(fact: SignedIn, by: User) -> None:
    """Who signed in is not inactive: a hold for that which has not begun is taken back."""
    account = account_of_id(fact.user_id)
    if account is not None and any(each.kind is HoldKind.INACTIVITY for each in account.coming_holds):
        withdraw_coming(account, HoldKind.INACTIVITY, by=by)


def note_word(fact: TicketApproved, by: User) -> None:
    """A word that a request waited for was given on its ticket."""
    request = of_ticket(fact.about)
    if request is not None and request.state is RequestState.WAITING:
        (note_lead if fact.step == "agency" else note_approval)(request, by=by)


def note_refusal(fact: TicketRefused, by: User) -> None:
    """A request was refused on its ticket, by the HMIS lead or by the agency's."""
    if (request := of_ticket(fact.about)) is not None:
        end_request(request, RequestState.REFUSED, by=by)


def end_departure(fact: AccountReactivated | AccountRestored, by: User) -> None:
    """An account was opened again: nobody leaves any more, and the HMIS need not be closed to them."""
    departure = of_leaver(fact.account_id)
    if departure is not None and departure.state is DepartureState.OPEN:
        end_without(departure, by=by)


def note_move(fact: TicketMoved, by: User) -> None:
    """A ticket is over without what it asked for, or is taken up again."""
    if fact.because == "merged" or (request := of_ticket(fact.about)) is None:
        return
    if fact.new in OVER:
        end_request(request, RequestState.WITHDRAWN, by=by)
    elif fact.old in OVER:
        resume_request(request, by=by)


def review_of_agency(fact: AgreementFact | LicenseSeatsOrdered, by: User) -> None:
    """The agency has signed, or has seats: requests that waited for it by then go on."""
    del by
    here = or_(AccountRequest.agency_id == fact.agency_id, AccountRequest.other_agency_id == fact.agency_id)
    for request in waiting(here, AccountRequest.asked_at <= clock.now()):
        review(request, by=SYSTEM)
    let_go([account for account in held_accounts() if account.agency_id == fact.agency_id], by=SYSTEM)


def review_of_learner(fact: CourseCompleted | CompletionWithdrawn, by: User) -> None:
    """Somebody took a course, or did not after all."""
    del by
    account = account_of_id(fact.learner_id)
    if account is not None:
        if isinstance(fact, CourseCompleted):
            note_course(account, by=SYSTEM)
        _review(account)
        note_refresher(account, by=SYSTEM)


def review_of_signer(fact: UserAgreementSigned, by: User) -> None:
    """Somebody signed the user agreement."""
    del by
    account = account_with(fact.account_id)
    if account is not None:
        _review(account)


def review_of_account(fact: AccountReleased | LostStepSettled, by: User) -> None:
    """What kept an account closed has ended, or a second person of the team agreed."""
    del by
    account = account_with(fact.account_id)
    if account is not None:
        for request in waiting(AccountRequest.account_id == account.id):
            review(request, by=SYSTEM)


def tell_further_agencies(fact: LeaverReported, by: User) -> None:
    """Somebody leaves their own agency and works for others, too: access ends there as well, unless they move."""
    del by
    account = account_with(fact.account_id)
    for agency_id in agencies_of(account.id) if account is not None else ():
        for lead in leads_of(agency_id):
            enqueue_mail("accounts.leaves_elsewhere", to=lead, account=fact.account_id)


def end_seats(fact: AccountArchived, by: User) -> None:
    """An account was put away: its seats at further agencies end."""
    account = account_with(fact.account_id)
    if account is not None:
        end_seats_of(account, by=by)


def _review(account: Account) -> None:
    for request in waiting(AccountRequest.account_id == account.id):
        review(request, by=SYSTEM)
    let_go([account], by=SYSTEM)


def open_setup(fact: AccountApproved, by: User) -> None:
    """An account was approved: what to enter in the HMIS is listed, for the team to tick off."""
    del by
    account = account_with(fact.account_id)
    if account is not None:
        open_sheet(account, ticket=fact.request, by=SYSTEM)


def tell_roles(fact: RoleGranted | RoleRevoked, by: User) -> None:
    """Roles are groups in a directory."""
    tell_directory_of(fact.user_id, by=by)
