"""What a policy comes to today, before anybody puts it in force, and which holds are on their way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from accounts.ladders.models import AccountPolicy
from accounts.ladders.queries import rules_of
from accounts.ladders.values import PolicyKind, step_of
from accounts.lapses.looking import HELD_BY, Lapse, Outlook
from accounts.leaving.queries import still_open
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.privileged.queries import LEAST, most_trusted, who_confirms
from accounts.requests.leavers import waiting_for_lead
from accounts.reviewing.models import AccessReview, ReviewState
from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page

SHOWN = 50


@dataclass(frozen=True)
class Preview:
    """How many people a policy would warn, hold and put away today, and who those are that it holds."""

    warns: int
    holds: int
    archives: int
    held: Sequence[tuple[int, str]]
    """Account and name of the first that it would hold."""
    blind: bool = False
    """Whether nobody of an agency is looked at, for no young list of the HMIS is there."""
    says: str = ""
    """What it comes to, where that is no number of people who are warned and held."""


def preview_of(kind: PolicyKind, policy: AccountPolicy | None = None) -> Preview:
    """Return what is in force of a kind comes to; with `policy`, as if that version were in force, too."""
    if kind in _OTHERS:
        return _OTHERS[kind](policy)
    outlook = Outlook(instead=policy)
    fresh = _not_held(outlook.lapses(kind), HELD_BY[kind])
    over = [lapse for lapse in fresh if lapse.begins_at <= clock.now()]
    ids = [lapse.person.account_id for lapse in over[:SHOWN]]
    names = select(Account.id, User.name).join(User, User.id == Account.user_id).where(Account.id.in_(ids))
    return Preview(
        warns=len(fresh) - len(over),
        holds=len(over),
        archives=_archives(outlook) if kind is PolicyKind.INACTIVITY else 0,
        held=[(id_, name) for id_, name in db.session.execute(names.order_by(User.name, Account.id))],
        blind=kind is PolicyKind.INACTIVITY and not outlook.sees_hmis,
    )


def _not_held(lapses: list[Lapse], kind: HoldKind) -> list[Lapse]:
    held = set(db.session.scalars(select(Hold.account_id).where(Hold.released_at.is_(None), Hold.kind == kind)))
    return [lapse for lapse in lapses if lapse.person.account_id not in held]


def _archives(outlook: Outlook) -> int:
    closed = select(Hold.account_id).where(
        Hold.released_at.is_(None), Hold.kind == HoldKind.INACTIVITY, Hold.source != "", Hold.begins_at <= clock.now()
    )
    ids = set(db.session.scalars(closed))
    people = (each for each in outlook.people if each.account_id in ids and each.state is AccountState.DISABLED)
    return sum(stands[1].archives for each in people if (stands := outlook.idle_of(each)) is not None)


def _of_lists(policy: AccountPolicy | None) -> Preview:
    del policy
    late = (AccessReview.state == ReviewState.OPEN, AccessReview.due_at <= clock.now())
    overdue = db.session.scalar(select(func.count(AccessReview.id)).where(*late)) or 0
    lists = f"{overdue} {'list is' if overdue == 1 else 'lists are'}"
    return _only(f"It counts for lists that open from then on. {lists} overdue today.")


def _of_leavers(policy: AccountPolicy | None) -> Preview:
    rules, now = rules_of(PolicyKind.DEPARTURE, instead=policy), clock.now()
    told = Counter(
        step[0]
        for each in still_open()
        if (ladder := rules.ladder_for(each.agency_id)) and (step := step_of(ladder, each.runs_from, now))
    )
    ladders = (rules.ladder_for(each.agency_id) for each in waiting_for_lead())
    held = sum(1 for ladder in ladders if ladder is not None and ladder.hold)
    return _only(
        f"Today the team would be told of {told['team']} leavers and the managers of {told['managers']}; "
        f"{held} who {'waits' if held == 1 else 'wait'} for a lead’s word would be held."
    )


def _of_administrators(policy: AccountPolicy | None) -> Preview:
    del policy
    listed, confirm = len(most_trusted()), len(who_confirms())
    short = "" if confirm >= LEAST else f" It opens once {LEAST} can: nobody confirms themselves."
    return _only(f"Each month {listed} people would stand on the list, and {confirm} could confirm them.{short}")


def _only(says: str) -> Preview:
    return Preview(warns=0, holds=0, archives=0, held=(), says=says)


_OTHERS = {
    PolicyKind.REVIEW: _of_lists,
    PolicyKind.DEPARTURE: _of_leavers,
    PolicyKind.PRIVILEGED: _of_administrators,
}


@dataclass(frozen=True)
class ComingRow:
    """A hold that the clock has placed and that has not begun."""

    hold: Hold
    account_id: int
    name: str
    agency: str | None


def list_coming(viewer: User, *, after: str | None = None) -> Page[ComingRow]:
    """Return a page of the holds that are on their way, the earliest first, as far as the viewer sees the accounts."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    chosen = (
        select(Hold.begins_at, Hold.id, Hold, Account.id, User.name, Agency.name)
        .join(Account, Account.id == Hold.account_id)
        .join(User, User.id == Account.user_id)
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .where(Hold.released_at.is_(None), Hold.source != "", Hold.begins_at > clock.now())
    )
    if not reach.everywhere:
        chosen = chosen.where(Account.agency_id.in_(reach.agency_ids))
    keys = (Hold.begins_at, Hold.id)
    return fetch_page(chosen, keys, after=after, descending=False, shape=lambda row: ComingRow(*row[2:]))
