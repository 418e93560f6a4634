"""The verbs of cases at the vendor: write down or change one, pass a ticket to the vendor."""

from datetime import date

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import VendorCaseChanged, VendorCaseOpened, publish
from adminops.guard.looking import look_at
from adminops.guard.operations import note_cleared
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets import linking, policies
from tickets.cases.models import OPEN, TRANSITIONS, CaseState, VendorCase
from tickets.models import OPEN_STATES, Ticket, WaitingOn
from tickets.operations import lock, wait_on


def save_case(
    case: VendorCase | None,
    *,
    vendor: str,
    number: str,
    title: str,
    state: CaseState = CaseState.WITH_VENDOR,
    promised_on: date | None = None,
    release: str = "",
    confirmed_clean: bool = False,
    by: User,
) -> VendorCase:
    """Write `case` (or a new one) down and return it.

    Rules in the order checked: `by` is of the team (`NotAllowed`); vendor, number and title, nothing personal of a
    client in any text, a day for what is promised (`Invalid`); a number that the vendor has given once (`Conflict`); a
    state that may follow (`InvalidState`). Publishes `VendorCaseOpened` or `VendorCaseChanged`.
    """
    _check_team(by)
    given = {"vendor": vendor, "number": number, "title": title, "release": release}
    texts = {field: text.strip() for field, text in given.items()}
    _check(texts, state, promised_on, confirmed_clean, by)
    same = select(VendorCase.id).where(VendorCase.vendor == texts["vendor"], VendorCase.number == texts["number"])
    if db.session.scalar(same.where(VendorCase.id != (case.id if case else 0))) is not None:
        raise Conflict(f"{texts['vendor']} has a case {texts['number']} already.", field="number")
    if case is not None:
        db.session.refresh(case, with_for_update=True)
        if state is not case.state and state not in TRANSITIONS[case.state]:
            raise InvalidState(f"A case that is “{case.state.label}” can't become “{state.label}”.", field="state")
    changes, case = case is not None, case or VendorCase(opened_by_id=by.id)
    case.vendor, case.number, case.title = texts["vendor"], texts["number"], texts["title"]
    case.state, case.promised_on, case.release, case.changed_at = state, promised_on, texts["release"], clock.now()
    db.session.add(case)
    db.session.flush()
    if confirmed_clean:
        found = [finding for text in texts.values() for finding in look_at(text, agency_id=None, by=by)]
        note_cleared(found, about=case.ref, agency_id=None, by=by)
    if changes:
        publish(VendorCaseChanged(case_id=case.id, state=state.value), by=by)
    else:
        publish(VendorCaseOpened(case_id=case.id), by=by)
    return case


def pass_to_vendor(ticket: Ticket, case: VendorCase, *, by: User) -> None:
    """Link `ticket` to `case` and let it wait on the vendor, in one act.

    Raises as `check_may_work`, and `InvalidState` for a ticket that is resolved or a case that is done. Publishes
    `TicketLinked` and `TicketMoved`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if ticket.state not in OPEN_STATES:
        raise InvalidState("This ticket is resolved: it waits for nobody. Reopen it first.")
    if case.state not in OPEN:
        raise InvalidState(f"{case.named} is verified: nothing more comes from it. Choose another case.", field="case")
    linking.link(ticket, case.ref, by=by)
    wait_on(ticket, WaitingOn.VENDOR, by=by)


def _check_team(by: User) -> None:
    if not by.reach(Permission.WORK_TICKETS).everywhere:
        raise NotAllowed("Cases at the vendor are the Systems Team's.")


def _check(texts: dict[str, str], state: CaseState, promised_on: date | None, confirmed: bool, by: User) -> None:
    missing = {
        "vendor": "Say whose case it is.",
        "number": "Enter the number that the vendor gave it.",
        "title": "Say in a few words what it is about.",
    }
    for field, words in missing.items():
        if not texts[field]:
            raise Invalid(words, field=field)
    for field, text in texts.items():
        policies.check_text(text, field=field, agency_id=None, confirmed=confirmed, by=by)
    if state is CaseState.PROMISED and promised_on is None:
        raise Invalid("Enter the day for which it is promised.", field="promised_on")
