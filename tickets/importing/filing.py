"""Keeping the files that came with messages of another desk: by the checks of the page, each on its own."""

import io
from collections.abc import Sequence

from adminops.db import db, savepoint
from adminops.errors import DomainError, Invalid
from adminops.feature import RequestType
from adminops.guard.looking import look_at
from adminops.identity.models import User
from adminops.settings import current_settings
from tickets.attached import TicketAttachment
from tickets.attaching import MOST_FILES, Upload, keep
from tickets.importing.carried import Archive, Carried, unpacked
from tickets.models import Ticket, TicketMessage

TOO_MANY = f"At most {MOST_FILES} files can come with one message."


def keep_files(
    ticket: Ticket, files: Sequence[Carried], kind: RequestType, archive: Archive | None, *, by: User
) -> tuple[list[TicketAttachment], list[str]]:
    """Keep those of `files` that pass (`tickets.attaching`), and return them with what became of the others.

    A refused one is told by its name where the guard has nothing against that, else by its number, and by the reason.
    """
    kept, refused = list[TicketAttachment](), list[str]()
    for place, file in enumerate(files, 1):
        why = TOO_MANY if len(kept) >= MOST_FILES else _keep(ticket, file, kind, archive, kept, by)
        if why:
            refused.append(f"{_named(ticket, file, place, by)}: {why}"[:300])
    return kept, refused


def belong_to(files: Sequence[TicketAttachment], message: TicketMessage) -> None:
    """Let kept files belong to the message that they came with, as if its author had brought them then."""
    for row in files:
        row.message_id, row.added_by_id, row.added_at = message.id, message.author_id, message.written_at
    db.session.flush()


def _keep(
    ticket: Ticket,
    file: Carried,
    kind: RequestType,
    archive: Archive | None,
    kept: list[TicketAttachment],
    by: User,
) -> str:
    try:
        content = _content(file, archive)
        with savepoint():
            kept += keep(ticket, [Upload(file.name, io.BytesIO(content))], kind=kind, by=by)
    except DomainError as refused:
        if refused.status >= 500:  # the disk is full: the ticket is tried again
            raise
        return refused.sentence
    return ""


def _content(file: Carried, archive: Archive | None) -> bytes:
    if file.packed:
        return unpacked(file.packed)
    if archive is None:
        raise Invalid("It is not in the export.")
    return archive.read(file.path, current_settings().attachment_limit_mb * (1 << 20))


def _named(ticket: Ticket, file: Carried, place: int, by: User) -> str:
    words = file.name.rpartition(".")[0].replace("_", " ")
    clean = not look_at(words, agency_id=ticket.agency_id, by=by) and file.name.isprintable()
    return file.name.replace("|", "/") if clean else f"File {place}"
