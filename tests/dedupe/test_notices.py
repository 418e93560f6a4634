"""What agencies are told of merges of their clients, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource, Merge, Organization
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.outbox.messages import Mail
from adminops.outbox.models import OutboxMessage
from dedupe.emails import merges_of_day
from dedupe.models import Pair
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


def asked_for() -> list[int]:
    """Return who has a mail waiting."""
    chosen = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "dedupe.merges_of_day")
    return list(db.session.scalars(chosen.order_by(OutboxMessage.recipient_id)))


def test_nothing_of_a_client_who_became_protected_leaves_with_a_mail_that_waits(
    clients: list[Client], reviewer: User
) -> None:
    kept, retired, _ = clients
    lead, haven = make_lead(kept), make_lead(retired)
    made = merge(retired, kept, reviewer)
    assert told(lead)
    _mark(haven.agency)
    assert told(lead) is None
    with clock.frozen_at(clock.now() + DAY):
        undo_merge(made, by=reviewer)
        assert told(lead) is None
    assert len(asked_for()) == 2, "the undoing asked for no more"


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
    assert asked_for() == ([] if flag == 1 else [lead.id])


def test_a_merge_across_two_hmis_changes_no_id_and_is_told_to_nobody(reviewer: User) -> None:
    one, other = (make_client(make_source(), "777") for _ in range(2))
    leads = [make_lead(one), make_lead(other)]
    made = merge(one, other, reviewer)
    assert [told(lead) for lead in leads] == [None, None]
    with clock.frozen_at(clock.now() + DAY):
        undo_merge(made, by=reviewer)
        assert [told(lead) for lead in leads] == [None, None]
    assert asked_for() == []
