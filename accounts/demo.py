"""The accounts of the demo: everybody of the cast has one, some people have left and some are about to begin."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from accounts.agreements.models import AgreementSignature
from accounts.agreements.operations import publish_text, sign
from accounts.leaving.operations import report_leaver
from accounts.licenses import demo as licenses
from accounts.models import Account, AccountState, DisabledReason
from accounts.operations import archive_account, create_account, disable_account, finish_password_reset
from accounts.operations.links import open_link
from accounts.requests.gates import review
from accounts.requests.queries import waiting
from accounts.reviewing.models import ReviewAnswer
from accounts.reviewing.operations import answer_lines, open_reviews
from accounts.reviewing.queries import open_review_of
from adminops import clock
from adminops.db import db
from adminops.demo.cast import PASSWORD, Cast
from adminops.identity.models import SYSTEM, User, UserSession
from adminops.identity.permissions import Role
from adminops.identity.sessions import token_hash


@dataclass(frozen=True)
class Part:
    """Somebody with a story of their own: joined so many days ago, left so many days ago (None: about to begin)."""

    name: str
    title: str
    agency: int
    joined: float
    left: float | None = None
    reason: DisabledReason = DisabledReason.LEFT
    archived: float | None = None


DEVICES = ("Chrome on Windows", "Edge on Windows", "Firefox on Windows", "Safari on macOS", "Chrome on Android")

AGREEMENT = (
    "I use the HMIS only for my work with clients, and look up only those whom I serve.\n\n"
    "I keep what I learn of clients to myself, at work and after it. I write no names, birth dates or "
    "Social Security numbers into mails or tickets; a client ID is enough.\n\n"
    "My password and my codes are mine alone. I lock the screen when I leave it, and take nothing home on paper.\n\n"
    "I tell the agency lead and the Systems Team at once when something went wrong: a lost device, a mail "
    "to the wrong person, somebody who saw what they should not.\n\n"
    "When I leave the agency or need the HMIS no longer, my access ends, and what I have signed still binds me."
)

PARTS = (
    Part("Imani Brooks", "Intake worker", 0, joined=0.4),
    Part("Casper Lund", "Case manager", 3, joined=1.5),
    Part("Rosalind Achebe", "Outreach worker", 5, joined=2.2),
    Part("Hector Salinas", "Case manager", 1, joined=310, left=12),
    Part("June Whitaker", "Data entry", 2, joined=280, left=33, reason=DisabledReason.ON_LEAVE),
    Part("Marguerite Doyle", "Shelter manager", 4, joined=350, left=5, reason=DisabledReason.ROLE_CHANGED),
    Part("Silas Boone", "Case manager", 6, joined=390, left=180, archived=60),
)


def fill(cast: Cast) -> None:
    """Give everybody an account and sign-ins of the last weeks, then let the people with a story come and go."""
    for user in cast.people.values():
        begun = user.created_at + timedelta(hours=cast.chance.uniform(1, 70))
        account = Account(user=user, agency_id=user.agency_id, state=AccountState.ACTIVE)
        account.created_at, account.activated_at = user.created_at, begun
        db.session.add(account)
        _sign_in_and_out(cast, user)
    db.session.flush()
    for part in PARTS:
        _play(cast, part)
    licenses.fill(cast)
    _sign(cast)
    for request in waiting():
        review(request, by=SYSTEM)
    _confirm(cast)


def _confirm(cast: Cast) -> None:
    """Open this quarter's lists; the first agency has begun with its own, and somebody there leaves on Friday."""
    with clock.frozen_at(cast.days_ago(9)):
        open_reviews(by=SYSTEM)
    found = open_review_of(cast.agencies[0].id)
    lead = cast.leads.get(cast.agencies[0].id)
    if found is None or lead is None:
        return
    theirs = [line for line in found.lines if line.account.user_id != lead.id and not line.account.open_holds]
    with clock.frozen_at(cast.days_ago(3)):
        answer_lines(found, {line.id: ReviewAnswer.HERE for line in theirs[:2]}, by=lead)
    if theirs[3:]:
        account, leaves_at = theirs[3].account, cast.now + timedelta(days=4)
        report_leaver(account, reason=DisabledReason.LEFT, leaves_at=leaves_at, by=lead)


def _sign_in_and_out(cast: Cast, user: User) -> None:
    device = cast.chance.choice(DEVICES)
    days = sorted((min(cast.chance.expovariate(1 / 6), 50) + 0.05 for _ in range(3)), reverse=True)
    for day in days:
        begun = cast.days_ago(day)
        db.session.add(
            UserSession(
                token_hash=token_hash(f"{user.username} {begun.isoformat()} {cast.chance.random()}"),
                user_id=user.id,
                device=device,
                started_at=begun,
                last_seen_at=begun + timedelta(minutes=20),
                ends_at=begun + timedelta(hours=12),
                ended_at=begun + timedelta(minutes=21),
                end_reason="signed out",
            )
        )
    user.last_sign_in_at = cast.days_ago(days[-1])


def _sign(cast: Cast) -> None:
    """Publish the user agreement and let most people sign it; the first newcomer has, too."""
    with clock.frozen_at(cast.days_ago(300)):
        text = publish_text(AGREEMENT, valid_days=365, for_everybody=False, by=cast["desmond"])
    for account in db.session.scalars(select(Account).where(Account.state == AccountState.ACTIVE).order_by(Account.id)):
        if cast.chance.random() < 0.9:
            days = cast.chance.randrange(8, 290)
            signed = AgreementSignature(account_id=account.id, text_id=text.id, typed_name=account.user.name)
            signed.signed_at = cast.days_ago(days)
            signed.expires_on = (cast.now + timedelta(days=364 - days)).date()
            db.session.add(signed)
    db.session.flush()
    for request in waiting()[:1]:
        with clock.frozen_at(cast.days_ago(2)):
            sign(request.account, text, typed_name=request.account.user.name, by=request.account.user)


def _play(cast: Cast, part: Part) -> None:
    by = cast["maya"]
    with clock.frozen_at(cast.days_ago(part.joined)):
        account = create_account(
            username=".".join(part.name.casefold().split()),
            name=part.name,
            email=f"{'.'.join(part.name.casefold().split())}@example.org",
            title=part.title,
            role=Role.END_USER,
            agency=cast.agencies[part.agency % len(cast.agencies)],
            by=by,
        )
    if part.left is None:
        return
    with clock.frozen_at(cast.days_ago(part.joined - 1)):
        link = open_link(account)
        if link is not None:
            finish_password_reset(link, PASSWORD, by=account.user)
    with clock.frozen_at(cast.days_ago(part.left)):
        disable_account(account, part.reason, by=by)
    if part.archived is not None:
        with clock.frozen_at(cast.days_ago(part.archived)):
            archive_account(account, by=by)
