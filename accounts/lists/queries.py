"""Reading lists of the vendor: what one would come to, what was taken, and what differs from the accounts here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from accounts.lists.judging import Entry, Judged, folded, judge
from accounts.lists.models import (
    ListPurpose,
    ListState,
    RowOutcome,
    VendorList,
    VendorListRow,
    VendorMatch,
    VendorUser,
)
from accounts.lists.reading import Sheet, read
from accounts.models import Account, AccountState
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.hmis import sealing
from adminops.identity.models import Agency, AgencyState, User
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page

S, M = AccountState, VendorMatch
STALE = timedelta(days=7)
"""A list whose newest sign-in is older than this says nothing of who is inactive."""
FEWEST = 80
"""Percent of the rows of the list before that are expected at least."""
MOST_FAULTS = 20
"""Percent of rows that may be refused."""


def cell(list_id: int) -> str:
    """Return what a sealed file is bound to."""
    return f"vendor_list|sealed|{list_id}"


def sheet_of(record: VendorList) -> Sheet:
    """Return the file of `record`, read. Raises `InvalidState` when it is forgotten."""
    if record.sealed is None:
        raise InvalidState("The file is not kept any more. Upload it again.")
    return read(sealing.open_cell(record.sealed, bound_to=cell(record.id)).encode("latin-1"))


def judged_of(record: VendorList, sheet: Sheet | None = None) -> Judged:
    """Return what the rows of `record` say."""
    users = record.purpose is ListPurpose.USERS
    return judge(
        sheet or sheet_of(record),
        record.mapping,
        record.purpose,
        zone=current_settings().time_zone,
        now=clock.now(),
        agencies=agencies_by_name() if users else (),
    )


def agencies_by_name() -> dict[str, int]:
    """Return the agencies at work by folded name."""
    rows = db.session.execute(select(Agency.name, Agency.id).where(Agency.state == AgencyState.ACTIVE))
    return {folded(name): id_ for name, id_ in rows}


def brakes_of(record: VendorList, judged: Judged) -> list[str]:
    """Return why a list is too odd to be taken without somebody's word; nothing where it is not."""
    total = len(judged.entries) + len(judged.faults)
    found = []
    if len(judged.faults) * 100 > total * MOST_FAULTS:
        found.append(f"{len(judged.faults):,} of {total:,} rows can't be taken.")
    if record.purpose is ListPurpose.USERS:
        return found
    newest, before = judged.newest_at, newest_list(record.source)
    if newest is None:
        return [*found, "Nobody in this list has ever signed in. Is it the right column?"]
    if newest < clock.now() - STALE:
        found.append(f"It is old: its newest sign-in was {(clock.now() - newest).days} days ago.")
    if before is not None:
        if before.newest_at is not None and newest < before.newest_at:
            found.append("It is older than the list that was taken last.")
        if total * 100 < before.rows * FEWEST:
            found.append(f"It has {total:,} people, the last one had {before.rows:,}: is it whole?")
    return found


@dataclass(frozen=True)
class People:
    """Everybody here, as a list is matched with them."""

    by_email: Mapping[str, int]
    by_username: Mapping[str, int]
    by_name: Mapping[str, int]
    """Only names that one person alone has."""


def people_here() -> People:
    """Return everybody who has an account."""
    rows = db.session.execute(
        select(Account.id, User.email, User.username, User.name).join(User, User.id == Account.user_id)
    ).all()
    return People(
        by_email=_alone((folded(email), id_) for id_, email, _, _ in rows),
        by_username={username: id_ for id_, _, username, _ in rows},
        by_name=_alone((_turned(name), id_) for id_, _, _, name in rows),
    )


def match(entry: Entry, people: People) -> tuple[VendorMatch, int | None]:
    """Return how an entry is somebody here, and whose account that is: sure by address or user name, else a guess."""
    mail = people.by_email.get(folded(entry.email)) if entry.email else None
    login = people.by_username.get(entry.login.casefold()) or people.by_email.get(folded(entry.login))
    if mail and login and mail != login:
        return M.CONFLICT, mail
    if mail or login:
        return (M.EMAIL, mail) if mail else (M.USERNAME, login)
    named = people.by_name.get(_turned(entry.name)) if entry.name else None
    return (M.NAME, named) if named else (M.NONE, None)


def _alone(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    twice: set[str] = set()
    for key, id_ in pairs:
        if key in found:
            twice.add(key)
        found[key] = id_
    return {key: id_ for key, id_ in found.items() if key and key not in twice}


def _turned(name: str) -> str:
    """Return a name as names are compared: "Turner, Ben" is "Ben Turner"."""
    last, comma, first = name.partition(",")
    return folded(f"{first} {last}" if comma else name)


# What was taken


def find_list(list_id: int) -> VendorList | None:
    """Return one list, or None."""
    return db.session.scalar(select(VendorList).where(VendorList.id == list_id).options(joinedload(VendorList.by)))


def list_lists(*, after: str | None = None) -> Page[VendorList]:
    """Return a page of lists, the newest first."""
    chosen = select(VendorList.uploaded_at, VendorList.id, VendorList)
    keys = (VendorList.uploaded_at, VendorList.id)
    return fetch_page(chosen, keys, after=after, shape=lambda row: row[2])


def count_lists() -> int:
    """Return how many there are."""
    return db.session.scalar(select(func.count(VendorList.id))) or 0


def newest_list(source: str) -> VendorList | None:
    """Return the list of sign-ins of a vendor that was taken last, or None."""
    done = (VendorList.source == source, VendorList.purpose == ListPurpose.LOGINS, VendorList.state == ListState.DONE)
    return db.session.scalar(select(VendorList).where(*done).order_by(VendorList.id.desc()).limit(1))


def same_list(digest: str, source: str, purpose: ListPurpose) -> VendorList | None:
    """Return the list that the very same file was taken as, or None."""
    done = (VendorList.digest == digest, VendorList.source == source, VendorList.purpose == purpose)
    return db.session.scalar(select(VendorList).where(*done, VendorList.state == ListState.DONE).limit(1))


def next_running() -> VendorList | None:
    """Return the list that is being taken, the oldest first."""
    running = select(VendorList).where(VendorList.state == ListState.RUNNING).order_by(VendorList.id).limit(1)
    return db.session.scalar(running)


def rows_of(record: VendorList, outcome: RowOutcome, *, limit: int) -> Sequence[VendorListRow]:
    """Return rows of one outcome by line."""
    chosen = select(VendorListRow).where(VendorListRow.list_id == record.id, VendorListRow.outcome == outcome)
    return db.session.scalars(chosen.order_by(VendorListRow.line).limit(limit)).all()


def counts_of(record: VendorList) -> dict[str, int]:
    """Return how many rows came to what."""
    chosen = select(VendorListRow.outcome, func.count()).where(VendorListRow.list_id == record.id)
    return {outcome.value: count for outcome, count in db.session.execute(chosen.group_by(VendorListRow.outcome))}


def last_logins(account_ids: Sequence[int] | Select[int]) -> dict[int, datetime]:
    """Return when people last signed in to the HMIS, of those accounts of whom it is known."""
    newest = func.max(VendorUser.last_login_at)
    chosen = select(VendorUser.account_id, newest).where(
        VendorUser.account_id.in_(account_ids), VendorUser.last_login_at.is_not(None)
    )
    rows = db.session.execute(chosen.group_by(VendorUser.account_id))
    return {id_: at for id_, at in rows if id_ is not None and at is not None}


# What differs


class Difference(StrEnum):
    """What the vendor's list and the accounts here do not agree on, with the words for screens."""

    def __new__(cls, value: str, title: str = "", advice: str = "") -> "Difference":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.advice = title, advice
        return member

    title: str  # type: ignore[assignment]
    advice: str

    OPEN_THERE = "open-there", "Open there, closed here", "Set them to inactive in the HMIS, or open the account here."
    DECIDE = "decide", "To decide", "Say who it is: the list alone does not prove it."
    ONLY_THERE = "only-there", "Only there", "Ask their agency for the request, or say that it is nobody of ours."
    ONLY_HERE = "only-here", "Only here", "The account here is open; the newest list of the HMIS does not hold them."


D = Difference


def count_differences() -> dict[Difference, int]:
    """Return how many there are of each kind, in one statement."""
    parts = [_users_of(kind).with_only_columns(func.count(VendorUser.id)) for kind in D if kind is not D.ONLY_HERE]
    only_here = _only_here().with_only_columns(func.count(Account.id))
    counts = [part.scalar_subquery() for part in (*parts, only_here)]
    row = db.session.execute(select(*counts)).one()
    return dict(zip(D, row, strict=True))


def list_users(kind: Difference, *, after: str | None = None) -> Page[VendorUser]:
    """Return a page of users of the vendor that differ so, by name."""
    account = (joinedload(VendorUser.account), joinedload(VendorUser.proposed))
    chosen = _users_of(kind).with_only_columns(VendorUser.name, VendorUser.id, VendorUser).options(*account)
    keys = (VendorUser.name, VendorUser.id)
    return fetch_page(chosen, keys, after=after, descending=False, shape=lambda row: row[2])


def list_only_here(*, after: str | None = None) -> Page[Account]:
    """Return a page of accounts that the newest list does not hold, by name."""
    chosen = _only_here().with_only_columns(User.name, Account.id, Account).options(joinedload(Account.agency))
    return fetch_page(chosen, (User.name, Account.id), after=after, descending=False, shape=lambda row: row[2])


def find_user_there(vendor_user_id: int) -> VendorUser | None:
    """Return one user of the vendor, or None."""
    both = (joinedload(VendorUser.account), joinedload(VendorUser.proposed))
    return db.session.scalar(select(VendorUser).where(VendorUser.id == vendor_user_id).options(*both))


def _users_of(kind: Difference) -> Select[Any]:
    now = VendorUser.list_id.in_(_newest_ids())
    chosen = select(VendorUser).where(now, VendorUser.is_active)
    if kind is D.OPEN_THERE:
        closed = Account.state.in_((S.DISABLED, S.ARCHIVED))
        return chosen.where(exists().where(Account.id == VendorUser.account_id, closed))
    wanted = (M.NAME, M.CONFLICT) if kind is D.DECIDE else (M.NONE,)
    return chosen.where(VendorUser.match.in_(wanted))


def _only_here() -> Select[Any]:
    there = exists().where(VendorUser.account_id == Account.id, VendorUser.list_id.in_(_newest_ids()))
    in_use: tuple[ColumnElement[bool], ...] = (Account.state == S.ACTIVE, Account.agency_id.is_not(None))
    any_list = exists().where(VendorList.id.in_(_newest_ids()))
    return select(Account).join(User, User.id == Account.user_id).where(*in_use, ~there, any_list)


def _newest_ids() -> Select[int]:
    """Return the numbers of the newest list of sign-ins of each vendor."""
    done = (VendorList.purpose == ListPurpose.LOGINS, VendorList.state == ListState.DONE)
    return select(func.max(VendorList.id)).where(*done).group_by(VendorList.source)
