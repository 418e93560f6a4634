"""The verbs of the vendor's lists: upload, name the columns, take, drop; and who somebody of a list is."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from accounts.leaving.models import DepartureState
from accounts.leaving.operations import close_leaver
from accounts.leaving.queries import of_accounts
from accounts.lists import queries
from accounts.lists.judging import Entry, Judged
from accounts.lists.mapping import guess, settle
from accounts.lists.models import (
    ListPurpose,
    ListState,
    RowOutcome,
    VendorList,
    VendorListRow,
    VendorMatch,
    VendorUser,
)
from accounts.lists.reading import read
from accounts.models import Account
from accounts.setup.operations import note_sign_ins
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import publish
from adminops.facts.leaving import (
    VendorListDropped,
    VendorListHeld,
    VendorListTaken,
    VendorListUploaded,
    VendorUserSettled,
)
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Permission

M = VendorMatch
DECIDED = (M.PERSON, M.NOBODY)
SEALED_LISTS = (SealedColumn(VendorList, "sealed", ("id",), queries.cell),)
"""What a rotation of keys seals anew."""


def check_may_take(*, by: User) -> None:
    """Raise `NotAllowed` for who does not manage all accounts."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).everywhere:
        raise NotAllowed("Only a system administrator takes lists of users.")


def upload_list(raw: bytes, *, name: str, purpose: ListPurpose, source: str, by: User) -> VendorList:
    """Keep a list, sealed; nothing of it counts yet. Its columns are guessed.

    Raises `NotAllowed`, `Invalid` for one that can't be read or has no source, `Conflict` for the very same file again.
    Publishes `VendorListUploaded`.
    """
    check_may_take(by=by)
    source = " ".join(source.split()).casefold()[:60]
    if not source:
        raise Invalid("Name the system that the list comes from.", field="source")
    sheet, digest = read(raw), hashlib.sha256(raw).hexdigest()
    if queries.same_list(digest, source, purpose) is not None:
        raise Conflict("This very file was taken already: nothing has changed.", field="file")
    record = VendorList(
        purpose=purpose,
        source=source,
        file_name=name[:200] or "users.csv",
        size=len(raw),
        digest=digest,
        columns=list(sheet.columns),
        mapping=guess(sheet.columns, purpose),
        by_id=None if by.is_system else by.id,
        rows=len(sheet.rows),
    )
    db.session.add(record)
    db.session.flush()
    record.sealed = sealing.key_ring().encrypt(raw.decode("latin-1"), bound_to=queries.cell(record.id))
    db.session.flush()
    publish(VendorListUploaded(list_id=record.id, purpose=purpose.value), by=by)
    return record


def map_list(record: VendorList, said: Mapping[str, str], *, by: User) -> None:
    """Say which column is what. Raises `NotAllowed`, `InvalidState`, `Invalid` at the field. No fact: it is no act."""
    check_may_take(by=by)
    if record.state not in (ListState.UPLOADED, ListState.HELD):
        raise InvalidState("This list is over, or is being taken at this moment.")
    record.mapping = settle(said, record.columns, record.purpose)
    db.session.flush()


def take_list(record: VendorList, *, accept: bool = False, invites: bool = False, by: User) -> ListState:
    """Take a list whose columns are named, and return where it stands then.

    One that is too odd is held, unless somebody has looked and says `accept`. Last sign-ins are taken at once; people
    to add are added step by step by `add_some`, and mailed with `invites`. Raises `NotAllowed`, `InvalidState`,
    `Invalid` for columns that do not do or where not one row is left. Publishes `VendorListTaken`, `VendorListHeld`.
    """
    check_may_take(by=by)
    _take(record)
    settle(record.mapping, record.columns, record.purpose)
    judged = queries.judged_of(record)
    why = [] if accept else queries.brakes_of(record, judged)
    if not judged.entries:
        raise Invalid("Not one row of this list can be taken. Look at the columns again.")
    record.why, record.newest_at = why, judged.newest_at
    if why:
        if record.state is not ListState.HELD:
            record.move(ListState.HELD)
            publish(VendorListHeld(list_id=record.id), by=by)
    elif record.purpose is ListPurpose.LOGINS:
        _take_logins(record, judged, by=by)
    else:
        record.move(ListState.RUNNING)
        record.invites = invites
        _note_faults(record, judged)
    db.session.flush()
    return record.state


def drop_list(record: VendorList, *, by: User) -> None:
    """Let a list go; its file is forgotten. Raises `NotAllowed`, `InvalidState`. Publishes `VendorListDropped`."""
    check_may_take(by=by)
    _take(record)
    record.move(ListState.DROPPED)
    db.session.flush()
    publish(VendorListDropped(list_id=record.id), by=by)


def settle_user(user: VendorUser, account: Account | None, *, by: User) -> None:
    """Say who a user of the vendor is here; None: nobody of ours. Later lists keep to it.

    Raises `NotAllowed`. Publishes `VendorUserSettled`.
    """
    check_may_take(by=by)
    user.match, user.account_id = (M.PERSON, account.id) if account else (M.NOBODY, None)
    user.proposed_id, user.decided_by_id, user.decided_at = None, by.id, clock.now()
    db.session.flush()
    publish(VendorUserSettled(list_id=user.list_id, vendor_user_id=user.id), by=by)


def finish_list(record: VendorList, *, by: User) -> None:
    """Note that all rows of a list were taken. Publishes `VendorListTaken`."""
    record.told = queries.counts_of(record)
    record.move(ListState.DONE)
    db.session.flush()
    publish(VendorListTaken(list_id=record.id, purpose=record.purpose.value), by=by)


def _take(record: VendorList) -> None:
    """Take the list for this transaction: two clicks take it once."""
    db.session.flush()
    db.session.execute(select(VendorList.id).where(VendorList.id == record.id).with_for_update())
    db.session.refresh(record, ["state"])


def _take_logins(record: VendorList, judged: Judged, *, by: User) -> None:
    known = {
        user.login.casefold(): user
        for user in db.session.scalars(select(VendorUser).where(VendorUser.source == record.source))
    }
    people = queries.people_here()
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    told = Counter[str]()
    for entry in judged.entries:
        before = known.get(entry.login.casefold())
        values = _values(record, entry, before, people)
        told[values["match"].value] += 1
        (changed if before else new).append(values | ({"id": before.id} if before else {}))
    if new:
        db.session.execute(insert(VendorUser), new)
    if changed:
        db.session.execute(update(VendorUser), changed)
    db.session.expire_all()
    _note_faults(record, judged)
    record.told = {**told, "refused": len(judged.faults)}
    record.move(ListState.DONE)
    db.session.flush()
    publish(VendorListTaken(list_id=record.id, purpose=record.purpose.value), by=by)
    _close_leavers(record)
    signed_in = select(VendorUser.account_id).where(
        VendorUser.list_id == record.id, VendorUser.account_id.is_not(None), VendorUser.last_login_at.is_not(None)
    )
    note_sign_ins(filter(None, db.session.scalars(signed_in)), by=SYSTEM)


def _values(record: VendorList, entry: Entry, before: VendorUser | None, people: queries.People) -> dict[str, Any]:
    values: dict[str, Any] = {
        "source": record.source,
        "login": before.login if before else entry.login,
        "name": entry.name,
        "email": entry.email,
        "is_active": entry.is_active,
        "last_login_at": _later(entry, before),
        "list_id": record.id,
    }
    if before is not None and before.match in DECIDED:
        return {**values, "match": before.match, "account_id": before.account_id, "proposed_id": None}
    how, account_id = queries.match(entry, people)
    is_sure = how in (M.EMAIL, M.USERNAME)
    found = (account_id, None) if is_sure else (None, account_id)
    return {**values, "match": how, "account_id": found[0], "proposed_id": found[1]}


def _later(entry: Entry, before: VendorUser | None) -> Any:
    """Return the later sign-in: an older list that was taken all the same takes nobody's sign-in away."""
    known = [at for at in (entry.last_login_at, before.last_login_at if before else None) if at]
    return max(known, default=None)


def _note_faults(record: VendorList, judged: Judged) -> None:
    rows = [
        {"list_id": record.id, "line": fault.line, "outcome": RowOutcome.REFUSED, "rule": fault.rule}
        for fault in judged.faults
    ]
    if rows:
        db.session.execute(insert(VendorListRow), rows)


def _close_leavers(record: VendorList) -> None:
    """Note of who has left that the HMIS is closed to them, where the list says so."""
    inactive: Sequence[int] = [
        id_
        for id_ in db.session.scalars(
            select(VendorUser.account_id).where(VendorUser.list_id == record.id, ~VendorUser.is_active)
        )
        if id_ is not None
    ]
    for departure in of_accounts(inactive).values():
        if departure.state is DepartureState.OPEN:
            close_leaver(departure, by=SYSTEM)
