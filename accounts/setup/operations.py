"""The verbs of the sheet: open it, tick a step off, take a tick back."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from accounts.models import Account
from accounts.setup.models import SetupSheet, SetupTick
from accounts.setup.steps import SIGNED_IN, Purpose
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import publish
from adminops.facts.access import AccessSetUp
from adminops.facts.opening import SetupFinished, SetupOpened, SetupStepDone, SetupStepUndone
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref


def check_may_set_up(account: Account, *, by: User) -> None:
    """Raise unless `by` manages the account."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(account.agency_id):
        raise NotAllowed("Only the Systems Team sets accounts up in the HMIS.")


def open_sheet(
    account: Account, *, purpose: Purpose = Purpose.OPENING, ticket: Ref | None = None, by: User
) -> SetupSheet:
    """Open the sheet of an account; one that is open already for the same purpose is gone on with.

    Raises `NotAllowed` (accounts.manage). Publishes `SetupOpened`.
    """
    check_may_set_up(account, by=by)
    own = (SetupSheet.account_id == account.id, SetupSheet.purpose == purpose)
    open_one = select(SetupSheet).where(*own, SetupSheet.finished_at.is_(None))
    if (found := db.session.scalar(open_one)) is not None:
        return found
    sheet = SetupSheet(account=account, purpose=purpose)
    if ticket is not None:
        sheet.ticket_kind, sheet.ticket_id = ticket.kind, ticket.id
    db.session.add(sheet)
    db.session.flush()
    publish(SetupOpened(**_of(sheet)), by=by)
    return sheet


def tick_step(sheet: SetupSheet, key: str, *, evidence: str = "", by: User) -> None:
    """Tick a step off, with what shows it; ticked again, the evidence is the new one. The last one ends the sheet.

    Raises `NotAllowed`, `NotFound` for a step that there is not, `InvalidState` for a sheet that is done, `Invalid`
    where it has to be said what was entered. Publishes `SetupStepDone`, and with the last one `SetupFinished` or, for a
    change, `AccessSetUp`, which resolves the ticket.
    """
    _take(sheet, by)
    step = next((each for each in sheet.steps if each.key == key), None)
    if step is None:
        raise NotFound("There is no such step.")
    evidence = " ".join(evidence.split())
    if step.evidence and not evidence:
        raise Invalid(f"Say it: {step.evidence.lower()}.", field="evidence")
    tick = sheet.tick(key)
    if tick is None:
        tick = SetupTick(step=key)
        sheet.ticks.append(tick)
    tick.evidence, tick.at, tick.by_id = evidence[:200], clock.now(), by.id
    db.session.flush()
    publish(SetupStepDone(**_of(sheet), step=key), by=by)
    if len(sheet.ticks) == len(sheet.steps):
        sheet.finished_at = clock.now()
        db.session.flush()
        publish(_finished(sheet), by=by)


def _finished(sheet: SetupSheet) -> SetupFinished | AccessSetUp:
    """Return the fact: a new account is done when its owner signs in, a change when it is entered."""
    if sheet.purpose is Purpose.OPENING:
        return SetupFinished(**_of(sheet))
    return AccessSetUp(**_of(sheet), what=sheet.purpose.title.lower())


def untick_step(sheet: SetupSheet, key: str, *, by: User) -> None:
    """Take a tick back. Raises `NotAllowed`, `InvalidState` for a sheet that is done. Publishes `SetupStepUndone`."""
    _take(sheet, by)
    tick = sheet.tick(key)
    if tick is not None:
        sheet.ticks.remove(tick)
        db.session.flush()
        publish(SetupStepUndone(**_of(sheet), step=key), by=by)


def note_sign_ins(account_ids: Iterable[int], *, by: User) -> None:
    """Tick off for these accounts that the person has signed in: a list of the HMIS shows it.

    Publishes `SetupStepDone`, `SetupFinished`.
    """
    waiting = select(SetupSheet).where(SetupSheet.account_id.in_(list(account_ids)), SetupSheet.finished_at.is_(None))
    for sheet in db.session.scalars(waiting.order_by(SetupSheet.id)).all():
        if sheet.tick(SIGNED_IN) is None and any(step.key == SIGNED_IN for step in sheet.steps):
            tick_step(sheet, SIGNED_IN, evidence="The list of last sign-ins of the HMIS", by=by)


def _take(sheet: SetupSheet, by: User) -> None:
    db.session.flush()
    db.session.execute(select(SetupSheet.id).where(SetupSheet.id == sheet.id).with_for_update())
    db.session.refresh(sheet)
    check_may_set_up(sheet.account, by=by)
    if sheet.finished_at is not None:
        raise InvalidState("This sheet is done. Open a new one if the account is set up again.")


def _of(sheet: SetupSheet) -> dict[str, Any]:
    return {"account_id": sheet.account_id, "agency_id": sheet.account.agency_id, "request": sheet.ticket}
