"""Who may do what: a table of people and acts, and what the list shows to whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import DomainError
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from adminops.refs import Ref
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import linking, operations, policies
from tickets.models import Priority, Ticket, WaitingOn
from tickets.queries import find_tickets, get_link, get_ticket
from tickets.sight import visible_to

pytestmark = pytest.mark.usefixtures("session")

People = dict[str, User]

VERBS: dict[str, Callable[[Ticket, User], object]] = {
    "reply": lambda ticket, by: operations.reply(ticket, body="Hello.", by=by),
    "note": lambda ticket, by: operations.write_note(ticket, body="Hello.", by=by),
    "take": lambda ticket, by: operations.assign(ticket, None, by=by),
    "prioritise": lambda ticket, by: operations.set_priority(ticket, Priority.LOW, by=by),
    "wait": lambda ticket, by: operations.wait_on(ticket, WaitingOn.AGENCY, by=by),
    "open": lambda ticket, by: operations.set_open(ticket, by=by),
    "resolve": lambda ticket, by: operations.resolve(ticket, by=by),
    "link": lambda ticket, by: linking.link(ticket, Ref.to("agency", 1), by=by),
}

WORK = {"note", "take", "prioritise", "wait", "open", "link"}

MAY = {
    "requester": {"reply", "resolve"},
    "colleague": set(),
    "lead": {"reply"},
    "security officer": set(),
    "lead elsewhere": set(),
    "end user elsewhere": set(),
    "viewer": set(),
    "help desk": {"reply", "resolve", *WORK},
    "trainer": {"reply", "resolve", *WORK},
    "administrator": {"reply", "resolve", *WORK},
    "manager": {"reply", "resolve", *WORK},
}

SEE = {"requester", "lead", "help desk", "trainer", "administrator", "manager"}


def people(agency: Agency) -> People:
    """Return one person of each part, the first being who asked."""
    return {
        "requester": make_user(agency=agency),
        "colleague": make_user(agency=agency),
        "lead": make_user(Role.AGENCY_LEAD, agency=agency),
        "security officer": make_user(Role.SECURITY_OFFICER, agency=agency),
        "lead elsewhere": make_user(Role.AGENCY_LEAD),
        "end user elsewhere": make_user(),
        "viewer": make_user(Role.VIEWER),
        "help desk": make_helper(),
        "trainer": make_helper(Role.TRAINER),
        "administrator": make_helper(Role.SYSTEM_ADMIN),
        "manager": make_helper(Role.MANAGER),
    }


@pytest.mark.parametrize("who", MAY)
def test_everybody_may_do_what_the_table_says_and_no_more(who: str) -> None:
    crowd = people(make_agency())
    done = set()
    for name, verb in VERBS.items():
        ticket = make_ticket(crowd["requester"])
        try:
            verb(ticket, crowd[who])
        except DomainError:
            continue
        done.add(name)
    assert done == MAY[who]


@pytest.mark.parametrize("who", MAY)
def test_buttons_are_offered_for_what_may_be_done(who: str) -> None:
    crowd = people(make_agency())
    ticket, person = make_ticket(crowd["requester"]), crowd[who]
    assert policies.may_reply(ticket, by=person) is ("reply" in MAY[who])
    assert policies.may_resolve(ticket, by=person) is ("resolve" in MAY[who])
    assert policies.may_work(ticket, by=person) is (MAY[who] >= WORK)
    operations.resolve(ticket, by=SYSTEM)
    assert policies.may_reopen(ticket, by=person) is ("resolve" in MAY[who])


@pytest.mark.parametrize("who", MAY)
def test_ticket_is_seen_by_its_requester_the_lead_and_the_team(who: str) -> None:
    crowd = people(make_agency())
    ticket = make_ticket(crowd["requester"], subject="Only for some eyes")
    seen = db.session.scalars(visible_to(crowd[who])).all()
    assert (ticket in seen) is (who in SEE)
    assert bool(find_tickets("some eyes", crowd[who], 5)) is (who in SEE)
    if who in SEE:
        assert get_ticket(ticket.id, crowd[who]) is ticket
    else:
        with pytest.raises(DomainError, match="no such ticket"):
            get_ticket(ticket.id, crowd[who])


def test_matter_of_the_team_is_seen_by_the_team_alone() -> None:
    crowd = people(make_agency())
    ticket = make_ticket(crowd["help desk"])
    assert ticket.agency_id is None
    seers = {who for who, person in crowd.items() if ticket in db.session.scalars(visible_to(person)).all()}
    assert seers == {"help desk", "trainer", "administrator", "manager"}


def test_person_without_an_agency_sees_no_ticket_without_one() -> None:
    make_ticket(make_helper())
    nobody = make_user(None, agency=make_agency())
    assert db.session.scalars(visible_to(nobody)).all() == []


def test_role_at_two_agencies_sees_both() -> None:
    here, there, elsewhere = make_agency(), make_agency(), make_agency()
    lead = make_user(Role.AGENCY_LEAD, agency=here)
    lead.grants.extend(make_user(Role.AGENCY_LEAD, agency=there).grants)
    lead.forget_reach()
    expected = [make_ticket(agency=here).id, make_ticket(agency=there).id]
    make_ticket(agency=elsewhere)
    assert sorted(db.session.scalars(visible_to(lead).with_only_columns(Ticket.id))) == expected


def test_requester_is_too_late_after_14_days_and_the_team_never() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.resolve(ticket, by=helper)
    with clock.frozen_at(clock.now() + timedelta(days=14, minutes=1)):
        assert not policies.may_reopen(ticket, by=ticket.requester)
        assert not policies.may_reply(ticket, by=ticket.requester)
        assert policies.may_reopen(ticket, by=helper)


def test_link_of_another_ticket_is_not_found() -> None:
    helper, one, other = make_helper(), make_ticket(), make_ticket()
    linked = linking.link(one, Ref.to("agency", 1), by=helper)
    assert get_link(one, linked.id) is linked
    with pytest.raises(DomainError):
        get_link(other, linked.id)


def test_locked_columns_are_kept_by_the_database() -> None:
    ticket = make_ticket()
    operations.set_priority(ticket, Priority.URGENT, by=SYSTEM)
    operations.resolve(ticket, by=SYSTEM)
    row = db.session.execute(select(Ticket.is_open, Ticket.urgency).where(Ticket.id == ticket.id)).one()
    assert tuple(row) == (False, 3)
