"""How imports of tickets are named elsewhere: on the audit trail."""

from collections.abc import Sequence

from flask import url_for

from adminops.db import db
from adminops.hmis.resealing import also_sealed
from adminops.identity.models import User
from adminops.refs import Link
from tickets.importing.models import TicketImport
from tickets.importing.operations import SEALED_FILES
from tickets.importing.queries import visible_to


def imports(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these imports."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    chosen = visible_to(viewer).where(TicketImport.id.in_(numbers)).with_only_columns(TicketImport.id)
    return {
        str(number): Link(f"Ticket import {number}", url_for("ticket_imports.show", import_id=number), "download")
        for number in db.session.scalars(chosen)
    }


def init_app() -> None:
    """Have files of other desks sealed anew with everything else when the key changes."""
    for column in SEALED_FILES:
        also_sealed(column)
