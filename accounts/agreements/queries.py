"""Reading the agreement: the version that counts, and how somebody's signature stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from accounts.agreements.models import GRACE, SOON, AgreementSignature, AgreementText
from accounts.models import Account, AccountState
from adminops import clock
from adminops.db import db
from adminops.settings import current_settings


@dataclass(frozen=True)
class Signed:
    """How somebody's signature stands: until when it counts, and under which version it is."""

    version: int
    on: date
    until: date

    def standing_on(self, day: date) -> str:
        """Return one word: valid, soon (it runs out), expired."""
        if self.until < day:
            return "expired"
        return "soon" if self.until - day <= SOON else "valid"


def today() -> date:
    """Return the team's day."""
    return clock.today(current_settings().time_zone)


def current_text() -> AgreementText | None:
    """Return the version that people sign now."""
    return db.session.scalar(select(AgreementText).order_by(AgreementText.version.desc()).limit(1))


def versions() -> Sequence[AgreementText]:
    """Return all versions, the newest first."""
    return db.session.scalars(select(AgreementText).order_by(AgreementText.version.desc())).all()


def signed_by(account_id: int) -> Signed | None:
    """Return the signature of an account that counts longest, or None when there is none."""
    return signed_by_many([account_id]).get(account_id)


def signed_by_many(account_ids: Sequence[int] | Select[int]) -> dict[int, Signed]:
    """Return the signature that counts longest, the newest of several, for each of the accounts that has one."""
    breaks = _breaks()
    found: dict[int, Signed] = {}
    chosen = select(
        AgreementSignature.account_id,
        AgreementText.version,
        AgreementSignature.signed_at,
        AgreementSignature.expires_on,
    ).join(AgreementText, AgreementText.id == AgreementSignature.text_id)
    theirs = chosen.where(AgreementSignature.account_id.in_(account_ids)).order_by(AgreementSignature.id.desc())
    for id_, version, at, expires_on in db.session.execute(theirs):
        until = min([expires_on, *(end for newer, end in breaks if newer > version)])
        if id_ not in found or found[id_].until < until:
            found[id_] = Signed(version, _day(at), until)
    return found


def _breaks() -> list[tuple[int, date]]:
    """Return the versions that everybody had to sign, each with the last day on which earlier ones counted."""
    chosen = select(AgreementText.version, AgreementText.published_at).where(AgreementText.for_everybody)
    return [(version, _day(at + GRACE)) for version, at in db.session.execute(chosen)]


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(current_settings().time_zone)).date()


def count_signed() -> tuple[int, int]:
    """Return of how many accounts in use the agreement is signed, and how many are in use."""
    in_use = select(Account.id).where(Account.state == AccountState.ACTIVE)
    signed = signed_by_many(in_use)
    day, total = today(), db.session.scalar(select(func.count()).select_from(in_use.subquery())) or 0
    return sum(each.until >= day for each in signed.values()), total


def next_version() -> int:
    """Return the number of the version that would be published now."""
    return (db.session.scalar(select(func.max(AgreementText.version))) or 0) + 1
