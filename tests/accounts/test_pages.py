"""The pages of people and their accounts: who sees which, and what the buttons do."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from accounts.models import Account, AccountState, DisabledReason, PasswordReset
from accounts.operations import disable_account
from accounts.seats.operations import open_seat
from adminops.audit.models import AuditEntry
from adminops.identity.models import SYSTEM, RoleGrant, User
from adminops.identity.permissions import Role
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tests.make_accounts import make_account, make_link
from tests.make_tickets import make_ticket

S = AccountState
STEPS = ("edit", "roles", "reset", "invite", "disable", "reactivate", "archive", "restore", "unlock", "limits", "hold")


def _admin(desk: Desk, role: Role = Role.SYSTEM_ADMIN) -> Visitor:
    with desk.work():
        user = make_account(role, name="Maya Okafor").user
    return desk.signed_in(user)


def _state(desk: Desk, account: Account) -> AccountState:
    with desk.look() as session:
        return session.get_one(Account, account.id).state


# The list


def test_list_shows_people_with_state_and_role(desk: Desk) -> None:
    with desk.work():
        agency = make_agency(name="Lakeview")
        make_account(Role.AGENCY_LEAD, agency=agency, name="Alicia Kowalski", title="Program director")
        make_account(agency=agency, state=S.INVITED, name="Ben Turner")
    page = _admin(desk).get("/accounts")
    assert page.says("3 accounts")
    assert page.says("Alicia Kowalski")
    assert page.says("Program director, Lakeview Active Agency lead Never")
    assert page.says("Invited")


def test_list_is_narrowed_by_words_state_agency_and_role(desk: Desk) -> None:
    with desk.work():
        agency = make_agency(name="Lakeview")
        make_account(Role.AGENCY_LEAD, agency=agency, name="Alicia Kowalski", username="alicia")
        make_account(name="Ben Turner", email="b.turner@lakeview.example.org")
        make_account(state=S.DISABLED, name="Cole Hathaway")
    visitor = _admin(desk)
    for query, shown in {
        "q=KOWAL": {"Alicia Kowalski"},
        "q=alic+kowal": {"Alicia Kowalski"},
        "q=lakeview.example": {"Ben Turner"},
        "q=%25": set(),
        "state=disabled": {"Cole Hathaway"},
        "state=nonsense&role=nonsense&agency=x": {"Alicia Kowalski", "Ben Turner", "Cole Hathaway", "Maya Okafor"},
        f"agency={agency.id}": {"Alicia Kowalski"},
        "agency=99999999999999999999": {"Alicia Kowalski", "Ben Turner", "Cole Hathaway", "Maya Okafor"},
        "role=agency_lead": {"Alicia Kowalski"},
    }.items():
        page = visitor.get(f"/accounts?{query}")
        results = page.html[page.html.index('id="results"') :]
        names = {"Alicia Kowalski", "Ben Turner", "Cole Hathaway", "Maya Okafor"}
        assert {name for name in names if name in results} == shown, query


def test_list_goes_on_over_pages_and_costs_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        for number in range(30):
            make_account(name=f"Person {number:02}")
    visitor = _admin(desk)
    counted()
    first = visitor.get("/accounts")
    assert counted() <= 12
    assert first.says("Showing 25")
    second = visitor.get(first.link("Next page"))
    assert second.says("Person 29")
    assert not second.says("Person 00")


def test_lead_sees_the_own_agency_only(desk: Desk) -> None:
    with desk.work():
        here = make_agency(name="Here")
        lead = make_account(Role.AGENCY_LEAD, agency=here, name="Lead Person").user
        make_account(agency=here, name="Own Worker")
        make_account(name="Foreign Worker")
        make_account(Role.HELP_DESK, name="Team Member")
    page = desk.signed_in(lead).get("/accounts")
    assert page.says("Own Worker")
    assert not page.says("Foreign Worker")
    assert not page.says("Team Member")
    assert not page.says("New account")


def test_end_user_has_no_list(desk: Desk) -> None:
    with desk.work():
        user = make_account().user
    visitor = desk.signed_in(user)
    visitor.get("/accounts", status=403)
    visitor.get("/accounts/1", status=403)


# One person


def test_every_id_route_is_a_404_for_the_lead_of_another_agency(desk: Desk) -> None:
    with desk.work() as session:
        account = make_account()
        lead = make_account(Role.AGENCY_LEAD).user
        grant = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == account.user_id)).one()
    visitor = desk.signed_in(lead)
    for path in ("", *(f"/{step}" for step in STEPS), f"/roles/{grant}/revoke"):
        url = f"/accounts/{account.id}{path}"
        assert visitor.get(url, status=404).says("There is no such account.")
        if path:
            visitor.post(url, status=404)
    visitor.get("/accounts/999999", status=404)
    assert _state(desk, account) is S.ACTIVE


def test_own_lead_sees_the_person_and_no_button(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        lead = make_account(Role.AGENCY_LEAD, agency=agency).user
        account = make_account(agency=agency, name="Ben Turner")
    visitor = desk.signed_in(lead)
    page = visitor.get(f"/accounts/{account.id}")
    assert page.heading == "Ben Turner"
    for button in ("Reset password", "Disable", "Give a role", "Take away", "Edit"):
        assert not page.says(button)
    for step in STEPS:
        visitor.get(f"/accounts/{account.id}/{step}", status=403)
        visitor.post(f"/accounts/{account.id}/{step}", status=403)
    assert _state(desk, account) is S.ACTIVE


@pytest.mark.parametrize("state", [S.INVITED, S.ACTIVE, S.DISABLED, S.ARCHIVED])
def test_page_of_a_person_costs_few_statements(desk: Desk, counted: Callable[[], int], state: AccountState) -> None:
    with desk.work():
        account = make_account(state=state)
        account.archived_at = account.created_at
    visitor = _admin(desk)
    counted()
    page = visitor.get(f"/accounts/{account.id}")
    assert counted() <= 12
    assert page.says(state.value.capitalize())


def test_statements_do_not_grow_with_the_history(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        account = make_account()
    visitor = _admin(desk)
    counted()
    visitor.get(f"/accounts/{account.id}")
    before = counted()
    with desk.work() as session:
        again = session.get_one(Account, account.id)
        for _ in range(4):
            link, _ = make_link(again)
            link.superseded_at = link.created_at
            session.flush()
    counted()
    visitor.get(f"/accounts/{account.id}")
    assert counted() <= before


def test_person_page_tells_how_the_account_stands(desk: Desk) -> None:
    with desk.work():
        account = make_account(name="Ben Turner", title="Case manager")
        disable_account(account, DisabledReason.ON_LEAVE, by=SYSTEM)
        open_seat(account, make_agency(name="Hope Village"), Role.END_USER, by=SYSTEM)
    page = _admin(desk).get(f"/accounts/{account.id}")
    assert page.says("Works for Hope Village, too")
    assert page.says("Disabled since")
    assert page.says("On leave.")
    assert page.says("Reactivate")
    assert not page.says("Reset password")


def test_administrator_creates_and_the_person_is_told(desk: Desk) -> None:
    with desk.work():
        agency = make_agency(name="Lakeview")
    visitor = _admin(desk)
    data = {
        "name": "Ben Turner",
        "title": "Case manager",
        "email": "ben@example.org",
        "username": "Ben.Turner",
        "role": "end_user",
        "agency": str(agency.id),
    }
    page = visitor.post("/accounts/new", data, follow=True)
    assert page.heading == "Ben Turner"
    assert page.says("Ben Turner was invited by mail")
    assert page.says("End user at Lakeview")
    again = visitor.post("/accounts/new", data, status=422)
    assert again.says("That user name is taken.")
    assert 'value="Ben.Turner"' in again.html


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "x" * 300, "username": "-", "email": "no", "role": "emperor", "agency": "999999"},
        {"name": "Ben\x00", "username": "ben\x00x", "email": "a@b.c\r\nBcc: x", "role": "end_user", "agency": ""},
        {"name": "Ben", "username": "ben", "email": "ben@example.org", "role": "end_user", "agency": ""},
        {"name": "Ben", "username": "ben", "email": "ben@example.org", "role": "help_desk", "agency": "agency"},
        {"name": "<script>", "username": "<b>", "email": "<x>@example.org", "role": "", "agency": "-1"},
    ],
)
def test_hostile_form_is_answered_with_sentences(desk: Desk, data: dict[str, str]) -> None:
    with desk.work():
        agency = make_agency()
    data = {name: str(agency.id) if value == "agency" else value for name, value in data.items()}
    page = _admin(desk).post("/accounts/new", data, status=422)
    assert page.says("Please look at this again")
    assert "<script>" not in page.html.replace("<script defer src=", "").replace('<script type="module" src=', "")


def test_administrator_edits_disables_and_reactivates(desk: Desk) -> None:
    with desk.work():
        account = make_account(name="Ben Turner")
    visitor, url = _admin(desk), f"/accounts/{account.id}"
    form = {"name": "Ben T. Turner", "title": "Supervisor", "email": "ben@example.org"}
    assert visitor.post(f"{url}/edit", form, follow=True).heading == "Ben T. Turner"
    assert visitor.post(f"{url}/disable", {"reason": ""}, status=422).says("Choose a reason.")
    assert visitor.post(f"{url}/disable", {"reason": "left"}, follow=True).says("is disabled")
    assert visitor.post(f"{url}/disable", {"reason": "left"}, status=409).says("Only an account that is in use")
    assert visitor.get(f"{url}/reset").says("This account is disabled (left the agency)")
    visitor.post(f"{url}/reset", status=409)
    assert visitor.post(f"{url}/reactivate", follow=True).says("works again")
    visitor.post(f"{url}/disable", {"reason": "duplicate"})
    assert visitor.post(f"{url}/archive", follow=True).says("is archived")
    assert _state(desk, account) is S.ARCHIVED


def test_disabled_person_is_thrown_out_at_once(desk: Desk) -> None:
    with desk.work():
        account = make_account()
    person = desk.signed_in(account.user)
    person.get("/me")
    _admin(desk).post(f"/accounts/{account.id}/disable", {"reason": "security"})
    assert "/sign-in" in person.get("/me", status=302).goal


def test_roles_are_given_and_taken_and_the_person_signs_in_anew(desk: Desk) -> None:
    with desk.work():
        account = make_account(name="Ben Turner")
    person, visitor, url = desk.signed_in(account.user), _admin(desk), f"/accounts/{account.id}"
    data = {"role": "agency_lead", "agency": str(account.agency_id)}
    page = visitor.post(f"{url}/roles", data, follow=True)
    assert page.says("Agency lead at")
    assert "/sign-in" in person.get("/me", status=302).goal
    assert visitor.post(f"{url}/roles", {"role": "trainer", "agency": data["agency"]}, status=422).says("Choose")
    with desk.look() as session:
        grants = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == account.user_id)).all()
    for grant in grants:
        assert visitor.get(f"{url}/roles/{grant}/revoke").heading == "Take the role away"
        visitor.post(f"{url}/roles/{grant}/revoke")
        assert visitor.post(f"{url}/roles/{grant}/revoke", status=404).says("does not have that role any more")
    assert visitor.get(url).says("No role yet")


def test_nobody_changes_their_own_roles_or_disables_themselves(desk: Desk) -> None:
    with desk.work() as session:
        admin = make_account(Role.SYSTEM_ADMIN)
        grant = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == admin.user_id)).one()
    visitor, url = desk.signed_in(admin.user), f"/accounts/{admin.id}"
    for path in ("roles", f"roles/{grant}/revoke", "disable"):
        visitor.get(f"{url}/{path}", status=403)
        visitor.post(f"{url}/{path}", {"reason": "other", "role": "manager"}, status=403)
    assert not visitor.get(url).says("Disable")


def test_role_of_somebody_else_cannot_be_taken_through_this_person(desk: Desk) -> None:
    with desk.work() as session:
        account, other = make_account(), make_account()
        theirs = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == other.user_id)).one()
    _admin(desk).post(f"/accounts/{account.id}/roles/{theirs}/revoke", status=404)
    with desk.look() as session:
        assert session.get(RoleGrant, theirs) is not None


# Resets by the help desk


def test_agent_starts_a_reset_once_however_often_the_button_is_clicked(desk: Desk) -> None:
    with desk.work():
        account = make_account(name="Ben Turner", email="ben@example.org")
    visitor, url = _admin(desk, Role.HELP_DESK), f"/accounts/{account.id}/reset"
    assert visitor.get(url).says("ben@example.org")
    for _ in range(3):
        assert visitor.post(url, follow=True).says("A link to choose a new password is on its way to Ben Turner.")
    with desk.look() as session:
        assert len(session.scalars(select(PasswordReset)).all()) == 1
        started = select(AuditEntry).where(AuditEntry.fact == "PasswordResetStarted")
        assert len(session.scalars(started).all()) == 1


def test_agent_resets_no_administrator(desk: Desk) -> None:
    with desk.work():
        admin = make_account(Role.SYSTEM_ADMIN)
    visitor, url = _admin(desk, Role.HELP_DESK), f"/accounts/{admin.id}/reset"
    assert visitor.get(url, status=403).says("higher role")
    visitor.post(url, status=403)
    assert not visitor.get(f"/accounts/{admin.id}").says("Reset password")
    with desk.look() as session:
        assert session.scalars(select(PasswordReset)).all() == []


def test_ticket_of_the_address_must_be_one_that_the_agent_may_see(desk: Desk) -> None:
    with desk.work():
        account = make_account()
        ticket = make_ticket(account.user, subject="I am locked out")
    visitor, url = _admin(desk, Role.HELP_DESK), f"/accounts/{account.id}/reset"
    assert visitor.get(f"{url}?ticket={ticket.id}").says("I am locked out")
    for wrong in ("999999", "x", "-1", "1%27", "99999999999999999999", "client:1"):
        visitor.get(f"{url}?ticket={wrong}", status=404)
    assert visitor.post(f"{url}?ticket={ticket.id}").goal.endswith(f"/tickets/{ticket.id}")


# Elsewhere


def test_search_finds_people_one_may_see(desk: Desk) -> None:
    with desk.work():
        account = make_account(name="Quentin Abernathy")
        lead = make_account(Role.AGENCY_LEAD).user
    assert _admin(desk).get("/search?q=quentin").link("Quentin Abernathy") == f"/accounts/{account.id}"
    assert not desk.signed_in(lead).get("/search?q=quentin").says("Abernathy")


def test_own_page_offers_the_password_and_nobody_elses_does(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True)
    visitor = desk.signed_in(account.user)
    assert visitor.get("/me").link("Change it") == "/me/password"
    assert not _admin(desk).get(f"/accounts/{account.id}").says("Your password")


def test_user_without_an_account_has_a_page_but_no_password_to_change(desk: Desk) -> None:
    with desk.work():
        user: User = make_user()
    visitor = desk.signed_in(user)
    visitor.get("/me")
    visitor.get("/me/password", status=404)
