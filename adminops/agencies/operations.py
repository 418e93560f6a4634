"""The verbs of what agencies sign."""

from dataclasses import dataclass
from datetime import date

from adminops import clock
from adminops.agencies.models import AgencyAgreement, AgreementKind
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import (
    publish,
)
from adminops.facts.opening import (
    AgreementEnded,
    AgreementRecorded,
)
from adminops.files import IMAGES, FileKind, keep_upload
from adminops.files.storage import Readable
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.settings import current_settings

PAPERS = IMAGES | {FileKind.PDF, FileKind.WORD}
LIMIT = 10_000_000
"""Bytes of a signed paper."""


@dataclass(frozen=True)
class Paper:
    """A signed paper as it came."""

    name: str | None
    stream: Readable


def check_may_keep(*, by: User) -> None:
    """Raise `NotAllowed` for who does not keep the agencies."""
    if not by.may(Permission.MANAGE_AGENCIES):
        raise NotAllowed("Only the Systems Team keeps the agreements of agencies.")


def record_agreement(
    agency: Agency,
    *,
    kind: AgreementKind,
    signer: str,
    signed_on: date,
    begins_on: date,
    expires_on: date | None,
    paper: Paper | None = None,
    by: User,
) -> AgencyAgreement:
    """Put on record that `agency` has signed; what it signed before stays beside it.

    Raises `NotAllowed` (agencies.manage), `Invalid` for no signer, a signature of the future, an end before the
    beginning, or a paper that can't be kept. Publishes `AgreementRecorded`.
    """
    check_may_keep(by=by)
    signer = " ".join(signer.split())
    if not signer:
        raise Invalid("Enter who signed for the agency.", field="signer")
    if signed_on > clock.today(current_settings().time_zone):
        raise Invalid("It can only be put on record once it is signed.", field="signed_on")
    if expires_on is not None and expires_on < begins_on:
        raise Invalid("It has to end after it begins.", field="expires_on")
    made = AgencyAgreement(
        agency_id=agency.id,
        kind=kind,
        signer=signer[:200],
        signed_on=signed_on,
        begins_on=begins_on,
        expires_on=expires_on,
        recorded_by_id=by.id,
    )
    db.session.add(made)
    db.session.flush()
    if paper is not None:
        place = Ref.to("agency_agreement", made.id)
        made.file = keep_upload(paper.stream, paper.name, allowed=PAPERS, limit=LIMIT, by=by, place=place)
        db.session.flush()
    publish(AgreementRecorded(agency_id=agency.id, agreement_id=made.id, kind=kind.value), by=by)
    return made


def end_agreement(agreement: AgencyAgreement, *, last_on: date, by: User) -> None:
    """Say that an agreement holds until `last_on` and no longer.

    Raises `NotAllowed` (agencies.manage), `InvalidState` for one that is over, `Invalid` for a day on which it would
    not have begun or would be over anyway. Publishes `AgreementEnded`.
    """
    check_may_keep(by=by)
    if agreement.standing_on(clock.today(current_settings().time_zone)) in ("expired", "ended"):
        raise InvalidState("This agreement is over already.")
    if last_on < agreement.begins_on:
        raise Invalid("That is before it begins.", field="last_on")
    if agreement.expires_on is not None and last_on > agreement.expires_on:
        raise Invalid("It ends before that day anyway.", field="last_on")
    agreement.ended_on = last_on
    db.session.flush()
    publish(AgreementEnded(agency_id=agreement.agency_id, agreement_id=agreement.id, kind=agreement.kind.value), by=by)
