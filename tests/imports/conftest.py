"""What tests of imports share: exports that hit brakes, and the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

import wsgi
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.hmis import sources
from adminops.hmis.intake.brakes import Brakes
from adminops.hmis.models import HmisImport, HmisSource
from adminops.imports import jobs
from tests.hmis.exports import SmallExport

TIGHT = Brakes(errors_least=1, changed_least=2, removed_least=2, rows_least=4)
Command = Callable[..., Result]


@pytest.fixture
def command(app: AdminOps) -> Command:
    """Return a function that runs `adminops …`."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(wsgi.cli, list(words), obj=ScriptInfo(create_app=lambda: app))

    return run


def people(number: int = 6, day: str = "2024-05-01") -> SmallExport:
    """An export with so many clients, each with a stay."""
    export = SmallExport()
    for each in range(number):
        export.add_client(f"C{each}").add_stay(f"S{each}", f"C{each}")
    for rows in export.rows.values():
        for row in rows:
            row["ExportID"] = f"E{day}"
    return export.change("Export", ExportDate=f"{day} 06:00:00")


def make_tight_source(name: str = "Night feed", **values: object) -> HmisSource:
    """Add a source whose brakes take small exports seriously."""
    source = sources.add_source(name)
    sources.change_source(source, **{"name": name, "brakes": TIGHT, **values})  # type: ignore[arg-type]
    return source


def run_jobs(app: AdminOps) -> None:
    """Let waiting imports run."""
    with app.app_context():
        jobs.run_waiting()


def states(app: AdminOps) -> list[str]:
    """The states of all imports in their order."""
    with app.app_context(), transaction(writes=False):
        return [record.status.value for record in db.session.query(HmisImport).order_by(HmisImport.id)]


def home_of(app: AdminOps) -> Path:
    """The home folder of the app."""
    found: Path = app.extensions["settings"].home
    return found
