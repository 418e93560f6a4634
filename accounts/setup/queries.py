"""Reading sheets."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Account
from accounts.setup.models import SetupSheet, SetupTick
from accounts.setup.steps import Purpose, steps_for
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class SheetRow:
    """One line of the list."""

    opened_at: datetime
    id: int
    name: str
    agency: str | None
    purpose: Purpose
    done: int

    @property
    def steps(self) -> int:
        """How many there are to do."""
        return len(steps_for(self.purpose))


def find_sheet(sheet_id: int) -> SetupSheet | None:
    """Return one sheet with its ticks, or None."""
    ticks = selectinload(SetupSheet.ticks).joinedload(SetupTick.by)
    agency = joinedload(SetupSheet.account).joinedload(Account.agency)
    return db.session.scalar(select(SetupSheet).where(SetupSheet.id == sheet_id).options(ticks, agency))


def list_sheets(*, after: str | None = None) -> Page[SheetRow]:
    """Return a page of the sheets that are open, the newest first."""
    done = select(func.count(SetupTick.id)).where(SetupTick.sheet_id == SetupSheet.id).scalar_subquery()
    chosen = (
        select(SetupSheet.opened_at, SetupSheet.id, User.name, Agency.name, SetupSheet.purpose, done)
        .join(Account, Account.id == SetupSheet.account_id)
        .join(User, User.id == Account.user_id)
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .where(SetupSheet.finished_at.is_(None))
    )
    keys = (SetupSheet.opened_at, SetupSheet.id)
    return fetch_page(chosen, keys, after=after, shape=lambda row: SheetRow(*row))


def count_sheets() -> int:
    """Return how many are open."""
    return db.session.scalar(select(func.count(SetupSheet.id)).where(SetupSheet.finished_at.is_(None))) or 0
