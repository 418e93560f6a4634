"""The pages about the running of AdminOps, the mailbox of development, and what a load balancer asks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db
from adminops.identity.permissions import Role
from adminops.outbox.messages import enqueue_mail
from adminops.outbox.models import MailboxMail, MessageState, OutboxMessage
from adminops.scheduler import JobOrder, JobRun, Lease, RunState
from adminops.scheduler.leader import sign
from adminops.settings import Settings
from adminops.system.queries import Piece, paragraphs, period
from migrations.run import configuration
from tests.browsing import Desk, Visitor
from tests.make import make_admin, make_user

PAGES = (
    "/system/jobs",
    "/system/outbox",
    "/system/outbox?view=waiting",
    "/system/outbox?view=left",
    "/system/outbox/1",
    "/system/health",
)
BASE = "https://desk.example.org"


def _admin(desk: Desk) -> Visitor:
    with desk.work():
        admin = make_admin()
    return desk.signed_in(admin)


def _message(desk: Desk, state: MessageState = MessageState.DEAD, **over: object) -> int:
    with desk.work():
        message = enqueue_mail("tickets.replied", to=make_user(name="Ben Turner"), message_id=4711)
        message.state = state
        for name, value in over.items():
            setattr(message, name, value)
        return message.id


def _state(desk: Desk, number: int) -> MessageState:
    with desk.look() as session:
        return session.get_one(OutboxMessage, number).state


def test_every_page_opens_for_an_administrator_and_stays_cheap(desk: Desk, counted: object) -> None:
    visitor = _admin(desk)
    _message(desk)
    for page in PAGES:
        visitor.get(page)
        counted()  # type: ignore[operator]
        visitor.get(page)
        assert counted() <= (25 if "health" in page else 12), page  # type: ignore[operator]


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.END_USER, Role.VIEWER, Role.TRAINER, Role.AGENCY_LEAD])
def test_the_pages_are_for_administrators(sqlite_desk: Desk, role: Role) -> None:
    with sqlite_desk.work():
        user = make_user(role)
    number = _message(sqlite_desk)
    visitor = sqlite_desk.signed_in(user)
    for page in PAGES:
        visitor.get(page, status=403)
    for action in ("/system/jobs/tidy-up/run", f"/system/outbox/{number}/retry", f"/system/outbox/{number}/drop"):
        visitor.post(action, status=403)
    assert _state(sqlite_desk, number) is MessageState.DEAD


def test_jobs_show_their_last_run_and_who_is_late(sqlite_desk: Desk) -> None:
    visitor, now = _admin(sqlite_desk), clock.now()
    with sqlite_desk.work() as session:
        long_ago = now - timedelta(days=3)
        session.add(JobRun(job="tidy-up", slot=1, state=RunState.DONE, started_at=long_ago, ended_at=long_ago))
        session.add(JobRun(job="sweep-files", slot=1, state=RunState.FAILED, cause="OSError", ended_at=now))
    page = visitor.get("/system/jobs")
    assert page.says("tidy-up · every hour Late 3 days ago")
    assert page.says("sweep-files · every day Failed OSError")
    assert page.says("deliver-outbox · every 5 s Not yet")
    assert page.says("Nobody runs the jobs at the moment.")


def test_jobs_name_who_runs_them(sqlite_desk: Desk) -> None:
    visitor = _admin(sqlite_desk)
    with sqlite_desk.work():
        sign("desk1:4711:9f3c", timedelta(seconds=10))
    assert visitor.get("/system/jobs").says("Jobs are run by desk1 (process 4711)")
    with sqlite_desk.work() as session:
        session.get_one(Lease, "scheduler").until = clock.now()
    assert visitor.get("/system/jobs").says("Nobody runs the jobs at the moment.")


def test_a_job_is_asked_for_once_by_two_clicks(desk: Desk) -> None:
    visitor = _admin(desk)
    page = visitor.post("/system/jobs/tidy-up/run", follow=True)
    assert page.says("starts in a moment")
    assert page.says("Asked for")
    assert visitor.post("/system/jobs/tidy-up/run", status=409).says("asked for already")
    with desk.look() as session:
        assert [order.job for order in session.query(JobOrder)] == ["tidy-up"]


def test_an_unknown_job_or_message_is_a_page_that_says_so(sqlite_desk: Desk) -> None:
    visitor = _admin(sqlite_desk)
    visitor.post("/system/jobs/make-coffee/run", status=404)
    visitor.get("/system/outbox/4711", status=404)
    visitor.get("/system/outbox?view=nonsense", status=404)
    visitor.get("/system/outbox?after=nonsense")
    for action in ("retry", "drop"):
        visitor.post(f"/system/outbox/4711/{action}", status=404)


def test_the_outbox_shows_who_and_why_but_no_words_of_the_mail(sqlite_desk: Desk) -> None:
    visitor = _admin(sqlite_desk)
    number = _message(sqlite_desk, attempts=14, problem="The mail server did not take the recipient (550 5.1.1).")
    page = visitor.get("/system/outbox")
    assert page.says(f"Tickets · replied to Ben Turner#{number} · The mail server did not take the recipient (550")
    assert page.says("Given up 14 asked for just now")
    assert visitor.get("/system/jobs").says("Jobs and mail 1 open")  # the number in the navigation


def test_a_message_is_tried_again_and_a_second_click_changes_nothing(desk: Desk) -> None:
    visitor = _admin(desk)
    number = _message(desk)
    assert visitor.post(f"/system/outbox/{number}/retry?view=given-up", follow=True).says("tried again")
    assert _state(desk, number) is MessageState.PENDING
    visitor.post(f"/system/outbox/{number}/retry")
    assert _state(desk, number) is MessageState.PENDING


def test_a_dropped_message_can_not_be_dropped_twice(desk: Desk) -> None:
    visitor = _admin(desk)
    number = _message(desk)
    visitor.post(f"/system/outbox/{number}/drop?view=//evil.example.org")
    assert _state(desk, number) is MessageState.DROPPED
    assert visitor.post(f"/system/outbox/{number}/drop", status=409).says("dropped already")


def test_the_outbox_pages_by_key(sqlite_desk: Desk) -> None:
    visitor = _admin(sqlite_desk)
    with sqlite_desk.work():
        person = make_user()
        for number in range(30):
            enqueue_mail("tickets.replied", to=person, message_id=number)
    first = visitor.get("/system/outbox?view=waiting")
    second = visitor.get(first.link("Next page"))
    assert first.html.count("cell-title") + second.html.count("cell-title") == 30


def test_links_of_the_audit_trail_lead_to_message_and_job(sqlite_desk: Desk) -> None:
    from adminops.refs import Ref
    from adminops.web.navigation import links_to

    number = _message(sqlite_desk)
    refs = [Ref.to("outbox_message", number), Ref.to("outbox_message", 4711), Ref.to("job", "tidy-up")]
    refs += [Ref("job", "make-coffee"), Ref("outbox_message", "x")]
    with sqlite_desk.work(), sqlite_desk.app.test_request_context():
        admin, other = make_admin(), make_user()
        urls = {str(ref): link.url for ref, link in links_to(refs, admin).items()}
        assert links_to(refs, other) == {}
    assert urls == {f"outbox_message:{number}": f"/system/outbox/{number}", "job:tidy-up": "/system/jobs#tidy-up"}


def test_health_shows_the_doctors_lines(desk: Desk) -> None:
    with desk.app.app_context(), db.engine.begin() as connection:
        command.stamp(configuration(connection), "head")
    page = _admin(desk).get("/system/health")
    assert page.says("Everything works; something wants a look.")
    assert page.says("Nobody runs the jobs at the moment. Start one: adminops serve")
    assert page.says("The tables are those of this version. Well")


# ---- the mailbox ----------------------------------------------------------------------------------------------------


def _caught(desk: Desk, text: str = "Hello") -> int:
    with desk.work() as session:
        mail = MailboxMail(
            message_id=f"<{text}>", recipient="ben@example.org", subject="Choose a <b>password</b>", text=text, html=""
        )
        session.add(mail)
        session.flush()
        return mail.id


def test_anybody_reads_the_mailbox_of_development(sqlite_desk: Desk) -> None:
    number = _caught(sqlite_desk, "Hello Ben,\n\nOpen:\nhttp://127.0.0.1:8000/reset/abc\n\n<script>alert(1)</script>")
    stranger = sqlite_desk.visitor()
    page = stranger.get("/mailbox")
    assert page.says("Choose a <b>password</b>to ben@example.org")
    mail = stranger.get(page.link("Choose a"))
    assert mail.response.request.path == f"/mailbox/{number}"
    assert mail.link("/reset/abc") == "/reset/abc"
    assert mail.says("<script>alert(1)</script>")
    stranger.get("/mailbox/4711", status=404)
    stranger.get("/system/outbox", status=302)


def test_the_mailbox_has_no_way_to_the_desk_for_others(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        user = make_user()
    assert not sqlite_desk.signed_in(user).get("/mailbox").says("Mails given up")
    assert _admin(sqlite_desk).get("/mailbox").says("Mails given up")


@pytest.mark.parametrize(
    "over",
    [
        {"environment": "production", "base_url": BASE, "mail_transport": "smtp"},
        {"environment": "production", "base_url": BASE},
        {"mail_transport": "smtp"},
        {"mail_transport": "console"},
    ],
)
def test_there_is_no_mailbox_elsewhere(sqlite_app: AdminOps, over: dict[str, object]) -> None:
    settings = replace(sqlite_app.extensions["settings"], **over)  # type: ignore[arg-type]
    desk = Desk(create_app(settings, wsgi.FEATURES))
    number = _caught(desk, str(over))
    stranger = desk.visitor()
    for page in ("/mailbox", f"/mailbox/{number}"):
        stranger.get(page, status=404)
    with desk.app.app_context():
        db.engine.dispose()


def test_addresses_become_links_and_ours_become_paths() -> None:
    text = f"One ({BASE}/a?b=1).\nTwo https://elsewhere.example.org/x, and {BASE}.evil.org\n\n\n\nThree {BASE}"
    assert paragraphs(text, BASE) == [
        [
            [Piece("One ("), Piece(f"{BASE}/a?b=1", "/a?b=1"), Piece(").")],
            [
                Piece("Two "),
                Piece("https://elsewhere.example.org/x", "https://elsewhere.example.org/x"),
                Piece(", and "),
                Piece(f"{BASE}.evil.org", f"{BASE}.evil.org"),
            ],
        ],
        [[Piece("Three "), Piece(BASE, "/")]],
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "every 5 s"), (60, "every minute"), (300, "every 5 minutes"), (3600, "every hour"), (86_400, "every day")],
)
def test_periods_are_said_in_words(seconds: int, words: str) -> None:
    assert period(timedelta(seconds=seconds)) == words


# ---- what a load balancer asks --------------------------------------------------------------------------------------


def test_healthz_says_ok_and_sets_no_cookie(desk: Desk) -> None:
    page = desk.visitor().get("/healthz")
    assert page.html == "ok\n"
    assert "Set-Cookie" not in page.response.headers


def test_healthz_says_no_when_the_database_is_away(tmp_path: Path) -> None:
    settings = Settings(environment="test", home=tmp_path, database_url=f"sqlite:///{tmp_path}/nowhere/x.sqlite")
    page = Desk(create_app(settings, wsgi.FEATURES)).visitor().get("/healthz", status=503)
    assert page.html == "unavailable\n"
