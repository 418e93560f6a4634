"""The monthly list of who may do most: two people confirm each, nobody themselves, and silence is a finding."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import emails
from accounts.emergency.operations import create_emergency_account
from accounts.findings import of_what_is_stored
from accounts.jobs import review_access
from accounts.ladders.values import OFFERED, PolicyKind
from accounts.models import Account
from accounts.privileged.models import PrivilegedAnswer, PrivilegedReview
from accounts.privileged.operations import answer_lines
from accounts.privileged.queries import open_list, recent_lists
from accounts.reviewing.models import ReviewState
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import SYSTEM, User
from adminops.identity.operations import revoke_role
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.accounts.test_ladders import in_force
from tests.browsing import Desk
from tests.make import make_user
from tests.make_accounts import make_account

A, R = PrivilegedAnswer, ReviewState
KEEP, TAKE = A.KEEP, A.TAKE


def _team() -> list[Account]:
    return [make_account(role) for role in (Role.SYSTEM_ADMIN, Role.SYSTEM_ADMIN, Role.MANAGER)]


def _in_force() -> None:
    """Have the policy without its two people, who would stand on the list."""
    in_force(PolicyKind.PRIVILEGED, steps=OFFERED[PolicyKind.PRIVILEGED].as_dict())
    mine = {account.user_id for account in db.session.scalars(select(Account))}
    for user in db.session.scalars(select(User).where(User.id.not_in(mine))):
        user.grants.clear()
    db.session.flush()


def _open() -> PrivilegedReview:
    review_access()
    found = open_list()
    assert found is not None
    return found


def _say(review: PrivilegedReview, by: Account, answer: A, *about: Account) -> int:
    ids = {account.id for account in about}
    return answer_lines(review, {line.id: answer for line in review.lines if line.account_id in ids}, by=by.user)


def _says() -> list[str]:
    return [finding.says for finding in of_what_is_stored() if finding.about == "administrators"]


def test_list_opens_once_a_month_of_all_who_may_do_most_and_only_by_a_policy(session: Session) -> None:
    one, other, manager = _team()
    make_account(Role.HELP_DESK), make_account(Role.VIEWER), make_account(Role.AGENCY_LEAD)
    envelope = create_emergency_account(username="envelope1", name="Envelope 1", email="safe@example.org", by=SYSTEM)
    review_access()
    assert open_list() is None, "nobody has put it in force"
    _in_force()
    review = _open()
    listed = {line.account_id: line.roles for line in review.lines}
    assert listed == {
        one.id: ["system_admin"], other.id: ["system_admin"], manager.id: ["manager"], envelope.id: ["system_admin"],
    }  # fmt: skip
    assert (review.source, review.due_at - review.opened_at) == ("privileged@1", timedelta(days=7))
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.privileged")).all()
    assert {mail.recipient_id for mail in mails} == {one.user_id, other.user_id, manager.user_id}
    assert _open() is review


def test_two_others_confirm_each_and_what_is_to_go_keeps_it_open_until_it_is_gone(session: Session) -> None:
    one, other, manager = _team()
    _in_force()
    review = _open()
    with pytest.raises(NotAllowed, match="Two others confirm you"):
        _say(review, one, KEEP, one)
    with pytest.raises(NotAllowed):
        _say(review, make_account(Role.HELP_DESK), KEEP, one)
    assert _say(review, one, KEEP, other, manager) == 2
    assert _say(review, one, KEEP, other, manager) == 0, "twice by one person is once"
    assert [line.is_settled for line in review.lines] == [False] * 3
    _say(review, other, KEEP, one, manager)
    assert _say(review, manager, TAKE, other) == 1
    _say(review, manager, KEEP, one)
    assert [line.is_settled for line in review.lines] == [True, False, True]
    assert review.lines[1].is_to_go, "one who says no outweighs those who say yes"
    [grant] = other.user.grants
    revoke_role(grant, by=one.user)
    review_access()
    assert (review.state, review.lines[1].over_at is not None) == (R.DONE, True)
    with pytest.raises(InvalidState):
        _say(review, manager, KEEP, one)


def test_silence_is_reminded_of_then_a_finding_and_stays_on_record(session: Session) -> None:
    one, _, manager = _team()
    _in_force()
    start = clock.now().replace(day=2)
    with clock.frozen_at(start):
        review = _open()
        told = {"to_id": one.user_id, "review": review.id}
        assert emails.privileged(**told, step="opened") is not None
    for days, steps, findings in ((6, set(), 0), (8, {"due"}, 0), (15, {"due", "late"}, 1)):
        with clock.frozen_at(start + timedelta(days=days)):
            review_access()
            kind = (OutboxMessage.kind == "accounts.privileged", OutboxMessage.recipient_id == manager.user_id)
            sent = {mail.arguments["step"] for mail in session.scalars(select(OutboxMessage).where(*kind))}
            assert (sent - {"opened"}, len(_says())) == (steps, findings)
            assert (emails.privileged(**told, step="late") is not None) is True
    with clock.frozen_at(start + timedelta(days=32)):
        review_access()
        assert [each.state for each in recent_lists()] == [R.OPEN, R.MISSED]
        assert emails.privileged(**told, step="late") is None


def test_with_fewer_than_three_it_does_not_open_and_the_doctor_says_so(session: Session) -> None:
    make_account(Role.SYSTEM_ADMIN), make_account(Role.MANAGER)
    assert _says() == []
    _in_force()
    review_access()
    assert (open_list(), len(_says())) == (None, 1)


def test_list_is_confirmed_on_its_page(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        team = _team()
        _in_force()
        review = _open()
        mine, *others = (f"line-{line.id}" for line in review.lines)
        helper = make_user(Role.HELP_DESK)
    one, other, manager = (desk.signed_in(account.user) for account in team)
    url = f"/accounts/administrators/{review.id}"
    desk.signed_in(helper).get(url, status=403)
    one.get("/accounts/administrators/99", status=404)
    counted()
    assert one.get(url).says("Two others confirm you.")
    assert counted() <= 12
    one.post(url, {mine: "keep"}, status=422)
    assert one.post(url, {others[0]: "nonsense"}, follow=True).says("Nothing was chosen yet.")
    assert one.post(url, {others[0]: "keep", others[1]: "take"}, follow=True).says("To be taken away")
    other.post(url, {mine: "keep", others[1]: "keep"})
    assert one.post(url, {others[1]: "keep"}, follow=True).says("Confirmed by two"), "a word can be taken back"
    assert manager.post(url, {mine: "keep", others[0]: "keep"}, follow=True).says("Everybody is confirmed.")
    one.post(url, {others[0]: "take"}, status=422)
    assert manager.get("/accounts/administrators").says("Confirmed")
    assert one.get("/accounts/policies").link("Administrators’ lists") == "/accounts/administrators"
