"""Loading the demo: a generated export through the real import, staff in all roles, then each feature's own scenes."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select, update

from adminops import clock
from adminops.db import after_commit, db
from adminops.demo import AGENCIES, WORKERS, write_export
from adminops.demo.cast import CHARACTERS, PASSWORD, Cast
from adminops.errors import Conflict
from adminops.hmis.intake import import_export
from adminops.hmis.models import HmisSource
from adminops.identity.models import SYSTEM, Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.passwords import hash_password
from adminops.identity.permissions import Role
from adminops.outbox.models import MessageState, OutboxMessage

SOURCE = "Northeast Coast HMIS"
Say = Callable[[str], None]


def is_empty() -> bool:
    """Say whether nobody can sign in yet and no client record came in: only such a database may take the demo."""
    return not any(db.session.scalar(select(func.count(table.id))) for table in (User, HmisSource))


def load_demo(*, clients: int, seed: int, say: Say) -> Cast:
    """Fill an empty database with the demo, in the caller's transaction: all of it or nothing.

    Raises `Conflict` when anything is there already: invented people never mix with real ones.
    """
    if not current_app.extensions["settings"].demo_allowed:
        raise Conflict("The demo is for development: this installation says it is in production.")
    if not is_empty():
        raise Conflict(
            "There are users or client records in this database already. The demo only goes into an empty one."
        )
    say(f"Inventing {clients:,} clients …")
    source = _import_clients(clients, seed)
    say("Hiring staff …")
    cast = _hire(source.id, seed)
    for feature in current_app.extensions["features"].features:
        if feature.demo:
            say(f"{feature.title} …")
            feature.demo(cast)
    for play in cast.afterwards:
        play()
    _let_mails_be_sent()
    after_commit(current_app.extensions["settings"].demo_mark.touch)
    return cast


def _let_mails_be_sent() -> None:
    """Take the mails of the demo's history as sent: nobody waits for them, and new ones should be easy to find."""
    sent = {"state": MessageState.SENT, "sent_at": OutboxMessage.created_at, "attempts": 1}
    db.session.flush()
    db.session.execute(update(OutboxMessage).values(**sent).execution_options(synchronize_session=False))


def _import_clients(clients: int, seed: int) -> HmisSource:
    source = HmisSource(name=SOURCE, vendor="ClientTrack", cocs=["FL-510"], created_at=clock.now())
    db.session.add(source)
    db.session.flush()
    with tempfile.TemporaryDirectory(prefix="adminops-demo-") as folder:
        export = Path(folder) / "export.zip"
        write_export(export, clients=clients, seed=seed, today=clock.today())
        import_export(export, source=source, by_id=SYSTEM.id)
    return source


def _hire(source_id: int, seed: int) -> Cast:
    agencies = [_agency(source_id, invented.id, invented.name, invented.victim_services) for invented in AGENCIES]
    db.session.flush()
    cast = Cast(seed=seed, now=clock.now(), source_id=source_id, agencies=agencies, people={})
    secret = hash_password(PASSWORD)  # one hash for all: sixty would take seconds, and the password is printed anyway
    for username, name, title, role, at in CHARACTERS:
        _add(cast, secret, username, name, title, role, agencies[at] if at is not None else None)
    for invented, agency in zip(AGENCIES, agencies, strict=True):
        workers = [worker for worker in WORKERS if worker.agency == invented.key]
        for worker in workers:
            is_lead = agency.id not in cast.leads
            title, role = ("Program director", Role.AGENCY_LEAD) if is_lead else ("Case manager", Role.END_USER)
            _add(
                cast,
                secret,
                _username(cast, worker.first, worker.last),
                f"{worker.first} {worker.last}",
                title,
                role,
                agency,
            )
    db.session.flush()
    return cast


def _agency(source_id: int, organization_id: str, name: str, victim_services: bool) -> Agency:
    agency = Agency(name=name, phone="(904) 555-0100", is_victim_service_provider=victim_services)
    agency.organizations.append(AgencyOrganization(source_id=source_id, organization_id=organization_id))
    db.session.add(agency)
    return agency


def _username(cast: Cast, first: str, last: str) -> str:
    plain = f"{first}.{last}".casefold().replace(" ", "").replace("'", "")
    taken = sum(1 for name in cast.people if name.rstrip("0123456789") == plain)
    return f"{plain}{taken + 1}" if taken else plain


def _add(cast: Cast, secret: str, username: str, name: str, title: str, role: Role, agency: Agency | None) -> None:
    user = User(
        username=username,
        name=name,
        email=f"{username}@example.org",
        title=title,
        agency=agency,
        password_hash=secret,
        password_set_at=cast.days_ago(60),
        created_at=cast.days_ago(400),
    )
    user.grants.append(RoleGrant(role=role, agency_id=agency.id if agency else None, granted_at=cast.days_ago(400)))
    db.session.add(user)
    cast.people[username] = user
    if agency is None:
        return
    if role is Role.AGENCY_LEAD:
        cast.leads[agency.id] = user
    if role is Role.END_USER:
        cast.staff.setdefault(agency.id, []).append(user)
