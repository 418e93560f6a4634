"""The mails of accounts. Each is written when it is sent, so a link that died meanwhile is not sent at all."""

from datetime import date, timedelta

from sqlalchemy import select

from accounts import tokens
from accounts.agreements.models import SigningLink
from accounts.emergency.queries import readiness
from accounts.ladders.queries import rules_of
from accounts.ladders.values import PolicyKind
from accounts.leaving.models import Departure, DepartureState
from accounts.leaving.queries import of_account as leaving_of
from accounts.lost_steps.models import LostStep
from accounts.models import Account, AccountState, HoldKind, LinkReason, PasswordReset
from accounts.outside.models import IdentityProvider, OutsideIdentity
from accounts.privileged.models import PrivilegedReview
from accounts.reconciling.models import Comparison
from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.models import AccountRequest, GateState, RequestState
from accounts.reviewing.models import AccessReview, ReviewState
from accounts.scim.models import ScimConnection
from adminops.agencies.queries import mou_until
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.outbox.messages import Mail


def invite(*, to_id: int, reset_id: int) -> Mail | None:
    """Return the invitation to choose a first password, or None when its link is dead."""
    link = _living_link(reset_id, to_id)
    if link is None or link.reason is not LinkReason.INVITATION:
        return None
    user = link.account.user
    return Mail(
        subject="Your new account",
        template="accounts/invite",
        values={"username": user.username, "expires_at": link.expires_at},
        link=f"/reset/{tokens.token_of(link)}",
        link_label="Choose your password",
    )


def reset(*, to_id: int, reset_id: int) -> Mail | None:
    """Return the mail with the link to a new password, or None when the link is dead."""
    link = _living_link(reset_id, to_id)
    if link is None or link.reason is LinkReason.INVITATION:
        return None
    return Mail(
        subject="Choose a new password",
        template="accounts/reset",
        values={
            "username": link.account.user.username,
            "expires_at": link.expires_at,
            "by_help_desk": link.reason is LinkReason.HELP_DESK,
        },
        link=f"/reset/{tokens.token_of(link)}",
        link_label="Choose a new password",
    )


def password_changed(*, to_id: int, reset_id: int = 0, at: int = 0) -> Mail | None:
    """Return the notice that the password is a new one; the ids only tell one change from the next."""
    del to_id, reset_id, at
    return Mail(
        subject="Your password was changed",
        template="accounts/password_changed",
        link="/sign-in",
        link_label="Sign in",
    )


def speaks(*, to_id: int, connection_id: int, at: int = 0) -> Mail | None:
    """Return the notice that an identity provider asks in one's name; None where it is somebody else's by now."""
    del at
    connection = db.session.get(ScimConnection, connection_id)
    if connection is None or connection.speaker_id != to_id:
        return None
    return Mail(
        subject="Your organization's sign-in asks for accounts in your name",
        template="accounts/speaks",
        values={"provider": connection.provider.name, "agency": connection.agency.name},
        link="/accounts/staff",
        link_label="See your people",
    )


def connected(*, to_id: int, provider_id: int, at: int = 0) -> Mail | None:
    """Return the notice that one can sign in by an identity provider; None once that is over."""
    del at
    provider = db.session.get(IdentityProvider, provider_id)
    here = select(OutsideIdentity.id).where(
        OutsideIdentity.provider_id == provider_id, OutsideIdentity.user_id == to_id
    )
    if provider is None or db.session.scalar(here) is None:
        return None
    return Mail(
        subject="You can sign in another way",
        template="accounts/connected",
        values={"provider": provider.name},
        link="/me",
        link_label="Look at your own page",
    )


def emergency(*, to_id: int, account: int, what: str, at: int) -> Mail | None:
    """Tell that an account for emergencies was made, or is used right now."""
    del to_id, at
    found = db.session.get(Account, account)
    if found is None:
        return None
    return Mail(
        subject="An account for emergencies is used" if what == "used" else "An account for emergencies was made",
        template="accounts/emergency",
        values={"username": found.user.username, "used": what == "used"},
        link=f"/accounts/{found.id}",
        link_label="Look at the account",
    )


def emergency_drill(*, to_id: int, account: int, month: int) -> Mail | None:
    """Remind of an account for emergencies that nobody could rely on; None once somebody can, or it is closed."""
    del to_id, month
    lacking = next((each for each in readiness() if each.account.id == account and each.lacks), None)
    if lacking is None:
        return None
    return Mail(
        subject="The account for emergencies needs a drill",
        template="accounts/emergency_drill",
        values={"username": lacking.account.user.username, "lacks": lacking.lacks},
    )


def lost_step_asked(*, to_id: int, lost: int) -> Mail | None:
    """Tell a person that somebody says they have lost their second step; None once that is decided."""
    asked = db.session.get(LostStep, lost)
    if asked is None or not asked.is_waiting or asked.account.user_id != to_id:
        return None
    return Mail(subject="Have you lost your second step?", template="accounts/lost_step_asked")


def lost_step_waits(*, to_id: int, lost: int) -> Mail | None:
    """Ask a member of the team to agree; None once somebody has decided."""
    del to_id
    asked = db.session.get(LostStep, lost)
    if asked is None or not asked.is_waiting:
        return None
    return Mail(
        subject="A lost second step waits for your word",
        template="accounts/lost_step_waits",
        values={"expires_at": asked.expires_at},
        link=f"/accounts/{asked.account_id}/lost-step",
        link_label="Look at it",
    )


def sign(*, to_id: int, link_id: int) -> Mail | None:
    """Return the mail with the link to the user agreement, or None when the link is dead."""
    link = db.session.get(SigningLink, link_id)
    if link is None or not link.is_alive or link.account.user_id != to_id or not tokens.still_fits(link):
        return None
    return Mail(
        subject="Please read and sign the user agreement",
        template="accounts/sign",
        values={
            "agency": link.account.agency.name if link.account.agency else "",
            "renews": link.account.activated_at is not None,
            "expires_at": link.expires_at,
        },
        link=f"/agreement/{tokens.token_of(link)}",
        link_label="Read and sign",
    )


def training_lapses(*, to_id: int, day: str) -> Mail | None:
    """Return the mail that a required training runs out; None for an account that is not in use any more."""
    user = db.session.get(User, to_id)
    if user is None or not user.may_sign_in:
        return None
    return Mail(
        subject="Your training runs out",
        template="accounts/training_lapses",
        values={"day": date.fromisoformat(day)},
        link="/training",
        link_label="Find a class",
    )


def runs_out(*, to_id: int, hold: str, step: int, about: str) -> Mail | None:
    """Warn of what will hold an account; None once nothing is on its way any more."""
    account = db.session.scalar(select(Account).where(Account.user_id == to_id))
    if account is None or account.state is not AccountState.ACTIVE:
        return None
    coming = next((each for each in account.coming_holds if each.kind.value == hold), None)
    if coming is None and hold == HoldKind.INACTIVITY.value:
        return None
    links = {"inactivity": ("/sign-in", "Sign in"), "agreement": ("/me/agreement", "Read and sign")}
    link, label = links.get(hold, ("/training", "Find a class"))
    return Mail(
        subject="Your access ends unless you do something",
        template="accounts/runs_out",
        values={
            "hold": hold,
            "step": step,
            "last_on": date.fromisoformat(about) if "-" in about else None,
            "holds_at": coming.begins_at if coming else None,
        },
        link=link,
        link_label=label,
    )


def agency_closes(*, to_id: int, agency: int, step: int, about: str) -> Mail | None:
    """Warn that the people of an agency will be closed out with its agreement; None once it is renewed."""
    del to_id, step
    found, last_on = db.session.get(Agency, agency), date.fromisoformat(about)
    ladder = rules_of(PolicyKind.MOU).ladder_for(agency)
    if found is None or ladder is None or not ladder.hold or mou_until([agency]).get(agency) != last_on:
        return None
    return Mail(
        subject=f"The people of {found.name} lose access unless its agreement is renewed",
        template="accounts/agency_closes",
        values={"agency": found.name, "last_on": last_on, "closes_on": last_on + timedelta(days=ladder.hold + 1)},
        link=f"/agencies/{agency}",
        link_label="Open the agency",
    )


def supervisor(*, to_id: int, account_request: int, at: int = 0) -> Mail | None:
    """Ask a supervisor for their word; None once it is given, or the request over."""
    del at
    asked = db.session.get(AccountRequest, account_request)
    gate = asked.gate(GateKind.SUPERVISOR) if asked is not None and asked.supervisor_id == to_id else None
    if asked is None or asked.state is not RequestState.WAITING or gate is None or gate.state is not GateState.OPEN:
        return None
    return _of_request(asked, "A new account waits for your word", "accounts/supervisor")


def other_agency(*, to_id: int, account_request: int, at: int = 0) -> Mail | None:
    """Ask the lead of the other agency for their word; None once it is given, or the request over."""
    del to_id, at
    asked = db.session.get(AccountRequest, account_request)
    gate = asked.gate(GateKind.OTHER_AGENCY) if asked is not None else None
    if asked is None or asked.state is not RequestState.WAITING or gate is None or gate.state is not GateState.OPEN:
        return None
    leaves = asked.kind is RequestKind.TRANSFER
    return _of_request(asked, "Another agency waits for your word", "accounts/other_agency", leaves=leaves)


def access_changed(*, to_id: int, account_request: int) -> Mail | None:
    """Tell a person that their access is another one now; None when it is not theirs any more."""
    asked = db.session.get(AccountRequest, account_request)
    if asked is None or asked.account.user_id != to_id:
        return None
    return Mail(
        subject="Your access was changed",
        template="accounts/access_changed",
        values={"what": asked.kind.title, "done": asked.kind.done, "agency": asked.agency.name},
        link="/me",
        link_label="Look at your own page",
    )


def request_waits(*, to_id: int, account_request: int, days: int, at: int = 0) -> Mail | None:
    """Remind who asked of what is missing; None once nothing is, or something has happened since."""
    del to_id
    asked = db.session.get(AccountRequest, account_request)
    if asked is None or asked.state is not RequestState.WAITING or int(asked.moved_at.timestamp()) != at:
        return None
    return _of_request(asked, "A request about an account waits", "accounts/request_waits", days=days)


def _of_request(asked: AccountRequest, subject: str, template: str, **values: object) -> Mail:
    missing = [gate.kind.short for gate in asked.open_gates]
    return Mail(
        subject=subject,
        template=template,
        values={"missing": missing, "expires_at": asked.expires_at, **values},
        link=f"/accounts/requests/{asked.id}",
        link_label="Open the request",
    )


def leaves_elsewhere(*, to_id: int, account: int) -> Mail | None:
    """Tell the lead of a further agency that somebody leaves their own one; None once nobody leaves any more."""
    del to_id
    leaves = leaving_of(account)
    if leaves is None:
        return None
    return Mail(
        subject="Somebody who works for you, too, leaves their own agency",
        template="accounts/leaves_elsewhere",
        values={"leaves": leaves.leaves_at},
        link=f"/accounts/{account}",
        link_label="See who it is",
    )


def leaver_waits(*, to_id: int, departure: int, hours: int) -> Mail | None:
    """Tell that somebody left and can still get into the HMIS, for all we know; None once that is over."""
    del to_id
    found = db.session.get(Departure, departure)
    if found is None or found.state is not DepartureState.OPEN:
        return None
    return Mail(
        subject="Somebody who left is not closed out of the HMIS",
        template="accounts/leaver_waits",
        values={"left": found.runs_from, "due": found.due_at, "hours": hours},
        link=f"/accounts/leavers/{found.id}",
        link_label="See who it is",
    )


def review_opened(*, to_id: int, review: int) -> Mail | None:
    """Ask who leads an agency to confirm its people; None once nothing is open."""
    return _of_review(to_id, review, "Please confirm who works with you", "accounts/review_opened")


def review_overdue(*, to_id: int, review: int) -> Mail | None:
    """Remind them."""
    return _of_review(to_id, review, "Your list of people is not confirmed yet", "accounts/review_overdue")


def review_missing(*, to_id: int, review: int) -> Mail | None:
    """Tell the managers that an agency has not confirmed its people."""
    return _of_review(to_id, review, "An agency has not confirmed its people", "accounts/review_missing")


def _of_review(to_id: int, review_id: int, subject: str, template: str) -> Mail | None:
    review = db.session.get(AccessReview, review_id)
    if review is None or review.state is not ReviewState.OPEN:
        return None
    left = [line for line in review.lines if line.answer is None and line.account.user_id != to_id]
    if not left:
        return None
    return Mail(
        subject=subject,
        template=template,
        values={"agency": review.agency.name, "left": len(left), "due": review.due_at},
        link=f"/accounts/reviews/{review.id}",
        link_label="Open the list",
    )


def privileged(*, to_id: int, review: int, step: str) -> Mail | None:
    """Ask somebody to confirm who may do most, or remind them; None once nothing waits for them."""
    found = db.session.get(PrivilegedReview, review)
    if found is None or found.state is not ReviewState.OPEN:
        return None
    left = [line for line in found.lines if not line.is_settled and line.account.user_id != to_id]
    if step == "opened":
        left = [line for line in left if all(word.by_id != to_id for word in line.words)]
    if not left:
        return None
    return Mail(
        subject="Please confirm who may do most" if step == "opened" else "The list of administrators is not settled",
        template="accounts/privileged",
        values={"month": found.title, "left": len(left), "due": found.due_at, "step": step},
        link=f"/accounts/administrators/{found.id}",
        link_label="Open the list",
    )


def compared(*, to_id: int, comparison: int) -> Mail | None:
    """Return what a comparison with the directory found, in numbers; the names stand on the page."""
    del to_id
    made = db.session.get(Comparison, comparison)
    if made is None:
        return None
    return Mail(
        subject="The directory needs a look" if made.why else "The directory was put right",
        template="accounts/compared",
        values={"why": made.why, "found": made.found, "mended": made.mended},
        link="/accounts/directory",
        link_label="See what differs",
    )


def _living_link(reset_id: int, to_id: int) -> PasswordReset | None:
    link = db.session.get(PasswordReset, reset_id)
    fits = link is not None and link.is_alive and link.account.user_id == to_id and tokens.still_fits(link)
    return link if fits else None
