"""An intake of mail that is killed over and over: run by `test_crashes.py` and by `./dev bench mail`.

`python -m tests.tickets.mail.intake HOME DATABASE_URL MAILS KILLS LONGEST_LIFE` fills a folder with mixed mails, as a
mail server keeps them. A child takes each in, removes it from the folder once it is stored, and reads what waits. It is
killed (SIGKILL) at random moments and begun anew; the last one comes to the end. Then everything the desk has sent
comes back to it, twice. One line of JSON says what became of all that.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import event, func, select

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.files import path_of
from adminops.identity.models import SYSTEM
from adminops.outbox.letters import message_id
from adminops.outbox.models import OutboxMessage
from adminops.settings import Settings
from tests.make import make_agency, make_user
from tests.make_mails import raw_mail
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.mail.mixed import OWN, Mixed, Sent, mixed
from tickets.attached import TicketAttachment
from tickets.mail.jobs import read_waiting
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.operations import receive
from tickets.mail.reading import fingerprints
from tickets.models import Ticket, TicketMessage
from tickets.operations import reply

PEOPLE = 4
SEED = 20260
AT_ONCE = 4


def people_who_were_written_to(app: AdminOps, count: int) -> list[Sent]:
    """Make people with a ticket each that was answered, so that mails went to them."""
    settings = app.extensions["settings"]
    with app.app_context(), transaction():
        helper, agency = make_helper(), make_agency()
        for _ in range(count):
            reply(make_ticket(make_user(agency=agency)), body="What do you see?", by=helper)
        rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        return [Sent(message_id(row, settings), row.arguments["ticket_id"], row.recipient.email) for row in rows]


def take_in(app: AdminOps, folder: Path) -> None:
    """Take in what lies in `folder`, and read it; remove each mail once it is stored."""
    files = sorted(folder.iterdir())
    with app.app_context():
        for at, file in enumerate(files):
            with transaction():
                receive(file.read_bytes(), by=SYSTEM)
            file.unlink()
            if at % AT_ONCE == 0:
                read_waiting(limit=AT_ONCE)
        read_waiting(limit=10_000)


def child(app: AdminOps, folder: Path, steps: int | None = None) -> int:
    """Begin to take in; return the number of the process. It writes a byte to `steps` before each statement."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    pid = os.fork()
    if pid == 0:
        try:
            if steps is not None:
                _tell(app, steps)
            take_in(app, folder)
        except BaseException as broken:
            print(repr(broken), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return pid


def _tell(app: AdminOps, steps: int) -> None:
    with app.app_context():
        for name in ("before_cursor_execute", "commit"):
            event.listen(db.engine, name, lambda *_: os.write(steps, b"."))


def killed(app: AdminOps, folder: Path, kills: int, most: int) -> int:
    """Begin and kill so many times, each within `most` statements; return how many were at work when they were killed.

    By statements and not by seconds: a quick machine would be done before it is killed.
    """
    dice, hit = random.Random(SEED), 0
    for _ in range(kills):
        out, into = os.pipe()
        pid = child(app, folder, into)
        os.close(into)
        left = dice.randint(1, most)
        while left > 0 and (piece := os.read(out, left)):
            left -= len(piece)
        time.sleep(dice.random() * 0.004)  # also between two statements
        os.kill(pid, signal.SIGKILL)
        os.close(out)
        hit += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    return hit


def outcome(mails: list[Mixed]) -> dict[str, object]:
    """Compare what came with what is there."""
    wanted = {fingerprints(mail.raw) for mail in mails}
    there = list(db.session.execute(select(IncomingMail.content_hash, IncomingMail.state, IncomingMail.id)))
    kept, expected = Counter(content for content, _, _ in there), Counter(content for _, content in wanted)
    bodies = Counter(body for body in db.session.scalars(select(TicketMessage.body)))
    marks = Counter(part for body, times in bodies.items() for part in set(body.split()) for _ in range(times))
    settled = _settled()
    owed = [mail.marker for mail in mails if mail.marker and sha256_of(mail) in settled]
    files = Counter(row.name for row in db.session.scalars(select(TicketAttachment)) if _is_whole(row))
    return {
        "files": len(files),
        "files_lost": sum(files[mail.file] == 0 for mail in mails if mail.file and sha256_of(mail) in settled),
        "files_doubled": sum(times > 1 for times in files.values()),
        "mails": len(mails),
        "distinct": len(wanted),
        "lost": sum((expected - kept).values()) + sum(marks[marker] == 0 for marker in owed),
        "doubled": sum((kept - expected).values()) + sum(times > 1 for mark, times in marks.items() if _is_mark(mark)),
        "owed": len(owed),
        "states": dict(Counter(state.value for _, state, _ in there)),
    }


def _is_whole(row: TicketAttachment) -> bool:
    return row.message_id is not None and row.file is not None and path_of(row.file).stat().st_size == row.size


def sha256_of(mail: Mixed) -> str:
    """Return the fingerprint under which a mail is kept."""
    return fingerprints(mail.raw)[0]


def _settled() -> set[str]:
    filed = select(IncomingMail.fingerprint).where(IncomingMail.state == MailState.FILED)
    return set(db.session.scalars(filed))


def _is_mark(word: str) -> bool:
    return word.startswith("marker-") and word.endswith("-end")


def loops() -> int:
    """Send all that the desk has sent back to it, as it is and as a robot's answer; return how many mails that made."""
    settings: Settings = wsgi_settings()
    with transaction():
        sent = [(message_id(row, settings), row.recipient.email) for row in db.session.scalars(select(OutboxMessage))]
        before, tickets = _count(OutboxMessage), _count(Ticket)
        for mail_id, address in sent:
            name = sha256(mail_id.encode()).hexdigest()
            answers = {"In-Reply-To": mail_id, "Auto-Submitted": "auto-replied"}
            receive(raw_mail(OWN, "There is a reply", mail_id=mail_id.strip("<>")), by=SYSTEM)
            receive(raw_mail(address, "Away", headers=answers, mail_id=f"{name}@x"), by=SYSTEM)
    read_waiting(limit=100_000)
    with transaction(writes=False):
        return _count(OutboxMessage) - before + _count(Ticket) - tickets


def wsgi_settings() -> Settings:
    """Return the settings of the running app."""
    from adminops.settings import current_settings

    return current_settings()


def _count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def main(home: str, url: str, count: str, kills: str, most: str) -> None:
    """Go through all of it."""
    app = create_app(
        Settings(environment="test", home=Path(home), database_url=url, scheduler=False, log_level="error"),
        wsgi.FEATURES,
    )
    sent = people_who_were_written_to(app, max(PEOPLE, int(count) // 12))
    mails = mixed(int(count), sent, seed=SEED)
    folder = Path(home) / "spool"
    folder.mkdir()
    for number, mail in enumerate(mails):
        (folder / f"{number:06}").write_bytes(mail.raw)
    hit = killed(app, folder, int(kills), int(most))
    left = len(list(folder.iterdir()))
    last = os.waitstatus_to_exitcode(os.waitpid(child(app, folder), 0)[1])
    with app.app_context(), clock.frozen_at(clock.now() + timedelta(hours=2)):
        read_waiting(limit=10_000)
        with transaction(writes=False):
            found = outcome(mails)
        again = loops()
    print(json.dumps({**found, "kills": hit, "left_at_last": left, "last": last, "loops": again}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
