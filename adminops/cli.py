"""The command line: `adminops …`. Exit codes: 0 done, 1 failed, 2 wrong use; features document further ones."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import FlaskGroup, ScriptInfo, with_appcontext

from adminops.errors import DomainError
from adminops.feature import Feature
from adminops.settings import Settings, WrongSetting


class CommandLine(FlaskGroup):
    """The group of all commands. A refusal ends with its sentence and exit code 1, a wrong setting with 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn refusals into a sentence on standard error."""
        try:
            return super().main(*args, **kwargs)
        except WrongSetting as wrong:
            click.echo(f"adminops: {wrong}", err=True)
            sys.exit(2)
        except DomainError as refusal:
            click.echo(f"adminops: {refusal.sentence}", err=True)
            sys.exit(1)


def command_line(features: Sequence[Feature], build_app: Callable[[], Any]) -> CommandLine:
    """Return the `adminops` command with the core's commands and those of the features."""

    def create(*_: ScriptInfo) -> Any:
        return build_app()

    group = CommandLine(
        name="adminops",
        create_app=create,
        add_default_commands=False,
        add_version_option=False,
        load_dotenv=False,
        help="AdminOps, the help desk and administration desk of an HMIS Systems Team.",
    )
    commands = [database, serve, docs]
    for command in [*commands, *(command for feature in features for command in feature.cli)]:
        group.add_command(command)
    return group


def settings() -> Settings:
    """Return the settings of the running app."""
    found: Settings = current_app.extensions["settings"]
    return found


def print_json(value: Any) -> None:
    """Print `value` for a machine."""
    click.echo(json.dumps(value, indent=2, default=str))


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
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@with_appcontext
def serve(host: str, port: int) -> None:
    """Serve the app in one process, with its jobs (for one machine; see docs/operations.md for more)."""
    from adminops.serving import serve_app

    serve_app(current_app._get_current_object(), host=host, port=port)  # type: ignore[attr-defined]  # noqa: SLF001


@click.command("docs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is out of date.")
@with_appcontext
def docs(check: bool) -> None:
    """Write the generated pages of docs/: settings, permissions, states."""
    from adminops.generated import generated_pages

    stale = []
    for path, text in generated_pages(current_app._get_current_object()).items():  # type: ignore[attr-defined]  # noqa: SLF001
        target = Path("docs") / path
        if not target.exists() or target.read_text() != text:
            stale.append(path)
            if not check:
                target.write_text(text)
    click.echo("\n".join(f"{'out of date' if check else 'written'}: {path}" for path in stale) or "All up to date.")
    sys.exit(1 if check and stale else 0)
