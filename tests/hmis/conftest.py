"""What tests of the client-record store may ask for besides the shared fixtures."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.crypto import KeyRing
from adminops.db import db
from adminops.hmis import sealing, sources
from adminops.hmis.intake import ImportResult, Problem, import_export
from adminops.hmis.models import FILE_MODELS, Client, HmisSource, SourceRow
from adminops.hmis.spec import current
from tests.hmis.exports import SmallExport


@pytest.fixture
def ring() -> Iterator[KeyRing]:
    """A key ring in use, for tests without an app."""
    made = KeyRing.generate()
    with sealing.using(made):
        yield made


@pytest.fixture
def source(session: Session) -> HmisSource:
    """A source without rows."""
    return sources.add_source("Northeast HMIS", vendor="ClientTrack")


@pytest.fixture
def take(tmp_path: Path, source: HmisSource) -> Callable[..., ImportResult]:
    """Return a function that imports a small export into the source, as a zip."""
    numbers = iter(range(1000))

    def run(export: SmallExport, **options: object) -> ImportResult:
        path = export.zip(tmp_path / f"export{next(numbers)}.zip")
        return import_export(path, **{"source": source, "by_id": None, **options})

    return run


#: For tests in which the database has no part.
on_postgresql = pytest.mark.parametrize("app", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


def the_problem(result: ImportResult, rule: str) -> Problem:
    """The one problem of a rule."""
    found = [problem for problem in result.problems if problem.rule == rule]
    assert len(found) == 1, [problem.as_dict() for problem in result.problems]
    return found[0]


def two_clients() -> SmallExport:
    """An export with two clients and nothing else."""
    return SmallExport().add_client().add_client("C2", FirstName="Ana", LastName="Ortiz")


def row(file: str, key: str) -> SourceRow:
    """The stored row of a file by HUD's key, removed or not."""
    model = FILE_MODELS[file]
    attribute = current().by_name[file].key_column.attribute
    db.session.expire_all()
    return db.session.scalars(select(model).where(getattr(model, attribute) == key)).one()


def is_active(file: str, key: str) -> bool:
    """Whether the stored row of a file has not been removed."""
    return row(file, key).removed_at is None


def ssn_of(client: Client) -> str:
    """The SSN of a record in clear."""
    return sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)


def samples() -> Path | None:
    """The folder of sample exports if there is one."""
    named = os.environ.get("ADMINOPS_SAMPLES")
    beside = Path(__file__).parents[2].parent / "shared" / "hmis" / "samples"
    found = Path(named) if named else beside
    return found if found.is_dir() else None


def contents(source: HmisSource) -> dict[str, dict[str, tuple[object, ...]]]:
    """All active HUD values of a source by file and key, SSNs in clear, ExportID left out."""
    found: dict[str, dict[str, tuple[object, ...]]] = {}
    for file in current().files:
        if file.name == "Export":
            continue
        model = FILE_MODELS[file.name]
        names = [column.attribute for column in file.columns if column.name not in ("SSN", "ExportID")]
        rows = db.session.scalars(select(model).where(model.source_id == source.id, model.removed_at.is_(None)))
        found[file.name] = {
            getattr(each, file.key_column.attribute): (
                *(getattr(each, name) for name in names),
                ssn_of(each) if isinstance(each, Client) else None,
            )
            for each in rows
        }
    return found
