"""How mails are named elsewhere: on the audit trail."""

from collections.abc import Sequence

from flask import Flask, url_for

from adminops.db import db
from adminops.hmis.resealing import also_sealed
from adminops.identity.models import User
from adminops.refs import Link
from tickets import drafts
from tickets.importing import refs as import_refs
from tickets.mail.models import IncomingMail
from tickets.mail.operations import SEALED_MAILS
from tickets.mail.queries import visible_to
from tickets.webhooks.operations import SEALED_SECRETS


def mails(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these mails."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    chosen = visible_to(viewer).where(IncomingMail.id.in_(numbers)).with_only_columns(IncomingMail.id)
    return {
        str(number): Link(f"Mail {number}", url_for("mail_in.show", mail_id=number), "mail")
        for number in db.session.scalars(chosen)
    }


def init_app(app: Flask) -> None:
    """Have all that this feature seals sealed anew with everything else when the key changes."""
    drafts.init_app(app)
    also_sealed(SEALED_MAILS)
    also_sealed(SEALED_SECRETS)
    import_refs.init_app()
