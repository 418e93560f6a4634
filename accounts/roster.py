"""The people of an agency as its lead looks at them: how each account stands, and what runs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from accounts.agreements.queries import Signed, signed_by_many
from accounts.leaving.models import Departure
from accounts.lists.queries import last_logins
from accounts.models import Account, AccountState, Hold
from accounts.queries import AccountFilter, AccountRow, list_accounts
from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.proofs import TRAINING, Proof, proofs_of
from adminops.web.listing import Page


@dataclass(frozen=True)
class RosterRow:
    """One person: the account, and what the lead has to know of it."""

    account: AccountRow
    leaver_id: int | None
    """The number of the departure, if somebody said that the person leaves."""
    closes_at: datetime | None
    """When a hold that is on its way ends access by itself."""
    signed: Signed | None
    training: Proof
    in_hmis_at: datetime | None
    """The last sign-in to the HMIS, as far as its lists say."""

    def agreement_on(self, day: date) -> str:
        """Return one word: valid, soon, expired, missing."""
        return self.signed.standing_on(day) if self.signed else "missing"


SHOWN = tuple(state for state in AccountState if state is not AccountState.ARCHIVED)


def list_roster(agency_id: int, viewer: User, *, words: str = "", after: str | None = None) -> Page[RosterRow]:
    """Return a page of the agency's people by name, without those whose account is put away."""
    wanted = AccountFilter(words=words, agency_id=agency_id, states=SHOWN)
    page = list_accounts(wanted, viewer, after=after)
    rows = _told_of(page.rows)
    return Page(rows=rows, after=page.after, first=page.first)


def _told_of(accounts: Sequence[AccountRow]) -> list[RosterRow]:
    ids = [row.id for row in accounts]
    if not ids:
        return []
    ends, signed, logins = _ends_of(ids), signed_by_many(ids), last_logins(ids)
    proofs = proofs_of(TRAINING, [row.user_id for row in accounts])
    return [
        RosterRow(row, *ends.get(row.id, (None, None)), signed.get(row.id), proofs[row.user_id], logins.get(row.id))
        for row in accounts
    ]


def _ends_of(account_ids: Sequence[int]) -> dict[int, tuple[int | None, datetime | None]]:
    """Return for each account whose access is to end the departure, if it is one, and the moment, in one read."""
    leaves = (Departure.account_id == Account.id) & Departure.ended_at.is_(None)
    holds = (Hold.account_id == Account.id) & Hold.released_at.is_(None) & (Hold.begins_at > clock.now())
    chosen = (
        select(Account.id, Departure.id, func.min(Hold.begins_at))
        .outerjoin(Departure, leaves)
        .outerjoin(Hold, holds)
        .where(Account.id.in_(account_ids))
        .group_by(Account.id, Departure.id)
    )
    return {id_: (departure_id, at) for id_, departure_id, at in db.session.execute(chosen)}
