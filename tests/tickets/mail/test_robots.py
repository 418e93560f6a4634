"""Who wrote a mail: people, machines, mail servers and this desk are told apart by the signs they give."""

import pytest

from tests.make_mails import bounce, raw_mail
from tickets.mail.reading import read_mail
from tickets.mail.robots import Writer, bounce_of, judge

OURS = "ours@example.org"


def writer_of(raw: bytes) -> Writer:
    """Judge a raw mail."""
    return judge(read_mail(raw), own_addresses={"adminops@example.org"}, is_ours=lambda id_: id_ == OURS).writer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto-Submitted": "no"},
        {"Precedence": "normal"},
        {"X-Auto-Response-Suppress": "None"},
        {"Return-Path": "<a@x.org>"},
    ],
)
def test_person_writes_without_a_sign(headers: dict[str, str]) -> None:
    assert writer_of(raw_mail(headers=headers)) is Writer.PERSON


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated; owner-email=x"),
        ("Precedence", "bulk"),
        ("Precedence", "auto_reply"),
        ("Precedence", "List"),
        ("List-Id", "<news.example.org>"),
        ("List-Unsubscribe", "<mailto:x@example.org>"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "1"),
        ("X-Autoresponder", "1"),
        ("X-Auto-Response-Suppress", "All"),
        ("Subject", "Automatic reply: Report"),
        ("Subject", "Out of office: back Monday"),
        ("Subject", "Fuera de la oficina"),
        ("Subject", "Réponse automatique : Report"),
        ("Subject", "Automatische Antwort: Report"),
    ],
)
def test_robot_is_known_by_its_sign(name: str, value: str) -> None:
    assert writer_of(raw_mail(headers={name: value})) is Writer.ROBOT


@pytest.mark.parametrize(
    "raw",
    [
        raw_mail("MAILER-DAEMON@mx.example.net"),
        raw_mail("postmaster@example.net"),
        raw_mail(headers={"Return-Path": "<>"}),
        bounce("<x@y>"),
    ],
)
def test_mail_server_is_known(raw: bytes) -> None:
    assert writer_of(raw) is Writer.SERVER


@pytest.mark.parametrize(
    "raw",
    [
        raw_mail("adminops@example.org"),
        raw_mail(mail_id=OURS),
        raw_mail(headers={"X-AdminOps-Loop": "adminops@example.org"}),
    ],
)
def test_own_mail_is_known(raw: bytes) -> None:
    assert writer_of(raw) is Writer.OURSELVES


def test_somebody_called_postmaster_in_their_name_is_a_person() -> None:
    assert writer_of(raw_mail("anna.postmaster@example.org")) is Writer.PERSON


def test_report_of_a_mail_server_names_mail_and_code() -> None:
    report = bounce_of(read_mail(bounce("<a@b>", status="4.2.2")))
    assert (report.named, report.code, report.is_permanent) == (("a@b",), "4.2.2", False)
    assert bounce_of(read_mail(bounce("<a@b>"))).is_permanent


def test_report_without_parts_names_them_in_its_words() -> None:
    words = "<x@y>: (#5.1.1)\n\n--- Below this line is a copy.\n\nFrom: us\nTo: them\nMessage-ID: <a@b>\n\n> hi"
    report = bounce_of(read_mail(raw_mail("mailer-daemon@mx.example.net", text=words)))
    assert (report.named, report.code, report.is_permanent) == (("a@b",), "5.1.1", True)
