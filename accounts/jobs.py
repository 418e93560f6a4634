"""What the clock does for accounts."""

from accounts.couriers import DIRECTORY
from accounts.emergency.operations import remind_of_drills
from accounts.lapses.operations import held_accounts, hold_lapsing, hold_longer, let_go, recheck_due
from accounts.leaving import operations as leaving
from accounts.operations import answer_wishes, settle_due
from accounts.privileged.operations import look_after_lists, open_list_of_month
from accounts.reconciling.running import compare_now
from accounts.requests.gates import review
from accounts.requests.leavers import hold_waiting
from accounts.requests.operations import expire_due, remind
from accounts.requests.queries import waiting
from accounts.reviewing.operations import look_after_reviews, open_reviews
from accounts.seats.operations import end_due_seats
from adminops.identity.models import SYSTEM
from adminops.outbox.delivery import carry_due


def answer() -> None:
    """Send links to people who asked for one since the last time."""
    answer_wishes(by=SYSTEM)


def settle() -> None:
    """Open and close accounts whose moment has come; what the clock alone would close is looked at once more."""
    hold_waiting(by=SYSTEM)
    recheck_due(by=SYSTEM)
    settle_due(by=SYSTEM)
    end_due_seats(by=SYSTEM)


def review_requests() -> None:
    """See to requests about accounts: what is on record by now, what waits for long, what is over."""
    expire_due(by=SYSTEM)
    for request in waiting():
        review(request, by=SYSTEM)
    remind(by=SYSTEM)


def hold_what_lapses() -> None:
    """Let go what is renewed, warn of what runs out and hold it, and go on with who is closed for long."""
    let_go(held_accounts(), by=SYSTEM)
    hold_lapsing(by=SYSTEM)
    hold_longer(by=SYSTEM)


def remind_of_leavers() -> None:
    """Tell of people who left and are not closed out of the HMIS yet."""
    leaving.remind_of_leavers(by=SYSTEM)


def review_access() -> None:
    """Open this quarter's lists and the month's of administrators, and look after those that are open."""
    open_reviews(by=SYSTEM)
    look_after_reviews(by=SYSTEM)
    open_list_of_month(by=SYSTEM)
    look_after_lists(by=SYSTEM)


def remind_of_emergency_drills() -> None:
    """Remind of accounts for emergencies that nobody has tried for long."""
    remind_of_drills(by=SYSTEM)


def compare() -> None:
    """Compare with all of the directory."""
    compare_now()


def tell() -> None:
    """Let the directory hear what it has to know."""
    carry_due(DIRECTORY)
