"""An administrator imports an export, finds a client, merges a pair of records, and takes it back."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import Model
from adminops.hmis.models import Client
from adminops.identity.permissions import Role
from dedupe.models import Pair, PairState
from tests.journeys.conftest import House, Walker
from tests.samples import sample

#: What a merge and its undoing leave behind on purpose.
LOGS = {"hmis_merge", "hmis_merge_choice", "hmis_merge_decision", "hmis_merge_stay", "hmis_person", "hmis_person_link"}


def _import(walker: Walker, export: Path, source: str) -> None:
    walker.go("/imports")
    walker.follow("Import an export")
    walker.look()
    walker.page.locator("input[name=source]").fill(source)
    walker.page.locator("input[name=export]").set_input_files(export)
    walker.press("Import")
    expect(walker.page.get_by_text("Applied.").first).to_be_visible(timeout=60_000)
    walker.look()


def _rows(session: Session) -> dict[str, list[Any]]:
    """Return every row of the store but those of the append-only logs."""
    tables = [t for t in Model.metadata.sorted_tables if t.name.startswith("hmis_") and t.name not in LOGS]
    kept = {table.name: [c for c in table.columns if c.name != "person_id"] for table in tables}
    return {name: list(session.execute(select(*columns).order_by(*columns[:1]))) for name, columns in kept.items()}


def test_import_find_merge_undo(house: House, export: Path) -> None:
    admin = house.person(Role.SYSTEM_ADMIN)
    walker = house.walker(admin)
    _import(walker, export, "Coast HMIS")
    row = walker.page.get_by_role("row").filter(has_text="Client.csv")
    expect(row).to_contain_text("120")

    with house.desk.look() as session:
        client = session.scalars(select(Client).where(Client.last_name.is_not(None)).order_by(Client.id)).first()
        assert client is not None
    walker.go("/clients")
    for words in (client.personal_id, str(client.last_name)):
        walker.page.locator("input[name=words]").first.fill(words)
        walker.press("Look up")
        walker.sees(client.personal_id)
    walker.page.get_by_role("cell", name=client.personal_id, exact=True).first.wait_for()
    walker.go(f"/clients/{client.id}")

    _merge_and_undo(house, walker)


def _merge_and_undo(house: House, walker: Walker) -> None:
    # The import asked for a scan; the scheduler runs it within half a minute.
    def strongest() -> Pair | None:
        with house.desk.look() as session:
            proposed = select(Pair).where(Pair.state == PairState.OPEN).order_by(Pair.score.desc(), Pair.id)
            return session.scalars(proposed).first()

    for _ in range(120):
        if (pair := strongest()) is not None:
            break
        walker.page.wait_for_timeout(500)
    assert pair is not None, "the scan proposed no pair"
    with house.desk.look() as session:
        before = _rows(session)
        sides = [session.get_one(Client, key) for key in (pair.low_client_id, pair.high_client_id)]
    stays = [_stays(walker, side.id) for side in sides]

    walker.go(f"/duplicates/pairs/{pair.id}")
    walker.sees(str(pair.reasons[0]["field"]))
    walker.page.keyboard.press("m")
    dialog = walker.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Merge records").click()
    walker.sees("Merged. You can undo it")
    walker.look()

    assert _stays(walker, sides[0].id) == _stays(walker, sides[1].id) == sorted(stays[0] + stays[1])
    walker.go("/duplicates/merges/1")
    walker.press("Undo merge")
    walker.sees("The merge is undone")
    assert [_stays(walker, side.id) for side in sides] == stays
    with house.desk.look() as session:
        assert _rows(session) == before


def _stays(walker: Walker, client_id: int) -> list[str]:
    walker.page.goto(f"/clients/{client_id}")
    rows = walker.page.get_by_role("table", name="Enrollments").get_by_role("row")
    texts = [rows.nth(at).inner_text() for at in range(1, rows.count())]
    # A person of several records also says which record a stay belongs to.
    return sorted(" ".join(re.sub(r" · client [\w-]+", "", text).split()) for text in texts)


def test_a_real_sample_export_goes_through_the_pages(house: House, tmp_path: Path) -> None:
    walker = house.walker(house.person(Role.SYSTEM_ADMIN))
    _import(walker, sample("datalab_fy2026", as_zip_in=tmp_path), "Sample HMIS")
    files = walker.page.get_by_role("table").first.get_by_role("row")
    expect(files.filter(has_text="Client.csv")).to_contain_text("514")
    expect(files.filter(has_text="Services.csv")).to_contain_text("6,385")
