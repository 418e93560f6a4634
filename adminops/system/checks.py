"""The doctor: what AdminOps needs to run, looked at one by one, each with what to do when it is not well."""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from flask import Flask
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from adminops import clock
from adminops.crypto import CannotDecrypt, KeyRing
from adminops.db import db
from adminops.feature import Finding
from adminops.files import StoredFile, path_of
from adminops.hmis import sources
from adminops.hmis.intake import drops
from adminops.hmis.intake.claims import is_claimed
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.hmis.resealing import SEALED, Proof, prove
from adminops.identity.models import User
from adminops.outbox.models import MessageState, OutboxMessage
from adminops.outbox.transports import MailServer, Unreachable
from adminops.scheduler import jobs_of
from adminops.settings import Settings, current_settings
from adminops.system import queries, rotation

State = Literal["ok", "warn", "fail"]
WAITING_TOO_LONG = timedelta(minutes=20)
"""Longer than the longest pause between two tries."""
LITTLE_ROOM, NO_ROOM = 2_000_000_000, 300_000_000
"""Bytes free on the disk."""
FILES_LOOKED_AT = 2_000
LATELY = timedelta(days=7)
LYING_TOO_LONG = timedelta(hours=1)
NAMED = 3


def examine(app: Flask, *, patience: int | None = None) -> list[Finding]:
    """Look at everything, in the open transaction. A mail server gets `patience` seconds for each answer.

    Without a database that answers and fits, what lies in it can't be told, and only the rest is looked at.
    """
    settings = current_settings()
    findings = [*_database(), *_schema()]
    is_readable = all(finding.state != "fail" for finding in findings)
    findings += [*_home(settings), *_disk(settings), *_keys(settings, is_readable), *_old_rings(settings)]
    findings += [*_mail(settings, patience), *_of_features(app)]
    if is_readable:
        for look in (_outbox, _scheduler, _files):
            findings += look()
        findings += [*_imports(settings), *_drop_folders(settings)]
        findings += [*_jobs(app), *_stored(app)]
    return findings


def worst(findings: Sequence[Finding]) -> State:
    """Return the worst state of all."""
    order: tuple[State, ...] = ("fail", "warn", "ok")
    return next((state for state in order if any(finding.state == state for finding in findings)), "ok")


def _database() -> Iterator[Finding]:
    try:
        with db.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                version = f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
            else:
                version = f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"
    except SQLAlchemyError as broken:
        yield Finding(
            "database",
            "fail",
            f"The database does not answer ({type(broken).__name__}).",
            "Is it running, and are address, name and password in ADMINOPS_DATABASE_URL right?",
        )
    else:
        yield Finding("database", "ok", f"{version} answers.")


def _schema() -> Iterator[Finding]:
    from migrations.run import is_current

    try:
        with db.engine.connect() as connection:
            fits = is_current(connection)
            is_empty = not inspect(connection).has_table(User.__tablename__)
    except SQLAlchemyError:
        return  # said already
    if fits and not is_empty:
        yield Finding("schema", "ok", "The tables are those of this version.")
    else:
        says = "There are no tables yet." if is_empty else "The tables are not those of this version."
        advice = "Run: adminops db upgrade" if is_empty else "Write a backup, then run: adminops db upgrade"
        yield Finding("schema", "fail", says, advice)


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    probe = home / f".doctor-{secrets.token_hex(4)}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as broken:
        advice = "Give it to the user that AdminOps runs as, or set ADMINOPS_HOME."
        yield Finding("home", "fail", f"{home} can't be written to ({type(broken).__name__}).", advice)
        return
    if home.stat().st_mode & 0o077:
        yield Finding("home", "warn", f"Other users of this machine can look into {home}.", f"Run: chmod 700 {home}")
    else:
        yield Finding("home", "ok", f"{home} can be written to, and by nobody else.")


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.home).free
    says = f"{free / 1_000_000_000:,.1f} GB free on the disk of {settings.home}."
    state: State = "fail" if free < NO_ROOM else "warn" if free < LITTLE_ROOM else "ok"
    yield Finding("disk", state, says, "" if state == "ok" else "Make room: imports and backups need it.")


def _keys(settings: Settings, is_readable: bool) -> Iterator[Finding]:
    path = settings.home / "keys" / "fields.json"
    advice = f"Restore {path} from the backup of the keys; without it sealed SSNs stay closed for ever."
    try:
        ring = KeyRing.load(path)
        opened = ring.decrypt(ring.encrypt("probe", bound_to="doctor"), bound_to="doctor") == "probe"
    except (CannotDecrypt, OSError) as broken:
        yield Finding("keys", "fail", f"The key ring can't be used ({type(broken).__name__}).", advice)
        return
    proofs = prove(SEALED, ring) if is_readable else []
    closed = [proof for proof in proofs if not proof.opened]
    if closed or not opened:
        says = "; ".join(_closed(proof) for proof in closed) or "The key ring does not open what it closes"
        yield Finding("keys", "fail", f"{says}.", advice)
    elif path.stat().st_mode & 0o077:
        yield Finding("keys", "fail", f"Other users of this machine can read {path}.", f"Run: chmod 600 {path}")
    else:
        yield _ring_that_opens(ring, proofs)


def _closed(proof: Proof) -> str:
    values = f"{proof.number:,} values of {proof.title} are sealed under key {proof.key}"
    return f"{values}, which is not in the ring" if proof.opened is None else f"{values}, which does not open them"


def _ring_that_opens(ring: KeyRing, proofs: list[Proof]) -> Finding:
    keys = "one key" if len(ring.keys) == 1 else f"{len(ring.keys)} keys"
    waiting = sum(proof.number for proof in proofs if proof.key != ring.current)
    if not all(proof.is_found for proof in proofs):
        says = "Some clients are not found by their own SSN: their look-ups are of a key that the ring does not have."
        return Finding("keys", "warn", says, "Run: adminops keys rotate --index")
    if waiting:
        says = f"{waiting:,} values are sealed under an older key (the ring opens them)."
        return Finding("keys", "warn", says, "Finish the rotation. Run: adminops keys rotate")
    total = sum(proof.number for proof in proofs)
    said = (
        f"opens what is sealed ({total:,} {'value' if total == 1 else 'values'})"
        if total
        else "works; nothing is sealed under it yet"
    )
    return Finding("keys", "ok", f"The key ring ({keys}) {said}.")


def _old_rings(settings: Settings) -> Iterator[Finding]:
    """Name rings of before a change that nobody has removed: a key that was forgotten is still in them."""
    folder = settings.home / "keys"
    over = clock.now().timestamp() - rotation.IN_USE.total_seconds()
    # The time of its link: a ring is kept by giving the old file another name.
    old = sorted(path.name for path in folder.glob("fields.before-*.json") if path.stat().st_ctime < over)
    if old:
        rings = "A ring of before a change lies" if len(old) == 1 else f"{len(old)} rings of before a change lie"
        says = f"{rings} beside the keys for more than {rotation.IN_USE.days} days: {_some(old)}."
        advice = f"Are the keys, and those that old backups need, in their safe place? Then remove them from {folder}."
        yield Finding("old rings", "warn", says, advice)


def _mail(settings: Settings, patience: int | None) -> Iterator[Finding]:
    if settings.mail_transport != "smtp":
        place = "kept on the page /mailbox" if settings.mail_transport == "mailbox" else "printed on the console"
        yield Finding("mail", "ok", f"Mails are {place}; none leaves.")
        return
    server = MailServer(replace(settings, smtp_timeout_seconds=patience or settings.smtp_timeout_seconds))
    try:
        server.connect()
    except Unreachable as away:
        yield Finding("mail", "fail", str(away), "Look at the ADMINOPS_SMTP_ settings; mails wait until it is mended.")
    else:
        yield Finding("mail", "ok", f"The mail server {settings.smtp_host} lets us in.")
    finally:
        server.close()


def _of_features(app: Flask) -> Iterator[Finding]:
    """Ask the features what they found of their own surroundings (a directory)."""
    for feature in app.extensions["features"].features:
        if feature.findings:
            yield from feature.findings()


def _stored(app: Flask) -> Iterator[Finding]:
    """Ask the features what they found in the database."""
    for feature in app.extensions["features"].features:
        if feature.stored_findings:
            yield from feature.stored_findings()


def _outbox() -> Iterator[Finding]:
    given_up = select(func.count(OutboxMessage.id)).where(OutboxMessage.state == MessageState.DEAD)
    if count := db.session.scalar(given_up):
        says = "One mail was given up." if count == 1 else f"{count:,} mails were given up."
        yield Finding("outbox", "warn", says, "Try again or drop, on the page Jobs and mail.")
        return
    pending = OutboxMessage.state == MessageState.PENDING
    due = select(func.min(OutboxMessage.next_try_at)).where(pending)
    oldest = db.session.scalar(due)
    if oldest is not None and oldest < clock.now() - WAITING_TOO_LONG:
        yield Finding("outbox", "warn", "Mails are due and nobody sends them.", "Start a worker: adminops run-jobs")
    else:
        yield Finding("outbox", "ok", "No mail is stuck.")


def _scheduler() -> Iterator[Finding]:
    leads = queries.leader()
    if leads is None:
        advice = "Start one: adminops serve on one machine, adminops run-jobs beside other web servers."
        yield Finding("scheduler", "warn", "Nobody runs the jobs at the moment.", advice)
    else:
        yield Finding("scheduler", "ok", f"Jobs are run by {leads.host}.")


def _jobs(app: Flask) -> Iterator[Finding]:
    lines = queries.job_lines(jobs_of(app))
    late = [line.name for line in lines if line.is_late]
    failed = [line.name for line in lines if line.state == "failed"]
    if late:
        yield Finding("jobs", "warn", f"Late: {', '.join(late)}.", "Look at them on the page Jobs and mail.")
    if failed:
        yield Finding("jobs", "warn", f"Failed in their last run: {', '.join(failed)}.", "The log has the place.")
    if not late and not failed:
        yield Finding("jobs", "ok", "No job is late.")


def _files() -> Iterator[Finding]:
    newest = select(StoredFile).order_by(StoredFile.id.desc()).limit(FILES_LOOKED_AT)
    missing = [stored.id for stored in db.session.scalars(newest) if not os.path.lexists(path_of(stored))]
    if missing:
        advice = "Restore the folder files from a backup."
        yield Finding("files", "fail", f"{len(missing):,} kept files are not on the disk.", advice)
    else:
        yield Finding("files", "ok", "Every kept file is on the disk.")


def _imports(settings: Settings) -> Iterator[Finding]:
    """Say which imports were interrupted, and how many wait for somebody's approval."""
    running, held = HmisImport.status == ImportStatus.RUNNING, HmisImport.status == ImportStatus.HELD
    begun = db.session.scalars(select(HmisImport).where(running)).all()
    left = [each.id for each in begun if not is_claimed(settings.home, each.source_id)]
    for import_id in left:
        says = f"Import {import_id} was interrupted: its process has ended, and nothing was changed."
        yield Finding("imports", "warn", says, "The next run of jobs begins it again or discards it, and says which.")
    lately = select(HmisImport).where(HmisImport.interrupted_at > clock.now() - LATELY)
    for record in db.session.scalars(lately.order_by(HmisImport.id)):
        fate = "discarded" if record.status is ImportStatus.FAILED else "begun again"
        yield Finding("imports", "ok", f"Import {record.id} was interrupted and {fate}; it is {record.status.value}.")
    if waiting := db.session.scalar(select(func.count(HmisImport.id)).where(held)):
        says = "1 import waits for approval." if waiting == 1 else f"{waiting:,} imports wait for approval."
        yield Finding("imports", "warn", says, "Look at it under Imports and exports, then approve or cancel it.")
    if not left and not waiting:
        yield Finding("imports", "ok", "No import is interrupted or waits for approval.")


def _drop_folders(settings: Settings) -> Iterator[Finding]:
    """Name what has lain in a drop folder for so long that nobody will take it, and folders that others can read."""
    going_on = HmisImport.status.in_((ImportStatus.QUEUED, ImportStatus.RUNNING))
    for source in sources.watched_sources():
        folder = settings.drop / str(source.drop_folder)
        taken = select(HmisImport.dropped).where(HmisImport.source_id == source.id, going_on)
        being_taken = set(db.session.scalars(taken))
        try:
            left = drops.left_lying(folder, since=clock.now() - LYING_TOO_LONG)
            is_open = folder.stat().st_mode & 0o007
        except FileNotFoundError:
            continue  # the first look makes it
        except OSError as broken:
            says = f"{folder} can't be read ({type(broken).__name__})."
            yield Finding("drop folder", "warn", says, "Give AdminOps the right to read and write there.")
            continue
        if left := [name for name in left if name[: drops.LONGEST_NAME] not in being_taken]:
            says = f"In {folder} lies for over an hour what was not taken: {_some(left)}."
            advice = "Can AdminOps read it, and move it? Is its name one line of plain text? The log says more."
            yield Finding("drop folder", "warn", says, advice)
        if is_open:
            yield Finding("drop folder", "warn", f"Other users can look into {folder}.", f"Run: chmod o= {folder}")


def _some(names: Sequence[str]) -> str:
    """Return the first of some names of files, for a terminal."""
    shown = ["".join(letter if letter.isprintable() else "?" for letter in name) for name in names[:NAMED]]
    return ", ".join(shown) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
