"""An import that is killed in the middle, again and again: run by `test_intake_killed.py`.

`python -m tests.hmis.killing HOME DATABASE_URL SEED KILLS` takes one export after the other into a source, by the
command that an administrator types, in a child of its own. Each export changes, adds and drops a few rows of the one
before. The child writes a byte for each statement that it is about to send; when it has sent so many, or a moment
later, it is killed (SIGKILL). What the store then holds is compared with the two exports, and the import is run again
to its end. One line of JSON for each kill tells how it went.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from flask.cli import ScriptInfo
from sqlalchemy import event, func, select

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.hmis.models import FILE_MODELS, HmisImport, HmisSource, ImportStatus
from adminops.hmis.spec import current
from adminops.imports.jobs import settle_interrupted
from adminops.settings import Settings
from tests.hmis.exports import SmallExport, whole_export
from tests.services.postgres import EMPTYING

CLIENTS = 90
NEVER_REMOVED = ("User", "Organization", "Project", "Client")
Rows = dict[str, dict[str, dict[str, str | None]]]


def export_of(round_: int) -> SmallExport:
    """The export of one round: mostly what the others hold, too."""
    chance = random.Random(round_)
    made = whole_export().change("Export", 0, ExportID=f"E{round_}")
    gone, changed = set(chance.sample(range(CLIENTS), 5)), set(chance.sample(range(CLIENTS), 8))
    for number in [*range(CLIENTS), *(1000 * (round_ + 1) + extra for extra in range(4))]:
        key = f"K{number}"
        made.add_client(key, FirstName=f"Ana{round_}" if number in changed else "Ana", SSN=f"2194{number:05}")
        if number not in gone:
            made.add_stay(f"S{key}", key)
            made.add("Exit", ExitID=f"X{key}", EnrollmentID=f"S{key}", PersonalID=key, ExitDate="2024-03-01")
            for day in (1, 2):
                dated = {"ServicesID": f"V{key}-{day}", "DateProvided": f"2024-02-0{day}"}
                made.add("Services", EnrollmentID=f"S{key}", PersonalID=key, **dated)
    for rows in made.rows.values():
        for row in rows:
            row["ExportID"] = f"E{round_}"
    return made


def written(export: SmallExport) -> Rows:
    """The texts and numbers of an export, as its files say."""
    return {
        file.name: {
            row[file.key]: {column.name: row[column.name] or None for column in compared(file.name)}
            for row in export.rows[file.name]
        }
        for file in current().files
        if file.name != "Export"
    }


def compared(file: str) -> list[object]:
    columns = current().by_name[file].columns
    return [each for each in columns if each.type in ("string", "int") and each.name not in ("SSN", "ExportID")]


def held(app: AdminOps) -> Rows:
    """The same of what the store holds."""
    found: Rows = {}
    with app.app_context(), transaction(writes=False) as session:
        for file in current().files:
            if file.name == "Export":
                continue
            model = FILE_MODELS[file.name]
            columns = compared(file.name)
            reading = select(*(getattr(model, column.attribute) for column in columns)).where(
                model.removed_at.is_(None)
            )
            rows = (dict(zip((c.name for c in columns), row, strict=True)) for row in session.execute(reading))
            found[file.name] = {
                row[file.key]: {name: None if value is None else str(value) for name, value in row.items()}
                for row in rows
            }
        db.session.remove()
        db.engine.dispose()
    return found


def after(before: Rows, export: SmallExport) -> Rows:
    """What the store must hold once `export` was taken into what it held before."""
    new = written(export)
    return {name: {**before[name], **rows} if name in NEVER_REMOVED else rows for name, rows in new.items()}


def finished_imports(app: AdminOps) -> int:
    """How many imports the log has that were taken, and none that is half done: the next start says what became."""
    with app.app_context():
        settle_interrupted()
        with transaction(writes=False) as session:
            assert not session.scalar(select(func.count()).where(HmisImport.finished_at.is_(None)))
            taken = HmisImport.status.in_((ImportStatus.APPLIED, ImportStatus.UNCHANGED))
            count = session.scalar(select(func.count()).where(taken)) or 0
            assert session.scalar(select(func.count()).select_from(HmisSource)) in (0, 1)
        db.session.remove()
        db.engine.dispose()
    return count


@contextlib.contextmanager
def child(app: AdminOps, path: Path) -> Iterator[tuple[int, int]]:
    """A process that imports `path`; the block gets its number and the end of a pipe that its steps come out of."""
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        try:
            yield pid, out
        finally:
            os.close(out)
        return
    code = 99
    try:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends
        with app.app_context():
            for name in ("before_cursor_execute", "commit"):
                event.listen(db.engine, name, lambda *_: os.write(into, b"."))
        words = ["hmis", "import", str(path), "--source", "North", "--json"]
        wsgi.cli.main(words, standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        os._exit(code)


def run_whole(app: AdminOps, path: Path) -> int:
    """Import `path` to its end; return how many steps it took. Tries again while a dead one still holds the source."""
    for _ in range(100):
        with child(app, path) as (pid, out):
            steps = sum(len(piece) for piece in iter(lambda: os.read(out, 1 << 16), b""))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == 0:
            return steps
        time.sleep(0.1)
    raise AssertionError(f"The import after a kill ended with {code}.")


def run_and_kill(app: AdminOps, path: Path, steps: int, wait: float) -> bool:
    """Import `path` and kill it behind `steps` steps and `wait` seconds; tell whether it had not ended by itself."""
    with child(app, path) as (pid, out):
        seen = 0
        while seen < steps and (piece := os.read(out, 1)):
            seen += len(piece)
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def wait_for_the_dead(url: str) -> None:
    """PostgreSQL's own process for a killed client ends a moment after it."""
    if not url:
        return
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        others += f" AND application_name <> '{EMPTYING}'"
        for _ in range(1000):
            if connection.execute(others).fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("The server's process for a killed client has not ended within 20 seconds.")


def main(home: Path, url: str, seed: int, kills: int) -> None:
    """Kill `kills` imports, spread over all their steps."""
    app = create_app(Settings(environment="test", home=home, database_url=url, log_level="error"), wsgi.FEATURES)
    chance = random.Random(seed)
    with app.app_context():
        db.engine.dispose()
    path = export_of(0).zip(home / "0.zip")
    steps = run_whole(app, path)
    store = after({file.name: {} for file in current().files}, export_of(0))
    for number in range(1, kills + 1):
        export = export_of(number)
        path = export.zip(home / f"{number}.zip")
        imports, expected = finished_imports(app), after(store, export)
        at = steps if number == kills else int((number - chance.random()) / kills * steps) + 1  # the last: the commit
        killed = run_and_kill(app, path, at, chance.choice([0.0, chance.random() * 0.004]))
        wait_for_the_dead(url)
        found, logged = held(app), finished_imports(app) - imports
        state = "old" if (found, logged) == (store, 0) else "new" if (found, logged) == (expected, 1) else "between"
        steps = run_whole(app, path)
        is_right = held(app) == expected and finished_imports(app) - imports == logged + 1
        print(json.dumps({"at": at, "of": steps, "killed": killed, "state": state, "next": is_right}), flush=True)
        store = expected


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
