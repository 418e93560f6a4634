"""The verbs of providers: somebody joins, is described anew, loses or regains access, leaves.

What a provider says is believed of its own agency's people. It opens no account: who joins is asked for as ever, in
the name of the person who speaks for the agency, and everything that an account needs is looked at. It closes one at
once. AdminOps is the actor, as with all that happens by itself; the connection stands in the fact and in the source of
the hold.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from accounts.leaving.models import DepartureState
from accounts.leaving.operations import end_without, report_by_provider
from accounts.leaving.queries import of_account as departure_of
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations.holds import release_hold
from accounts.operations.life import change_account
from accounts.operations.links import hold
from accounts.queries import account_of
from accounts.requests.models import RequestState
from accounts.requests.operations import end_request
from accounts.requests.queries import of_account as request_of
from accounts.requests.queries import of_ticket
from accounts.scim.connecting import may_speak
from accounts.scim.models import ScimConnection, ScimPerson
from accounts.scim.queries import named, told_of
from accounts.scim.shapes import Said, ScimProblem, Wanted, wanted_of
from adminops import clock
from adminops.asking import ask_desk
from adminops.db import db
from adminops.errors import Invalid, NotAllowed
from adminops.facts import publish
from adminops.facts.outside import (
    ScimJoinerWithdrawn,
    ScimPersonChanged,
    ScimPersonRemoved,
    ScimPersonTold,
)
from adminops.identity.models import User
from adminops.identity.operations import find_users_by_email
from adminops.refs import Ref
from adminops.settings import current_settings

S = AccountState

MOST_JOINERS = 200
"""More than these a provider does not bring within a day: so many are a mistake of a setting, not new staff."""


def tell_of_person(connection: ScimConnection, said: Said, *, by: User) -> tuple[ScimPerson, bool]:
    """Take somebody in whom a provider tells of; return who it is here, and whether they are new.

    Sent again with the same content, nobody is new. Who has an account at the agency under that address is known by it,
    where the provider is believed for it; else an account is asked for. Raises `ScimProblem`, `NotAllowed`. Publishes
    `ScimPersonTold`, and what follows.
    """
    wanted = wanted_of(said)
    there = named(connection, user_name=wanted.user_name, external_id=wanted.external_id)
    if there:
        if len(there) == 1 and there[0].said == said:
            return there[0], False
        raise ScimProblem("Somebody with this userName or externalId is here already.", "uniqueness", status=409)
    person = ScimPerson(connection=connection, said=said, **_columns(wanted))
    db.session.add(person)
    db.session.flush()
    publish(ScimPersonTold(**_of(person)), by=by)
    _converge(person, wanted, by=by)
    return person, True


def describe_person(person: ScimPerson, said: Said, *, by: User) -> None:
    """Let somebody be as a provider says now; saying the same again changes nothing.

    `active: false` ends access at once and has the leaver's clock begin; `active: true` lifts only what this provider
    had placed. Raises `ScimProblem`, `NotAllowed`. Publishes `ScimPersonChanged`, and what follows.
    """
    wanted = wanted_of(said, was_active=person.is_active)
    there = named(person.connection, user_name=wanted.user_name, external_id=wanted.external_id)
    if any(each.id != person.id for each in there):
        raise ScimProblem("Somebody else has this userName or externalId.", "uniqueness", status=409)
    if said != person.said:
        for name, value in {**_columns(wanted), "said": said}.items():
            setattr(person, name, value)
        person.version, person.changed_at = person.version + 1, clock.now()
        db.session.flush()
        publish(ScimPersonChanged(**_of(person)), by=by)
    _converge(person, wanted, by=by)


def remove_person(person: ScimPerson, *, by: User) -> None:
    """Let somebody go whom a provider no longer has: access ends as for a leaver, and nothing is deleted.

    Raises `NotAllowed`. Publishes `ScimPersonRemoved`, and what follows.
    """
    if person.account is not None:
        _end_access(person, person.account, by=by)
    person.gone_at, person.is_active = clock.now(), False
    db.session.flush()
    publish(ScimPersonRemoved(**_of(person)), by=by)


def _converge(person: ScimPerson, wanted: Wanted, *, by: User) -> None:
    if person.account is None:
        person.account = _known(person.connection, wanted)
    account = person.account
    if account is None or account.state is S.ARCHIVED:
        if wanted.active:
            person.account = _ask_for_account(person.connection, wanted)
    elif not wanted.active:
        _end_access(person, account, by=by)  # and nothing beside it: a name that is refused must not keep it open
    else:
        _describe(person.connection, account, wanted, by=by)
        _let_back(person, account, by=by)
    db.session.flush()


def _known(connection: ScimConnection, wanted: Wanted) -> Account | None:
    """Return the account at the agency that has this address; None when nobody here has it."""
    found = find_users_by_email(wanted.email)
    if not found:
        return None
    account = account_of(found[0])
    is_believed = _is_believed(connection, wanted.email)
    is_taken = account is not None and told_of(connection, account) is not None
    if len(found) > 1 or account is None or account.agency_id != connection.agency_id or is_taken or not is_believed:
        raise ScimProblem(
            "Somebody has this address whom this provider can't speak of. Ask the Systems Team.",
            "uniqueness",
            status=409,
        )
    return account


def _is_believed(connection: ScimConnection, email: str) -> bool:
    return email.rpartition("@")[2].casefold() in connection.provider.domains


def check_theirs(connection: ScimConnection, account: Account) -> None:
    """Raise `NotAllowed` unless a connection may touch an account: of its agency, without a role beyond it."""
    beyond = any(grant.agency_id is None for grant in account.user.grants)
    if account.agency_id != connection.agency_id or beyond or account.user.for_emergencies:
        raise NotAllowed("This person works for more than the agency. The Systems Team sees to their account.")


def _describe(connection: ScimConnection, account: Account, wanted: Wanted, *, by: User) -> None:
    """Let name, job title and address of a person be as the provider says.

    Not of somebody with a role at another agency, too: who has their address has the links to a new password.
    """
    user = account.user
    if (user.name, user.email, user.title) == (wanted.name, wanted.email, wanted.title):
        return
    check_theirs(connection, account)
    if any(grant.agency_id != connection.agency_id for grant in user.grants):
        raise NotAllowed("This person works at another agency, too. The Systems Team changes their particulars.")
    moved = wanted.email.casefold() != user.email.casefold()
    if moved and account.state is not S.REQUESTED and not _is_believed(connection, wanted.email):
        raise ScimProblem("This provider is not believed for addresses under that domain.")
    if moved and any(each.id != user.id for each in find_users_by_email(wanted.email)):
        raise ScimProblem("Somebody else has this address.", "uniqueness", status=409)
    try:
        change_account(account, name=wanted.name, email=wanted.email, title=wanted.title, by=by)
    except Invalid as refused:
        raise ScimProblem(refused.sentence) from None


def _ask_for_account(connection: ScimConnection, wanted: Wanted) -> Account:
    """Ask the desk for an account; it is there from now on, closed until nothing is missing any more."""
    _check_joiners(connection)
    on = clock.today(current_settings().time_zone)
    answers = {"person": wanted.name, "work_email": wanted.email, "job_title": wanted.title, "employment": "staff"}
    ticket = _ask(connection, "new_account", "A new account", _JOINS, {**answers, "on": on.isoformat()})
    request = of_ticket(ticket)
    if request is None:
        raise NotAllowed("The Systems Team takes no requests for accounts at the moment.")
    return request.account


_JOINS = (
    "The agency's own identity provider says that this person joins. Please add what the person will do in HMIS, and "
    "confirm the background check on the page of the request."
)
_BACK = (
    "The agency's own identity provider says that this person is back. Their access to the HMIS was closed, so it does "
    "not open by itself."
)


def _ask(connection: ScimConnection, kind: str, subject: str, body: str, answers: dict[str, Any]) -> Ref:
    speaker = connection.speaker
    if not may_speak(speaker, connection.agency_id):
        raise NotAllowed(
            "Who asks in the agency's name can't ask any more. The Systems Team has to name somebody else."
        )
    try:
        ticket = ask_desk(kind, subject=subject, body=body, answers=answers, by=speaker)
    except Invalid as refused:
        raise ScimProblem(refused.sentence) from None
    if ticket is None:
        raise NotAllowed("The Systems Team takes no such requests at the moment.")
    return ticket


def _check_joiners(connection: ScimConnection) -> None:
    lately = select(func.count(ScimPerson.id)).where(
        ScimPerson.connection_id == connection.id, ScimPerson.made_at > clock.now() - timedelta(days=1)
    )
    if (db.session.scalar(lately) or 0) > MOST_JOINERS:
        raise ScimProblem(
            f"More than {MOST_JOINERS} people within a day are not taken in. Ask the Systems Team.",
            "tooMany",
            status=429,
        )


def _end_access(person: ScimPerson, account: Account, *, by: User) -> None:
    connection = person.connection
    check_theirs(connection, account)
    hold(account)
    if account.state in (S.REQUESTED, S.APPROVED):
        request = request_of(account)
        if request is not None and request.state is RequestState.WAITING:
            end_request(request, RequestState.WITHDRAWN, by=by)
            publish(
                ScimJoinerWithdrawn(account_id=account.id, agency_id=account.agency_id, request=request.ticket), by=by
            )
    elif account.state is not S.ARCHIVED and not _has_left(connection, account):
        report_by_provider(account, source=connection.source, reporter=connection.speaker, by=by)


def _has_left(connection: ScimConnection, account: Account) -> bool:
    departure = departure_of(account.id)
    is_told = departure is not None and departure.state is DepartureState.OPEN and account.state is S.DISABLED
    return is_told or _own_hold(connection, account) is not None


def _let_back(person: ScimPerson, account: Account, *, by: User) -> None:
    """Lift what this provider has placed; where the HMIS was closed meanwhile, the desk is asked to open both."""
    connection = person.connection
    hold(account)
    placed, departure = _own_hold(connection, account), departure_of(account.id)
    if placed is None:
        return
    if departure is None or departure.source != connection.source:
        if not _has_asked_back(person, placed):
            answers = {"username": account.user.username, "still_employed": True, "training": "unknown"}
            _ask(connection, "reactivate_account", "Somebody is back", _BACK, answers)
        return
    release_hold(placed, by=by)
    if departure.ended_at is None:
        end_without(departure, by=by)


def _has_asked_back(person: ScimPerson, placed: Hold) -> bool:
    """Say whether the desk was asked already since the hold was placed: the row says when it was asked last."""
    asked = person.asked_back_at
    if asked is not None and asked >= placed.placed_at:
        return True
    person.asked_back_at = clock.now()
    return False


def _own_hold(connection: ScimConnection, account: Account) -> Hold | None:
    unreleased = (each for each in account.holds if each.released_at is None and each.kind is HoldKind.OFFBOARDED)
    return next((each for each in unreleased if each.source == connection.source), None)


def _columns(wanted: Wanted) -> dict[str, Any]:
    return {
        "user_name_key": wanted.user_name.casefold(),
        "external_id": wanted.external_id,
        "email_key": wanted.email.casefold(),
        "is_active": wanted.active,
    }


def _of(person: ScimPerson) -> dict[str, Any]:
    connection = person.connection
    return {"provider_id": connection.provider_id, "agency_id": connection.agency_id, "person_id": person.id}
