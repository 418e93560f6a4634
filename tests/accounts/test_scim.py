"""Identity providers tell who joins and who leaves: by the standard, by what real ones send, and within one agency."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.leaving.models import Departure, DepartureState
from accounts.leaving.operations import close_leaver, report_leaver
from accounts.models import Account, AccountState, DisabledReason, HoldKind
from accounts.operations import disable_account, release_hold
from accounts.outside.operations import switch_provider
from accounts.requests.models import AccountRequest, GateKind, GateState, RequestState
from accounts.requests.queries import of_account
from accounts.scim.connecting import forget_calls, make_scim_token, revoke_scim_token
from accounts.scim.models import ScimCall, ScimConnection, ScimPerson, ScimToken
from accounts.scim.operations import describe_person, tell_of_person
from accounts.scim.queries import find_token
from accounts.scim.shapes import PATCH, USER
from accounts.views import scim as calls
from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.errors import DomainError, Invalid, NotAllowed
from adminops.identity.models import SYSTEM, Agency, RoleGrant, User, UserSession
from adminops.identity.permissions import Role
from adminops.identity.sessions import start_session
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account, make_provider
from tickets.models import Ticket, TicketState

ISSUER = "https://login.harbor.example.org"
IMANI = {
    "schemas": [USER],
    "userName": "imani.brooks@harbor.example.org",
    "externalId": "00u1",
    "displayName": "Imani Brooks",
    "title": "Intake worker",
    "active": True,
    "emails": [{"value": "imani.brooks@harbor.example.org", "type": "work", "primary": True}],
}
YEAR = timedelta(days=365)


def connect(agency: Agency | None = None, **over: Any) -> tuple[ScimConnection, str]:
    """Make a provider of an agency that tells of people; return the connection and its token."""
    agency = agency or make_agency()
    lead = make_account(Role.AGENCY_LEAD, agency=agency).user
    text = make_scim_token(make_provider(ISSUER, agency=agency, **over), speaker=lead, lives=YEAR, by=make_admin())
    found = find_token(text)
    assert found is not None
    return found.connection, text


def told(connection: ScimConnection, **over: Any) -> ScimPerson:
    said = {name: value for name, value in {**IMANI, **over}.items() if name != "schemas"}
    return tell_of_person(connection, said, by=SYSTEM)[0]


def say(person: ScimPerson, **over: Any) -> None:
    describe_person(person, {**person.said, **over}, by=SYSTEM)


def facts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


class Provider:
    """A provider that calls over HTTP."""

    def __init__(self, desk: Desk, token: str) -> None:
        self.client: FlaskClient = desk.app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = None if body is None else body if isinstance(body, str) else json.dumps(body)
        answer = self.client.open(
            f"/scim/v2{path}",
            method=method,
            data=sent,
            content_type=headers.pop("content_type", "application/scim+json"),
            headers={**self.headers, **headers},
        )
        assert answer.status_code in (204, 304) or answer.mimetype == "application/scim+json"
        return answer.status_code, json.loads(answer.get_data() or "null")

    def patch(self, key: str, *operations: Any) -> tuple[int, Any]:
        return self("PATCH", f"/Users/{key}", {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
def provider(desk: Desk) -> Provider:
    """A provider with a token."""
    with desk.work():
        return Provider(desk, connect()[1])


# By the standard


def test_a_client_that_checks_servers_by_the_standard_finds_nothing_wrong(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        _, token = connect()
    client = WSGISCIMClient(
        sqlite_desk.app, base_url="http://127.0.0.1:8000/scim/v2", headers={"Authorization": f"Bearer {token}"}
    )
    found = check_server(client, resource_types=["User"])
    wrong = [(each.title, each.reason) for each in found if each.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert wrong == []
    assert len([each for each in found if each.status is Status.SUCCESS]) > 40


def test_what_real_providers_send_is_understood(provider: Provider, desk: Desk) -> None:
    """Microsoft Entra looks somebody up, adds them, and sends truth as words; Okta replaces without a path."""
    by_name = '/Users?filter=userName eq "IMANI.BROOKS@harbor.example.org"'
    assert provider("GET", by_name)[1]["totalResults"] == 0
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    status, made = provider("POST", "/Users", {**IMANI, enterprise: {"department": "Intake"}, "password": "secret"})
    assert (status, made["userName"], enterprise in made, "password" in made) == (201, IMANI["userName"], False, False)
    key = made["id"]
    assert [each["id"] for each in provider("GET", by_name)[1]["Resources"]] == [key]
    for asked in ('externalId eq "00u1"', 'emails[type eq "work"].value eq "imani.brooks@harbor.example.org"'):
        assert provider("GET", f"/Users?filter={asked} and active eq true")[1]["totalResults"] == 1

    assert provider.patch(key, {"op": "Replace", "path": "active", "value": "False"})[1]["active"] is False
    assert provider.patch(key, {"op": "replace", "value": {"active": True}})[1]["active"] is True
    new = "imani@harbor.example.org"
    status, changed = provider.patch(
        key,
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": new},
        {"op": "Add", "value": {"name.givenName": "Imani", f"{enterprise}:department": "Outreach"}},
        {"op": "Remove", "path": "title"},
    )
    assert (status, changed["emails"][0]["value"], changed["name"]) == (200, new, {"givenName": "Imani"})
    assert "title" not in changed
    with desk.look() as session:
        user = session.scalars(select(User).where(User.email == new)).one()
        assert (user.name, user.title, user.may_sign_in) == ("Imani Brooks", "", False)

    assert provider("DELETE", f"/Users/{key}")[0] == 204
    assert provider("GET", f"/Users/{key}")[0] == 404


def test_a_change_counts_only_on_what_was_seen_and_what_is_known_is_not_sent_again(provider: Provider) -> None:
    made = provider("POST", "/Users", IMANI)[1]
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    assert provider("GET", path, **{"If-None-Match": tag})[0] == 304
    assert provider("PUT", path, {**IMANI, "title": "Lead"}, **{"If-Match": tag})[0] == 200
    status, refused = provider("PUT", path, {**IMANI, "title": "Other"}, **{"If-Match": tag})
    assert (status, refused["schemas"]) == (412, ["urn:ietf:params:scim:api:messages:2.0:Error"])
    assert provider("GET", path + "?attributes=title")[1].keys() == {"schemas", "id", "meta", "title"}
    assert "title" not in provider("GET", path + "?excludedAttributes=title,groups")[1]


def test_people_come_page_by_page(provider: Provider) -> None:
    for number in range(3):
        name = f"person{number}@harbor.example.org"
        provider("POST", "/Users", {"schemas": [USER], "userName": name, "active": False})
    page = provider("GET", "/Users?startIndex=2&count=1")[1]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert page["Resources"][0]["userName"] == "person1@harbor.example.org"
    assert provider("GET", "/Users?startIndex=-4&count=0")[1]["Resources"] == []


UNREADABLE = [
    ("POST", "/Users", "{not json", 400, "invalidSyntax"),
    ("POST", "/Users", "[" * 5000, 400, "invalidSyntax"),
    ("POST", "/Users", [], 400, "invalidSyntax"),
    ("POST", "/Users", {"schemas": ["urn:other"], "userName": "a@harbor.example.org"}, 400, "invalidSyntax"),
    ("POST", "/Users", {"schemas": [USER]}, 400, "invalidValue"),
    ("POST", "/Users", {**IMANI, "active": "perhaps"}, 400, "invalidValue"),
    ("POST", "/Users", {**IMANI, "displayName": "Ima\x00ni"}, 400, "invalidValue"),
    ("POST", "/Users", {**IMANI, "title": "x" * 201}, 400, "invalidValue"),
    ("POST", "/Users", {**IMANI, "emails": [{"value": "nowhere"}]}, 400, "invalidValue"),
    ("POST", "/Users", {"schemas": [USER], "userName": "nobody"}, 400, "invalidValue"),
    ("POST", "/Users", {**IMANI, "userName": "ß" * 101}, 400, "invalidValue"),  # 202 characters once it is folded
    ("GET", '/Users?filter=userName co "a"', None, 400, "invalidFilter"),
    ("GET", "/Users?filter=userName eq", None, 400, "invalidFilter"),
    ("GET", '/Users?filter=password eq "a"', None, 400, "invalidFilter"),
    ("GET", '/Users?filter=userName eq "\\ud800"', None, 400, "invalidFilter"),
    ("GET", "/Users?startIndex=first", None, 400, "invalidValue"),
    ("GET", "/Users/nobody", None, 404, ""),
    ("GET", "/Nothing", None, 404, ""),
    ("POST", "/Groups", {}, 405, ""),
    ("POST", "/Bulk", {}, 404, ""),
]


def test_what_can_not_be_read_is_refused_in_the_standards_form(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        provider = Provider(sqlite_desk, connect()[1])
    for method, path, body, status, kind in UNREADABLE:
        got, said = provider(method, path, body)
        assert (got, said["status"], said.get("scimType", "")) == (status, str(status), kind), (path, body)
        assert said["detail"].endswith(".")
        assert not any(word in said["detail"] for word in ("harbor", "Imani", "nowhere", "nobody"))
    key = provider("POST", "/Users", IMANI)[1]["id"]
    two = [{"value": f"{name}@harbor.example.org"} for name in ("one", "two")]
    status, said = provider.patch(key, {"op": "replace", "path": 'emails[type eq "work"]', "value": two})
    assert (status, said["scimType"]) == (400, "invalidValue")


def test_nobody_gets_in_without_a_living_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.work():
        text = connect()[1]
    provider = Provider(desk, text)
    assert provider("GET", "/Users")[0] == 200
    assert Provider(desk, "adminops_scim_wrong")("GET", "/Users")[0] == 401
    with desk.work() as session:
        [token] = session.scalars(select(ScimToken))
        assert token.last_used_at is not None
        assert text.encode() not in token.token_hash
        token.ends_at = clock.now()
    assert provider("GET", "/Users")[0] == 401
    with desk.work() as session:
        token = session.scalars(select(ScimToken)).one()
        token.ends_at = clock.now() + YEAR
        switch_provider(token.connection.provider, on=False, by=make_admin())
    assert provider("GET", "/Users")[0] == 401
    with desk.work() as session:
        token = session.scalars(select(ScimToken)).one()
        switch_provider(token.connection.provider, on=True, by=make_admin())
        revoke_scim_token(token, by=make_admin())
    assert provider("GET", "/Users")[0] == 401
    monkeypatch.setattr(calls, "GUESSES", calls.throttle.Limit(1, timedelta(minutes=1), timedelta(days=1)))
    assert [provider("GET", "/Users")[0] for _ in range(2)][-1] == 429


def test_calls_are_slowed_by_provider_and_agency(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.work():
        one, other = Provider(desk, connect()[1]), Provider(desk, connect(name="Elm Sign-in")[1])
    monkeypatch.setattr(calls, "CALLS", calls.throttle.Limit(2, timedelta(minutes=1), timedelta(days=1)))
    assert [one("GET", "/Users")[0] for _ in range(3)] == [200, 200, 429]
    assert other("GET", "/Users")[0] == 200


def test_what_is_refused_changes_nothing_and_stands_on_the_page_with_its_reason(desk: Desk) -> None:
    with desk.work():
        connection, token = connect()
        number, admin = connection.provider_id, make_admin()
        make_user(agency=connection.agency, email="sam@harbor.example.org")  # nobody with an account
    provider = Provider(desk, token)
    key = provider("POST", "/Users", IMANI)[1]["id"]
    sam = {"schemas": [USER], "userName": "sam@harbor.example.org"}
    assert provider("POST", "/Users", sam)[1]["scimType"] == "uniqueness"
    assert provider("GET", "/Users")[1]["totalResults"] == 1
    page = desk.signed_in(admin).get(f"/accounts/providers/{number}/people")
    assert page.says("Refused (409) Somebody has this address whom this provider can't speak of.")
    assert page.says("Imani Brooks")
    assert "sam@harbor" not in page.words
    with desk.work() as session:
        clock_before = clock.now() - timedelta(days=100)
        for call in session.scalars(select(ScimCall)):
            call.at = clock_before
        forget_calls()
        assert session.scalar(select(func.count(ScimCall.id))) == 0
        assert session.scalars(select(ScimPerson.key)).all() == [key]


def test_the_same_person_sent_twice_at_once_is_one(desk: Desk) -> None:
    with desk.work():
        token = connect()[1]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: Provider(desk, token)("POST", "/Users", IMANI), range(4)))
    assert {status for status, _ in answers} == {201}
    assert len({made["id"] for _, made in answers}) == 1
    with desk.look() as session:
        assert session.scalar(select(func.count(AccountRequest.id))) == 1


# Who joins


def test_a_joiner_is_asked_for_in_the_leads_name_and_opens_when_nothing_is_missing(session: Session) -> None:
    connection, _ = connect()
    person = told(connection)
    account = person.account
    assert account is not None
    assert (account.state, account.user.may_sign_in) == (AccountState.REQUESTED, False)
    request = of_account(account)
    assert request is not None
    assert (request.requester_id, request.agency_id) == (connection.speaker_id, connection.agency_id)
    gates = {gate.kind: gate.state for gate in request.gates}
    assert {gates[kind] for kind in (GateKind.APPROVAL, GateKind.BACKGROUND, GateKind.AGREEMENT)} == {GateState.OPEN}
    ticket = session.get_one(Ticket, request.ticket.number)
    assert (ticket.request_type, ticket.answers["person"]) == ("new_account", "Imani Brooks")
    assert "Imani" not in ticket.subject
    assert tell_of_person(connection, dict(person.said), by=SYSTEM) == (person, False)
    assert session.scalar(select(func.count(AccountRequest.id))) == 1
    assert "ScimPersonTold" in facts(session)


def test_a_joiner_who_does_not_come_is_taken_back_and_may_come_later(session: Session) -> None:
    connection, _ = connect()
    person = told(connection)
    first = person.account
    assert first is not None
    say(person, active=False)
    request = of_account(first)
    assert request is not None
    assert (request.state, first.state) == (RequestState.WITHDRAWN, AccountState.ARCHIVED)
    assert session.get_one(Ticket, request.ticket.number).state is TicketState.RESOLVED
    say(person, active=True)
    assert (person.account, first.state) == (first, AccountState.REQUESTED)


def test_nobody_is_asked_for_when_the_lead_may_not_ask_any_more(session: Session) -> None:
    connection, _ = connect()
    connection.speaker.may_sign_in = False
    with pytest.raises(NotAllowed, match="name somebody else"):
        told(connection)
    assert session.scalar(select(func.count(AccountRequest.id))) == 0


# Who leaves


def leaver(connection: ScimConnection, role: Role = Role.END_USER, **over: Any) -> tuple[ScimPerson, Account]:
    """Make somebody of the agency with an open account and a session, whom the provider has told of."""
    account = make_account(role, agency=connection.agency, email=IMANI["userName"], name="Imani Brooks", **over)
    person = told(connection)
    assert person.account is account
    start_session(account.user, device="Firefox on Linux", hours=1)
    return person, account


def test_who_leaves_loses_access_at_once_and_the_clock_of_leavers_begins(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    say(person, active=False)
    assert (account.state, account.user.may_sign_in) == (AccountState.DISABLED, False)
    assert session.scalar(select(func.count()).where(UserSession.ended_at.is_(None))) == 0
    departure = session.scalars(select(Departure)).one()
    assert (departure.state, departure.reason) == (DepartureState.OPEN, DisabledReason.LEFT)
    assert (departure.source, departure.reported_by) == (connection.source, connection.speaker)
    before = len(facts(session))
    say(person, active=False)
    assert len(facts(session)) == before
    say(person, active=True)
    assert (account.state, departure.state) == (AccountState.ACTIVE, DepartureState.WITHDRAWN)


@pytest.mark.parametrize("kind", [HoldKind.SECURITY, HoldKind.OFFBOARDED])
def test_active_lifts_nothing_that_somebody_else_has_placed(session: Session, kind: HoldKind) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    reason = DisabledReason.SECURITY if kind is HoldKind.SECURITY else DisabledReason.LEFT
    disable_account(account, reason, by=make_admin())
    say(person, active=False)
    say(person, active=True)
    assert [hold.kind for hold in account.open_holds] == [kind]
    assert account.state is AccountState.DISABLED


def test_who_was_to_leave_later_leaves_when_the_provider_says_so(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    at = clock.now() + timedelta(days=5)
    report_leaver(account, reason=DisabledReason.LEFT, leaves_at=at, by=connection.speaker)
    say(person, active=False)
    assert account.state is AccountState.DISABLED
    assert session.scalars(select(Departure)).one().leaves_at <= clock.now()
    say(person, active=True)
    assert account.state is AccountState.DISABLED  # the lead's word holds it


def test_who_comes_back_after_the_hmis_was_closed_is_asked_for(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    say(person, active=False)
    close_leaver(session.scalars(select(Departure)).one(), by=make_admin())
    for title in ("Back", "Back again"):
        say(person, active=True, title=title)
    assert account.state is AccountState.DISABLED
    tickets = session.scalars(select(Ticket)).all()
    assert [(ticket.request_type, ticket.answers["username"]) for ticket in tickets] == [
        ("reactivate_account", account.user.username)
    ]


def test_a_hold_that_a_person_released_can_be_placed_again(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    say(person, active=False)
    release_hold(account.open_holds[0], by=make_admin())
    assert account.state is AccountState.ACTIVE
    say(person, active=False)
    assert account.state is AccountState.DISABLED


# Within one agency


def test_another_agencys_people_are_neither_seen_nor_touched(session: Session) -> None:
    ours, _ = connect()
    elsewhere = make_account(agency=make_agency(), email=IMANI["userName"])
    with pytest.raises(DomainError, match="can't speak of"):
        told(ours)
    assert elsewhere.state is AccountState.ACTIVE


def test_who_moves_to_another_agency_leaves_the_sight_of_the_first(desk: Desk) -> None:
    with desk.work():
        connection, token = connect()
        person, account = leaver(connection)
        key, number = person.key, account.id
    provider = Provider(desk, token)
    assert provider("GET", f"/Users/{key}")[0] == 200
    with desk.work() as session:
        moved = session.get_one(Account, number)
        moved.agency_id = moved.user.agency_id = make_agency().id
    for method in ("GET", "DELETE"):
        assert provider(method, f"/Users/{key}")[0] == 404
    assert provider.patch(key, {"op": "replace", "value": {"active": False}})[0] == 404
    assert provider("GET", "/Users")[1]["totalResults"] == 0
    with desk.look() as session:
        assert session.get_one(Account, number).state is AccountState.ACTIVE


def _of_the_team(account: Account) -> None:
    account.user.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))


def _for_emergencies(account: Account) -> None:
    account.user.for_emergencies = True


@pytest.mark.parametrize("make", [_of_the_team, _for_emergencies])
def test_who_works_for_more_than_the_agency_is_not_touched(session: Session, make: Callable[[Account], None]) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    make(account)
    session.flush()
    for over in ({"active": False}, {"title": "Other"}):
        with pytest.raises(NotAllowed):
            say(person, **over)
    assert (account.state, account.user.title) == (AccountState.ACTIVE, "Intake worker")


def test_an_open_account_moves_to_no_address_that_the_provider_is_not_believed_for(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    with pytest.raises(DomainError, match="not believed"):
        say(person, emails=[{"value": "imani@elsewhere.example.com"}])
    say(person, emails=[{"value": "ib@harbor.example.org"}])
    assert account.user.email == "ib@harbor.example.org"


def test_a_person_of_two_agencies_can_be_closed_but_not_moved_to_another_address(session: Session) -> None:
    connection, _ = connect()
    person, account = leaver(connection)
    account.user.grants.append(RoleGrant(role=Role.END_USER, agency_id=make_agency().id))
    session.flush()
    emails = [{"value": "ib@harbor.example.org"}]
    with pytest.raises(NotAllowed, match="another agency"):
        say(person, emails=emails)
    say(person, emails=emails, active=False)
    assert (account.state, account.user.email) == (AccountState.DISABLED, IMANI["userName"])


def test_a_token_counts_no_longer_for_an_agency_that_the_provider_does_not_vouch_for(session: Session) -> None:
    connection, text = connect()
    connection.provider.agency_id = make_agency().id
    session.flush()
    assert find_token(text) is None


def test_groups_show_the_roles_of_the_agency_and_change_nothing(desk: Desk) -> None:
    with desk.work():
        connection, token = connect()
        leaver(connection)
    provider = Provider(desk, token)
    groups = provider("GET", "/Groups")[1]["Resources"]
    members = {group["displayName"]: [each["display"] for each in group["members"]] for group in groups}
    assert members == {"End user": [IMANI["userName"]], "Agency lead": [], "Security officer": []}
    [one] = provider("GET", '/Groups?filter=displayName eq "agency lead"&excludedAttributes=members')[1]["Resources"]
    assert (one["id"], "members" in one) == ("agency_lead", False)
    assert provider("PATCH", "/Groups/agency_lead", {})[0] == 405
    assert provider("GET", "/Users")[1]["Resources"][0]["groups"] == [{"value": "end_user", "display": "End user"}]


# Tokens


def test_two_tokens_overlap_and_a_third_waits(session: Session) -> None:
    connection, first = connect()
    admin = make_admin()
    second = make_scim_token(connection.provider, speaker=connection.speaker, lives=YEAR, by=admin)
    assert [find_token(text) is not None for text in (first, second)] == [True, True]
    with pytest.raises(Invalid, match="2 tokens"):
        make_scim_token(connection.provider, speaker=connection.speaker, lives=YEAR, by=admin)
    told_by_mail = session.scalars(select(OutboxMessage).where(OutboxMessage.key.contains("speaks"))).all()
    assert len(told_by_mail) == 1


def test_a_token_is_for_who_keeps_providers_and_a_lead_of_the_right_agency(session: Session) -> None:
    connection, _ = connect()
    lead, admin = connection.speaker, make_admin()
    with pytest.raises(NotAllowed):
        make_scim_token(connection.provider, speaker=lead, lives=YEAR, by=lead)
    with pytest.raises(Invalid):
        make_scim_token(connection.provider, speaker=make_user(agency=connection.agency), lives=YEAR, by=admin)
    with pytest.raises(Invalid, match="another agency"):
        make_scim_token(connection.provider, speaker=make_user(Role.AGENCY_LEAD), lives=YEAR, by=admin)
    with pytest.raises(Invalid, match="year"):
        make_scim_token(connection.provider, speaker=lead, lives=2 * YEAR, by=admin)


def test_a_token_is_made_on_the_page_shown_once_and_revoked_there(desk: Desk) -> None:
    with desk.work():
        connection, _ = connect()
        number, speaker, admin = connection.provider_id, connection.speaker_id, make_admin()
    visitor = desk.signed_in(admin)
    address = f"/accounts/providers/{number}/people"
    made = visitor.post(address, {"speaker": speaker, "days": "90"}, status=200)
    assert made.says("Copy the new token now.")
    assert "adminops_scim_" in made.words
    assert "adminops_scim_" not in visitor.get(address).words
    with desk.look() as session:
        tokens = list(session.scalars(select(ScimToken.id).order_by(ScimToken.id)))
    visitor.post(f"{address}/{tokens[0]}/revoke", status=302)
    assert visitor.post(f"{address}/{tokens[0] + 99}/revoke", status=404)
    assert visitor.post(address, {"speaker": "0", "days": "90"}, status=422)
