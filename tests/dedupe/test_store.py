"""The merge desk on a whole export of invented people, taken in by the real import."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops.db import Model, db
from adminops.demo import ExportSummary, write_export
from adminops.hmis.clients import client_page
from adminops.hmis.intake import import_export
from adminops.hmis.merging import Side
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.models import Pair
from dedupe.operations import undo_merge
from dedupe.scanning import scan_store
from dedupe.seconds.models import Proposal
from dedupe.seconds.operations import agree_to_merge, decide_merge
from tests.make import make_admin

#: What a merge and its undoing leave behind on purpose: logs that are only added to.
LOGS = {
    "hmis_merge",
    "hmis_merge_choice",
    "hmis_merge_decision",
    "hmis_merge_stay",
    "hmis_person",
    "hmis_person_link",
    "audit_entry",
    "dedupe_decision",
    "dedupe_follow_up",
    "dedupe_proposal",
    "outbox_message",
}


@pytest.fixture
def truth(source: HmisSource, tmp_path: Path) -> ExportSummary:
    """An imported export of 200 records, with what is true about them."""
    export = tmp_path / "export.zip"
    summary = write_export(export, clients=200, seed=11, today=date(2026, 11, 1), duplicates=0.3)
    import_export(export, source=source, by_id=None)
    return summary


def dump(session: Session) -> dict[str, list[Any]]:
    """Return every row of every table but the logs; a record's person as who it stands for, itself without one."""
    session.flush()
    session.expire_all()
    kept: dict[str, list[Any]] = {}
    for table in Model.metadata.sorted_tables:
        if table.name not in LOGS:
            columns = [column for column in table.columns if column.name != "person_id"]
            kept[table.name] = list(session.execute(select(*columns).order_by(*table.primary_key.columns)))
    persons = select(Client.id, func.coalesce(Client.person_id, Client.id)).order_by(Client.id)
    kept["persons"] = list(session.execute(persons))
    return kept


def pages(session: Session) -> list[Any]:
    """Return what the page of every client shows."""
    return [client_page(id_, scope=None) for id_ in session.scalars(select(Client.id).order_by(Client.id))]


def test_the_scan_finds_who_is_in_twice(truth: ExportSummary, session: Session) -> None:
    scan = scan_store()
    ids = dict(session.execute(select(Client.id, Client.personal_id)).all())
    proposed = {
        frozenset((ids[pair.low_client_id], ids[pair.high_client_id])) for pair in session.scalars(select(Pair))
    }
    true = {frozenset(pair) for pair in truth.duplicate_pairs}
    assert len(proposed & true) >= 0.9 * len(true)
    assert len(proposed & true) >= 0.8 * len(proposed)
    assert scan.counts["pairs"] == len(proposed)


def test_undoing_merges_restores_everything_exactly(truth: ExportSummary, session: Session, reviewer: User) -> None:
    scan_store()
    colleague = make_admin()
    before, shown = dump(session), pages(session)
    proposed = list(session.scalars(select(Pair).order_by(Pair.score.desc(), Pair.id)))
    merges = []
    for number, pair in enumerate(proposed):
        session.refresh(pair)
        if pair.is_undecided:
            kept = pair.low_client_id if number % 2 else pair.high_client_id
            sides: dict[str, Side] = {"name": "source", "dob": "destination"} if number % 3 else {}
            said = {"destination_client_id": kept, "choices": sides, "reason": "Papers"}
            outcome = decide_merge(pair, **said, by=reviewer)
            merges.append(agree_to_merge(outcome, by=colleague) if isinstance(outcome, Proposal) else outcome)
    assert len(merges) > 10
    assert any(len(page.records) > 2 for page in pages(session)), "somebody is in three times"
    assert pages(session) != shown
    for merge in [*merges[::2], *merges[1::2][::-1]]:
        undo_merge(merge, by=reviewer)
    after = dump(session)
    assert {name for name in before if before[name] != after[name]} == set()
    assert pages(session) == shown
    assert db.session.scalar(select(Pair.id).where(Pair.merge_id.is_not(None))) is None
