"""Who may ask for what: by a role, or because an agency named them; others ask through their agency's lead."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, joinedload, lazyload, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model, db
from adminops.errors import Invalid, NotAllowed
from adminops.facts import RequesterNamed, RequesterUnnamed, publish
from adminops.feature import RequestType
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission


class Designation(Model):
    """An agency's word that a person may ask for one type of request on its behalf."""

    __tablename__ = "request_designation"
    __table_args__ = (UniqueConstraint("agency_id", "user_id", "request_type"),)

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    request_type: Mapped[Code]
    named_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    named_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined")


def may_ask(kind: RequestType, person: User, agency_id: int | None) -> bool:
    """Say whether `person` may ask for `kind` for an agency: everybody may, or by a role there, or named by it."""
    if kind.audience is None or person.reach(kind.audience).covers(agency_id):
        return True
    return kind.through_lead and _is_named(kind, person, agency_id)


def _is_named(kind: RequestType, person: User, agency_id: int | None) -> bool:
    named = select(Designation.id).where(
        Designation.user_id == person.id,
        Designation.agency_id == agency_id,
        Designation.request_type == kind.key,
    )
    return agency_id is not None and db.session.scalar(named) is not None


def leads_of(agency_id: int | None, *, but: Sequence[User] = ()) -> list[User]:
    """Return who asks on an agency's behalf and can sign in, by name."""
    if agency_id is None:
        return []
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REQUEST_FOR_AGENCY in held]
    lead = select(RoleGrant.user_id).where(RoleGrant.agency_id == agency_id, RoleGrant.role.in_(roles))
    others = [user.id for user in but]
    chosen = (
        select(User).where(User.may_sign_in, User.id.in_(lead), User.id.not_in(others)).order_by(User.name, User.id)
    )
    return list(db.session.scalars(chosen))


def needs_lead(kind: RequestType, requester: User, agency_id: int | None, *, by: User) -> bool:
    """Say whether the request goes to the agency's lead first, who sends it on.

    Raises `NotAllowed` where `requester` may not ask for it and nobody at the agency can say yes.
    """
    if may_ask(kind, requester, agency_id) or (by.id != requester.id and may_ask(kind, by, agency_id)):
        return False
    if kind.through_lead and agency_id is not None and agency_id == requester.agency_id:
        if leads_of(agency_id, but=[requester]):
            return True
        raise NotAllowed("Your agency has no lead who could ask for this. Please call us: we find the right person.")
    raise NotAllowed("Your role does not include asking for this. Your agency lead can.")


# Naming people


def may_name(agency: Agency, *, by: User) -> bool:
    """Say whether `by` leads the agency or keeps the agencies."""
    leads = by.reach(Permission.REQUEST_FOR_AGENCY).covers(agency.id)
    return leads or by.reach(Permission.MANAGE_AGENCIES).covers(agency.id)


def check_may_name(agency: Agency, *, by: User) -> None:
    """Raise `NotAllowed` for who may not name people (see `may_name`)."""
    if not may_name(agency, by=by):
        raise NotAllowed("Only the agency's lead and the Systems Team say who may ask for it.")


def named_at(agency: Agency) -> list[Designation]:
    """Return who is named at `agency`, by person and type."""
    chosen = select(Designation).join(User, User.id == Designation.user_id).where(Designation.agency_id == agency.id)
    return list(db.session.scalars(chosen.order_by(User.name, User.id, Designation.request_type)))


def name_requester(agency: Agency, person: User, kind: RequestType, *, by: User) -> Designation:
    """Let `person` ask for `kind` on the behalf of `agency`; naming them again changes nothing.

    Raises `NotAllowed`, `Invalid` for somebody of another agency or a type that needs nobody named. Publishes
    `RequesterNamed`.
    """
    check_may_name(agency, by=by)
    if person.agency_id != agency.id:
        raise Invalid("Only people of the agency can be named.", field="person")
    if not kind.through_lead:
        raise Invalid("Nobody has to be named for this.", field="request_type")
    known = select(Designation).where(
        Designation.agency_id == agency.id, Designation.user_id == person.id, Designation.request_type == kind.key
    )
    if (found := db.session.scalar(known)) is not None:
        return found
    named = Designation(agency_id=agency.id, user_id=person.id, request_type=kind.key, named_by_id=by.id)
    db.session.add(named)
    db.session.flush()
    publish(RequesterNamed(agency_id=agency.id, user_id=person.id, request_type=kind.key), by=by)
    return named


def unname_requester(agency: Agency, named: Designation, *, by: User) -> None:
    """Take a person off the list again. Raises `NotAllowed`. Publishes `RequesterUnnamed`."""
    check_may_name(agency, by=by)
    db.session.delete(named)
    db.session.flush()
    publish(RequesterUnnamed(agency_id=agency.id, user_id=named.user_id, request_type=named.request_type), by=by)


def unname_elsewhere(person_id: int, agency_id: int | None, *, by: User) -> None:
    """Let nobody ask on behalf of an agency where they work no longer. Publishes `RequesterUnnamed` for each."""
    others = Designation.agency_id != agency_id
    for named in db.session.scalars(select(Designation).where(Designation.user_id == person_id, others)).all():
        db.session.delete(named)
        db.session.flush()
        fact = RequesterUnnamed(agency_id=named.agency_id, user_id=person_id, request_type=named.request_type)
        publish(fact, by=by)


def find_people(text: str, limit: int) -> list[User]:
    """Return people whose name or user name holds `text`, with their agencies: for filing on somebody's behalf."""
    named = or_(User.name.icontains(text, autoescape=True), User.username.icontains(text, autoescape=True))
    chosen = select(User).where(named).options(lazyload(User.grants), joinedload(User.agency))
    return list(db.session.scalars(chosen.order_by(User.name, User.id).limit(limit)))
