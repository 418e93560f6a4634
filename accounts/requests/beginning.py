"""The account that a request is for: a new one with a user name of its own, or the one that somebody had before."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from accounts.models import Account, AccountState, HoldKind
from accounts.queries import account_of
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.operations import add_user, find_user, find_users_by_email, grant_role
from adminops.identity.permissions import Role

S = AccountState

FIELDS = {"name": "person", "email": "work_email", "title": "job_title"}
"""The fields of the ticket's form that a person's particulars come from."""
HAS_ONE = (
    "Somebody with this address has an account, or one is asked for. "
    "Ask to have it changed, reactivated, or moved to your agency."
)


def account_for(answers: Mapping[str, Any], agency: Agency) -> Account:
    """Return the closed account of the person that `answers` name.

    Who had one at the agency that was put away gets the same again, with all that is on record of it. Raises `Invalid`
    and `Conflict` at the fields of the form.
    """
    account = _before(str(answers["work_email"]), agency.id)
    if account is not None:
        open_again(account, agency)
        return account
    account = Account(user=_new_user(answers, agency), agency_id=agency.id, state=S.REQUESTED)
    db.session.add(account)
    db.session.flush()
    grant_role(account.user, Role.END_USER, agency=agency, by=SYSTEM)
    return account


def open_again(account: Account, agency: Agency) -> None:
    """Let an account that was put away be asked for again: what held it and its old password are over."""
    for each in account.holds:
        each.released_at = each.released_at or clock.now()
    account.move(S.REQUESTED)
    account.archived_at = account.activated_at = account.valid_from = account.valid_until = None
    account.user.password_hash, account.user.password_set_at = "", None
    db.session.flush()
    grant_role(account.user, Role.END_USER, agency=agency, by=SYSTEM)


def _before(address: str, agency_id: int) -> Account | None:
    for user in find_users_by_email(address):
        account = account_of(user)
        is_theirs = account is not None and account.state is S.ARCHIVED and account.agency_id == agency_id
        # Why somebody's account was closed is the team's to know, and the team's to end.
        if account is None or not is_theirs or any(hold.kind is HoldKind.SECURITY for hold in account.open_holds):
            raise Conflict(HAS_ONE, field="work_email")
        return account
    return None


def _new_user(answers: Mapping[str, Any], agency: Agency) -> User:
    values = {field: str(answers.get(asked) or "") for field, asked in FIELDS.items()}
    try:
        return add_user(username=free_name(values["name"]), agency=agency, by=SYSTEM, **values)
    except Invalid as refused:
        raise Invalid(refused.sentence, field=FIELDS.get(refused.field or "", "person")) from None


def free_name(name: str) -> str:
    """Return "first.last", with a number behind it where somebody is called so already."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", plain)
    base = ".".join([*words[:1], *words[1:][-1:]])[:50] or "person"
    wanted, number = base if len(base) > 1 else f"{base}1", 1
    while find_user(wanted) is not None:
        number += 1
        wanted = f"{base}{number}"
    return wanted
