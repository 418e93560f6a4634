"""What agencies sign: put on record, ended, told of before it runs out."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.agencies.jobs import remind_of_agreements
from adminops.agencies.models import AgencyAgreement, AgreementKind
from adminops.agencies.operations import end_agreement, record_agreement
from adminops.agencies.queries import mou_of, today
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def make_mou(agency: Agency, begins: int = -30, ends: int | None = 330, *, by: User | None = None) -> AgencyAgreement:
    """Put an agreement on record that holds between these days from today."""
    day = today()
    return record_agreement(
        agency,
        kind=AgreementKind.MOU,
        signer="Alicia Kowalski",
        signed_on=day + timedelta(days=min(begins, 0)),
        begins_on=day + timedelta(days=begins),
        expires_on=None if ends is None else day + timedelta(days=ends),
        by=by or make_admin(),
    )


def test_the_agreement_that_counts_is_the_one_that_holds_today(session: Session) -> None:
    agency = make_agency()
    assert mou_of(agency.id) is None
    over = make_mou(agency, -400, -36)
    assert mou_of(agency.id) is over
    assert over.standing_on(today()) == "expired"
    coming = make_mou(agency, 3, 300)
    assert (mou_of(agency.id), coming.standing_on(today())) == (over, "coming")
    holds = make_mou(agency, -2, 20)
    assert (mou_of(agency.id), holds.standing_on(today())) == (holds, "soon")
    endless = make_mou(agency, -1, None)
    assert (mou_of(agency.id), endless.standing_on(today())) == (endless, "valid")
    end_agreement(endless, last_on=today() - timedelta(days=1), by=make_admin())
    assert (mou_of(agency.id), endless.standing_on(today())) == (holds, "ended")
    with pytest.raises(InvalidState, match="over already"):
        end_agreement(endless, last_on=today(), by=make_admin())
    with pytest.raises(Invalid, match="before it begins"):
        end_agreement(coming, last_on=today(), by=make_admin())
    with pytest.raises(Invalid, match="anyway"):
        end_agreement(holds, last_on=date(2099, 1, 1), by=make_admin())


def test_only_the_team_records_and_nobody_records_what_is_not_signed(session: Session) -> None:
    agency, lead = make_agency(), make_user(Role.AGENCY_LEAD)
    with pytest.raises(NotAllowed):
        make_mou(agency, by=lead)
    with pytest.raises(Invalid, match="end after it begins"):
        make_mou(agency, -1, -3)
    values = {"kind": AgreementKind.MOU, "begins_on": today(), "expires_on": None, "by": make_admin()}
    with pytest.raises(Invalid, match="once it is signed"):
        record_agreement(agency, signer="A. Kowalski", signed_on=today() + timedelta(days=1), **values)
    with pytest.raises(Invalid, match="who signed"):
        record_agreement(agency, signer=" ", signed_on=today(), **values)


def test_lead_and_team_are_told_once_at_each_step_until_it_is_renewed(session: Session) -> None:
    agency = make_agency()
    admin, lead = make_admin(), make_user(Role.AGENCY_LEAD, agency=agency)
    make_user(Role.AGENCY_LEAD)
    make_mou(agency, -30, 61, by=admin)

    def told() -> list[int | None]:
        remind_of_agreements()
        remind_of_agreements()
        return sorted(session.scalars(select(OutboxMessage.recipient_id)))

    assert told() == []
    now = clock.now()
    for days, mails in ((1, 1), (20, 1), (32, 2), (48, 3), (55, 4)):
        with clock.frozen_at(now + timedelta(days=days)):
            assert told() == sorted([admin.id, lead.id] * mails)
    with clock.frozen_at(now + timedelta(days=55)):
        make_mou(agency, 0, 365, by=admin)
        session.query(OutboxMessage).delete()
        assert told() == []


def test_agreement_is_recorded_with_its_paper_and_seen_by_the_agency_alone(desk: Desk) -> None:
    with desk.work():
        agency, admin = make_agency(), make_admin()
        lead, other = make_user(Role.AGENCY_LEAD, agency=agency), make_user(Role.AGENCY_LEAD)
    visitor, url = desk.signed_in(admin), f"/agencies/{agency.id}"
    assert visitor.get(url).says("No agency agreement (MOU) is on record.")
    day = clock.today()
    sent = {"kind": "mou", "signer": "Alicia Kowalski", "signed_on": f"{day}", "begins_on": f"{day}", "expires_on": ""}
    assert visitor.post(f"{url}/agreements/new", {**sent, "signed_on": ""}, status=422).says("Enter the day")
    bad = {**sent, "file": (BytesIO(b"MZ"), "run.exe")}
    assert visitor.post(f"{url}/agreements/new", bad, status=422).says("That kind of file can't be taken here")
    kept = visitor.post(f"{url}/agreements/new", {**sent, "file": (BytesIO(PDF), "mou.pdf")}, follow=True)
    assert kept.says("Valid")
    seen = desk.signed_in(lead)
    paper = seen.get(url).link("Paper")
    assert seen.get(paper).body == PDF
    stranger = desk.signed_in(other)
    for address in (paper, f"{url}/agreements/1/end"):
        stranger.get(address, status=404 if address == paper else 403)
    ended = visitor.post(kept.link("End"), {"last_on": f"{day + timedelta(days=9)}"}, follow=True)
    assert ended.says("Runs out soon")
    visitor.get(f"{url}/agreements/999/file", status=404)
