"""What a reader has read: no more than a mark on rows of their own."""

from sqlalchemy import update

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from tickets.notices.models import Notice


def read_all(reader: User) -> int:
    """Mark everything that `reader` was told in the app as read; return how much that was."""
    return _read(reader)


def read_on(ticket_id: int, reader: User) -> int:
    """Mark what `reader` was told of one ticket as read; return how much that was."""
    return _read(reader, ticket_id)


def _read(reader: User, ticket_id: int | None = None) -> int:
    unread = [Notice.user_id == reader.id, Notice.in_app, Notice.read_at.is_(None)]
    if ticket_id is not None:
        unread.append(Notice.ticket_id == ticket_id)
    marked = update(Notice).where(*unread).values(read_at=clock.now())
    done = db.session.execute(marked.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
