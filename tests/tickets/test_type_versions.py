"""Administrators change request types in the app; every change is a version, and old tickets stay as they were."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import wsgi
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.feature import RequestType
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets.catalogue import declared_types, filed_as
from tickets.models import Ticket
from tickets.type_versions import Edit, as_of, change_type, history_of, latest

FAULT = next(kind for kind in declared_types(wsgi.FEATURES) if kind.key == "fault")
FORM = {
    "based_on": "0",
    "title": "Something is broken",
    "help": "An error or a slow page",
    "priority": "high",
    "target_hours": "9",
    "approval": "none",
    "pii_rule": "No screenshots of clients.",
    "checklist": "Look at the status page.\r\n\r\n  Tell everybody.  ",
    "manuals": "outage",
    "offered": "y",
    "because": "Our agreement says one day",
}


def change(kind: RequestType, **over: object) -> RequestType:
    """Change `kind` as an administrator."""
    return change_type(kind, replace(Edit.of(kind), **over), because="Agreed in May", by=make_admin())  # type: ignore[arg-type]


def test_each_change_is_a_version_and_the_last_one_counts(session: Session) -> None:
    first = change(FAULT, title="Something is broken", checklist=("One", "Two"))
    second = change(first, target_hours=4, offered=False)
    assert (first.version, second.version) == (1, 2)
    assert (second.title, second.target_hours, second.offered) == ("Something is broken", 4, False)
    assert second.form is FAULT.form, "what code must know stays in code"
    assert latest() == {"fault": (2, Edit.of(second))}
    assert as_of(FAULT, 1) == first
    assert as_of(FAULT, 9) == FAULT
    assert [(row.number, row.because) for row in history_of("fault")] == [(2, "Agreed in May"), (1, "Agreed in May")]
    audited = select(AuditEntry.sentence).where(AuditEntry.fact == "RequestTypeChanged").order_by(AuditEntry.id)
    assert db.session.scalars(audited).all()[-1] == "changed request type fault (version 2)"


def test_no_change_is_no_version(session: Session) -> None:
    assert change(FAULT) is FAULT
    assert history_of("fault") == []


def test_change_that_did_not_see_the_one_before_is_refused(session: Session) -> None:
    change(FAULT, title="Something is broken")
    with pytest.raises(Conflict, match="Somebody else changed this meanwhile"):
        change(FAULT, title="It is broken")
    assert [row.title for row in history_of("fault")] == ["Something is broken"]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"title": " "}, "title"),
        ({"help": ""}, "help"),
        ({"pii_rule": ""}, "pii_rule"),
        ({"target_hours": 0}, "target_hours"),
    ],
)
def test_words_and_targets_are_checked(session: Session, over: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        change(FAULT, **over)
    assert refused.value.field == field


@pytest.mark.parametrize("key", ["something_else", "incident"])
def test_the_way_out_and_the_incident_are_always_offered(session: Session, key: str) -> None:
    kind = next(kind for kind in declared_types(wsgi.FEATURES) if kind.key == key)
    with pytest.raises(Invalid, match="always offered"):
        change(kind, offered=False)


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.TRAINER, Role.AGENCY_LEAD, Role.END_USER])
def test_only_administrators_change_types(session: Session, role: Role) -> None:
    with pytest.raises(NotAllowed):
        change_type(FAULT, replace(Edit.of(FAULT), title="Mine"), because="", by=make_user(role))


def test_old_tickets_keep_what_they_were_filed_with(desk: Desk) -> None:
    with desk.work():
        admin, user, helper = make_admin(), make_user(), make_helper()
        old = make_ticket(user, kind=FAULT, answers={"since": "Monday"})
    before = (old.due_at, old.priority)
    administrator, person, agent = desk.signed_in(admin), desk.signed_in(user), desk.signed_in(helper)
    assert administrator.get("/request-types").says("Something does not work")
    saved = administrator.post("/request-types/fault", FORM, follow=True)
    for words in ("Something is broken", "Version 1", "Our agreement says one day"):
        assert saved.says(words)
    data = {"subject": "It stops", "body": "Since today.", "since": "Today", "affected": "me", "nonce": "n"}
    new_page = person.post("/help/new/fault", data, follow=True)
    assert new_page.says("Something is broken")
    with desk.look() as session:
        kept = session.get_one(Ticket, old.id)
        new = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert new is not None
        assert (new.type_version, new.priority.value) == (1, "high")
        assert (kept.type_version, kept.due_at, kept.priority) == (0, *before)
        assert filed_as("fault", 0, wsgi.FEATURES) == FAULT
    old_page, news = agent.get(f"/tickets/{old.id}"), agent.get(f"/tickets/{new.id}")
    assert old_page.says("Something does not work")
    assert old_page.says("How many have it?")
    assert news.says("Tell everybody.")
    assert not news.says("How many have it?")
    assert not new_page.says("Tell everybody."), "the checklist is the team's"


def test_type_that_is_switched_off_is_offered_no_more_and_keeps_its_tickets(desk: Desk) -> None:
    with desk.work():
        admin, user = make_admin(), make_user()
        ticket = make_ticket(user, kind=FAULT)
    administrator, person = desk.signed_in(admin), desk.signed_in(user)
    off = {name: value for name, value in FORM.items() if name != "offered"}
    administrator.post("/request-types/fault", off)
    person.get("/help/new/fault", status=404)
    assert not person.get("/help/new").says("Something is broken")
    assert person.get(f"/tickets/{ticket.id}").says("Something does not work")
    assert administrator.get("/request-types?q=f1").says("Off")
    administrator.post("/request-types/fault", {**FORM, "based_on": "0", "title": "Late"}, status=422)
    administrator.post("/request-types/fault", {**FORM, "based_on": "1"})
    person.get("/help/new/fault")


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"title": ""}, "Give it a title."),
        ({"title": "x" * 81}, "80"),
        ({"target_hours": "many"}, "Enter a whole number."),
        ({"target_hours": "0"}, "Enter 1 to 1,000 hours."),
        ({"target_hours": "99999999999999999999"}, "Enter 1 to 1,000 hours."),
        ({"approval": "king"}, "Choose one of the list."),
        ({"priority": "soon"}, "Choose one of the list."),
    ],
)
def test_bad_input_is_refused_with_a_sentence(sqlite_desk: Desk, over: dict[str, str], sentence: str) -> None:
    with sqlite_desk.work():
        admin = make_admin()
    page = sqlite_desk.signed_in(admin).post("/request-types/fault", {**FORM, **over}, status=422)
    assert page.says(sentence)


def test_pages_of_the_catalogue_are_for_administrators(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        admin, helper = make_admin(), make_helper()
    for url in ("/request-types", "/request-types/fault"):
        sqlite_desk.signed_in(helper).get(url, status=403)
    visitor = sqlite_desk.signed_in(admin)
    visitor.get("/request-types/nonsense", status=404)
    assert visitor.get("/request-types?q=xyzzy").says("No type of that name")
    assert visitor.get("/search?q=consent").says("Consent taken back")
