"""Comparing with a directory: what is wrong is shown, what is dangerous is closed, half a picture changes nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts import cli, couriers, operations
from accounts.directory import Away
from accounts.models import Account, AccountState, DisabledReason
from accounts.reconciling import running
from accounts.reconciling.models import Comparison, ComparisonState, DirectoryFinding
from accounts.reconciling.operations import mend_findings, note_failure
from accounts.reconciling.queries import findings_now
from adminops import clock
from adminops.app import AdminOps
from adminops.db import transaction
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.outbox.delivery import carry_due
from adminops.outbox.models import OutboxMessage
from tests.accounts.directory.fake import FakeDirectory
from tests.accounts.directory.places import person
from tests.accounts.directory.test_errands import _active, fake  # noqa: F401 - a fixture
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_accounts import make_account

C = ComparisonState


@pytest.fixture
def house(fake: FakeDirectory, monkeypatch: pytest.MonkeyPatch) -> FakeDirectory:  # noqa: F811
    """A directory with one account in use, compared once already."""
    monkeypatch.setattr(running, "directory", lambda: fake)
    monkeypatch.setattr(running, "current_settings", lambda: type("Set", (), {"directory_url": "ldaps://x"}))
    _active()
    assert _compare().state is C.DONE
    return fake


def _compare(**over: Any) -> Comparison:
    made = running.compare_now(**over)
    assert made is not None
    return made


def _only(directory: FakeDirectory) -> str:
    [key] = directory.entries
    return key


def _kinds() -> list[str]:
    with transaction(writes=False):
        return [finding.kind.value for finding in findings_now()]


def _change(directory: FakeDirectory, **over: Any) -> None:
    key = _only(directory)
    directory.entries[key] = replace(directory.entries[key], **over)


def _close_here(directory: FakeDirectory) -> None:
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.key == _only(directory))).one()
        operations.disable_account(account, DisabledReason.LEFT, by=SYSTEM)
    carry_due(couriers.DIRECTORY)


def test_c5_account_opened_by_hand_is_closed_by_the_next_comparison_and_somebody_is_told(house: FakeDirectory) -> None:
    _close_here(house)
    _change(house, enabled=True)
    made = _compare()
    assert (made.state, made.mended, _kinds()) == (C.DONE, 1, ["open"])
    carry_due(couriers.DIRECTORY)
    assert not house.entries[_only(house)].enabled
    assert _compare().found == 0
    assert _kinds() == []
    with transaction(writes=False) as session:
        assert session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.compared")).all()


def test_other_differences_wait_until_somebody_says_so(house: FakeDirectory) -> None:
    _change(house, name="King Ben", groups=frozenset())
    assert _compare().mended == 0
    assert _kinds() == ["groups", "drift"]
    carry_due(couriers.DIRECTORY)
    assert house.entries[_only(house)].name == "King Ben"
    assert _compare(apply=True).mended == 1
    carry_due(couriers.DIRECTORY)
    assert (house.entries[_only(house)].name, _compare().found) == ("Ben Turner", 0)


def test_very_first_comparison_changes_nothing(fake: FakeDirectory, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(running, "directory", lambda: fake)
    monkeypatch.setattr(running, "current_settings", lambda: type("Set", (), {"directory_url": "ldaps://x"}))
    _active()
    _close_here(fake)
    _change(fake, enabled=True)
    assert _compare(apply=True).mended == 0
    assert _compare().mended == 1


def test_c1_empty_directory_changes_nothing_and_is_told_once(house: FakeDirectory) -> None:
    kept, house.entries = house.entries, {}
    for _ in range(2):
        made = _compare(apply=True)
        assert (made.state, made.mended) == (C.HALTED, 0)
    carry_due(couriers.DIRECTORY)
    assert house.entries == {}
    with transaction(writes=False) as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.compared")).all()
        assert len({message.arguments["comparison"] for message in told}) == 1
    house.entries = kept
    assert _compare().state is C.DONE


def test_c3_error_amid_the_scan_concludes_nothing(house: FakeDirectory) -> None:
    _change(house, name="King Ben")
    _compare()
    house.fail(Away("The directory does not answer."))
    made = _compare(apply=True)
    assert (made.state, made.why, made.mended) == (C.FAILED, "The directory does not answer.", 0)
    assert _kinds() == ["drift"], "what was known stays known"


def test_c2_too_many_changes_at_once_need_a_person(house: FakeDirectory) -> None:
    with transaction():
        for _ in range(7):
            account = make_account(kept_in="directory", name="One")
            account.applied_version = account.version
            desired = person(key=account.key, username=account.user.username)
            house._converge(desired)
            house.entries[account.key] = replace(house.entries[account.key], name="Two")
    made = _compare(apply=True)
    assert made.state is C.HALTED
    assert "need somebody who has looked" in made.why
    with transaction():
        drifted = [finding for finding in findings_now() if finding.kind.value == "drift"]
        assert mend_findings(drifted, by=make_admin()) == 7


def test_missing_account_is_made_anew_only_when_it_was_missing_for_an_hour(house: FakeDirectory) -> None:
    stranger = person()
    house._converge(stranger)
    key = next(key for key in house.entries if key != stranger.key)
    del house.entries[key]
    start = clock.now()
    assert (_compare(apply=True).mended, _kinds()) == (0, ["missing", "orphan"])
    with clock.frozen_at(start + timedelta(hours=1, minutes=1)):
        assert _compare(apply=True).mended == 1
        carry_due(couriers.DIRECTORY)
    assert key in house.entries


def test_c6_stranger_is_never_touched_also_when_all_may_be_put_right(house: FakeDirectory) -> None:
    stranger = person()
    house._converge(stranger)
    for _ in range(3):
        _compare(apply=True)
        carry_due(couriers.DIRECTORY)
    assert house.entries[stranger.key].enabled
    with transaction():
        [orphan] = findings_now()
        with pytest.raises(InvalidState, match="Nothing of this"):
            mend_findings([orphan], by=make_admin())


def test_c8_account_that_is_kept_here_is_never_touched(house: FakeDirectory) -> None:
    with transaction():
        local = make_account(Role.SYSTEM_ADMIN, password=True)
    house.entries.clear()
    for _ in range(3):
        _compare(apply=True)
        carry_due(couriers.DIRECTORY)
    with transaction() as session:
        kept = session.get_one(Account, local.id)
        assert (kept.state, kept.user.may_sign_in) == (AccountState.ACTIVE, True)
        assert kept.id not in {finding.account_id for finding in findings_now()}
    assert local.key not in house.entries


def test_c7_ten_comparisons_are_as_quiet_as_one(house: FakeDirectory) -> None:
    _change(house, title="Drifted")
    for _ in range(10):
        _compare()
        carry_due(couriers.DIRECTORY)
    house.calls.clear()
    assert _compare(apply=True).mended == 1
    carry_due(couriers.DIRECTORY)
    for _ in range(10):
        made = _compare(apply=True)
        carry_due(couriers.DIRECTORY)
        assert (made.found, made.mended) == (0, 0)
    assert house.calls.count("converge") == 1


def test_only_who_manages_accounts_everywhere_compares(app: AdminOps) -> None:
    with app.app_context(), transaction():
        for by in (make_user(Role.HELP_DESK), make_user(Role.AGENCY_LEAD)):
            with pytest.raises(NotAllowed):
                note_failure("x", by=by)


def test_command_says_what_differs_and_ends_in_one_when_the_brakes_held(house: FakeDirectory, app: AdminOps) -> None:
    run = app.test_cli_runner()
    _change(house, name="King Ben")
    done = run.invoke(cli.accounts, ["reconcile", "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["state"]) == (0, "done")
    assert told["findings"] == [{"kind": "drift", "username": "ben", "fields": "name"}]
    plain = run.invoke(cli.accounts, ["reconcile", "--apply"])
    assert "1 put right" in plain.output
    house.entries = {}
    assert run.invoke(cli.accounts, ["reconcile"]).exit_code == 1


def test_page_says_so_where_no_directory_is_set_and_nothing_was_compared(desk: Desk) -> None:
    with desk.work():
        admin = make_account(Role.SYSTEM_ADMIN).user
    page = desk.signed_in(admin).get("/accounts/directory")
    assert page.says("No directory is set")
    assert not page.says("Nothing differs")


def test_page_shows_both_sides_and_puts_right_what_somebody_has_looked_at(desk: Desk) -> None:
    with desk.work() as session:
        account = make_account(Role.END_USER, kept_in="directory", name="Hector Salinas")
        admin = make_account(Role.SYSTEM_ADMIN).user
        finding = DirectoryFinding(kind="drift", key=account.key, account_id=account.id)
        finding.ours, finding.theirs = {"title": "Case manager"}, {"title": ""}
        stranger = DirectoryFinding(kind="orphan", key="k", ours={}, theirs={"username": "somebody"})
        session.add_all([finding, stranger, Comparison(state=C.HALTED, seen=3, found=2, why="Too many are gone.")])
    visitor = desk.signed_in(admin)
    page = visitor.get("/accounts/directory")
    for words in ("Other particulars", "Hector Salinas", "Case manager", "nothing", "somebody", "No directory is set"):
        assert page.says(words), words
    for path in (f"/accounts/directory/{finding.id}/mend", "/accounts/directory/mend"):
        assert visitor.get(path).says("The directory takes over what stands here.")
    assert visitor.post(f"/accounts/directory/{finding.id}/mend", follow=True).says("one account should be")
    visitor.post(f"/accounts/directory/{stranger.id}/mend", status=422)
    visitor.get("/accounts/directory/999999/mend", status=404)
    assert visitor.post("/accounts/directory/compare", follow=True).says("is being compared")
    with desk.look() as session:
        assert session.get_one(DirectoryFinding, finding.id).told_at is not None
