"""Scope: every address that names something of an agency, asked for by the lead of another one; and every field.

The matrix is made of the app's own routes: a new one is in it at once, and one with a parameter that nobody has named
here fails until somebody has said what it leads to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from werkzeug.routing import Rule

from accounts.leaving.operations import report_leaver
from accounts.models import Account, DisabledReason
from accounts.outside.models import OutsideIdentity
from accounts.request_types import NEW_ACCOUNT
from accounts.requests.queries import of_ticket
from accounts.reviewing.models import AccessReview
from accounts.reviewing.operations import open_reviews
from accounts.seats.operations import open_seat
from adminops import clock
from adminops.db import Model
from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client
from adminops.identity.models import (
    SYSTEM,
    AgencyOrganization,
    ApiToken,
    RoleGrant,
    SecurityKey,
    TrustedDevice,
    User,
    UserSession,
)
from adminops.identity.permissions import Permission, Role
from adminops.web.access import PUBLIC, access_of
from tests.accounts.test_requests import ASKED
from tests.agencies.test_agreements import make_mou
from tests.api.asking import program_of, token_of
from tests.browsing import Desk, Visitor
from tests.hmis.exports import whole_export
from tests.make import make_agency, make_user
from tests.make_accounts import make_account, make_provider
from tests.make_programs import make_wish
from tests.make_tickets import make_ticket
from tickets.models import Ticket
from tickets.notices.models import Digest, Notice, Occasion
from tickets.problems.models import KnownProblem
from tickets.saving import save_view

OF_EVERYBODY = {
    "accounts.policy": "policies are the same for all agencies",
    "training.course": "courses are for everybody",
    "training.calendar": "classes are for everybody",
    "training.join": "classes are for everybody",
    "training.leave": "classes are for everybody",
    "training.show_class": "classes are for everybody",
    "tickets.export": "an ending, not a ticket: what is in it goes by the viewer's sight",
    "ticket_insights.board_pack": "an ending: asked of the team alone",
}
"""Routes that name nothing of an agency's own. Each has its tests of who sees what."""
WORDS = ("key", "slug", "group", "name", "build", "token")
"""Parameters that are no numbers: names of kinds and pages, and secrets that open by themselves."""


@dataclass(frozen=True)
class House:
    """What an agency has, by the parameter that names it, its own lead, and somebody of another agency."""

    things: dict[str, str]
    lead: User
    stranger: User


NOBODYS = "999999"


@pytest.fixture
def house(sqlite_desk: Desk, tmp_path: Path) -> House:
    """An agency with one of everything."""
    desk = sqlite_desk
    with desk.work() as session:
        agency = make_agency()
        lead, officer = make_account(Role.AGENCY_LEAD, agency=agency).user, make_user(Role.HELP_DESK)
        account = make_account(agency=agency)
        ticket, user = make_ticket(account.user), account.user
        asked = of_ticket(make_ticket(lead, kind=NEW_ACCOUNT, answers=ASKED).ref)
        assert asked is not None
        store = sources.add_source("North")
        import_export(whole_export().zip(tmp_path / "in.zip"), source=store, by_id=None)
        session.add(AgencyOrganization(agency_id=agency.id, source_id=store.id, organization_id="O1"))
        problem = KnownProblem(title="It stops", body="Wait.", since=date(2026, 11, 2), written_by_id=officer.id)
        problem.agency_ids = [str(agency.id)]
        digest = Digest(user_id=user.id)
        token = ApiToken(
            token_hash=b"t" * 32, user_id=user.id, name="Report", scopes=[], made_at=clock.now(), ends_at=clock.now()
        )
        key = SecurityKey(user_id=user.id, name="Key", credential_id=b"c", public_key=b"k")
        provider = make_provider("https://login.example.org")
        identity = OutsideIdentity(provider_id=provider.id, subject="somebody", user_id=user.id)
        device = TrustedDevice(
            token_hash=b"d" * 32, user_id=user.id, device="Firefox", ends_at=clock.now() + timedelta(days=9)
        )
        session.add_all([problem, digest, token, key, identity, device])
        notice = Notice(user_id=user.id, ticket_id=ticket.id, occasion=next(iter(Occasion)), in_app=True)
        session.add(notice)
        view = save_view(name="Ours", query="is:open", by=lead)
        open_reviews(by=SYSTEM)
        in_time = clock.now() + timedelta(days=3)
        departure = report_leaver(account, reason=DisabledReason.LEFT, leaves_at=in_time, by=lead)
        session.flush()
        things = {
            "account_id": account.id,
            "agency_id": agency.id,
            "accounts.request_id": asked.id,
            "programs.request_id": make_wish(lead).id,
            "agreement_id": make_mou(agency).id,
            "client_id": session.scalars(select(Client.id).order_by(Client.id)).first(),
            "departure_id": departure.id,
            "device_id": device.id,
            "digest_id": digest.id,
            "grant_id": session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == user.id)).one(),
            "hold_id": account.holds[0].id,
            "identity_id": identity.id,
            "key_id": key.id,
            "notice_id": notice.id,
            "problem_id": problem.id,
            "project_id": "P1",
            "seat_id": open_seat(account, make_agency(), Role.END_USER, by=SYSTEM).id,
            "review_id": session.scalars(select(AccessReview.id).where(AccessReview.agency_id == agency.id)).one(),
            "source_id": store.id,
            "ticket_id": ticket.id,
            "token_id": token.id,
            "view_id": view.id,
        }
        stranger = make_account(Role.AGENCY_LEAD).user
    desk.signed_in(account.user)
    with desk.look() as session:
        mine = select(UserSession.id).where(UserSession.user_id == account.user_id)
        things["session_id"] = session.scalars(mine).one()
    return House({name: str(value) for name, value in things.items()}, lead, stranger)


def test_e2_every_address_of_an_agency_refuses_the_lead_of_another(sqlite_desk: Desk, house: House) -> None:
    desk = sqlite_desk
    visitor, bearer = desk.signed_in(house.stranger), token_of(desk, house.stranger)
    unnamed, let_in, asked = [], [], 0
    for rule in _of_agencies(desk, house.stranger):
        if _named(rule) not in house.things:
            unnamed.append(rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            asked += 1
            answer = _ask(visitor, bearer, method, _url(rule, house))
            if answer[0] not in (403, 404) and not (
                answer[1] and answer == _ask(visitor, bearer, method, _url(rule, None))
            ):
                let_in.append(f"{method} {rule.rule}: {answer[0]}")
    assert unnamed == [], "say in `house` what these lead to, or in OF_EVERYBODY why they may"
    assert let_in == []
    assert asked > 150
    _assert_not_for_nothing(desk, house)


def _assert_not_for_nothing(desk: Desk, house: House) -> None:
    """What the stranger did not find is there: its own agency's lead opens it by the same address."""
    own, opened = desk.signed_in(house.lead), set()
    for rule in _of_agencies(desk, house.lead):
        if "GET" in (rule.methods or set()) and _named(rule) not in opened and not rule.rule.startswith("/api/"):
            opened |= {_named(rule)} if own.client.get(_url(rule, house)).status_code == 200 else set()
    assert opened >= {"account_id", "agency_id", "departure_id", "review_id", "ticket_id", "view_id", "source_id"}
    assert opened >= {"accounts.request_id", "programs.request_id", "problem_id", "client_id"}


def _of_agencies(desk: Desk, person: User) -> Iterator[Rule]:
    """Yield the routes that name something and that `person` may open at all."""
    with desk.look() as session:
        found = session.get_one(User, person.id)
        held = {permission for permission in Permission if found.may(permission)}
    for rule in desk.app.url_map.iter_rules():
        access = access_of(desk.app.view_functions[rule.endpoint])
        if access is None or access.needs is PUBLIC or rule.endpoint in OF_EVERYBODY:
            continue
        may_open = not isinstance(access.needs, Permission) or access.needs in held
        if may_open and _named(rule) not in (*WORDS, ""):
            yield rule


def _named(rule: Rule) -> str:
    """Return the first parameter: what comes after it is a part of what that one names."""
    first = rule.rule.partition("<")[2].partition(">")[0].rpartition(":")[2]
    return f"{rule.endpoint.partition('.')[0]}.{first}" if first == "request_id" else first


def _url(rule: Rule, house: House | None) -> str:
    """Return the address of what the house has; without one, of what nobody has."""
    things = {**house.things, "request_id": house.things.get(_named(rule), "1")} if house else {}
    other = "1" if house else NOBODYS
    parts = rule.rule.split("/")
    return "/".join(things.get(part.rpartition(":")[2].strip("<>"), other) if "<" in part else part for part in parts)


def _ask(visitor: Visitor, bearer: str, method: str, url: str) -> tuple[int, str]:
    """Return the status, and of the API what it says: it may name what is missing before it looks for anything."""
    if url.startswith("/api/"):
        headers = {"Authorization": f"Bearer {bearer}"}
        answer = visitor.app.test_client().open(url, method=method, headers=headers, json={})
        return answer.status_code, answer.get_data(as_text=True).replace(url, "")
    data = {"csrf_token": visitor.form_token()} if method != "GET" else None
    return visitor.client.open(url, method=method, data=data).status_code, ""


SLIPPED_IN = {
    "role": "system_admin", "roles": "system_admin", "rank": "9", "username": "root", "user_id": "1",
    "may_sign_in": "y", "for_emergencies": "y", "agency_id": "999", "state": "closed", "priority": "urgent",
    "is_private": "y", "assignee_id": "1", "requester_id": "1", "filed_by_id": "1", "kept_in": "directory",
    "must_change_password": "y", "valid_until": "2030-01-01", "activated_at": "2020-01-01", "key": "1", "id": "1",
}  # fmt: skip
"""Names of columns, sent beside what a form has."""


def _columns(thing: Model, *but: str) -> dict[str, object]:
    return {column.key: getattr(thing, column.key) for column in inspect(type(thing)).columns if column.key not in but}


def test_e4_what_a_form_does_not_offer_is_not_written(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    with desk.work() as session:
        agency, admin = make_agency(), make_account(Role.SYSTEM_ADMIN).user
        worker = make_account(agency=agency)
        before = _columns(worker, "version"), _columns(worker.user, "name")
        plain = _columns(make_ticket(worker.user), "id")
    visitor, desk_ = desk.signed_in(worker.user), desk.signed_in(admin)
    asked = {"subject": "Report stops", "body": "It ends in the middle.", "title": "Report stops"}
    visitor.post("/help/new/something_else", {**SLIPPED_IN, **asked})
    person = {"name": "Ada Other", "email": worker.user.email, "title": worker.user.title}
    desk_.post(f"/accounts/{worker.id}/edit", {**SLIPPED_IN, **person})
    sent = {"request_type": "something_else", "subject": "Report stops", "body": "It ends."}
    program_of(desk, worker.user).ask("POST", "/tickets", {**sent, "state": "closed"}, status=422)
    with desk.look() as session:
        stored = session.get_one(Account, worker.id)
        assert stored.user.name == "Ada Other", "what the form has is written"
        assert (_columns(stored, "version"), _columns(stored.user, "name")) == before
        assert [grant.role for grant in stored.user.grants] == [Role.END_USER]
        [filed] = session.scalars(select(Ticket).where(Ticket.id != 1))
        guarded = {name for name in SLIPPED_IN if name in plain} | {"requester_id", "agency_id"}
        found = _columns(filed)
        assert {name: found[name] for name in guarded} == {name: plain[name] for name in guarded}
