"""The verbs of incoming mail: receive, sort, open, read again, file for somebody, set aside."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import MailClaimed, MailIgnored, MailOpened, MailReceived, MailRetried, MailSorted, publish
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.mail import filing
from tickets.mail.filing import Ended
from tickets.mail.models import TRANSITIONS, IncomingMail, MailState
from tickets.mail.reading import Incoming, fingerprints, read_mail

LARGEST = 50_000_000
S = MailState


def receive(raw: bytes, *, by: User) -> IncomingMail:
    """Keep `raw` as it is, sealed; the same mail again is the one kept before. Nothing of it is read yet.

    Another mail under the Message-ID of one that was kept is kept, too, and waits for somebody's word. Raises
    `Invalid` for no mail at all, or one beyond measure. Publishes `MailReceived`.
    """
    if not raw.strip():
        raise Invalid("There is no mail: nothing came in.")
    if len(raw) > LARGEST:
        raise Invalid("This mail is larger than 50 MB.")
    known_by, content = fingerprints(raw)
    known = _kept(known_by)
    if known is not None and known.content_hash != content:
        return _keep(_other(known_by, content), content, raw, by, state=S.HELD)
    return known or _keep(known_by, content, raw, by)


def _keep(known_by: str, content: str, raw: bytes, by: User, *, state: MailState = S.WAITING) -> IncomingMail:
    if (known := _kept(known_by)) is not None:
        return known
    mail = IncomingMail(
        fingerprint=known_by,
        content_hash=content,
        sealed=sealing.key_ring().encrypt(raw.decode("latin-1"), bound_to=cell(known_by)),
        size=len(raw),
        state=state,
        why="" if state is S.WAITING else "Another mail came under the same id, with other words.",
    )
    try:
        with savepoint():
            db.session.add(mail)
            db.session.flush()
    except IntegrityError:  # it comes in twice at this very moment
        there = _kept(known_by)
        if there is None:
            raise
        return there if there.content_hash == content else _keep(_other(known_by, content), content, raw, by)
    publish(MailReceived(mail_id=mail.id), by=by)
    return mail


def sort_mail(mail: IncomingMail, *, by: User) -> None:
    """Read `mail`, which waits, and do what it asks for, once. Publishes `MailSorted` and what it files publishes.

    Whatever the parser or a rule raises passes through: the caller counts the try.
    """
    ended = filing.file(mail, read_mail(raw_of(mail)))
    _end(mail, ended)
    publish(MailSorted(mail_id=mail.id, state=mail.state.value), by=by)


def open_mail(mail: IncomingMail, *, by: User) -> Incoming:
    """Return what `mail` says. Raises `NotAllowed` for who is no redactor. Publishes `MailOpened`."""
    _check_may_read(by)
    publish(MailOpened(mail_id=mail.id), by=by)
    return read_mail(raw_of(mail))


def read_again(mail: IncomingMail, *, by: User) -> None:
    """Have `mail`, which failed, was ignored or is held, read again. Raises `NotAllowed`, `InvalidState`.

    Publishes `MailRetried`.
    """
    _check_may_decide(by)
    _move(mail, S.WAITING)
    mail.why, mail.attempts, mail.next_try_at = "", 0, clock.now()
    db.session.flush()
    publish(MailRetried(mail_id=mail.id), by=by)


def file_for(mail: IncomingMail, person: User, *, by: User) -> None:
    """File `mail`, which is held or ignored, as a new request of `person`. Raises `NotAllowed`, `InvalidState`.

    Publishes `MailClaimed`, and what filing publishes.
    """
    _check_may_read(by)
    _check_is(mail, S.HELD, S.IGNORED)
    if not person.may_sign_in:
        raise Invalid("The account of this person is not active.", field="person")
    ended = filing.file_new(mail, read_mail(raw_of(mail)), person)
    _end(mail, ended)
    publish(MailClaimed(mail_id=mail.id, user_id=person.id), by=by)


def set_aside(mail: IncomingMail, *, by: User) -> None:
    """Decide that nothing is to be done about `mail`; it stays kept. Raises `NotAllowed`, `InvalidState`.

    Publishes `MailIgnored`.
    """
    _check_may_decide(by)
    _move(mail, S.IGNORED)
    mail.why = "Somebody set it aside."
    db.session.flush()
    publish(MailIgnored(mail_id=mail.id), by=by)


def raw_of(mail: IncomingMail) -> bytes:
    """Return `mail` as it came. Raises `CannotDecrypt`."""
    return sealing.open_cell(mail.sealed, bound_to=cell(mail.fingerprint)).encode("latin-1")


def cell(fingerprint: str) -> str:
    """Return what a sealed mail is bound to."""
    return f"incoming_mail|sealed|{fingerprint}"


SEALED_MAILS = SealedColumn(IncomingMail, "sealed", ("fingerprint",), cell)


def _kept(fingerprint: str) -> IncomingMail | None:
    return db.session.scalar(select(IncomingMail).where(IncomingMail.fingerprint == fingerprint))


def _other(fingerprint: str, content: str) -> str:
    return filing.digest(f"other|{fingerprint}|{content}")


def _end(mail: IncomingMail, ended: Ended) -> None:
    _move(mail, ended.state)
    mail.why, mail.ticket_id, mail.sender_id = ended.why[:200], ended.ticket_id, ended.sender_id
    mail.filed_at = clock.now()
    db.session.flush()


def _move(mail: IncomingMail, to: MailState) -> None:
    if to not in TRANSITIONS[mail.state]:
        raise InvalidState(f"This mail is {mail.state.label.lower()} already: nothing was done.")
    mail.state = to


def _check_is(mail: IncomingMail, *states: MailState) -> None:
    locked = select(IncomingMail).where(IncomingMail.id == mail.id).with_for_update()
    db.session.execute(locked.execution_options(populate_existing=True)).one()
    if mail.state not in states:
        raise InvalidState(f"This mail is {mail.state.label.lower()} already: nothing was done.")


def _check_may_decide(by: User) -> None:
    if not by.may(Permission.WORK_TICKETS):
        raise NotAllowed("Only the Systems Team looks after incoming mail.")


def _check_may_read(by: User) -> None:
    if not by.may(Permission.REDACT):
        raise NotAllowed("Your role does not include reading mails that no guard has looked at.")
