"""The verbs of identity: sign in and out, grant and revoke roles, keep users and agencies."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, lazyload

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import (
    AgencyAdded,
    AgencyChanged,
    RoleGranted,
    RoleRevoked,
    SignedIn,
    SignedOut,
    SignInRefused,
    publish,
)
from adminops.facts.proving import SecondStepFailed, SignInStopped
from adminops.identity import credentials, half, passwords, sessions, throttle
from adminops.identity.factors import operations as factors
from adminops.identity.factors import standing, trusting
from adminops.identity.factors.key_operations import prove_by_key
from adminops.identity.holding import hold_user
from adminops.identity.models import Agency, AgencyState, RoleGrant, SignInStep, User, UserSession
from adminops.identity.permissions import Permission, Role

WRONG = "That user name and password don't belong together. Check both, or ask for a new password."
STOPPED = (
    "Too many tries. Sign in on a device on which you have signed in before, or ask for a new password: "
    "“Forgot your password?” sends you a link."
)
_TAKEN = "That user name is taken. Choose another."

_NAMED = select(User).where(User.username == bindparam("username")).options(joinedload(User.grants))
EMERGENCY_HOURS = 4
"""A session of an account for emergencies ends after so long, whatever others may."""

#: What user names of directories and HMIS vendors allow alike; it ends up in addresses of pages and in file names.
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,59}")
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class SignInOutcome:
    """How a try to sign in ended: with the token of a new session, or with a sentence."""

    token: str | None = None
    user: User | None = None
    sentence: str = ""
    wait_seconds: int = 0
    half: str | None = None
    """The token of half a sign-in: the password is right, and a second step is still to come."""
    grace_until: datetime | None = None
    """Until when a second step, which this person needs, may still wait."""


def sign_in(
    username: str,
    password: str,
    *,
    network: str,
    device: str,
    hours: int,
    known_device: str | None = None,
    trusted: str | None = None,
) -> SignInOutcome:
    """Try to sign in; who has a second step is half way then. It never raises for a refusal: a failed try is stored.

    The answer is the same, and takes as long, for an unknown name, a wrong password and a disabled account.
    `known_device` names the device when this very person has signed in on it before: its tries are counted apart.
    `trusted` is the token of a device on which the second step is not asked for (`factors.trusting`).
    Publishes `SignedIn` or, for a known name, `SignInRefused`, and `SignInStopped` with the hundredth in a row.
    """
    username = fold(username)
    meters = throttle.sign_in_meters(username, network, known_device)
    elsewhere = _ask_elsewhere(username, password, meters)
    if wait := throttle.seconds_to_wait(meters):
        return SignInOutcome(sentence=_too_many(wait), wait_seconds=wait)
    user = _take_user(username)
    said = elsewhere or credentials.check(user, password)
    if said.sentence:  # nobody can tell, or the right password has to be changed first: no guess to count
        return SignInOutcome(sentence=said.sentence)
    right = said.right
    if user is None or not right or not user.may_sign_in:
        stopped = throttle.note_failure(meters)
        if user is not None:
            reason = "disabled" if right else "password"
            publish(SignInRefused(user_id=user.id, agency_id=user.agency_id, reason=reason), by=user)
            if stopped:
                publish(SignInStopped(user_id=user.id, agency_id=user.agency_id), by=user)
        return SignInOutcome(sentence=WRONG)
    throttle.clear_failures(meters)
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    return _go_on(user, device=device, hours=hours, trusted=trusted)


def _ask_elsewhere(username: str, password: str, meters: Sequence[throttle.Meter]) -> credentials.Said | None:
    """Ask a directory that keeps somebody's password, before anything is held.

    It may take seconds, and nobody else is to wait for it: neither for the meters of their network nor, on SQLite, for
    the one who writes. What it said counts only once the meters are taken and let the try pass, so a hundred tries at
    once learn no more than those that are free.
    """
    if throttle.is_blocked(meters):
        return None
    user = db.session.scalar(select(User).where(User.username == username).options(lazyload(User.grants)))
    return credentials.ask_elsewhere(user, password)


def _go_on(user: User, *, device: str, hours: int, trusted: str | None) -> SignInOutcome:
    """Let in who gave the right password, or ask for the second step where there is one and the device not trusted."""
    if not standing.has_factor(user):
        return _let_in(user, device=device, hours=hours)
    if trusting.is_trusted(trusted, by=user):
        return _let_in(user, device=device, hours=hours, has_factor=True, is_confirmed=False)
    return SignInOutcome(user=user, half=half.begin_half(user))


def _too_many(wait: int) -> str:
    if wait > throttle.HERE.longest.total_seconds():
        return STOPPED
    return f"Too many tries. Please try again {'in a minute' if wait <= 60 else f'in {(wait + 59) // 60} minutes'}."


def _let_in(
    user: User, *, device: str, hours: int, has_factor: bool = False, is_confirmed: bool = True
) -> SignInOutcome:
    limited = not has_factor and standing.must_set_up(user)
    hours = min(hours, EMERGENCY_HOURS) if user.for_emergencies else hours
    user.last_sign_in_at = clock.now()
    token = sessions.start_session(user, device=device, hours=hours, is_limited=limited, is_confirmed=is_confirmed)
    publish(SignedIn(user_id=user.id, agency_id=user.agency_id), by=user)
    may_wait = not has_factor and not limited and standing.is_required(user)
    return SignInOutcome(token=token, user=user, grace_until=user.factor_due_at if may_wait else None)


def finish_sign_in(
    step: SignInStep,
    answer: str,
    *,
    by_key: bool = False,
    device: str,
    hours: int,
    known_device: str | None = None,
    by: User,
) -> SignInOutcome:
    """Go on with half a sign-in (`half.find_half`) by a code of its owner or what a security key signed.

    The fifth wrong answer ends it.

    Raises `NotFound` for somebody else's, or one that ended at this very moment. Publishes `SignedIn`, or
    `SignInRefused` and with the last wrong code `SecondStepFailed`.
    """
    hold_user(by)
    found = db.session.get(SignInStep, step.id, populate_existing=True)
    if found is None or found.user_id != by.id or not by.may_sign_in:
        raise NotFound("This sign-in has ended. Please begin again.")
    meters = throttle.second_step_meters(by.id, known_device)
    refused = prove_by_key(answer, found, meters, by=by) if by_key else factors.prove(answer, meters, by=by)
    if refused is None:
        db.session.delete(found)
        return _let_in(by, device=device, hours=hours, has_factor=True)
    if refused != factors.TOO_MANY:
        found.failures += 1
        publish(SignInRefused(user_id=by.id, agency_id=by.agency_id, reason="code"), by=by)
        if found.failures >= half.MOST_FAILURES:
            publish(SecondStepFailed(user_id=by.id, agency_id=by.agency_id), by=by)
    db.session.flush()
    return SignInOutcome(user=by, sentence=refused)


def sign_in_vouched_for(*, device: str, hours: int, had_second_step: bool, by: User) -> SignInOutcome:
    """Let in whom an identity provider vouches for: who has a second step here is half way, unless they had one there.

    The caller has held the user's row and seen that they may sign in. Publishes `SignedIn`.
    """
    if standing.has_factor(by) and not had_second_step:
        return SignInOutcome(user=by, half=half.begin_half(by))
    return _let_in(by, device=device, hours=hours, has_factor=had_second_step)


def _take_user(username: str) -> User | None:
    """Return the user of that name and hold the row, so that a reset or a disable comes before or after, not amid.

    The grants are left for later: they would cost a read that an unknown name does not.
    """
    chosen = select(User).where(User.username == username).options(lazyload(User.grants))
    return db.session.scalar(chosen.with_for_update().execution_options(populate_existing=True))


def sign_out(session: UserSession, *, by: User) -> None:
    """End a session of one's own. Publishes `SignedOut`. Raises `NotAllowed` for somebody else's."""
    if session.user_id != by.id:
        raise NotAllowed("You can only end your own sessions.")
    sessions.end_session(session, reason="signed out")
    publish(SignedOut(user_id=by.id, agency_id=by.agency_id), by=by)


def sign_out_elsewhere(here: UserSession, *, by: User) -> int:
    """End all sessions of one's own but `here`; return how many. Publishes `SignedOut` when there was one.

    Raises `NotAllowed` for somebody else's.
    """
    if here.user_id != by.id:
        raise NotAllowed("You can only end your own sessions.")
    ended = sessions.end_all_sessions(by, reason="signed out", keep=here)
    if ended:
        publish(SignedOut(user_id=by.id, agency_id=by.agency_id), by=by)
    return ended


def fold(username: str) -> str:
    """Return a user name as it is stored: trimmed, in lower case."""
    return unicodedata.normalize("NFKC", username).replace("\x00", "").strip().casefold()


def find_user(username: str) -> User | None:
    """Return the user of that name, whatever its case."""
    return db.session.scalars(_NAMED, {"username": fold(username)}).unique().one_or_none()


def find_users_by_email(email: str) -> list[User]:
    """Return the users with that address, whatever its case."""
    theirs = select(User).where(func.lower(User.email) == email.strip().casefold())
    return list(db.session.scalars(theirs.order_by(User.id)))


def add_user(*, username: str, name: str, email: str, title: str = "", agency: Agency | None = None, by: User) -> User:
    """Add a user without a password; the account's life cycle opens sign-in.

    Raises `NotAllowed` (needs accounts.manage), `Invalid` for a user name, name or address of the wrong shape,
    `Conflict` when the user name is taken. Publishes nothing: the account that it is for does.
    """
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(agency.id if agency else None):
        raise NotAllowed("Only the Systems Team can add users.")
    username = fold(username)
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            "A user name has 2 to 60 letters, digits, dots, hyphens, underscores, plus or at signs, "
            "and begins with a letter or digit.",
            field="username",
        )
    if find_user(username) is not None:
        raise Conflict(_TAKEN, field="username")
    user = User(username=username, agency=agency, may_sign_in=False, **check_particulars(name, email, title))
    try:
        with savepoint():
            db.session.add(user)
    except IntegrityError:  # another request was a moment faster
        raise Conflict(_TAKEN, field="username") from None
    return user


def change_user(user: User, *, name: str, email: str, title: str, by: User) -> list[str]:
    """Change a person's particulars and return the names of the fields that are different now.

    Raises `NotAllowed` (needs accounts.manage) and `Invalid` as `add_user`. Publishes nothing: the account does.
    """
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(user.agency_id):
        raise NotAllowed("Only the Systems Team can change a person's particulars.")
    wanted = check_particulars(name, email, title)
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, wanted[field])
    db.session.flush()
    return changed


def check_particulars(name: str, email: str, title: str) -> dict[str, str]:
    """Return name, e-mail and job title as they are stored. Raises `Invalid` at the field that has a wrong shape."""
    name, email, title = " ".join(name.split()), email.strip(), " ".join(title.split())
    if not name or len(name) > 200 or not name.isprintable():
        raise Invalid("Enter the person's name, in at most 200 characters.", field="name")
    if len(title) > 200 or not title.isprintable():
        raise Invalid("A job title has at most 200 characters.", field="title")
    if len(email) > 200 or not _ADDRESS.fullmatch(email):
        raise Invalid("Enter an e-mail address such as name@agency.org: the invitation goes there.", field="email")
    return {"name": name, "email": email, "title": title}


def grant_role(user: User, role: Role, *, agency: Agency | None, is_new: bool = False, by: User) -> RoleGrant:
    """Give `user` a role at `agency` (None: everywhere). Granting twice changes nothing.

    Rules in the order checked: accounts.roles; nobody raises their own rights; agency roles need an agency and team
    roles have none. Publishes `RoleGranted`; the user's sessions end, so that the change acts at once. `is_new`: the
    user was added in this very transaction, and has none.
    """
    if not by.may(Permission.GRANT_ROLES):
        raise NotAllowed("Only a system administrator can grant roles.")
    if user.id == by.id:
        raise NotAllowed("Nobody can change their own roles. Ask another administrator.")
    if role.at_agency != (agency is not None):
        raise Invalid("Choose an agency for an agency role, and none for a role of the team.", field="agency")
    if agency is not None and agency.state is AgencyState.CLOSED:
        raise InvalidState("That agency is closed: nobody new gets a role there.", field="agency")
    hold_user(user)  # two clicks at once grant once
    db.session.refresh(user, ["grants"])
    for grant in user.grants:
        if grant.role == role and grant.agency_id == (agency.id if agency else None):
            return grant
    grant = RoleGrant(role=role, agency_id=agency.id if agency else None, granted_by_id=by.id)
    user.grants.append(grant)
    db.session.flush()
    user.forget_reach()
    if not is_new:
        sessions.end_all_sessions(user, reason="role changed")
    publish(RoleGranted(user_id=user.id, agency_id=grant.agency_id, role=role.value), by=by)
    return grant


def revoke_role(grant: RoleGrant, *, by: User) -> None:
    """Take a role away. Publishes `RoleRevoked`; the user's sessions end."""
    user = grant.user
    if not by.may(Permission.GRANT_ROLES):
        raise NotAllowed("Only a system administrator can revoke roles.")
    if user.id == by.id:
        raise NotAllowed("Nobody can change their own roles. Ask another administrator.")
    user.grants.remove(grant)
    db.session.flush()
    user.forget_reach()
    sessions.end_all_sessions(user, reason="role changed")
    publish(RoleRevoked(user_id=user.id, agency_id=grant.agency_id, role=grant.role.value), by=by)


def add_agency(*, name: str, phone: str = "", is_victim_service_provider: bool = False, by: User) -> Agency:
    """Add an agency. Raises `NotAllowed`, `Invalid` (no name), `Conflict` (name taken). Publishes `AgencyAdded`."""
    if not by.may(Permission.MANAGE_AGENCIES):
        raise NotAllowed("Only the Systems Team can add agencies.")
    name = " ".join(name.split())
    if not name:
        raise Invalid("An agency needs a name.", field="name")
    _refuse_taken_agency_name(name, but=None)
    agency = Agency(name=name, phone=phone.strip(), is_victim_service_provider=is_victim_service_provider)
    db.session.add(agency)
    db.session.flush()
    publish(AgencyAdded(agency_id=agency.id), by=by)
    return agency


def change_agency(agency: Agency, *, name: str, phone: str, is_victim_service_provider: bool, by: User) -> None:
    """Change an agency's particulars. Raises as `add_agency`. Publishes `AgencyChanged` naming the changed fields."""
    if not by.may(Permission.MANAGE_AGENCIES):
        raise NotAllowed("Only the Systems Team can change agencies.")
    name = " ".join(name.split())
    if not name:
        raise Invalid("An agency needs a name.", field="name")
    _refuse_taken_agency_name(name, but=agency)
    wanted = {"name": name, "phone": phone.strip(), "is_victim_service_provider": is_victim_service_provider}
    changed = [field for field, value in wanted.items() if getattr(agency, field) != value]
    for field in changed:
        setattr(agency, field, wanted[field])
    db.session.flush()
    if changed:
        publish(AgencyChanged(agency_id=agency.id, changed=", ".join(changed)), by=by)


def _refuse_taken_agency_name(name: str, *, but: Agency | None) -> None:
    same = db.session.scalar(select(Agency).where(func.lower(Agency.name) == name.lower()))
    if same is not None and same is not but:
        raise Conflict("An agency of that name is there already.", field="name")
