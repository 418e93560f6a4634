"""Who could see a client on a day: from what is on record of that day, and no less than that."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import AccountState, DisabledReason
from accounts.operations import disable_account, reactivate_account
from accounts.seeing.operations import ask_who_could_see
from accounts.seeing.rules import Happened, Held, Place, held_roles, sees, was_open
from adminops import clock
from adminops.audit.cli import audit
from adminops.audit.models import AuditEntry
from adminops.clients.operations import look_up_ssn, view_client
from adminops.errors import Invalid, NotAllowed, NotFound
from adminops.hmis import merging
from adminops.hmis.models import Client, Enrollment
from adminops.hmis.persons import found_person
from adminops.identity.models import SYSTEM, Agency, AgencyOrganization
from adminops.identity.operations import change_agency, grant_role, revoke_role
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_dedupe import make_client, make_project, make_source, make_stay

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def client_at(*agencies: Agency, ssn: str = "") -> Client:
    """Make a client with a stay in a project of each of these agencies."""
    source = make_source()
    client = make_client(source, ssn=ssn)
    found_person(client)
    for agency in agencies:
        project = make_project(source)
        named = AgencyOrganization(source_id=source.id, organization_id=project.organization_id or "")
        agency.organizations.append(named)
        make_stay(client, project)
    return client


def seers(client: Client, on: date) -> dict[str, list[str]]:
    found = ask_who_could_see(client.id, on=on, by=SYSTEM)
    return {seer.username: list(seer.roles) for seer in found.seers}


# Pure


def happened(*facts: tuple[int, str]) -> list[Happened]:
    return [Happened(MONDAY + hours * timedelta(hours=1), f"Account{name}") for hours, name in facts]


@pytest.mark.parametrize(
    ("life", "days", "expected"),
    [
        ([(0, "Activated")], (-1, 0, 1), (False, True, True)),
        ([(0, "Activated"), (1, "Disabled")], (0, 1), (True, False)),
        ([(0, "Activated"), (30, "Disabled"), (80, "Reactivated")], (0, 1, 2, 3), (True, True, False, True)),
        ([(0, "Reactivated")], (0, 1), (False, False)),  # never chose a password: it was an invitation again
        (
            [(0, "Activated"), (30, "Disabled"), (31, "Archived"), (60, "Restored"), (61, "Reactivated")],
            (1, 3),
            (True, False),
        ),
    ],
)
def test_an_account_was_open_as_its_facts_tell(
    life: list[tuple[int, str]], days: tuple[int, ...], expected: tuple[bool, ...]
) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    spans = [(start + day * DAY, start + (day + 1) * DAY) for day in days]
    assert tuple(was_open(happened(*life), *span, activated_at=None) for span in spans) == expected


def test_an_account_of_before_the_trail_was_open_since_its_row_says_so() -> None:
    day = (MONDAY, MONDAY + DAY)
    assert was_open([], *day, activated_at=MONDAY - DAY)
    assert not was_open([], *day, activated_at=MONDAY + 2 * DAY)
    assert not was_open(happened((-2, "Disabled")), *day, activated_at=MONDAY - DAY)


def test_roles_are_put_together_from_what_was_given_and_taken() -> None:
    given, taken = (Happened(MONDAY + n * DAY, fact) for n, fact in ((0, "RoleGranted"), (2, "RoleRevoked")))
    [gone] = held_roles([], [(given, Role.END_USER, 1), (taken, Role.END_USER, 1)])
    assert [gone.on(MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in (-1, 0, 1, 2)] == [False, True, True, False]
    [older] = held_roles([], [(taken, Role.HELP_DESK, None)])
    assert older == Held(Role.HELP_DESK, None, None, taken.at)


def test_victim_services_are_seen_by_their_own_and_by_few_others() -> None:
    theirs, ours = Place(frozenset({1}), is_protected=True), Place(frozenset({2}), is_protected=False)

    def may(role: Role, agency_id: int | None, own: list[Place]) -> bool:
        return sees([Held(role, agency_id, None)], own, [theirs, ours])

    assert may(Role.END_USER, 1, [theirs])
    assert not may(Role.END_USER, 2, [theirs])
    assert may(Role.END_USER, 2, [theirs, ours])
    assert not may(Role.HELP_DESK, None, [theirs])
    assert may(Role.MANAGER, None, [theirs])
    assert not may(Role.SECURITY_OFFICER, 1, [theirs])


# By the verbs


def test_who_was_disabled_or_lost_the_role_could_see_before_and_not_after(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        agency, admin = make_agency(), make_admin()
        left = make_account(agency=agency, username="left")
        moved = make_account(agency=agency, username="moved")
        client = client_at(agency)
    with clock.frozen_at(MONDAY + 2 * DAY):
        disable_account(left, DisabledReason.LEFT, by=admin)
        revoke_role(moved.user.grants[0], by=admin)
    with clock.frozen_at(MONDAY + 6 * DAY):
        reactivate_account(left, by=admin)
        helper = make_account(Role.HELP_DESK, username="helper")
        assert left.state is AccountState.ACTIVE
        at_agency = f"End user at {agency.name}"
        on = MONDAY.date()
        assert seers(client, on - DAY) == {}
        assert seers(client, on) == {"left": [at_agency], "moved": [at_agency]}
        assert seers(client, on + 2 * DAY) == {"left": [at_agency], "moved": [at_agency]}  # until that afternoon
        assert seers(client, on + 3 * DAY) == {}
        assert seers(client, on + 6 * DAY) == {"left": [at_agency], "helper": ["Help desk"]}
        assert helper.user.may_sign_in


def test_a_role_given_later_did_not_show_anything_before(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        agency, admin = make_agency(), make_admin()
        user = make_account(None, agency=make_agency(), username="given").user
        client = client_at(agency)
    with clock.frozen_at(MONDAY + 2 * DAY):
        grant_role(user, Role.END_USER, agency=agency, by=admin)
        assert seers(client, MONDAY.date()) == {}
        assert list(seers(client, (MONDAY + 2 * DAY).date())) == ["given"]


def test_a_merge_shows_a_record_from_its_day_to_that_of_its_undoing(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        one, other = make_agency(), make_agency()
        make_account(agency=other, username="other")
        client, twin = client_at(one), client_at(other)
    with clock.frozen_at(MONDAY + DAY):
        merged = merging.merge_clients(client, twin, {}, by_id=None)
    with clock.frozen_at(MONDAY + 3 * DAY):
        merging.undo_merge(merged, reason="They are two", by_id=None)
    with clock.frozen_at(MONDAY + 5 * DAY):
        days = [list(seers(client, (MONDAY + n * DAY).date())) for n in range(5)]
    assert days == [[], ["other"], ["other"], ["other"], []]


def test_the_mark_of_victim_services_counts_as_it_was(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        agency, admin = make_agency(), make_admin()
        make_account(Role.HELP_DESK, username="helper")
        client = client_at(agency)
    with clock.frozen_at(MONDAY + 2 * DAY):
        change_agency(agency, name=agency.name, phone="", is_victim_service_provider=True, by=admin)
    with clock.frozen_at(MONDAY + 4 * DAY):
        assert list(seers(client, MONDAY.date())) == ["helper"]
        assert list(seers(client, (MONDAY + 3 * DAY).date())) == []


def test_a_stay_that_came_later_showed_nothing_before(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        agency = make_agency()
        make_account(agency=agency, username="there")
        client = client_at(agency)
        assert list(seers(client, MONDAY.date())) == ["there"]
    with clock.frozen_at(MONDAY + 4 * DAY):
        later = client_at(agency)
        make_stay(later, make_project(make_source()))
        for stay in later_stays(session, later):
            stay.date_created = datetime(2026, 3, 4)  # noqa: DTZ001 - HUD's times have no zone
        session.flush()
        assert list(seers(later, MONDAY.date())) == []
        assert list(seers(later, (MONDAY + 3 * DAY).date())) == ["there"]


def later_stays(session: Session, client: Client) -> list[Enrollment]:
    return list(session.scalars(select(Enrollment).where(Enrollment.personal_id == client.personal_id)))


def test_who_looked_is_told_with_how(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        agency = make_agency()
        user = make_account(agency=agency, username="looker").user
        manager = make_account(Role.MANAGER, username="manager").user
        client = client_at(agency, ssn="219451234")
        view_client(client.id, by=user)
        look_up_ssn("219-45-1234", by=manager)
        found = ask_who_could_see(client.id, on=MONDAY.date(), by=manager)
        assert [(look.name, look.sentence) for look in found.looks] == [
            (user.name, f"opened the page of record {client.id}"),
            (manager.name, "looked for an SSN and found it"),
        ]
        assert {seer.username: seer.looks for seer in found.seers} == {"looker": 1, "manager": 1}
        assert ask_who_could_see(client.id, on=(MONDAY - DAY).date(), by=manager).looks == []
    asked = select(AuditEntry.sentence).where(AuditEntry.fact == "ClientSightAsked").order_by(AuditEntry.id)
    assert session.scalars(asked).all()[0] == f"asked who could see client record {client.id} on 2026-03-02"


def test_a_security_officer_asks_about_their_agencys_clients_and_is_told_of_its_people(session: Session) -> None:
    with clock.frozen_at(MONDAY):
        ours, others = make_agency(), make_agency()
        officer = make_account(Role.SECURITY_OFFICER, agency=ours).user
        make_account(agency=ours, username="ours")
        elsewhere = make_account(agency=others, username="others").user
        both, theirs = client_at(ours, others), client_at(others)
        view_client(both.id, by=elsewhere)
        found = ask_who_could_see(both.id, on=MONDAY.date(), by=officer)
        assert ([seer.username for seer in found.seers], found.looks) == (["ours"], [])
        with pytest.raises(NotFound):
            ask_who_could_see(theirs.id, on=MONDAY.date(), by=officer)
        with pytest.raises(NotAllowed):
            ask_who_could_see(both.id, on=MONDAY.date(), by=make_user(Role.HELP_DESK))
        with pytest.raises(Invalid):
            ask_who_could_see(both.id, on=(MONDAY + 2 * DAY).date(), by=SYSTEM)


def test_the_page_and_the_command_say_who_and_what_is_not_known(desk: Desk) -> None:
    with desk.work():
        agency, admin = make_agency(), make_admin()
        make_account(agency=agency, name="Rosa Diaz", username="rosa")
        client = client_at(agency)
        number, today = client.id, clock.today().isoformat()
    visitor = desk.signed_in(admin)
    page = visitor.post("/accounts/who-could-see", {"client_id": number, "on": today}, status=200)
    assert page.says("1 person")
    assert page.says(f"End user at {agency.name}")
    assert page.says("Rosa Diaz")
    assert page.says("imports don't keep when each row first came")
    assert "Maria" not in page.words
    unknown = visitor.post("/accounts/who-could-see", {"client_id": number + 9, "on": today}, status=422)
    assert unknown.says("There is no such client record.")
    visitor.post("/accounts/who-could-see", {"client_id": "x", "on": "never"}, status=422)
    run = desk.app.test_cli_runner().invoke
    told = json.loads(run(audit, ["who-could-see", str(number), "--on", today, "--json"]).stdout)
    assert [seer["username"] for seer in told["seers"]] == ["rosa"]
    assert "rosa" in run(audit, ["who-could-see", str(number), "--on", today]).stdout
    assert run(audit, ["who-could-see", str(number + 9), "--on", today]).exit_code == 1
