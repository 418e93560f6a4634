"""The people of an agency as its lead looks at them: how each account stands, and what runs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from accounts.agreements.queries import Signed, signed_by_many
from accounts.leaving.models import Departure
from accounts.leaving.queries import of_accounts
from accounts.lists.queries import last_logins
from accounts.models import AccountState, Hold
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
    leaving: Departure | None
    coming: Hold | None
    """The hold that closes it next, if one is on its way."""
    signed: Signed | None
    training: Proof
    in_hmis_at: datetime | None
    """The last sign-in to the HMIS, as far as its lists say."""

    def agreement_on(self, day: date) -> str:
        """Return one word: valid, soon, expired, missing."""
        return self.signed.standing_on(day) if self.signed else "missing"

    @property
    def closes_at(self) -> datetime | None:
        """When access ends by itself."""
        if self.leaving is not None and self.leaving.begun_at is not None:
            return self.leaving.leaves_at
        return self.coming.begins_at if self.coming else None


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
    leaving, signed = of_accounts(ids), signed_by_many(ids)
    logins = last_logins(ids)
    proofs, coming = proofs_of(TRAINING, [row.user_id for row in accounts]), _coming(ids)
    return [
        RosterRow(
            row, leaving.get(row.id), coming.get(row.id), signed.get(row.id), proofs[row.user_id], logins.get(row.id)
        )
        for row in accounts
    ]


def _coming(account_ids: Sequence[int]) -> dict[int, Hold]:
    """Return the next hold of each account that has not begun."""
    unreleased = (Hold.account_id.in_(account_ids), Hold.released_at.is_(None), Hold.begins_at > clock.now())
    found = db.session.scalars(select(Hold).where(*unreleased).order_by(Hold.begins_at.desc(), Hold.id))
    return {hold.account_id: hold for hold in found}
