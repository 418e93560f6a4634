"""The verb of columns: choose them."""

from collections.abc import Sequence

from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import ColumnsChosen, publish
from adminops.identity.models import User
from tickets.columns.models import TicketColumns
from tickets.columns.queries import USUAL_COLUMNS, known


def choose_columns(columns: Sequence[str], *, by: User) -> None:
    """Show `by` these columns on every list of tickets, in this order; saved views keep their own.

    Raises `Invalid` for none at all. The usual ones are kept as no choice. Publishes `ColumnsChosen`.
    """
    chosen = known(columns)
    if not chosen:
        raise Invalid("Choose at least one column.", field="columns")
    kept = db.session.get(TicketColumns, by.id)
    if chosen == USUAL_COLUMNS:
        if kept is not None:
            db.session.delete(kept)
    elif kept is None:
        db.session.add(TicketColumns(user_id=by.id, columns=list(chosen)))
    else:
        kept.columns = list(chosen)
    db.session.flush()
    publish(ColumnsChosen(user_id=by.id), by=by)
