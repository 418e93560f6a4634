"""The list of an agency's people each quarter: open until somebody has spoken of everybody."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.findings import of_what_is_stored
from accounts.jobs import review_access
from accounts.models import AccountState, DisabledReason
from accounts.operations import disable_account
from accounts.reviewing.models import AccessReview, ReviewAnswer, ReviewState
from accounts.reviewing.operations import answer_lines, quarter_of
from accounts.reviewing.queries import open_review_of
from accounts.seats.operations import open_seat
from adminops import clock
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account

A, R, S = ReviewAnswer, ReviewState, AccountState
BEGIN = datetime(2026, 10, 2, 15, tzinfo=UTC)


def _mails(session: Session) -> list[str]:
    return sorted(session.scalars(select(OutboxMessage.kind).where(OutboxMessage.kind.startswith("accounts.review"))))


@pytest.mark.parametrize(("day", "begins"), [("2026-01-01", "2026-01-01"), ("2026-12-31", "2026-10-01")])
def test_quarters_are_those_of_the_year(day: str, begins: str) -> None:
    assert quarter_of(date.fromisoformat(day)) == date.fromisoformat(begins)


def test_list_is_open_until_everybody_is_confirmed_and_who_is_gone_loses_access(session: Session) -> None:
    agency = make_agency()
    lead = make_account(Role.AGENCY_LEAD, agency=agency).user
    here, wrong, gone, left = (make_account(agency=agency) for _ in range(4))
    guest = make_account(agency=make_agency())
    open_seat(guest, agency, Role.END_USER, by=SYSTEM)
    make_account(agency=agency, state=S.REQUESTED), make_account(agency=agency, state=S.ARCHIVED), make_agency()
    with clock.frozen_at(BEGIN):
        review_access()
        review_access()
        review = open_review_of(agency.id)
        assert review is not None
        lines = {line.account_id: line.id for line in review.lines}
        own = next(line for line in review.lines if line.account.user_id == lead.id)
        assert set(lines) == {own.account_id, *(account.id for account in (here, wrong, gone, left, guest))}
        said = {lines[here.id]: A.HERE, lines[wrong.id]: A.ROLE, lines[gone.id]: A.GONE, lines[guest.id]: A.GONE}
        with pytest.raises(NotAllowed):
            answer_lines(review, said, by=make_user(Role.AGENCY_LEAD))
        assert (answer_lines(review, said, by=lead), answer_lines(review, said, by=lead)) == (4, 0)
        assert (guest.state, guest.user.grants[-1].agency_id) == (S.ACTIVE, guest.agency_id), "it ended here alone"
        assert (gone.state, here.state, review.state) == (S.DISABLED, S.ACTIVE, R.OPEN)
        disable_account(left, DisabledReason.LEFT, by=SYSTEM)
        review_access()
        assert [line.id for line in review.lines if line.answer is None] == [own.id]
        with pytest.raises(NotAllowed, match="Somebody else confirms you"):
            answer_lines(review, {own.id: A.HERE}, by=lead)
        assert answer_lines(review, {own.id: A.HERE}, by=make_admin()) == 1
        assert (review.state, open_review_of(agency.id)) == (R.DONE, None)
        with pytest.raises(InvalidState, match="over"):
            answer_lines(review, said, by=lead)
        review_access()
        lists = select(AccessReview).where(AccessReview.agency_id == agency.id)
        assert session.scalars(lists).all() == [review], "one a quarter"


def test_overdue_list_reminds_the_lead_then_is_a_finding_and_ends_unconfirmed(session: Session) -> None:
    agency, manager = make_agency(), make_user(Role.MANAGER)
    lead = make_user(Role.AGENCY_LEAD, agency=agency)
    make_account(agency=agency)
    seen = []
    for days in (0, 13, 15, 16, 31, 100):
        with clock.frozen_at(BEGIN + timedelta(days=days)):
            review_access()
            seen.append((_mails(session), [f.about for f in of_what_is_stored() if f.state == "warn"]))
    first, second, third = ["accounts.review_opened"], "accounts.review_overdue", "accounts.review_missing"
    assert [mails for mails, _ in seen[:5]] == [
        first,
        first,
        sorted([*first, second]),
        sorted([*first, second]),
        sorted([*first, second, third]),
    ]
    assert [found for _, found in seen] == [[], [], [], [], ["access reviews"], []]
    missed, new = session.scalars(select(AccessReview).order_by(AccessReview.id)).all()
    assert (missed.state, new.state, new.title) == (R.MISSED, R.OPEN, "Q1 2027")
    told = session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == third)).all()
    assert (told, lead.id != manager.id) == ([manager.id], True)


def test_lead_confirms_the_list_on_one_page(desk: Desk) -> None:
    with desk.work():
        agency = make_agency(name="Harbor House")
        lead = make_account(Role.AGENCY_LEAD, agency=agency).user
        one, other = (make_account(agency=agency, name=name) for name in ("Casper Lund", "Imani Brooks"))
        stranger, viewer = make_user(Role.AGENCY_LEAD), make_user(Role.TRAINER)
        review_access()
        review = open_review_of(agency.id)
        assert review is not None
        lines = {line.account_id: f"line-{line.id}" for line in review.lines}
    url, visitor = f"/accounts/reviews/{review.id}", desk.signed_in(lead)
    assert visitor.get("/help").link("Open the list") == url
    assert visitor.get(f"/agencies/{agency.id}").link("Open the list") == url
    page = visitor.get(url)
    assert (page.heading, page.says("0 of 3 confirmed")) == ("Who is still at Harbor House?", True)
    assert visitor.post(url, follow=True).says("Nothing was chosen yet.")
    told = {lines[one.id]: "here", lines[other.id]: "gone"}
    assert visitor.post(url, told, follow=True).says("2 noted, 1 is left.")
    assert visitor.get(url).says("Somebody else confirms this one")
    assert visitor.get("/accounts/leavers").says("Imani Brooks")
    desk.signed_in(stranger).get(url, status=404)
    reader = desk.signed_in(viewer)
    assert reader.get("/accounts/reviews").says("2 of 3")
    assert reader.post(url, told, status=422).says("confirm who is there")
