"""What agencies are told of merges of their clients, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import current_app
from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource, Merge, Organization
from adminops.identity.models import Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.permissions import Role
from adminops.outbox.messages import Mail
from adminops.outbox.models import OutboxMessage
from adminops.web.formats import day
from dedupe.emails import merges_of_day
from dedupe.findings import of_what_is_stored
from dedupe.models import Pair
from dedupe.notices import DAYS, tell_agencies
from dedupe.operations import merge_pair, undo_merge
from tests.make import make_agency, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay

DAY = timedelta(days=1)


def make_lead(client: Client, *, flag: int | None = 0) -> User:
    """Let a client stay with an agency of its own, of this flag of HUD, since last month; return the lead of it."""
    agency, project = make_agency(), make_project(_source(client))
    make_stay(client, project, entry=clock.today() - 30 * DAY)
    key = {"source_id": client.source_id, "organization_id": project.organization_id}
    db.session.scalars(select(Organization).filter_by(**key)).one().victim_service_provider = flag
    agency.organizations.append(AgencyOrganization(**key))
    db.session.flush()
    return make_user(Role.AGENCY_LEAD, agency=agency)


def _source(client: Client) -> HmisSource:
    return db.session.get_one(HmisSource, client.source_id)


def merge(retired: Client, kept: Client, by: User) -> Merge:
    return merge_pair(make_pair(retired, kept), destination_client_id=kept.id, choices={}, by=by)


def told(lead: User) -> Mail | None:
    """Return the mail about today that leaves for a lead now."""
    assert lead.agency_id
    return merges_of_day(to_id=lead.id, agency=lead.agency_id, day=f"{clock.today()}")


def lines(mail: Mail | None) -> list[str]:
    """Return what a mail says line by line of each merge."""
    if mail is None:
        return []
    text = current_app.jinja_env.get_template(f"mail/{mail.template}.txt").render(mail.values)
    return [line for line in text.splitlines() if line.startswith("- ")]


def asked_for(after: timedelta = DAY) -> list[User]:
    """Return for whom mails wait once the job ran on a later day."""
    with clock.frozen_at(clock.now() + after):
        tell_agencies()
    chosen = select(OutboxMessage).where(OutboxMessage.kind == "dedupe.merges_of_day").order_by(OutboxMessage.id)
    return [message.recipient for message in db.session.scalars(chosen)]


def test_nothing_of_a_client_who_became_protected_leaves_with_a_mail_that_waits(
    clients: list[Client], reviewer: User
) -> None:
    kept, retired, _ = clients
    lead, haven = make_lead(kept), make_lead(retired)
    made = merge(retired, kept, reviewer)
    assert told(lead)
    assert asked_for() == [lead, haven]
    _mark(haven.agency)
    assert told(lead) is None
    with clock.frozen_at(clock.now() + DAY):
        undo_merge(made, by=reviewer)
        assert told(lead) is None
        assert asked_for() == [lead, haven], "the undoing asked for no more"


def _mark(agency: Agency | None) -> None:
    assert agency
    agency.is_victim_service_provider = True
    db.session.flush()


@pytest.mark.parametrize("flag", [1, 0, 99, None])
def test_victim_service_providers_by_the_flag_of_hud_are_told_nothing(
    pair: Pair, reviewer: User, flag: int | None
) -> None:
    make_stay(pair.high_client, make_project(_source(pair.high_client)))
    lead = make_lead(pair.high_client, flag=flag)
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert bool(told(lead)) is (flag != 1)
    assert asked_for() == ([] if flag == 1 else [lead])


def test_a_merge_across_two_hmis_changes_no_id_and_is_told_to_nobody(reviewer: User) -> None:
    one, other = (make_client(make_source(), "777") for _ in range(2))
    leads = [make_lead(one), make_lead(other)]
    made = merge(one, other, reviewer)
    assert [told(lead) for lead in leads] == [None, None]
    with clock.frozen_at(clock.now() + DAY):
        undo_merge(made, by=reviewer)
        assert [told(lead) for lead in leads] == [None, None]
    assert asked_for() == []


def test_agencies_concerned_are_told_once_a_day_by_ids(pair: Pair, reviewer: User) -> None:
    low, high = pair.low_client, pair.high_client
    lead, safe = make_lead(high), make_lead(high)
    _mark(safe.agency)
    make_user(Role.AGENCY_LEAD)
    made = merge_pair(pair, destination_client_id=low.id, choices={}, by=reviewer)
    tell_agencies()
    assert asked_for(timedelta(0)) == [], "all merges of a day are told in one, when it is over"
    assert asked_for() == asked_for() == [lead]
    (message,) = db.session.scalars(select(OutboxMessage)).all()
    assert message.arguments == {"agency": lead.agency_id, "day": f"{clock.today()}"}
    mail = told(lead)
    assert mail
    assert lines(mail) == ["- B is now A"]
    undo_merge(made, by=reviewer)
    assert told(lead) is None, "made and undone on one day"
    with clock.frozen_at(clock.now() + DAY):
        again = merge_pair(pair, destination_client_id=low.id, choices={}, by=reviewer)
    with clock.frozen_at(clock.now() + 3 * DAY):
        undo_merge(again, by=reviewer)
        mail = told(lead)
    assert mail
    assert lines(mail) == [f"- B, apart from A (merged on {day(again.merged_at)})"]


def test_the_day_of_a_notice_is_that_of_the_house(pair: Pair, reviewer: User) -> None:
    lead, evening = make_lead(pair.high_client), datetime(2026, 11, 28, 2, tzinfo=UTC)  # nine on the 27th in New York
    with clock.frozen_at(evening):
        merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    with clock.frozen_at(evening + timedelta(hours=2)):
        assert asked_for(timedelta(0)) == []
    with clock.frozen_at(evening + timedelta(hours=4)):
        assert asked_for(timedelta(0)) == [lead]
    assert lead.agency_id
    mails = {each: merges_of_day(to_id=lead.id, agency=lead.agency_id, day=f"2026-11-{each}") for each in (27, 28)}
    assert [each for each, mail in mails.items() if mail] == [27]


def test_a_day_of_many_merges_is_read_in_few_statements(
    source: HmisSource, reviewer: User, counted: Callable[[], int]
) -> None:
    first, costs = make_client(source), []
    lead = make_lead(first)
    for _ in range(2):
        for _ in range(4):
            merge(make_client(source), first, reviewer)
        db.session.flush()
        db.session.expire_all()
        counted()
        mail = told(lead)
        costs.append(counted())
        assert mail
    assert len(lines(mail)) == 8
    assert costs[0] == costs[1] <= 10, "its reader, who was forgotten, counted in"


def test_who_does_not_lead_the_agency_any_more_is_told_nothing(pair: Pair, reviewer: User) -> None:
    leads = [make_lead(pair.low_client) for _ in range(3)]
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert asked_for() == leads
    closed, took_off, moved = leads
    closed.may_sign_in = False
    db.session.execute(delete(RoleGrant).where(RoleGrant.user_id == took_off.id))
    (grant,) = moved.grants
    former, grant.agency_id = grant.agency_id, make_agency().id
    db.session.flush()
    assert [told(lead) for lead in leads] == [None, None, None]
    assert former
    new = make_user(Role.AGENCY_LEAD, agency=db.session.get_one(Agency, former))
    assert told(new), "is told in the other's place"


def test_who_comes_within_a_week_is_told_of_it(pair: Pair, reviewer: User) -> None:
    lead = make_lead(pair.low_client)
    lead.may_sign_in = False
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert asked_for() == []
    new = make_user(Role.AGENCY_LEAD, agency=lead.agency)
    assert asked_for((DAYS + 1) * DAY) == []
    assert asked_for(DAYS * DAY) == [new]


def test_agencies_of_all_that_reads_under_a_retired_record_are_told(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    leads = [make_lead(client) for client in (a, b, c)]
    with clock.frozen_at(clock.now() - 2 * DAY):
        merge(c, b, reviewer)
        assert [lines(told(lead)) for lead in leads] == [[], ["- C is now B"], ["- C is now B"]]
    with clock.frozen_at(clock.now() - DAY):
        again = merge(b, a, reviewer)
        assert [lines(told(lead)) for lead in leads] == [["- B, C are now A"]] * 3
    undo_merge(again, by=reviewer)
    assert [lines(told(lead)) for lead in leads] == [
        [f"- B with C, apart from A (merged on {day(again.merged_at)})"]
    ] * 3
    assert asked_for() == [*leads[1:], *leads], "of what is undone before the night no mail is asked for"


def test_the_id_that_stays_is_that_of_the_whole_person(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    lead = make_lead(c)
    first = merge(b, a, reviewer)
    with clock.frozen_at(clock.now() + DAY):
        merge(c, b, reviewer)
        assert lines(told(lead)) == ["- C is now A"]
    with clock.frozen_at(clock.now() + 2 * DAY):
        undo_merge(first, by=reviewer)
        assert lines(told(lead)) == [f"- B with C, apart from A (merged on {day(first.merged_at)})"]


def test_of_a_person_only_what_may_be_told_is_told(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    lead, haven = make_lead(a), make_lead(c)
    abroad = make_client(make_source(), "Z")
    merge(c, b, reviewer)
    merge(abroad, b, reviewer)
    with clock.frozen_at(clock.now() + DAY):
        merge(b, a, reviewer)
        _mark(haven.agency)
        assert lines(told(lead)) == ["- B is now A"]
        assert lines(told(haven)) == []


def test_where_a_record_of_another_hmis_is_kept_the_id_of_this_one_stays(clients: list[Client], reviewer: User) -> None:
    a, b, _ = clients
    lead = make_lead(b)
    merge(a, make_client(make_source(), "Z"), reviewer)
    merge(b, a, reviewer)
    assert lines(told(lead)) == ["- B is now A"]


def test_an_undone_merge_that_was_made_anew_is_told_as_it_stands(pair: Pair, reviewer: User) -> None:
    lead = make_lead(pair.low_client)
    with clock.frozen_at(clock.now() - DAY):
        first = merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    undo_merge(first, by=reviewer)
    assert lines(told(lead)) == [f"- B, apart from A (merged on {day(first.merged_at)})"]
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert lines(told(lead)) == ["- B is now A"]


def test_the_doctor_names_agencies_where_nobody_can_be_told(clients: list[Client], reviewer: User) -> None:
    a, b, _ = clients
    lead, gone, haven = make_lead(a), make_lead(b), make_lead(b, flag=1)
    gone.may_sign_in = haven.may_sign_in = False
    merge(b, a, reviewer)
    assert lead.agency
    assert gone.agency
    with clock.frozen_at(clock.now() + DAY):
        (found,) = of_what_is_stored()
        assert found.state == "warn"
        assert f"clients of {gone.agency.name}:" in found.says
        make_user(Role.AGENCY_LEAD, agency=gone.agency)
        assert list(of_what_is_stored()) == []
