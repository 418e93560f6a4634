"""What a ticket's form asks of an account: read once when it is filed, so that the work needs no form any more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from accounts.leaving.models import Departure
from accounts.leaving.policies import FARTHEST, check_can_leave
from accounts.leaving.queries import of_account as leaving_of
from accounts.models import Account, AccountState, DisabledReason
from accounts.queries import account_of, find_named
from accounts.requests.beginning import account_for
from accounts.requests.kinds import RequestKind
from accounts.seats.queries import works_at
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, DomainError, Invalid
from adminops.identity.models import SYSTEM, Agency, AgencyState, User
from adminops.identity.operations import check_particulars
from adminops.identity.permissions import Role
from adminops.settings import current_settings

K, S = RequestKind, AccountState
IN_USE = (S.ACTIVE, S.INVITED, S.PROVISIONING)


@dataclass(frozen=True)
class Asked:
    """What was filed: by whom, for which agency, with which answers, and whether who asked may ask."""

    answers: Mapping[str, Any]
    requester: User
    agency_id: int
    is_authorized: bool

    def text(self, name: str) -> str:
        """Return one answer as text."""
        return str(self.answers.get(name) or "").strip()

    def day(self, name: str) -> date | None:
        """Return one answer as a day."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None

    @property
    def agency(self) -> Agency:
        """The agency that asks."""
        return db.session.get_one(Agency, self.agency_id)

    def other_agency(self) -> Agency | None:
        """Return the agency that the form names, if the store has it."""
        number = self.text("agency")
        return db.session.get(Agency, int(number)) if number.isdecimal() and len(number) < 10 else None

    def account(self, name: str = "username") -> Account | None:
        """Return the account of somebody of this agency by the user name, or None."""
        found = find_named(self.text(name), SYSTEM) if self.text(name) else None
        return found if found is not None and found.agency_id == self.agency_id else None


@dataclass(frozen=True)
class Wish:
    """What is asked for. `wanted` is fit for JSON: what the work needs to know besides."""

    kind: RequestKind
    account: Account
    role: Role | None = None
    other: Agency | None = None
    acts_on: date | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)


def read_wish(request_type: str, asked: Asked) -> Wish | None:
    """Return what a ticket of this type asks for; None where the answers don't do: then it is worked on by hand.

    Raises `Invalid` and `Conflict` at the fields of the form.
    """
    wish = _READERS[request_type](asked)
    if wish is not None and wish.kind not in FOR_ONESELF:
        _check_is_not_own(wish, asked)
    return wish


FOR_ONESELF = (K.NEW, K.RESET, K.STEP, K.PARTICULARS, K.LEAVE)
"""What people may ask for themselves: to get in again, and their own name. That one leaves somebody else reports."""


def _check_is_not_own(wish: Wish, asked: Asked) -> None:
    """Refuse what somebody asks for their own access, unless their lead has to send it on and makes it theirs."""
    if asked.is_authorized and wish.account.user_id == asked.requester.id:
        raise Invalid(
            "Nobody asks for a change of their own access. Another lead of your agency can, or call us.",
            field="username",
        )


def _new(asked: Asked) -> Wish | None:
    if not all(asked.text(name) for name in ("person", "work_email", "employment")):
        return None
    account = account_for(asked.answers, asked.agency)
    before = asked.account("replaces")
    return Wish(K.NEW, account, _role(asked), wanted={"replaces": before.id} if before else {})


def _role(asked: Asked) -> Role:
    return Role.AGENCY_LEAD if asked.text("role") == "lead" else Role.END_USER


def _access(asked: Asked) -> Wish | None:
    account = asked.account()
    if account is None or account.state not in (*IN_USE, S.DISABLED):
        return None
    until = _until(asked)
    wanted = {"work": asked.text("role"), **({"until": until.isoformat()} if until else {})}
    if asked.text("wanted") == "agency":
        other = _further(asked, account)
        return Wish(K.FURTHER, account, Role.END_USER, other, asked.day("on"), wanted) if other else None
    if asked.text("wanted") != "role":
        return Wish(K.CHANGE, account, acts_on=asked.day("on")) if asked.text("wanted") else None
    kind, role = role_change(account, asked)
    return Wish(kind, account, role, None, asked.day("on"), wanted)


def role_change(account: Account, asked: Asked) -> tuple[RequestKind, Role]:
    """Return whether the role that is asked for is a higher or a lower one, and which."""
    leads = any(grant.role is Role.AGENCY_LEAD and grant.agency_id == asked.agency_id for grant in account.user.grants)
    role = _role(asked)
    if leads is (role is Role.AGENCY_LEAD):
        return K.CHANGE, role
    return (K.LOWER if leads else K.RAISE), role


def takes_away(answers: Mapping[str, Any]) -> bool:
    """Say whether a change of access only takes a role away: that acts at once, and waits for nobody's approval."""
    if answers.get("wanted") != "role":
        return False
    account = find_named(str(answers.get("username") or ""), SYSTEM)
    if account is None or account.agency_id is None:
        return False
    return role_change(account, Asked(answers, SYSTEM, account.agency_id, True))[0] is K.LOWER


def _until(asked: Asked) -> date | None:
    until = asked.day("until")
    begins = max(filter(None, (asked.day("on"), clock.today(current_settings().time_zone))))
    if until is not None and until < begins:
        raise Invalid("It has to end after it begins.", field="until")
    return until


def _further(asked: Asked, account: Account) -> Agency | None:
    other = asked.other_agency()
    if other is None or other.state is not AgencyState.ACTIVE:
        return None
    if other.id == account.agency_id or works_at(account.id, other.id):
        raise Conflict("The person works for this agency already.", field="agency")
    return other


def _transfer(asked: Asked) -> Wish | None:
    """Read who comes from elsewhere: only both, the user name and the agency, name somebody."""
    old, account = asked.other_agency(), find_named(asked.text("username"), SYSTEM)
    if old is None or account is None or account.agency_id != old.id or old.id == asked.agency_id:
        return None
    if account.state not in (S.ACTIVE, S.DISABLED, S.ARCHIVED) or account.user.rank > Role.AGENCY_LEAD.rank:
        return None
    return Wish(K.TRANSFER, account, _role(asked), old, asked.day("on"), {"work": asked.text("role")})


def _reactivate(asked: Asked) -> Wish | None:
    account = asked.account()
    if account is not None and account.state is S.ARCHIVED:
        raise Invalid(
            "This account was put away. Ask for a new account: the person gets the same one, with its history.",
            field="username",
        )
    if account is None or account.state not in (S.ACTIVE, S.DISABLED):
        return None
    until = _until(asked)
    return Wish(K.REACTIVATE, account, wanted={"until": until.isoformat()} if until else {})


def _locked_out(asked: Asked) -> Wish | None:
    account = find_named(asked.text("username"), SYSTEM) if asked.text("username") else account_of(asked.requester)
    if account is None or account.state is S.ARCHIVED:
        return None
    screen = asked.text("screen")
    return Wish(K.STEP if screen == "code" else K.RESET, account, wanted={"screen": screen})


WHY = {
    "left": DisabledReason.LEFT,
    "role": DisabledReason.ROLE_CHANGED,
    "leave": DisabledReason.ON_LEAVE,
    "security": DisabledReason.SECURITY,
}
"""The reasons of the ticket's form."""


def _leave(asked: Asked) -> Wish | None:
    account, leaves_at, why = asked.account(), _moment(asked), WHY.get(asked.text("why"))
    if account is None or leaves_at is None or why is None or abs(leaves_at - clock.now()) > FARTHEST:
        return None
    if asked.requester.id == account.user_id or account.user.rank > asked.requester.rank:
        return None
    try:
        check_can_leave(account)
    except DomainError:
        return None
    known: Departure | None = leaving_of(account.id)
    return Wish(K.LEAVE, account, wanted={"why": why.value, "at": leaves_at.isoformat()}) if known is None else None


def _moment(asked: Asked) -> datetime | None:
    """Return the moment that the form named, on the team's own clocks."""
    day = asked.day("on")
    try:
        at = time.fromisoformat(asked.text("at"))
    except ValueError:
        return None
    return datetime.combine(day, at, tzinfo=ZoneInfo(current_settings().time_zone)) if day else None


def _in_use(kind: RequestKind, *kept: str) -> Callable[[Asked], Wish | None]:
    """Return what reads a request for more rights in the HMIS of somebody whose account is there."""

    def read(asked: Asked) -> Wish | None:
        account = asked.account()
        if account is None or account.state not in (*IN_USE, S.DISABLED):
            return None
        return Wish(kind, account, wanted={name: asked.text(name) for name in kept if asked.text(name)})

    return read


OFFICES = {"lead": Role.AGENCY_LEAD, "security": Role.SECURITY_OFFICER}


def _particulars(asked: Asked) -> Wish | None:
    what, account = asked.text("what"), asked.account()
    if account is None or account.state is S.ARCHIVED:
        return None
    if (role := OFFICES.get(what)) is not None:
        before = asked.account("instead_of")
        wanted = {"instead": before.id} if before is not None and before.id != account.id else {}
        return Wish(K.OFFICE, account, role, None, asked.day("on"), wanted)
    if what not in ("name", "email"):
        return None
    user, value = account.user, asked.text("new_value")
    try:
        check_particulars(**{"name": user.name, "email": user.email, "title": user.title, what: value})
    except Invalid as refused:
        raise Invalid(refused.sentence, field="new_value") from None
    return Wish(K.PARTICULARS, account, acts_on=asked.day("on"), wanted={what: value})


_READERS: Mapping[str, Callable[[Asked], Wish | None]] = {
    "new_account": _new,
    "access_change": _access,
    "transfer_account": _transfer,
    "locked_out": _locked_out,
    "reactivate_account": _reactivate,
    "deactivate_account": _leave,
    "assessor_access": _in_use(K.ASSESSOR, "trained_on", "trainer"),
    "report_license": _in_use(K.LICENSE, "purpose"),
    "particulars_change": _particulars,
}
