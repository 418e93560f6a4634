"""The ways out: a mail server in all its moods, the console and the mailbox."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from adminops.app import AdminOps
from adminops.db import transaction
from adminops.outbox.letters import Letter
from adminops.outbox.models import MailboxMail, MessageState
from adminops.outbox.transports import Deferred, Mailbox, MailServer, NotSent, Refused, Unconfirmed, Unreachable
from adminops.settings import Settings
from tests.outbox.conftest import OpenPost
from tests.outbox.rude_server import rude_server
from tests.services.certificates import certificates
from tests.services.mail import MailCatcher
from tests.services.private import free_port

StartMailServer = Callable[..., MailCatcher]
SIGN_IN = {"user": "desk", "password": "quiet copper orchard"}


def _letter(number: int = 1) -> Letter:
    return Letter(
        sender="adminops@example.org",
        recipient="ben@example.org",
        subject="Grüße",
        text="Hällo\n.\nstill here\n",
        html="<p>Hällo</p>",
        message_id=f"<{number}@example.org>",
        product_name="AdminOps",
    )


def _server(port: int, **over: object) -> MailServer:
    quick = {"smtp_port": port, "smtp_security": "none", "smtp_timeout_seconds": 1, "mail_transport": "smtp"}
    return MailServer(Settings(environment="test", **{**quick, **over}))  # type: ignore[arg-type]


def _end_of_try(port: int, **over: object) -> NotSent:
    server = _server(port, **over)
    try:
        with pytest.raises(NotSent) as ended:
            server.send(_letter())
    finally:
        server.close()
    return ended.value


def test_one_connection_takes_many_letters_of_plain_ascii(mail_server: MailCatcher) -> None:
    server = _server(mail_server.port)
    for number in range(3):
        server.send(_letter(number))
    server.close()
    mails = mail_server.wait_for(3)
    assert [mail.message["Message-ID"] for mail in mails] == [f"<{number}@example.org>" for number in range(3)]
    assert mails[0].message.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Hällo\n.\nstill here\n"
    assert mails[0].message["Subject"] == "Grüße"
    assert _letter().as_bytes().isascii()


def test_starttls_and_sign_in(start_mail_server: StartMailServer) -> None:
    catcher = start_mail_server(starttls=True, **SIGN_IN)
    server = _server(
        catcher.port,
        smtp_security="starttls",
        smtp_ca_file=str(catcher.ca_file),
        smtp_user=SIGN_IN["user"],
        smtp_password=SIGN_IN["password"],
    )
    server.send(_letter())
    server.close()
    (mail,) = catcher.wait_for(1)
    assert (mail.over_tls, mail.signed_in_as) == (True, "desk")


def test_a_certificate_of_a_stranger_is_not_trusted(start_mail_server: StartMailServer) -> None:
    catcher = start_mail_server(starttls=True)
    stranger = catcher.folder / "stranger.pem"
    stranger.write_bytes(certificates("Somebody else").authority)
    for trusted in ("", str(stranger)):
        ended = _end_of_try(catcher.port, smtp_security="starttls", smtp_ca_file=trusted)
        assert isinstance(ended, Unreachable)
        assert str(ended) == "The mail server's certificate can't be trusted."
    assert catcher.mails == []


def test_a_certificate_for_another_name_is_not_trusted(start_mail_server: StartMailServer) -> None:
    catcher = start_mail_server(starttls=True)
    ended = _end_of_try(
        catcher.port, smtp_host="localhost", smtp_security="starttls", smtp_ca_file=str(catcher.ca_file)
    )
    assert str(ended) == "The mail server's certificate can't be trusted."
    assert catcher.mails == []


def test_an_open_line_is_never_fallen_back_to(mail_server: MailCatcher) -> None:
    for wanted in ("starttls", "tls"):
        assert isinstance(_end_of_try(mail_server.port, smtp_security=wanted), Unreachable)
    assert mail_server.mails == []


def test_a_wrong_password_at_the_mail_server_stops_all_mails(start_mail_server: StartMailServer) -> None:
    catcher = start_mail_server(starttls=True, **SIGN_IN)
    ended = _end_of_try(
        catcher.port,
        smtp_security="starttls",
        smtp_ca_file=str(catcher.ca_file),
        smtp_user="desk",
        smtp_password="wrong",
    )
    assert isinstance(ended, Unreachable)
    assert str(ended) == "The mail server refused our sign-in (535)."


def test_nobody_listens() -> None:
    ended = _end_of_try(free_port())
    assert isinstance(ended, Unreachable)
    assert str(ended) == "The mail server does not answer (ConnectionRefusedError)."


def test_a_silent_server_is_left_after_the_timeout() -> None:
    with rude_server("GREETING", silent=True) as rude:
        ended = _end_of_try(rude.port)
    assert isinstance(ended, Unreachable)


def test_a_server_that_breaks_off_before_the_content_has_nothing() -> None:
    for word in ("MAIL", "RCPT"):
        with rude_server(word) as rude:
            assert isinstance(_end_of_try(rude.port), Unreachable)
            assert rude.contents == []


def test_a_server_that_breaks_off_after_the_content_may_have_it() -> None:
    with rude_server("CONTENT") as rude:
        assert isinstance(_end_of_try(rude.port), Unconfirmed)
        assert len(rude.contents) == 1
    with rude_server("CONTENT", silent=True) as rude:
        assert isinstance(_end_of_try(rude.port), Unconfirmed)


@pytest.mark.parametrize(
    ("word", "answer", "kind", "says"),
    [
        ("MAIL", b"550 5.7.1 <adminops@example.org> not here", Unreachable, "does not take mails from us (550 5.7.1)"),
        ("MAIL", b"421 too busy", Unreachable, "does not take mails from us (421)"),
        ("RCPT", b"550 5.1.1 <ben@example.org> unknown", Refused, "did not take the recipient (550 5.1.1)"),
        ("RCPT", b"450 4.2.1 grey-listed ben@example.org", Deferred, "did not take the recipient (450 4.2.1)"),
        ("DATA", b"554 ben@example.org", Refused, "did not take the mail (554)"),
        ("DATA", b"451 later", Deferred, "did not take the mail (451)"),
        ("CONTENT", b"552 5.2.2 mailbox full", Refused, "did not take the mail (552 5.2.2)"),
        ("CONTENT", b"452 4.2.2.1 odd", Deferred, "did not take the mail (452)"),
    ],
)
def test_answers_are_told_apart_and_their_words_left_out(
    word: str, answer: bytes, kind: type[NotSent], says: str
) -> None:
    with rude_server(word, answer) as rude:
        ended = _end_of_try(rude.port)
    assert type(ended) is kind
    assert str(ended) == f"The mail server {says}."


def test_a_connection_that_went_away_between_two_letters_is_opened_anew() -> None:
    with rude_server("RSET") as rude:
        server = _server(rude.port)
        server.send(_letter(1))
        assert server._line is not None
        server._line.sock.close()
        server._line.file.close()
        server.send(_letter(2))
        server.close()
    assert (rude.connections, len(rude.contents)) == (2, 2)


def test_a_line_that_breaks_twice_after_the_content_leaves_the_mail_to_a_person(open_post: OpenPost) -> None:
    with rude_server("CONTENT") as rude:
        post = open_post(smtp_port=rude.port)
        number = post.ask()
        assert post.deliver().put_off == 1
        assert post.deliver(later=timedelta(minutes=1)).given_up == 1
    assert post.state(number) is MessageState.DEAD
    names = {line for content in rude.contents for line in content.split(b"\r\n") if line.startswith(b"Message-ID")}
    assert (len(rude.contents), len(names)) == (2, 1)


def test_the_console_prints(open_post: OpenPost, capsys: pytest.CaptureFixture[str]) -> None:
    post = open_post(mail_transport="console")
    post.ask(4, to=post.person(email="zoe@example.org"))
    assert post.deliver().sent == 1
    printed = capsys.readouterr().out
    assert printed.startswith("To: zoe@example.org\nSubject: Note 4")
    assert "http://127.0.0.1:8000/notes/4" in printed


def test_the_mailbox_keeps_a_mail_once(app: AdminOps) -> None:
    with app.app_context():
        for _ in range(2):
            Mailbox().send(_letter())
        with transaction(writes=False) as session:
            (mail,) = session.scalars(select(MailboxMail))
    assert (mail.recipient, mail.subject, mail.text) == ("ben@example.org", "Grüße", _letter().text)
