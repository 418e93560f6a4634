"""`adminops mail receive`: what a mail server hands a mail to."""

import os
import sys

import click
from flask.cli import ScriptInfo

from adminops.errors import Invalid

TAKE_BACK = os.EX_TEMPFAIL
"""The mail server keeps the mail and tries again: what any failure but that of the mail itself ends with."""


@click.group("mail")
def mail() -> None:
    """Take mails in."""


@mail.command("receive")
@click.pass_context
def receive(ctx: click.Context) -> None:
    """Keep the mail on standard input; a job reads it afterwards.

    Exit codes are those of sysexits: 0 when it is stored, 65 when nothing or too much came in (the mail server tells
    the sender), 75 for whatever else goes wrong (it keeps the mail and tries again).
    """
    try:
        sys.exit(_receive(ctx))
    except Exception as broken:  # a database that is away, keys that are gone, a disk that is full: never a lost mail
        click.echo(f"adminops: The mail was not stored ({type(broken).__name__}). Try again later.", err=True)
        sys.exit(TAKE_BACK)


def _receive(ctx: click.Context) -> int:
    from adminops.db import transaction
    from adminops.identity.models import SYSTEM
    from tickets.mail.operations import LARGEST
    from tickets.mail.operations import receive as keep

    raw = sys.stdin.buffer.read(LARGEST + 1)
    app = ctx.ensure_object(ScriptInfo).load_app()
    with app.app_context():
        try:
            with transaction():
                keep(raw, by=SYSTEM)
        except Invalid as refused:
            click.echo(f"adminops: {refused.sentence}", err=True)
            return os.EX_DATAERR
    return os.EX_OK
