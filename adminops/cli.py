"""The command line: `adminops …`. Exit codes: 0 done, 1 failed, 2 wrong use; features document further ones."""

import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError

from adminops.crypto import CannotDecrypt
from adminops.db import db, is_busy
from adminops.demo.command import demo
from adminops.errors import Conflict, DomainError
from adminops.feature import Feature
from adminops.settings import Settings, WrongSetting, current_settings

FAILED, WRONG_USE = 1, 2
OLDER_TABLES = ("no such table", "no such column", "has no column named")


class CommandLine(click.Group):
    """The group of all commands. A refusal ends with its sentence and exit code 1, a wrong setting with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn refusals into a sentence on standard error."""
        try:
            return super().invoke(ctx)
        except WrongSetting as wrong:
            _end(str(wrong), WRONG_USE)
        except DomainError as refusal:
            _end(refusal.sentence, FAILED)
        except CannotDecrypt as closed:
            _end(str(closed), FAILED)
        except (OperationalError, ProgrammingError) as broken:
            _end(_about_the_database(broken), FAILED)


def _end(sentence: str, code: int) -> None:
    click.echo(f"adminops: {sentence}", err=True)
    sys.exit(code)


def _about_the_database(broken: OperationalError | ProgrammingError) -> str:
    said = str(broken.orig)
    if any(sign in said for sign in OLDER_TABLES) or getattr(broken.orig, "sqlstate", "") in ("42P01", "42703"):
        return "The database has no tables yet, or older ones. Run: adminops db upgrade"
    if isinstance(broken, OperationalError) and is_busy(broken):
        return "The database is busy: somebody else has been writing for too long. Try again."
    if isinstance(broken, OperationalError):
        return "The database does not answer. Look at ADMINOPS_DATABASE_URL, then run: adminops doctor"
    raise broken


def command_line(features: Sequence[Feature], build_app: Callable[[], Flask]) -> CommandLine:
    """Return the `adminops` command with the core's commands and those of the features."""

    def create() -> Flask:
        try:
            return build_app()
        except OSError as failed:  # the folder of files and keys
            raise WrongSetting(
                f"ADMINOPS_HOME can't be used: {failed.filename or ''} ({failed.strerror or type(failed).__name__})."
            ) from None

    group = CommandLine(
        name="adminops",
        help="AdminOps, the help desk and administration desk of an HMIS Systems Team.",
        context_settings={
            "obj": ScriptInfo(create_app=create, set_debug_flag=False, load_dotenv_defaults=False),
            "help_option_names": ["-h", "--help"],
        },
    )
    commands = [database, demo, serve, run_jobs, job, docs]
    for command in [*commands, *(command for feature in features for command in feature.cli)]:
        _add(group, command)
    return group


def _add(group: click.Group, command: click.Command) -> None:
    """Add a command; features may share a group of one name (`adminops hmis …`)."""
    there = group.commands.get(command.name or "")
    if isinstance(there, click.Group) and isinstance(command, click.Group):
        for each in command.commands.values():
            _add(there, each)
    else:
        group.add_command(command)


def settings() -> Settings:
    """Return the settings of the running app."""
    return current_settings()


def print_json(value: Any) -> None:
    """Print `value` for a machine."""
    click.echo(json.dumps(value, indent=2, default=str))


def running_app() -> Flask:
    """Return the app itself, fit to be handed to another thread."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app


def refuse_other_tables() -> None:
    """Raise `Conflict` when the tables are not those of this version: pages and jobs would fail one by one."""
    from migrations.run import is_current

    with db.engine.connect() as connection:
        if not is_current(connection):
            raise Conflict("The database is not of this version. Write a backup of it, then run: adminops db upgrade")


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Create the database or bring it to this version."""
    from migrations.run import upgrade_database

    upgrade_database()
    click.echo("The database is up to date.")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@with_appcontext
def serve(host: str, port: int) -> None:
    """Serve the app in one process, with its jobs (for one machine; see docs/operations.md for more)."""
    from adminops.serving import serve_app

    refuse_other_tables()
    serve_app(running_app(), host=host, port=port, say=click.echo)


@click.command("run-jobs")
@with_appcontext
def run_jobs() -> None:
    """Run the jobs until it is told to stop (Ctrl-C or SIGTERM), beside web servers that don't.

    Several may run at once: one leads, the others take over when it goes away. What runs comes to its end first.
    """
    from adminops.scheduler import start_scheduler

    refuse_other_tables()
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # kept for sigwait: a handler can miss one that waits for its turn
    scheduler = start_scheduler(running_app())
    click.echo("Running jobs. Stop with Ctrl-C.")
    signal.sigwait(stops)
    scheduler.stop()
    click.echo("Stopped.")


@click.command("job")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def job(name: str | None, as_json: bool) -> None:
    """Run the job NAME once, now; without a NAME, list the jobs.

    Exit code 1 when the job fails, 2 when there is none of that name.
    """
    from adminops.scheduler import find_job, jobs_of, run_job

    app = running_app()
    known = {work.name: work.title for work in jobs_of(app)}
    if name is None:
        if as_json:
            print_json(known)
        else:
            click.echo("\n".join(f"{known_name:<28} {title}" for known_name, title in known.items()))
        return
    work = find_job(app, name)
    if work is None:
        _end(f"There is no job named {name}. There are: {', '.join(known)}.", WRONG_USE)
        return
    ran = run_job(app, work)
    if as_json:
        print_json(asdict(ran))
    else:
        ended = f"failed ({ran.cause}); the log has the place" if ran.cause else "done"
        click.echo(f"{ran.job}: {ended}, {ran.seconds:.1f} s")
    sys.exit(FAILED if ran.cause else 0)


@click.command("docs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is out of date.")
@with_appcontext
def docs(check: bool) -> None:
    """Write the generated pages of docs/: settings, permissions, states."""
    from adminops.generated import generated_pages

    stale = []
    for path, text in generated_pages(running_app()).items():
        target = Path("docs") / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                target.write_text(text, encoding="utf-8")
    click.echo("\n".join(f"{'out of date' if check else 'written'}: {path}" for path in stale) or "All up to date.")
    sys.exit(FAILED if check and stale else 0)
