"""What accounts do about facts of others."""

from accounts.emergency.operations import tell_of_use
from accounts.lapses.operations import held_accounts, let_go, note_refresher
from accounts.leaving.models import DepartureState
from accounts.leaving.operations import end_without, note_sent_on
from accounts.leaving.queries import of_account as of_leaver
from accounts.leaving.queries import of_ticket as leaver_of_ticket
from accounts.models import Account, HoldKind
from accounts.operations import drop_links_of_user, tell_directory_of, withdraw_coming
from accounts.queries import account_of_id, account_with
from accounts.requests.models import AccountRequest, RequestState
from accounts.requests.operations import end_request, note_approval, note_lead, resume_request, review
from accounts.requests.queries import of_ticket, waiting
from accounts.setup.operations import open_sheet
from adminops import clock
from adminops.facts import (
    AccountReactivated,
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
from adminops.facts.opening import (
    AccountApproved,
    AgreementFact,
    LicenseSeatsOrdered,
    UserAgreementSigned,
)
from adminops.identity.models import SYSTEM, User

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
    """A word that a request for an account waited for was given on its ticket."""
    request = of_ticket(fact.about)
    if request is not None and request.state is RequestState.WAITING:
        (note_lead if fact.step == "agency" else note_approval)(request, by=by)
    if fact.step == "agency" and (departure := leaver_of_ticket(fact.about)) is not None:
        note_sent_on(departure, by=by)


def note_refusal(fact: TicketRefused, by: User) -> None:
    """A request for an account was refused on its ticket; or the lead does not send on that somebody leaves."""
    if (request := of_ticket(fact.about)) is not None:
        end_request(request, RequestState.REFUSED, by=by)
    departure = leaver_of_ticket(fact.about)
    if departure is not None and departure.state is DepartureState.ASKED:
        end_without(departure, by=by)


def end_departure(fact: AccountReactivated | AccountRestored, by: User) -> None:
    """An account was opened again: nobody leaves any more, and the HMIS need not be closed to them."""
    departure = of_leaver(fact.account_id)
    if departure is not None and departure.state is DepartureState.OPEN:
        end_without(departure, by=by)


def note_move(fact: TicketMoved, by: User) -> None:
    """A ticket is over without the account, or is taken up again."""
    if fact.because == "merged" or (request := of_ticket(fact.about)) is None:
        return
    if fact.new in OVER:
        end_request(request, RequestState.WITHDRAWN, by=by)
    elif fact.old in OVER:
        resume_request(request, by=by)


def review_of_agency(fact: AgreementFact | LicenseSeatsOrdered, by: User) -> None:
    """The agency has signed, or has seats: requests that waited for it by then go on."""
    del by
    for request in waiting(AccountRequest.agency_id == fact.agency_id, AccountRequest.asked_at <= clock.now()):
        review(request, by=SYSTEM)
    let_go([account for account in held_accounts() if account.agency_id == fact.agency_id], by=SYSTEM)


def review_of_learner(fact: CourseCompleted | CompletionWithdrawn, by: User) -> None:
    """Somebody took a course, or did not after all."""
    del by
    account = account_of_id(fact.learner_id)
    if account is not None:
        _review(account)
        note_refresher(account, by=SYSTEM)


def review_of_signer(fact: UserAgreementSigned, by: User) -> None:
    """Somebody signed the user agreement."""
    del by
    account = account_with(fact.account_id)
    if account is not None:
        _review(account)


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
