"""What is kept, published, logged and addressed holds no name, birth date or SSN of a client."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.audit.models import AuditEntry
from adminops.demo import write_export
from adminops.hmis import sealing
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.models import Pair, Scan
from dedupe.operations import defer_pair, keep_apart, merge_pair, reopen_pair, review_pair, undo_merge
from dedupe.scanning import scan_store
from tests.browsing import Desk
from tests.dedupe.test_seconds import seen_on
from tests.make import make_admin
from tests.make_dedupe import make_client, make_source


@pytest.fixture
def store(source: HmisSource, tmp_path: Path) -> HmisSource:
    """An imported export of 200 invented records, scanned."""
    export = tmp_path / "export.zip"
    write_export(export, clients=200, seed=5, today=date(2026, 11, 1), duplicates=0.3)
    import_export(export, source=source, by_id=None)
    scan_store()
    return source


def secrets_of(session: Session) -> set[str]:
    """Return names, written birth dates and SSNs of all clients, as they might slip into a text."""
    found: set[str] = set()
    for client in session.scalars(select(Client)):
        found |= {name for name in (client.first_name, client.middle_name, client.last_name) if name and len(name) > 3}
        if client.dob:
            born = client.dob
            found |= {f"{born}", f"{born:%m/%d/%Y}", f"{born.day} {born:%B %Y}", f"{born:%Y%m%d}"}
        ssn = sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)
        found |= {ssn, f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}"} if ssn.isdecimal() else set()
    return found


def test_a_slip_would_be_found(store: HmisSource, session: Session) -> None:
    secrets = secrets_of(session)
    for slip in sorted(secrets)[::50]:
        assert slip in slips(f"Last name {slip}, same", secrets)


def slips(text: str, secrets: set[str]) -> set[str]:
    """Return which of `secrets` stand in `text` as words of their own."""
    words = set(re.findall(r"[\w'-]+", text))
    return {
        secret
        for secret in secrets
        if secret in words or (" " in secret and secret in text) or ("/" in secret and secret in text)
    }


def test_reasons_and_warnings_name_no_value(store: HmisSource, session: Session) -> None:
    pairs = list(session.scalars(select(Pair)))
    assert len(pairs) > 20
    told = json.dumps([[pair.reasons, pair.warnings, pair.reason] for pair in pairs])
    assert slips(told, secrets_of(session)) == set()


def test_scans_keep_numbers_only(store: HmisSource, session: Session) -> None:
    scan = session.scalars(select(Scan)).one()
    assert slips(json.dumps([scan.counts, scan.weights, scan.sentence]), secrets_of(session)) == set()


def test_facts_and_the_audit_trail_carry_ids(
    store: HmisSource, session: Session, reviewer: User, facts: Callable[[], list[Any]]
) -> None:
    first, second, third = session.scalars(select(Pair).order_by(Pair.score.desc(), Pair.id).limit(3))
    review_pair(first, by=reviewer)
    undo_merge(merge_pair(first, destination_client_id=first.low_client_id, choices={}, by=reviewer), by=reviewer)
    keep_apart(second, by=reviewer)
    reopen_pair(second, by=reviewer)
    defer_pair(third, by=reviewer)
    session.flush()
    told = [str(fact) for fact in facts()]
    kept = [f"{entry.sentence} {entry.detail}" for entry in session.scalars(select(AuditEntry))]
    assert len(told) >= 7
    assert len(kept) >= len(told)
    assert slips("\n".join(told + kept), secrets_of(session)) == set()


def test_addresses_on_the_pages_hold_no_names(desk: Desk) -> None:
    with desk.work():
        reviewer, source = make_admin(), make_source()
        for first in ("Zebulon", "Zebulun"):
            make_client(source, ssn="219450817", first_name=first, last_name="Featherstonehaugh")
        scan_store()
    visitor = desk.signed_in(reviewer)
    page = visitor.get("/duplicates/pairs/1")
    assert page.says("Featherstonehaugh")
    visitor.post("/duplicates/pairs/1", {"act": "merge", "keep": 1, "seen": seen_on(page)}, status=302)
    for url in ("/duplicates/pairs/1", "/duplicates/merges", "/duplicates/merges/1", "/duplicates/scan", "/clients/1"):
        addresses = " ".join(address for address, _ in visitor.get(url).reader.links)
        assert "Feather" not in addresses
        assert "219450817" not in addresses


def test_the_printed_form_of_what_was_gathered_tells_nothing(source: HmisSource, session: Session) -> None:
    from dedupe.gathering import records_to_match

    make_client(source, ssn="219450817", first_name="Zebulon")
    gathered = records_to_match()
    assert "Zebulon" not in repr(gathered)
    assert "219450817" not in repr(gathered)
