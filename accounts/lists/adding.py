"""Adding the people of a list, some at a time: each is a transaction, and a process that dies goes on behind it."""

from accounts.lists import queries
from accounts.lists.judging import Entry, Judged
from accounts.lists.models import RowOutcome, VendorList, VendorListRow
from accounts.lists.operations import finish_list
from accounts.models import AccountState
from accounts.operations.life import add_account
from accounts.operations.standing import invite
from accounts.queries import account_of
from accounts.requests.beginning import free_name
from adminops.db import db, savepoint
from adminops.errors import Conflict, Invalid, InvalidState
from adminops.identity.models import Agency, User
from adminops.identity.operations import find_user, find_users_by_email

AT_ONCE = 100


def add_some(record: VendorList, judged: Judged, *, by: User) -> bool:
    """Add the next people of a list that is being taken; say whether there are more.

    Who is here already, by address or user name, is left as they are. Nobody is mailed unless the list says so.
    Publishes `AccountCreated` for each, and `VendorListTaken` at the end.
    """
    agencies = queries.agencies_by_name()
    left = [entry for entry in judged.entries if entry.line > record.next_line]
    for entry in left[:AT_ONCE]:
        db.session.add(_added(record, entry, agencies.get(entry.agency), by=by))
        record.next_line = entry.line
    db.session.flush()
    if len(left) > AT_ONCE:
        return True
    finish_list(record, by=by)
    return False


def _added(record: VendorList, entry: Entry, agency_id: int | None, *, by: User) -> VendorListRow:
    row = VendorListRow(list_id=record.id, line=entry.line, outcome=RowOutcome.REFUSED)
    people = find_users_by_email(entry.email)
    named = find_user(entry.login) if entry.login else None
    if named is not None and named not in people:
        row.rule = "taken"
    elif people:
        known = account_of(people[0])
        row.outcome, row.account_id = RowOutcome.KNOWN, known.id if known else None
    elif agency_id is None:
        row.rule = "agency"  # closed since the list was looked at
    else:
        _make(record, entry, db.session.get_one(Agency, agency_id), row, by=by)
    return row


def _make(record: VendorList, entry: Entry, agency: Agency, row: VendorListRow, *, by: User) -> None:
    username = entry.login or free_name(entry.name)
    try:
        with savepoint():
            account = add_account(
                username=username,
                name=entry.name,
                email=entry.email,
                title=entry.title,
                role=entry.role,
                agency=agency,
                by=by,
            )
    except (Conflict, Invalid, InvalidState):
        row.rule = "taken"
        return
    row.outcome, row.account_id = RowOutcome.MADE, account.id
    if record.invites and account.state is AccountState.INVITED:
        invite(account, by=by)
