"""Who leads: one process at a time, found by the database that all of them share."""

import contextlib
import secrets
from datetime import timedelta
from typing import Protocol

import structlog
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from adminops import clock
from adminops.db import db, transaction
from adminops.scheduler.models import Lease
from adminops.scheduler.runs import here

log = structlog.get_logger("adminops.scheduler")

NAME = "scheduler"
LOCK = 0x61646D696E6F7073
"""Number of the advisory lock: "adminops" as bytes. Locks are the database's own, so two installations don't meet."""
TERM = timedelta(seconds=10)
"""How long a lease lasts without a renewal."""


class Leadership(Protocol):
    """The claim to lead. Ask again every few seconds: it can be lost."""

    def hold(self) -> bool:
        """Take or keep the lead and say whether this process has it."""
        ...

    def give_up(self) -> None:
        """Let somebody else lead at once."""
        ...


def leadership_of(app: Flask, *, term: timedelta = TERM) -> Leadership:
    """Return the kind of leadership that fits the app's database."""
    with app.app_context():
        on_postgresql = db.engine.dialect.name == "postgresql"
    return SessionLock(app, term=term) if on_postgresql else LeaseRow(app, term=term)


class LeaseRow:
    """A row that says who leads until when; the writer's lock of SQLite makes taking it safe."""

    def __init__(self, app: Flask, *, term: timedelta = TERM) -> None:
        self._app, self._term = app, term
        self._me = f"{here()}:{secrets.token_hex(4)}"

    def hold(self) -> bool:
        """Take a free or expired lease, or renew one's own."""
        try:
            with self._app.app_context():
                return self._is_open() and self._take()
        except SQLAlchemyError as broken:
            log.warning("lead can't be asked for", cause=type(broken).__name__)
            return False

    def give_up(self) -> None:
        """Remove one's own lease."""
        with self._app.app_context(), transaction():
            lease = db.session.get(Lease, NAME)
            if lease is not None and lease.holder == self._me:
                db.session.delete(lease)

    def _is_open(self) -> bool:
        """Look without a writer's lock, so that those who wait don't disturb those who write."""
        with transaction(writes=False):
            return self._may_take(db.session.get(Lease, NAME))

    def _may_take(self, lease: Lease | None) -> bool:
        if lease is None or lease.holder == self._me:
            return True
        left = lease.until - clock.now()
        return left <= timedelta(0) or left > self._term  # a longer one was made before the clock was set back

    def _take(self) -> bool:
        with transaction():
            lease = db.session.get(Lease, NAME)
            if not self._may_take(lease):
                return False
            sign(self._me, self._term)
            return True


class SessionLock:
    """An advisory lock of a database session of its own: it is gone when the session is, however that ends.

    The session asks the server to end it when nothing is heard of it for some time, so that a frozen process does not
    lead for ever.
    """

    def __init__(self, app: Flask, *, term: timedelta = TERM) -> None:
        self._app, self._term = app, term
        self._me = f"{here()}:{secrets.token_hex(4)}"
        self._session: Connection | None = None
        self._holds = False

    def hold(self) -> bool:
        """Take the lock, or prove that the session that has it is alive."""
        try:
            with self._app.app_context():
                return self._hold()
        except SQLAlchemyError as broken:
            log.warning("lead can't be asked for", cause=type(broken).__name__)
            self._hang_up()
            return False

    def give_up(self) -> None:
        """End the session, and the lock with it."""
        led = self._holds
        self._hang_up()
        if led:
            with self._app.app_context(), transaction():
                lease = db.session.get(Lease, NAME)
                if lease is not None and lease.holder == self._me:
                    db.session.delete(lease)

    def _hold(self) -> bool:
        session = self._session or self._connect()
        if self._holds:
            session.execute(text("SELECT 1"))
        else:
            self._holds = bool(session.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))
        if self._holds:
            with transaction():
                sign(self._me, self._term)
        return self._holds

    def _connect(self) -> Connection:
        session = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        session.detach()  # closing it must end the session, not hand it to somebody else with the lock in it
        self._session = session
        milliseconds = int(self._term.total_seconds() * 2000)
        if session.dialect.server_version_info and session.dialect.server_version_info >= (14,):
            session.execute(text(f"SET idle_session_timeout = {milliseconds}"))
        for option, value in (("idle", 10), ("interval", 5), ("count", 3)):
            session.execute(text(f"SET tcp_keepalives_{option} = {value}"))
        return session

    def _hang_up(self) -> None:
        session, self._session, self._holds = self._session, None, False
        if session is not None:
            with contextlib.suppress(SQLAlchemyError):
                session.close()


def sign(holder: str, term: timedelta) -> None:
    """Write down that `holder` leads from now on, in the open transaction."""
    now = clock.now()
    lease = db.session.get(Lease, NAME)
    if lease is None:
        lease = Lease(name=NAME, holder=holder, since=now, until=now + term)
        db.session.add(lease)
    if lease.holder != holder:
        lease.holder, lease.since = holder, now
    lease.until = now + term
