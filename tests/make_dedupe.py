"""Makers of client records as the merge desk meets them, and of pairs."""

from datetime import date, datetime
from typing import Any

from adminops import clock
from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.models import Client, Enrollment, Exit, HmisSource, Organization, Project, Services
from adminops.hmis.names import name_key
from dedupe.models import Pair
from tests.make import next_mark

MADE = datetime(2024, 3, 1, 9, 30)  # noqa: DTZ001 - HUD's times have no zone


def make_source(name: str | None = None, **over: Any) -> HmisSource:
    """Make a source of client records."""
    source = HmisSource(**{"name": name or f"HMIS {next_mark()}", "created_at": clock.now(), **over})
    db.session.add(source)
    db.session.flush()
    return source


def make_client(source: HmisSource, personal_id: str | None = None, *, ssn: str = "", **over: Any) -> Client:
    """Make a client record: Maria Lopez, born in 1985, unless the test says otherwise."""
    key = personal_id or f"C{next_mark()}"
    values: dict[str, Any] = {
        "first_name": "Maria",
        "last_name": "Lopez",
        "name_data_quality": 1,
        "dob": date(1985, 5, 17),
        "dob_data_quality": 1,
        "sex": 0,
        "veteran_status": 0,
        "date_created": MADE,
        **over,
    }
    sealed = sealing.NO_SSN
    client = Client(source_id=source.id, personal_id=key, **values)
    if ssn:
        sealed = sealing.seal_ssn(source.id, key, ssn)
        client.ssn_data_quality = client.ssn_data_quality or (2 if "x" in ssn else 1)
    client.ssn_sealed, client.ssn_index, client.ssn_last4_index = sealed
    client.first_key, client.last_key = name_key(client.first_name or ""), name_key(client.last_name or "")
    db.session.add(client)
    db.session.flush()
    return client


def make_project(source: HmisSource, *, victim_services: bool = False, **over: Any) -> Project:
    """Make a project and its organization."""
    mark = next_mark()
    organization = Organization(
        source_id=source.id,
        organization_id=f"O{mark}",
        organization_name=f"Organization {mark}",
        victim_service_provider=int(victim_services),
    )
    project = Project(
        source_id=source.id,
        project_id=f"P{mark}",
        organization_id=organization.organization_id,
        **{"project_name": f"Shelter {mark}", "project_type": 1, **over},
    )
    db.session.add_all((organization, project))
    db.session.flush()
    return project


def make_stay(client: Client, project: Project, *, entry: date = date(2026, 1, 12), **over: Any) -> Enrollment:
    """Make an enrollment in a household of its own."""
    mark = next_mark()
    values = {"household_id": f"H{mark}", "relationship_to_hoh": 1, **over}
    stay = Enrollment(
        source_id=client.source_id,
        enrollment_id=f"E{mark}",
        personal_id=client.personal_id,
        project_id=project.project_id,
        entry_date=entry,
        **values,
    )
    db.session.add(stay)
    db.session.flush()
    return stay


def make_exit(stay: Enrollment, on: date, **over: Any) -> Exit:
    """Make the end of a stay."""
    left = Exit(
        source_id=stay.source_id,
        exit_id=f"X{next_mark()}",
        enrollment_id=stay.enrollment_id,
        personal_id=stay.personal_id,
        exit_date=on,
        **over,
    )
    db.session.add(left)
    db.session.flush()
    return left


def make_service(stay: Enrollment, on: date = date(2026, 1, 13), **over: Any) -> Services:
    """Make a service given in a stay."""
    given = Services(
        source_id=stay.source_id,
        services_id=f"S{next_mark()}",
        enrollment_id=stay.enrollment_id,
        personal_id=stay.personal_id,
        date_provided=on,
        record_type=144,
        **over,
    )
    db.session.add(given)
    db.session.flush()
    return given


def make_pair(one: Client, other: Client, *, score: int = 90, **over: Any) -> Pair:
    """Make a proposed pair."""
    low, high = sorted((one.id, other.id))
    reasons = [{"field": "Last name", "says": "same", "points": score, "strength": "full"}]
    values = {"probability": score / 100, "turn": -score, "reasons": reasons, "warnings": [], **over}
    pair = Pair(low_client_id=low, high_client_id=high, score=score, **values)
    db.session.add(pair)
    db.session.flush()
    return pair


def make_clients(source: HmisSource, number: int) -> list[Client]:
    """Make records of one name, numbered A, B, C, …"""
    return [make_client(source, chr(ord("A") + place)) for place in range(number)]
