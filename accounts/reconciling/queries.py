"""What is wrong in the directory now, and how the last comparisons ended."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts.reconciling.comparing import FindingKind
from accounts.reconciling.models import Comparison, DirectoryFinding
from adminops.db import db

SHOWN = 500


def findings_now() -> Sequence[DirectoryFinding]:
    """Return what differs, the worst kinds first."""
    chosen = select(DirectoryFinding).where(DirectoryFinding.ended_at.is_(None)).order_by(DirectoryFinding.id)
    found = db.session.scalars(chosen.options(joinedload(DirectoryFinding.account)).limit(SHOWN)).all()
    order = list(FindingKind)
    return sorted(found, key=lambda each: order.index(each.kind))


def find_finding(finding_id: int) -> DirectoryFinding | None:
    """Return one thing that is still wrong."""
    found = db.session.get(DirectoryFinding, finding_id)
    return found if found and found.ended_at is None else None


def last_comparisons(limit: int = 5) -> Sequence[Comparison]:
    """Return how the last comparisons ended, the newest first."""
    return db.session.scalars(select(Comparison).order_by(Comparison.id.desc()).limit(limit)).all()
