"""Who else was in a household: everybody once, the head first, and no household at the cost of another."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.hmis.households import MOST, NOT_SHOWN, household_of, others_in_households
from adminops.hmis.models import Client, Enrollment, HmisSource, Project
from adminops.hmis.scope import EVERYTHING
from adminops.hmis.stays import stays_of
from tests.make_dedupe import make_client, make_project, make_source, make_stay

UNKNOWN = 99


@pytest.fixture
def source(session: Session) -> HmisSource:
    return make_source()


def names(*records: Client) -> dict[str, list[str]]:
    """Return the names of the others by the HouseholdIDs of the records' stays."""
    stays = stays_of(records)
    others = others_in_households(stays, without=records, scope=EVERYTHING)
    return {stay.household_id: [other.name for other in others.get(household_of(stay), ())] for stay in stays}


def make_strays(project: Project, household_id: str, number: int) -> None:
    """Make stays of as many people whose records are not here."""
    for each in range(number):
        db.session.add(
            Enrollment(
                source_id=project.source_id,
                enrollment_id=f"stray-{household_id}-{each}",
                personal_id=f"stray-{each}",
                project_id=project.project_id,
                household_id=household_id,
                relationship_to_hoh=2,
                entry_date=date(2025, 1, 1),
            )
        )
    db.session.flush()


def test_a_household_of_hundreds_hides_nobody_of_another(source: HmisSource) -> None:
    maria, ana = make_client(source, "1"), make_client(source, "2", first_name="Ana")
    crowd, home = make_project(source), make_project(source)
    make_stay(maria, crowd, household_id="0")
    make_strays(crowd, "0", 450)
    for client in (maria, ana):
        make_stay(client, home, household_id="H", relationship_to_hoh=UNKNOWN)
    assert names(maria) == {"0": [NOT_SHOWN] * MOST, "H": ["Ana Lopez"]}


def test_stays_of_one_person_take_no_place_of_others(source: HmisSource) -> None:
    maria, mary = make_client(source, "1"), make_client(source, "1b", first_name="Mary")
    ana, zoe = make_client(source, "2", first_name="Ana"), make_client(source, "3", first_name="Zoe")
    home = make_project(source)
    for day in range(1, 21):
        for client in (maria, mary, ana):
            make_stay(client, home, household_id="H", entry=date(2025, 1, day))
    make_stay(zoe, home, household_id="H", relationship_to_hoh=2)
    assert names(maria, mary) == {"H": ["Ana Lopez", "Zoe Lopez"]}


def test_the_head_comes_first_and_whose_relationship_nobody_knows_last(source: HmisSource) -> None:
    home, maria = make_project(source), make_client(source, "1")
    make_stay(maria, home, household_id="H", relationship_to_hoh=3)
    for first_name, relationship in (("Una", None), ("Chris", 2), ("Hal", 1)):
        stray = make_client(source, first_name, first_name=first_name)
        make_stay(stray, home, household_id="H", relationship_to_hoh=relationship)
    assert names(maria) == {"H": ["Hal Lopez", "Chris Lopez", "Una Lopez"]}
