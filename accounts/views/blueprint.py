"""The blueprint, and what its pages share."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from accounts import queries
from accounts.models import Account
from adminops.errors import InvalidState, NotFound
from adminops.identity.models import User
from adminops.refs import Link, Ref
from adminops.web.navigation import link_to

blueprint = Blueprint("accounts", __name__, template_folder="../templates")
own = Blueprint("own_account", __name__, url_prefix="/me")
"""Of one's own account: it is no part of the place "Accounts" in the navigation."""


@dataclass(frozen=True)
class Task:
    """What a page is worked on for: the ticket that the address names, if it names one."""

    ref: Ref | None = None
    link: Link | None = None

    @property
    def ticket(self) -> str | None:
        """The ticket's number, for links that go on with the same task."""
        return self.ref.id if self.ref else None

    def done(self, sentence: str, account: Account) -> Response:
        """Say what was done, and go back to the ticket or to the person."""
        flash(sentence, "good")
        return redirect(self.link.url if self.link else url_for("accounts.show", account_id=account.id))


def task_of(viewer: User) -> Task:
    """Return what `?ticket=` of the request names. Raises `NotFound` when the viewer may not see that ticket."""
    number = request.args.get("ticket", "")
    if not number:
        return Task()
    ref = Ref.to("ticket", number)
    link = link_to(ref, viewer)
    if link is None:
        raise NotFound("There is no such ticket.")
    return Task(ref, link)


def get_account(account_id: int, viewer: User) -> Account:
    """Return the account. Raises `NotFound` when there is none that the viewer may see."""
    account = queries.find_account(account_id, viewer)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def unreferred(answer: Response) -> Response:
    """Tell the browser to name this address to nobody: a token is in it."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def why_not(check: Callable[..., None], account: Account, viewer: User) -> str | None:
    """Return why the account's state forbids it, for its page to say. Raises `NotAllowed` when the viewer may not."""
    try:
        check(account, by=viewer)
    except InvalidState as refused:
        return refused.sentence
    return None
