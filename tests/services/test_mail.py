"""The mail server of the tests is a real one."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.services.mail import MailCatcher


def _mail(subject: str = "Grüße") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", "ada@north.example.org", subject
    message.set_content("Your ticket was answered – read it.\n.\nA line with a dot came before.")
    return message


def test_mail_arrives_as_it_was_sent(mail_server: MailCatcher) -> None:
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=10) as client:
        client.send_message(_mail())
    (received,) = mail_server.wait_for(1)
    assert received.sender == "desk@example.org"
    assert received.recipients == ["ada@north.example.org"]
    assert received.message["Subject"] == "Grüße"
    assert received.message.get_content().splitlines() == _mail().get_content().splitlines()
    assert not received.over_tls


def test_refused_mail_is_not_kept_and_a_later_one_is(mail_server: MailCatcher) -> None:
    mail_server.answer_with("451 try again later")
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPDataError, match="try again later"):
            client.send_message(_mail("first"))
        mail_server.answer_with("")
        client.send_message(_mail("second"))
    assert [r.message["Subject"] for r in mail_server.mails] == ["second"]


def test_server_with_tls_takes_mail_only_over_tls(start_mail_server: Callable[..., MailCatcher]) -> None:
    server = start_mail_server(starttls=True)
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
            client.send_message(_mail())
        client.starttls(context=ssl.create_default_context(cafile=str(server.ca_file)))
        client.send_message(_mail())
    assert [r.over_tls for r in server.mails] == [True]


def test_server_with_a_user_wants_the_right_password(start_mail_server: Callable[..., MailCatcher]) -> None:
    server = start_mail_server(starttls=True, user="desk", password="of the mail server")
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(server.ca_file)))
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("desk", "wrong")
        client.login("desk", "of the mail server")
        client.send_message(_mail())
    assert [r.signed_in_as for r in server.mails] == ["desk"]


def test_waiting_for_a_mail_that_never_comes_ends_with_a_sentence(mail_server: MailCatcher) -> None:
    with pytest.raises(TimeoutError, match="0 of 1 mails came"):
        mail_server.wait_for(1, seconds=0.05)
