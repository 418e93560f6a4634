"""How cases at the vendor are named elsewhere: links, the search box, the nightly scan, a mail."""

from collections.abc import Mapping, Sequence

from flask import url_for
from sqlalchemy import or_, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import Found, GuardedTexts, WrittenText
from adminops.identity.models import User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.outbox.messages import Mail
from adminops.refs import Link
from tickets.cases.models import KIND, WAITED_FOR, VendorCase

ICON = "wrench"
SCANNED = {"title": 200, "release": 60}
"""The texts that the nightly scan reads, and how long they may be. Vendor and number name the case: the guard reads
them when they are written, and no scan takes them off a case that others find by them."""


def cases(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these cases, for the team."""
    if not viewer.may(Permission.WORK_TICKETS):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    rows = db.session.scalars(select(VendorCase).where(VendorCase.id.in_(numbers)))
    return {str(case.id): Link(f"{case.named}: {case.title}", _address(case.id), ICON) for case in rows}


def find(text: str, _viewer: User, limit: int) -> list[Found]:
    """Return the cases with this number or these words."""
    columns = (VendorCase.number, VendorCase.title, VendorCase.vendor)
    named = or_(*(column.icontains(text, autoescape=True) for column in columns))
    rows = db.session.scalars(select(VendorCase).where(named).order_by(VendorCase.id.desc()).limit(limit))
    return [Found(case.ref, case.title, f"{case.named}, {case.state.label}", _address(case.id), ICON) for case in rows]


def promise(*, to_id: int, case_id: int, day: int) -> Mail | None:
    """Tell that a promised day is over; not if something came or another day was promised since."""
    case, reader = db.session.get(VendorCase, case_id), db.session.get(User, to_id)
    if case is None or reader is None or not reader.may(Permission.WORK_TICKETS):
        return None
    if case.state not in WAITED_FOR or case.promised_on is None or case.promised_on.toordinal() != day:
        return None
    return Mail(
        subject="A day that the vendor promised is over",
        template="tickets/promise",
        values={},
        link=f"/vendor-cases/{case_id}",
        link_label="Open the case",
    )


def _address(case_id: int) -> str:
    return url_for("vendor.show", case_id=case_id)


def _written(after: int, limit: int) -> list[WrittenText]:
    chosen = select(VendorCase).where(VendorCase.id > after).order_by(VendorCase.id).limit(limit)
    return [
        WrittenText(
            id=case.id,
            agency_id=None,
            author_id=case.opened_by_id,
            texts={field: getattr(case, field) for field in SCANNED if getattr(case, field)},
        )
        for case in db.session.scalars(chosen)
    ]


def _rewrite(case_id: str, texts: Mapping[str, str]) -> None:
    case = db.session.get(VendorCase, int(case_id))
    if case is None:
        raise NotFound("There is no such case any more.")
    for field, longest in SCANNED.items():
        setattr(case, field, texts.get(field, getattr(case, field))[:longest])
    db.session.flush()


def _readers(_case_id: int) -> list[int]:
    roles = {role for role, held in ROLE_PERMISSIONS.items() if Permission.WORK_TICKETS in held}
    people = db.session.scalars(select(User).where(User.may_sign_in))
    return [person.id for person in people if any(grant.role in roles for grant in person.grants)]


CASES = GuardedTexts(kind=KIND, title="A case at the vendor", written=_written, rewrite=_rewrite, readers=_readers)
