"""The catalogue of request types: complete, in plain words, with forms that ask for what the work needs."""

from datetime import UTC, datetime, time

import pytest
from sqlalchemy.orm import Session

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.feature import RequestGroup, RequestType
from adminops.identity.models import AgencyOrganization
from adminops.identity.permissions import Role
from adminops.pii import find_pii
from adminops.web.forms import Form, choice_field
from adminops.web.icons import ICONS
from adminops.web.questions import When, program_field
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_dedupe import make_project, make_source
from tests.make_tickets import make_ticket, sent_by
from tickets.catalogue import (
    Section,
    answers_of,
    declared_types,
    first_choices,
    in_sections,
    plain,
    shown_answers,
)

KINDS = declared_types(wsgi.FEATURES)
CODES = "A1 A2 A3 A4 A5 A6 A7 A8 A9 B1 B2 B3 B4 C1 C2 C3 C4 D1 D2 D3 D4 D5 D6 E1 F1 F2 G1 G2"


def kind_of(key: str) -> RequestType:
    """Return a request type of the app."""
    return next(kind for kind in KINDS if kind.key == key)


# What there is


def test_everything_that_such_a_team_is_asked_for_is_there_once() -> None:
    assert sorted(kind.code for kind in KINDS if kind.code) == CODES.split()
    assert len({kind.key for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_type_says_in_plain_words_what_it_is_for(kind: RequestType) -> None:
    assert kind.icon in ICONS
    for words in (kind.title, kind.help, kind.pii_rule, *kind.checklist):
        assert words[0].isupper()
        assert find_pii(words) == []
        assert "ticket" not in words.casefold(), "people ask and request; tickets are the team's word"
    assert len(kind.title) <= 50
    assert kind.checklist or not kind.code or kind.code == "C1"


@pytest.mark.parametrize(
    ("code", "priority", "days", "approval"),
    [
        ("A1", "normal", 3, "team"),
        ("A6", "urgent", 1, "none"),
        ("A8", "low", 10, "team"),
        ("B4", "high", 1, "team"),
        ("C3", "low", 10, "team"),
        ("D2", "normal", 10, "work"),
        ("B1", "normal", 5, "work"),
    ],
)
def test_type_starts_with_the_targets_and_approvals_of_the_field(
    code: str, priority: str, days: int, approval: str
) -> None:
    kind = next(kind for kind in KINDS if kind.code == code)
    assert (kind.priority, kind.target_hours / 9, kind.approval) == (priority, days, approval)


def test_priority_may_follow_from_the_answers() -> None:
    fault, report = kind_of("fault"), kind_of("pull_report")
    assert [fault.priority_of({"affected": who}) for who in ("me", "some", "agency", "all", "")] == [
        "normal",
        "high",
        "urgent",
        "urgent",
        "normal",
    ]
    with clock.frozen_at(datetime(2026, 11, 9, 15, tzinfo=UTC)):
        dues = ("", "2026-11-09", "2026-11-16", "2026-11-17")
        assert [report.priority_of({"due": due}) for due in dues] == ["normal", "high", "high", "normal"]


def test_ticket_takes_the_priority_of_its_answers(session: Session) -> None:
    ticket = make_ticket(kind=kind_of("fault"), answers={"affected": "all"})
    assert ticket.priority.value == "urgent"


# Finding the right one


def test_first_page_offers_six_of_the_many_and_groups_lead_on() -> None:
    chosen = first_choices(KINDS)
    assert [choice.group.value if isinstance(choice, Section) else choice.key for choice in chosen] == [
        "locked_out",
        "staff",
        "merge_clients",
        "wrong_number",
        "programs",
        "training",
    ]
    few = [kind_of(key) for key in ("something_else", "new_account", "fault", "idea")]
    assert [getattr(choice, "key", "") for choice in first_choices(few)] == ["new_account", "fault", "idea"]
    assert first_choices([]) == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("password", "locked_out"),
        ("LEAVES hmis", "deactivate_account"),
        ("grant", "program_change"),
        ("consent", "consent"),
        ("b2", "delete_entry"),
    ],
)
def test_words_find_a_request_type(words: str, first: str) -> None:
    found = [kind.key for section in in_sections(KINDS, words) for kind in section.kinds]
    assert first in found[:3]


def test_every_type_stands_in_one_section() -> None:
    sections = in_sections(KINDS)
    assert sorted(kind.key for section in sections for kind in section.kinds) == sorted(kind.key for kind in KINDS)
    assert [section.group for section in sections] == list(RequestGroup)
    assert in_sections(KINDS, "no such words") == []


def test_catalogue_pages_lead_to_the_forms(desk: Desk) -> None:
    with desk.work():
        lead = make_user(Role.AGENCY_LEAD)
    visitor = desk.signed_in(lead)
    page = visitor.get(visitor.get("/help").link("Staff joining or leaving"))
    assert page.link("New account") == "/help/new/new_account"
    assert visitor.get("/help/new?q=grant").says("Change a program or its funding")
    assert not visitor.get("/help/new?q=grant").says("Report a privacy")
    assert visitor.get("/help/new?q=xyzzy").says("Nothing of that name")
    visitor.get("/help/about/nonsense", status=404)


def test_forgotten_password_and_duplicate_lead_to_the_right_page_first(desk: Desk) -> None:
    with desk.work():
        lead = make_user(Role.AGENCY_LEAD)
    visitor = desk.signed_in(lead)
    start = visitor.get("/help")
    asked = visitor.get(start.link("I can't sign in"))
    assert asked.link("Send me a link for a new password") == "/forgot"
    assert asked.link("It does not help: write to us") == "/help/new/locked_out"
    twice = visitor.get(start.link("A client is in twice"))
    assert twice.says("Twins share a last name")
    assert twice.link("Look the client up") == "/clients"
    visitor.get("/help/first/wrong_number", status=302)
    visitor.get("/help/first/nonsense", status=404)


# Forms


class DependingForm(Form):
    """A question that depends on another."""

    what = choice_field("What?", [("move", "Move"), ("stay", "Stay")])
    program = program_field("Program", When("what", "move", sentence="Choose the program."))


@pytest.mark.parametrize(
    ("key", "data", "field"),
    [
        ("delete_entry", {"what": "enrollment", "client_id": "48213", "why": "test"}, "enrollment_id"),
        ("delete_entry", {"what": "client", "client_id": "Jane Doe 48213!", "why": "test"}, "client_id"),
        ("delete_entry", {"what": "client", "client_id": "48213 51907", "why": "test"}, "client_id"),
        ("delete_entry", {"what": "service", "client_id": "48213", "why": "test"}, ""),
        ("data_correction", {"client_ids": "48213, 51907; 3", "change": "Exit on the 3rd"}, ""),
        ("data_correction", {"client_ids": " ".join(map(str, range(21))), "change": "Exit"}, "client_ids"),
        ("data_correction", {"client_ids": "48213", "change": "Exit", "program": "9:nowhere"}, "program"),
        ("consent", {"client_id": "48213", "what": "revoke", "on": "2026-11-02"}, "on_file"),
        ("consent", {"client_id": "48213", "what": "revoke", "on": "2026-11-02", "on_file": "y"}, ""),
        ("pull_report", {"report": "APR", "since": "2026-10-01", "until": "2026-09-30"}, "until"),
        ("pull_report", {"report": "APR", "since": "2026-10-01", "until": "2026-10-01"}, ""),
        ("own_record", {"client_id": "4", "on": "2026-11-02", "known": "y", "minor": "yes"}, "guardian"),
        ("incident", {"on": "2199-01-01", "what": "sent", "going_on": "no"}, "on"),
        (
            "close_program",
            {"program": "other", "on": "2026-12-31", "why": "End", "still_in": "-1", "moving": "no"},
            "still_in",
        ),
        (
            "close_program",
            {"program": "other", "on": "2026-12-31", "why": "End", "still_in": "0", "moving": "yes"},
            "target",
        ),
        ("training_session", {"what": "class", "topic": "Exits"}, "people"),
        ("training_session", {"what": "manual", "topic": "Exits", "people": "many"}, ""),
        ("merge_clients", {"first_client": "1", "second_client": "2", "right_record": "first"}, "agrees"),
        (
            "merge_clients",
            {"first_client": "1", "second_client": "1", "right_record": "first", "agrees": "all"},
            "second_client",
        ),
    ],
)
def test_forms_ask_for_what_the_work_needs(
    app: AdminOps, session: Session, key: str, data: dict[str, str], field: str
) -> None:
    make = kind_of(key).form
    assert make is not None
    with sent_by(app, make_user(Role.AGENCY_LEAD), data):
        form = make()(meta={"csrf": False})
        assert form.validate() is not bool(field), form.errors
        assert list(form.errors) == ([field] if field else [])


def test_one_client_id_may_be_two_records_where_several_hmis_are_read(app: AdminOps, session: Session) -> None:
    make = kind_of("merge_clients").form
    assert make is not None
    said = {"first_client": "1", "second_client": "1", "right_record": "first", "agrees": "all"}
    for fits in (False, True):
        make_source()
        with sent_by(app, make_user(Role.AGENCY_LEAD), said):
            assert make()(meta={"csrf": False}).validate() is fits


def test_answer_that_nobody_asked_for_is_dropped(app: AdminOps, session: Session) -> None:
    with sent_by(app, make_user(), {"what": "stay", "program": "9:nowhere"}):
        form = DependingForm(meta={"csrf": False})
        assert form.validate()
        assert answers_of(list(form)) == {"what": "stay"}


def test_choices_come_from_the_store_as_far_as_the_person_may_know_it(app: AdminOps, session: Session) -> None:
    source, agency = make_source(), make_agency()
    own, other = make_project(source), make_project(source)
    session.add(AgencyOrganization(agency_id=agency.id, source_id=source.id, organization_id=own.organization_id or ""))
    session.flush()
    lead = make_user(Role.AGENCY_LEAD, agency=agency)
    for project, fits in ((own, True), (other, False)):
        with sent_by(app, lead, {"what": "move", "program": f"{source.id}:{project.project_id}"}):
            form = DependingForm(meta={"csrf": False})
            assert form.validate() is fits
            if fits:
                assert answers_of(list(form)) == {
                    "what": "move",
                    "program": f"{source.id}:{own.project_id}",
                    "program:label": own.project_name,
                }
    with sent_by(app, make_user(), {"what": "move", "program": ""}):
        form = DependingForm(meta={"csrf": False})
        assert not form.validate()
        assert form.errors == {"program": ["Choose the program."]}


def test_answers_keep_the_label_of_their_day(app: AdminOps, session: Session) -> None:
    shown = shown_answers(
        kind_of("close_program"), {"program": "1:P-1", "program:label": "Harbor House ES", "moving": "no"}
    )
    assert shown == [("Program", "Harbor House ES"), ("Do they move to another program?", "No")]
    assert plain(time(17, 5)) == "17:05"
