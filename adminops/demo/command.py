"""`adminops demo`: fill an empty database with invented people and print who can sign in."""

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from adminops.db import db, transaction
from adminops.demo.cast import CHARACTERS, PASSWORD
from adminops.demo.load import is_empty, load_demo
from adminops.identity.models import User


@click.command("demo")
@click.option("--clients", default=1500, show_default=True, type=click.IntRange(10, 200_000), help="How many clients.")
@click.option("--seed", default=1, show_default=True, help="The same seed invents the same people.")
@click.option(
    "--if-empty",
    is_flag=True,
    help="Do nothing, and say so by no error, when there are users or client records already.",
)
@with_appcontext
def demo(clients: int, seed: int, if_empty: bool) -> None:
    """Fill an empty database with invented people, tickets, courses and manuals."""
    with transaction(writes=False):
        skip = if_empty and not is_empty()
    if not skip:
        with transaction():
            load_demo(clients=clients, seed=seed, say=lambda line: click.echo(line, err=True))
    _print_sign_ins()


def _print_sign_ins() -> None:
    names = [username for username, *_ in CHARACTERS]
    with transaction(writes=False):
        present = set(db.session.scalars(select(User.username).where(User.username.in_(names))))
    if not present:
        return
    click.echo(f"\nSign in at {current_app.extensions['settings'].base_url} as")
    for username, name, title, role, _agency in CHARACTERS:
        if username in present:
            click.echo(f"  {username:<9} {name}, {title} ({role.title})")
    click.echo(f"Everybody's password: {PASSWORD}\n")
