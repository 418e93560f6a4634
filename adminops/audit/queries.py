"""Reading the audit trail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, func, select

from adminops.audit.models import AuditEntry, AuditLink
from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Role
from adminops.refs import Ref
from adminops.web.listing import Page, fetch_page

POLICY = AuditEntry.detail["policy"].as_string()
"""The policy of accounts that did it by itself ("inactivity@3"), where one did."""


@dataclass(frozen=True)
class AuditRow:
    """One line: when, who, what."""

    id: int
    at: datetime
    actor: str
    actor_id: int | None
    fact: str
    about: Ref
    sentence: str


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What to look for: the actor's user name, the kind of fact, what it is about ("ticket:12")."""

    actor: str = ""
    fact: str = ""
    about: Ref | None = None
    since: date | None = None
    """The first day, in UTC as entries are written."""
    until: date | None = None
    """The last day."""


def list_entries(wanted: AuditFilter, *, after: str | None = None, limit: int = 50) -> Page[AuditRow]:
    """Return a page of the trail, the newest first."""
    chosen = _narrowed(
        select(
            AuditEntry.id,
            AuditEntry.at,
            User.name,
            AuditEntry.actor_id,
            AuditEntry.fact,
            AuditEntry.about_kind,
            AuditEntry.about_id,
            AuditEntry.sentence,
            POLICY,
        ).outerjoin(User, User.id == AuditEntry.actor_id),
        wanted,
    )
    return fetch_page(chosen, (AuditEntry.id,), after=after, limit=limit, shape=_row)


def _narrowed(chosen: Select, wanted: AuditFilter) -> Select:  # type: ignore[type-arg]
    if wanted.actor:
        named = wanted.actor.casefold()
        version = named.rpartition("@")[2]
        is_policy = version.isdecimal() or named.endswith("@standard")
        chosen = chosen.where(named == POLICY if is_policy else User.username == named)
    if wanted.fact:
        chosen = chosen.where(AuditEntry.fact == wanted.fact)
    if wanted.about:
        chosen = chosen.where(AuditEntry.about_kind == wanted.about.kind, AuditEntry.about_id == wanted.about.id)
    if wanted.since:
        chosen = chosen.where(AuditEntry.at >= datetime.combine(wanted.since, time.min, UTC))
    if wanted.until:
        chosen = chosen.where(AuditEntry.at < datetime.combine(wanted.until, time.min, UTC) + timedelta(days=1))
    return chosen


def _row(row: Sequence[object]) -> AuditRow:
    id_, at, name, actor_id, fact, kind, about_id, sentence, policy = row
    return AuditRow(id_, at, str(name or who_did(policy)), actor_id, fact, Ref(str(kind), str(about_id)), sentence)  # type: ignore[arg-type]


def who_did(policy: object) -> str:
    """Return who did what no person did: a policy with its version, or AdminOps."""
    return f"Policy {policy}" if policy else "AdminOps"


def get_entry(entry_id: int) -> AuditEntry | None:
    """Return one entry with everything it holds."""
    return db.session.get(AuditEntry, entry_id)


def entries(wanted: AuditFilter) -> Iterator[tuple[AuditEntry, int | None, str | None]]:
    """Yield the entries that `wanted` describes, the oldest first, each with its link and the actor's user name."""
    chosen = (
        select(AuditEntry, AuditLink.number, User.username)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .order_by(AuditEntry.id)
        .execution_options(yield_per=1_000)
    )
    for row in db.session.execute(_narrowed(chosen, wanted)):
        yield row[0], row[1], row[2]


def count_entries(wanted: AuditFilter, *, most: int) -> int:
    """Return how many entries `wanted` describes, counted up to one more than `most`."""
    chosen = _narrowed(select(AuditEntry.id).outerjoin(User, User.id == AuditEntry.actor_id), wanted)
    return db.session.scalar(select(func.count()).select_from(chosen.limit(most + 1).subquery())) or 0


@dataclass(frozen=True)
class ChainNow:
    """How far the chain is: links, and entries that wait for theirs."""

    links: int
    waiting: int


def chain_now() -> ChainNow:
    """Return how far the chain is, without looking whether it is in order."""
    links = db.session.scalar(select(func.max(AuditLink.number))) or 0
    entries = db.session.scalar(select(func.count(AuditEntry.id))) or 0
    return ChainNow(links, max(0, entries - links))


def answerable() -> Sequence[User]:
    """Return who is told when the trail is not as it was written: who may read it, and security officers."""
    granted = select(RoleGrant.user_id).where(RoleGrant.role.in_((Role.SECURITY_OFFICER, Role.MANAGER)))
    return db.session.scalars(select(User).where(User.id.in_(granted), User.may_sign_in).order_by(User.id)).all()
