"""The verbs of the user agreement: publish a version, sign, send somebody a link to sign by."""

from datetime import timedelta

from sqlalchemy import select, update

from accounts import tokens
from accounts.agreements.models import AgreementSignature, AgreementText, SigningLink
from accounts.agreements.queries import current_text, next_version, today
from accounts.models import Account, AccountState
from accounts.operations.links import hold
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import (
    publish,
)
from adminops.facts.opening import (
    UserAgreementPublished,
    UserAgreementSent,
    UserAgreementSigned,
)
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail

LINK_WORKS = timedelta(days=30)
SAME_CLICK = timedelta(minutes=1)
DEAD_LINK = "This link does not work any more."
LONGEST = 100_000
"""Characters of a version."""


def publish_text(body: str, *, valid_days: int, for_everybody: bool, by: User) -> AgreementText:
    """Publish a new version of what people sign.

    Raises `NotAllowed` (accounts.rules), `Invalid` for no text, or a time out of range. Publishes
    `UserAgreementPublished`.
    """
    if not by.may(Permission.KEEP_ACCESS_RULES):
        raise NotAllowed("Only the HMIS manager publishes the user agreement.")
    if not 200 <= len(body := body.strip()) <= LONGEST:
        raise Invalid("The agreement has at least 200 characters: people sign what stands in it.", field="body")
    if not 1 <= valid_days <= 3 * 366:
        raise Invalid("A signature counts for 1 to 1,098 days.", field="valid_days")
    made = AgreementText(
        version=next_version(),
        body=body,
        valid_days=valid_days,
        for_everybody=for_everybody,
        published_by_id=by.id,
    )
    db.session.add(made)
    db.session.flush()
    publish(UserAgreementPublished(text_id=made.id, version=made.version), by=by)
    return made


def sign(account: Account, text: AgreementText, *, typed_name: str, by: User) -> AgreementSignature:
    """Sign a version by typing one's name; the same again within a minute is the same signature.

    Raises `NotAllowed` for somebody else's account, `InvalidState` for an archived one, `Conflict` when a newer
    version is out, `Invalid` when the name is not the one on record. Publishes `UserAgreementSigned`.
    """
    if by.id != account.user_id:
        raise NotAllowed("Everybody signs for themselves.")
    hold(account)
    if account.state is AccountState.ARCHIVED:
        raise InvalidState("This account is archived: there is nothing to sign.")
    newest = current_text()
    if newest is None or newest.id != text.id:
        raise Conflict("There is a newer version of the agreement. Please read it first.")
    if " ".join(typed_name.split()).casefold() != " ".join(account.user.name.split()).casefold():
        raise Invalid(f"Type your name as it is on record: {account.user.name}.", field="typed_name")
    lately = select(AgreementSignature).where(
        AgreementSignature.account_id == account.id,
        AgreementSignature.text_id == text.id,
        AgreementSignature.signed_at > clock.now() - SAME_CLICK,
    )
    if (known := db.session.scalar(lately)) is not None:
        return known
    made = AgreementSignature(
        account_id=account.id,
        text_id=text.id,
        typed_name=" ".join(typed_name.split()),
        expires_on=today() + timedelta(days=text.valid_days - 1),
    )
    db.session.add(made)
    db.session.flush()
    publish(UserAgreementSigned(account_id=account.id, agency_id=account.agency_id, text_id=text.id), by=by)
    return made


def send_signing_link(account: Account, *, by: User) -> SigningLink:
    """Send the owner of an account a link to read and sign the agreement; the one before dies.

    For people who can't sign in: their account is asked for, or closed. Whether `by` may, the caller asks. Publishes
    `UserAgreementSent`.
    """
    hold(account)
    end_signing_links(account, by=by)
    link = SigningLink(account=account, expires_at=clock.now() + LINK_WORKS)
    db.session.add(link)
    db.session.flush()
    link.token_hash = tokens.hash_of(tokens.token_of(link))
    db.session.flush()
    enqueue_mail("accounts.sign", to=account.user, link_id=link.id)
    publish(UserAgreementSent(account_id=account.id, agency_id=account.agency_id), by=by)
    return link


def end_signing_links(account: Account, *, by: User) -> None:
    """Let the link to sign by die, if there is one."""
    del by
    alive = (SigningLink.account_id == account.id, SigningLink.ended_at.is_(None))
    db.session.execute(update(SigningLink).where(*alive).values(ended_at=clock.now()))
    db.session.flush()


def find_signing_link(token: str) -> SigningLink:
    """Return the link of `token`; looking does not use it up, nor does signing. Raises `NotFound`."""
    chosen = select(SigningLink).where(SigningLink.token_hash == tokens.hash_of(token))
    link = db.session.scalar(chosen) if len(token) == tokens.LENGTH else None
    if link is None or not link.is_alive or link.account.state is AccountState.ARCHIVED:
        raise NotFound(DEAD_LINK)
    return link
