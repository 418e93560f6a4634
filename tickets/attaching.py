"""The verbs of files on tickets: attach them to a message, remove one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import TicketFileRemoved, TicketFilesAttached, publish
from adminops.feature import RequestType
from adminops.files import ATTACHMENTS, StoredFile, keep_upload, path_of, remove_file
from adminops.files.storage import Readable
from adminops.guard import papers
from adminops.guard.operations import note_cleared
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.settings import current_settings
from tickets import policies
from tickets.attached import TicketAttachment
from tickets.fulltext import index_ticket
from tickets.models import Ticket, TicketMessage

MOST_FILES = 8
"""With one message."""


@dataclass(frozen=True)
class Upload:
    """A file as it arrives: its name, and where its bytes are read from."""

    name: str | None
    stream: Readable


def attach(
    message: TicketMessage,
    uploads: Iterable[Upload],
    *,
    kind: RequestType | None,
    confirmed_clean: bool = False,
    by: User,
) -> list[TicketAttachment]:
    """Keep files with `message`, which `by` wrote in the same transaction; one that has files gets no others.

    Rules in the order checked: whoever wrote it; a request `kind` that takes files; not too many; of each file what
    `keep_upload` asks of its size, its kind and what is in it (no macros, no bombs, nothing that a browser runs); no
    personal data of a client in its name or its words, unless the team says `confirmed_clean`. Raises `NotAllowed`,
    `Invalid` (at the field "file"). Publishes `TicketFilesAttached`.
    """
    arriving = [upload for upload in uploads if upload.name]
    if message.author_id != by.id:
        raise NotAllowed("Files are added by who writes the message.")
    had = select(TicketAttachment.id).where(TicketAttachment.message_id == message.id).limit(1)
    if not arriving or db.session.scalar(had) is not None:  # the same form, sent twice
        return []
    ticket = db.session.get_one(Ticket, message.ticket_id)
    rows = keep(ticket, arriving, kind=kind, confirmed_clean=confirmed_clean, by=by)
    hand_over(rows, message, by=by)
    return rows


def keep(
    ticket: Ticket, uploads: Iterable[Upload], *, kind: RequestType | None, confirmed_clean: bool = False, by: User
) -> list[TicketAttachment]:
    """Keep files for a message of `ticket` that is yet to come. Rules as for `attach`."""
    arriving = [upload for upload in uploads if upload.name]
    if arriving and kind is not None and not kind.files:
        sentence = "No files can come with this kind of request: they would show a client. Say it by IDs."
        raise Invalid(sentence, field="file")
    if len(arriving) > MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} files can come with one message.", field="file")
    return [_keep(ticket, upload, confirmed_clean, by) for upload in arriving]


def hand_over(rows: Iterable[TicketAttachment], message: TicketMessage, *, by: User) -> None:
    """Let kept files belong to `message`. Publishes `TicketFilesAttached`."""
    rows = list(rows)
    for row in rows:
        row.message_id, row.ticket_id = message.id, message.ticket_id
    if rows:
        index_ticket(message.ticket_id)
        ticket = db.session.get_one(Ticket, message.ticket_id)
        fact = TicketFilesAttached(
            ticket_id=ticket.id, agency_id=ticket.agency_id, message_id=message.id, files=len(rows)
        )
        publish(fact, by=by)


def drop(rows: Iterable[TicketAttachment], *, by: User) -> None:
    """Remove kept files whose message will never come. Part of throwing that away, which checks who may."""
    for row in rows:
        stored = row.file
        db.session.delete(row)
        db.session.flush()
        if stored is not None:
            remove_file(stored, by=by)


def remove_attachment(ticket: Ticket, row: TicketAttachment, *, by: User) -> None:
    """Remove a file and its name for good; the conversation goes on saying that there was one.

    Raises `NotAllowed` for others than who brought it, the team and redactors, `InvalidState` when it is gone already.
    Publishes `TicketFileRemoved`.
    """
    check_may_remove(ticket, row, by=by)
    if row.removed_at is not None:
        raise InvalidState("This file was removed already.")
    stored = row.file
    row.removed_at, row.removed_by_id = clock.now(), by.id
    row.file_id, row.name = None, ""
    db.session.flush()
    if stored is not None:
        remove_file(stored, by=by)
    index_ticket(row.ticket_id)
    publish(TicketFileRemoved(ticket_id=ticket.id, agency_id=ticket.agency_id, attachment_id=row.id), by=by)


def check_may_remove(ticket: Ticket, row: TicketAttachment, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` brought the file, is of the team or a redactor."""
    if row.added_by_id != by.id and not policies.is_team(by, ticket) and not by.may(Permission.REDACT):
        raise NotAllowed("Only who brought a file and the Systems Team can remove it.")


def _keep(ticket: Ticket, upload: Upload, confirmed: bool, by: User) -> TicketAttachment:
    limit = current_settings().attachment_limit_mb * (1 << 20)
    stored = keep_upload(upload.stream, upload.name, allowed=ATTACHMENTS, limit=limit, by=by, place=ticket.ref)
    looked = _look_into(stored, ticket, confirmed, by)
    row = TicketAttachment(
        ticket_id=ticket.id,
        file_id=stored.id,
        name=stored.original_name,
        kind=stored.kind.value,
        size=stored.size,
        is_read=looked.is_read,
        added_by_id=by.id,
        added_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    if confirmed:
        findings = (*looked.in_name, *looked.in_content)
        note_cleared(findings, about=Ref.to("ticket_attachment", row.id), agency_id=ticket.agency_id, by=by)
    return row


def _look_into(stored: StoredFile, ticket: Ticket, confirmed: bool, by: User) -> papers.LookedInto:
    """Have the guard look at a file. What it refuses is not left on the disk for the sweep to find."""
    path = path_of(stored)
    look = papers.look_into if confirmed and policies.is_team(by, ticket) else papers.check_file
    try:
        return look(path, stored.original_name, stored.kind, agency_id=ticket.agency_id, by=by)
    except Invalid:
        path.unlink(missing_ok=True)
        raise
