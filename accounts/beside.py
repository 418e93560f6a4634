"""What lies beside an account on its page: what was asked for, where else it works, its sheets; in one read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, literal, null, select, union_all

from accounts.models import Account
from accounts.requests.kinds import RequestKind
from accounts.requests.models import AccountRequest, RequestState
from accounts.requests.queries import visible_to
from accounts.seats.models import AccountSeat
from accounts.seats.queries import OPEN
from accounts.setup.models import SetupSheet
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role

MOST = 5


@dataclass(frozen=True)
class AskedFor:
    """A request about the account."""

    id: int
    kind: RequestKind
    state: RequestState
    agency: str
    asked_at: datetime


@dataclass(frozen=True)
class Seated:
    """A role at a further agency, or for a time."""

    id: int
    role: Role
    agency_id: int
    agency: str
    began_at: datetime
    until: datetime | None


@dataclass(frozen=True)
class Sheet:
    """The newest sheet of the HMIS."""

    id: int
    finished_at: datetime | None


@dataclass
class Beside:
    """All of it."""

    asked: list[AskedFor] = field(default_factory=list)
    seats: list[Seated] = field(default_factory=list)
    sheet: Sheet | None = None


def beside(account: Account, viewer: User) -> Beside:
    """Return what lies beside an account, as far as the viewer may know of it."""
    found = Beside()
    for row in db.session.execute(union_all(_requests(account, viewer), _seats(account), _sheets(account))):
        _put(found, row)
    found.asked.sort(key=lambda each: each.id, reverse=True)
    found.seats.sort(key=lambda each: each.id)
    return found


def _put(found: Beside, row: Any) -> None:
    if row.what == "request":
        found.asked.append(AskedFor(row.id, RequestKind(row.kind), RequestState(row.state), row.agency, row.at))
    elif row.what == "seat":
        found.seats.append(Seated(row.id, Role(row.kind), row.agency_id, row.agency, row.at, row.until))
    else:
        found.sheet = Sheet(row.id, row.until)


def _columns(what: str, id_: Any, kind: Any, state: Any, agency_id: Any, at: Any, until: Any) -> Sequence[Any]:
    return (
        literal(what).label("what"),
        id_.label("id"),
        cast(kind, String).label("kind"),
        cast(state, String).label("state"),
        agency_id.label("agency_id"),
        Agency.name.label("agency"),
        at.label("at"),
        until.label("until"),
    )


def _requests(account: Account, viewer: User) -> Any:
    own = visible_to(viewer).with_only_columns(AccountRequest.id).where(AccountRequest.account_id == account.id)
    r = AccountRequest
    columns = _columns("request", r.id, r.kind, r.state, r.agency_id, r.asked_at, r.ended_at)
    chosen = select(*columns).join(Agency, Agency.id == r.agency_id)
    return chosen.where(r.id.in_(own.order_by(r.id.desc()).limit(MOST).subquery().select()))


def _seats(account: Account) -> Any:
    s = AccountSeat
    columns = _columns("seat", s.id, s.role, null(), s.agency_id, s.began_at, s.until)
    return select(*columns).join(Agency, Agency.id == s.agency_id).where(s.account_id == account.id, OPEN)


def _sheets(account: Account) -> Any:
    s = SetupSheet
    newest = select(s.id).where(s.account_id == account.id).order_by(s.id.desc()).limit(1)
    columns = _columns("sheet", s.id, s.purpose, null(), null(), s.opened_at, s.finished_at)
    return select(*columns).outerjoin(Agency, Agency.id == null()).where(s.id == newest.scalar_subquery())
