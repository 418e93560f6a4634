"""What becomes of the composer: a message at once, an answer that leaves later, a canned reply put in."""

from collections.abc import Sequence

from flask import url_for

from adminops import clock
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from tickets import canned, operations, policies, sending
from tickets.attached import TicketAttachment
from tickets.attaching import attach, hand_over, keep
from tickets.drafts import Answer, draft_of, drop_draft, save_draft
from tickets.forms import MessageForm, uploads_of
from tickets.models import Then, Ticket
from tickets.presence import newest_message, written_since
from tickets.relations import root_of
from tickets.spent.operations import note_time
from tickets.unsent import TicketSending, was_written

SOON = 120
"""Seconds within which a page waits for an answer to leave."""


def empty_form(ticket: Ticket, unsent: Sequence[TicketSending], user: User, *, begun: bool) -> MessageForm:
    """Return the composer: with an answer of `user` that was taken back, could not leave, or was `begun`."""
    held = next((row for row in unsent if row.author_id == user.id and row.sends_at is None), None)
    if held is not None:
        return MessageForm(data={"body": held.body, "held": str(held.id)})
    typed = draft_of(Answer(ticket.id), user) if begun else None
    if typed is None:
        return MessageForm()
    form = MessageForm(data={"body": "".join(typed.get("body", [])), "kind": "".join(typed.get("kind", ["reply"]))})
    form.begun = True
    return form


def keep_begun(ticket: Ticket, form: MessageForm, user: User) -> bool:
    """Keep what the composer holds, and forget what it held before; say whether there was anything to keep."""
    body = form.body.data or ""
    if not body.strip():
        drop_draft(Answer(ticket.id), by=user)
        return False
    kind = "note" if form.kind.data == "note" else "reply"
    return save_draft(Answer(ticket.id), {"body": [body], "kind": [kind]}, by=user)


def seconds_until(unsent: Sequence[TicketSending]) -> int | None:
    """Return in how many seconds the page is to ask for what leaves next; None when nothing does within minutes."""
    waits = [(row.sends_at - clock.now()).total_seconds() for row in unsent if row.sends_at is not None]
    soon = [max(0, int(wait)) + 1 for wait in waits if wait < SOON]
    return min(soon, default=None)


def inserted(ticket: Ticket, form: MessageForm, user: User) -> bool:
    """Put the chosen canned reply below what is written, when that button was pressed."""
    if not form.insert.data or not policies.is_team(user, ticket):
        return False
    number = form.canned.data or ""
    if number.isascii() and number.isdecimal() and len(number) < 10:
        try:
            text = canned.filled(canned.get_reply(int(number), user).body, ticket, user)
        except NotFound as gone:  # removed since the page was shown; what is written stays
            form.status = 422
            form.refuse(gone.sentence)
            return True
        form.body.data = f"{form.body.data or ''}\n\n{text}".strip()
    return True


def overtaken(ticket: Ticket, form: MessageForm, user: User) -> bool:
    """Say whether somebody wrote since the page was shown; it is shown again with that, and the form as it was.

    Sent once more, it goes through: a warning, no lock.
    """
    seen, team = form.seen.data or "", policies.is_team(user, ticket)
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
        return False
    names = written_since(ticket, int(seen), notes=team, but=user)
    if not names:
        return False
    form.status = 409
    form.refuse(f"{' and '.join(names)} wrote meanwhile. Read it above, and send yours if it still fits.")
    form.seen.data = str(newest_message(ticket, notes=team))
    return True


def write(ticket: Ticket, form: MessageForm, kind: RequestType | None, user: User) -> str:
    """Store what the composer holds with the time it took, and return the address that shows it."""
    root = operations.locked_root(ticket)  # a second click at this very moment comes after the first
    sent_before = form.nonce.data and was_written(form.nonce.data, user)
    address = _write(ticket, form, kind, user)
    drop_draft(Answer(ticket.id), by=user)
    if form.minutes.data and not sent_before and policies.is_team(user, ticket):
        note_time(root, minutes=form.minutes.data, by=user)
    return address


def _write(ticket: Ticket, form: MessageForm, kind: RequestType | None, user: User) -> str:
    if form.kind.data == "note":
        message = operations.write_note(ticket, **form.values(), by=user)
        attach(message, uploads_of(form.file), kind=kind, confirmed_clean=bool(form.confirmed_clean.data), by=user)
        return _address(message.ticket_id, f"message-{message.id}")
    as_team = policies.is_team(user, ticket) and not policies.is_own(user, ticket)
    at = form.leaves_at() if as_team and not form.to_redactors.data else None
    held = _held(ticket, form, user)
    if at is not None:
        return _plan(ticket, form, kind, user, held)
    despite = bool(form.despite_parts.data)
    message = operations.reply(
        ticket,
        **form.values(),
        then=Then(form.then.data or ""),
        resolution=form.resolution.data,
        despite_parts=despite,
        by=user,
    )
    attach(message, uploads_of(form.file), kind=kind, confirmed_clean=bool(form.confirmed_clean.data), by=user)
    hand_over(held, message, by=user)
    return _address(message.ticket_id, f"message-{message.id}")


def _plan(ticket: Ticket, form: MessageForm, kind: RequestType | None, user: User, held: list[TicketAttachment]) -> str:
    at = form.leaves_at()
    if at is None:
        raise RuntimeError("Nothing is planned that leaves at once.")
    row = sending.plan_reply(ticket, form.words(), at=at, files=held, by=user)
    clean = bool(form.confirmed_clean.data)
    if len(row.files) == len(held):  # not the same form, sent twice
        files = keep(root_of(ticket), uploads_of(form.file), kind=kind, confirmed_clean=clean, by=user)
        row.files = [*row.files, *(str(file.id) for file in files)]
    return _address(row.ticket_id, "unsent")


def _held(ticket: Ticket, form: MessageForm, user: User) -> list[TicketAttachment]:
    """Let the answer that was taken back become this one, and return the files that come with it."""
    number = form.held.data or ""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return []
    try:
        return sending.throw_away(sending.get_sending(root_of(ticket), int(number)), by=user)
    except NotFound:  # the same form, sent twice
        return []


def _address(ticket_id: int, anchor: str) -> str:
    return url_for("tickets.show", ticket_id=ticket_id, _anchor=anchor)
