"""The verbs of identity: sign in and out, grant and revoke roles, keep users and agencies."""

from dataclasses import dataclass

from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
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
from adminops.identity import passwords, sessions, throttle
from adminops.identity.models import Agency, RoleGrant, User, UserSession
from adminops.identity.permissions import Permission, Role

WRONG = "That user name and password don't belong together. Check both, or ask for a new password."


@dataclass(frozen=True)
class SignInOutcome:
    """How a try to sign in ended: with the token of a new session, or with a sentence."""

    token: str | None = None
    user: User | None = None
    sentence: str = ""
    wait_seconds: int = 0


def sign_in(username: str, password: str, *, network: str, device: str, hours: int) -> SignInOutcome:
    """Try to sign in. It never raises for a refusal, because the failed try itself has to be stored.

    The answer is the same, and takes as long, for an unknown name, a wrong password and a disabled account.
    Publishes `SignedIn` or, for a known name, `SignInRefused`.
    """
    username = fold(username)
    if wait := throttle.seconds_to_wait(username, network):
        minutes = "in a minute" if wait <= 60 else f"in {(wait + 59) // 60} minutes"
        return SignInOutcome(sentence=f"Too many tries. Please try again {minutes}.", wait_seconds=wait)
    user = find_user(username)
    right = passwords.matches(user.password_hash if user else "", password)
    if user is None or not right or not user.may_sign_in:
        throttle.note_failure(username, network)
        if user is not None:
            reason = "disabled" if right else "password"
            publish(SignInRefused(user_id=user.id, agency_id=user.agency_id, reason=reason), by=user)
        return SignInOutcome(sentence=WRONG)
    throttle.clear_failures(username, network)
    user.last_sign_in_at = clock.now()
    token = sessions.start_session(user, device=device, hours=hours)
    publish(SignedIn(user_id=user.id, agency_id=user.agency_id), by=user)
    return SignInOutcome(token=token, user=user)


def sign_out(session: UserSession, *, by: User) -> None:
    """End a session of one's own. Publishes `SignedOut`. Raises `NotAllowed` for somebody else's."""
    if session.user_id != by.id:
        raise NotAllowed("You can only end your own sessions.")
    sessions.end_session(session, reason="signed out")
    publish(SignedOut(user_id=by.id, agency_id=by.agency_id), by=by)


def fold(username: str) -> str:
    """Return a user name as it is stored: trimmed, in lower case."""
    return username.strip().casefold()


def find_user(username: str) -> User | None:
    """Return the user of that name, whatever its case."""
    return db.session.scalar(select(User).where(User.username == fold(username)))


def find_users_by_email(email: str) -> list[User]:
    """Return the users with that address, whatever its case."""
    return list(db.session.scalars(select(User).where(func.lower(User.email) == email.strip().casefold())))


def add_user(*, username: str, name: str, email: str, title: str = "", agency: Agency | None = None, by: User) -> User:
    """Add a user without a password; the account's life cycle opens sign-in.

    Raises `NotAllowed` (needs accounts.manage), `Invalid` for an empty name, `Conflict` when the name is taken.
    Publishes nothing: the account that it is for does.
    """
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(agency.id if agency else None):
        raise NotAllowed("Only the Systems Team can add users.")
    if not fold(username) or not name.strip():
        raise Invalid("A user needs a user name and a name.", field="username")
    if find_user(username) is not None:
        raise Conflict("That user name is taken. Choose another.", field="username")
    user = User(username=fold(username), name=name.strip(), email=email.strip(), title=title.strip(), agency=agency)
    user.may_sign_in = False
    db.session.add(user)
    db.session.flush()
    return user


def grant_role(user: User, role: Role, *, agency: Agency | None, by: User) -> RoleGrant:
    """Give `user` a role at `agency` (None: everywhere). Granting twice changes nothing.

    Rules in the order checked: accounts.roles; nobody raises their own rights; agency roles need an agency and team
    roles have none. Publishes `RoleGranted`; the user's sessions end, so that the change acts at once.
    """
    if not by.may(Permission.GRANT_ROLES):
        raise NotAllowed("Only a system administrator can grant roles.")
    if user.id == by.id:
        raise NotAllowed("Nobody can change their own roles. Ask another administrator.")
    if role.at_agency != (agency is not None):
        raise Invalid("Choose an agency for an agency role, and none for a role of the team.", field="agency")
    for grant in user.grants:
        if grant.role == role and grant.agency_id == (agency.id if agency else None):
            return grant
    grant = RoleGrant(role=role, agency_id=agency.id if agency else None, granted_by_id=by.id)
    user.grants.append(grant)
    db.session.flush()
    user.forget_reach()
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
