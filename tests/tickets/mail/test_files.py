"""Files that come with mails: taken as those of a page are, or left with a sentence; the mail itself always lands."""

import base64
import io
import struct
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.files import path_of
from tests.guard.test_papers import pdf_file, word_file
from tests.make import make_user
from tests.make_mails import take_in
from tickets.attached import TicketAttachment
from tickets.mail.enclosed import enclosed_in
from tickets.mail.models import MailState
from tickets.mail.tnef import ATTRIBUTE, BEGINS, CONTENT, HEAD, NAME, SIGNATURE, files_in
from tickets.models import TicketEntry, TicketMessage

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
NOT_TAKEN = "That kind of file can't be taken"
Parts = Sequence[tuple[str, bytes, str]]


def mail_with(sender: str, *files: tuple[str, bytes], kind: str = "application/octet-stream") -> bytes:
    """Return a mail with attached files of these names and contents."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, "Here it is", "<f@example.org>"
    mail.set_content("See the file.")
    for name, content in files:
        mail.add_attachment(content, *kind.split("/"), filename=name)
    return mail.as_bytes()


def taken() -> list[str]:
    """Return the names of the files that lie with messages, and see that each is on the disk."""
    rows = list(db.session.scalars(select(TicketAttachment).order_by(TicketAttachment.id)))
    assert all(row.message_id and row.file and path_of(row.file).exists() for row in rows)
    return [row.name for row in rows]


def left() -> list[str]:
    """Return what the timeline says of files that were not taken."""
    said = db.session.scalars(select(TicketEntry.sentence).order_by(TicketEntry.id))
    return [sentence for sentence in said if sentence.startswith("did not take file")]


def zipped(**members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return made.getvalue()


def test_file_lies_with_the_message_that_the_mail_became(session: Session) -> None:
    mail = take_in(mail_with(make_user().email, ("rows.csv", b"a,b\n1,2\n"), ("screen.png", PNG)))
    assert (mail.state, taken(), left()) == (MailState.FILED, ["rows.csv", "screen.png"], [])
    assert db.session.scalars(select(TicketMessage.body)).one() == "See the file."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("run.exe", b"MZ\x90", NOT_TAKEN),
        ("drawing.svg", b"<svg><script>alert(1)</script></svg>", NOT_TAKEN),
        ("page.html", b"<script>alert(1)</script>", NOT_TAKEN),
        ("picture.png", b"<svg onload=alert(1)>\0", "its content is not recognised"),
        ("report.pdf", PNG, "its content is PNG"),
        ("letter.docx", zipped(word_DOT_xml="x"), "holds|content|damaged"),
        (
            "macros.docx",
            zipped(**{"[Content_Types]_DOT_xml": "x"}, word__document_DOT_xml="<x/>", word__vbaProject_DOT_bin="x"),
            "The document holds macros",
        ),
        ("bomb.docx", zipped(word__document_DOT_xml="0" * 60_000_000), "grow beyond all measure"),
        ("empty.txt", b"", "can't be read|is empty"),
        ("note.txt", b"Her SSN is 219-09-9999.", "The file seems to hold a Social Security number"),
        ("SSN 219-09-9999.txt", b"Rows", "The name of the file seems to hold a Social Security number"),
    ],
)
def test_file_that_may_not_be_taken_is_left_with_a_sentence_and_the_mail_lands(
    session: Session, name: str, content: bytes, sentence: str
) -> None:
    mail = take_in(mail_with(make_user().email, (name, content), ("fine.txt", b"Rows")))
    assert (mail.state, taken()) == (MailState.FILED, ["fine.txt"])
    (said,) = left()
    assert any(part in said for part in sentence.split("|")), said
    assert "219" not in said
    assert db.session.scalars(select(TicketMessage.body)).one() == "See the file."


def test_words_of_pdf_and_word_files_pass_the_guard(session: Session, tmp_path: Path) -> None:
    words = "Her SSN is 219-09-9999."
    files = [("a.pdf", pdf_file(tmp_path / "a.pdf", words).read_bytes())]
    files.append(("b.docx", word_file(tmp_path / "b.docx", words).read_bytes()))
    take_in(mail_with(make_user().email, *files))
    assert taken() == []
    assert all("The file seems to hold a Social Security number" in said for said in left())
    assert len(left()) == 2


def test_no_more_files_are_taken_than_a_message_may_have(session: Session) -> None:
    take_in(mail_with(make_user().email, *((f"{at}.txt", b"Rows") for at in range(10))))
    assert len(taken()) == 8
    assert ["At most 8 files" in said for said in left()] == [True, True]


def test_picture_in_the_text_is_taken_after_what_was_attached(session: Session) -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = make_user().email, "<i@example.org>"
    mail.set_content("See below.")
    mail.add_alternative('<p>See <img src="cid:1@x"></p>', subtype="html")
    html = mail.get_payload()[1]
    html.add_related(PNG, "image", "png", cid="<1@x>")  # type: ignore[union-attr]
    mail.add_attachment(b"Rows", "text", "plain", filename="rows.txt")
    take_in(mail.as_bytes())
    assert taken() == ["rows.txt", "file.png"]


def attribute(kind: int, value: bytes) -> bytes:
    return ATTRIBUTE.pack(2, kind, len(value)) + value + struct.pack("<H", sum(value) % 65536)


def tnef(*files: tuple[str, bytes]) -> bytes:
    made = HEAD.pack(SIGNATURE, 1)
    for name, content in files:
        made += attribute(BEGINS, b"\0" * 14) + attribute(NAME, name.encode() + b"\0") + attribute(CONTENT, content)
    return made


def test_files_in_outlooks_container_are_taken_out_of_it(session: Session) -> None:
    inner = tnef(("rows.txt", b"Rows"), ("run.exe", b"MZ"))
    take_in(mail_with(make_user().email, ("winmail.dat", inner), kind="application/ms-tnef"))
    assert taken() == ["rows.txt"]
    assert NOT_TAKEN in left()[0]


def test_broken_container_gives_what_is_whole_in_it() -> None:
    whole = tnef(("a.txt", b"one"), ("b.txt", b"two"))
    assert files_in(whole) == [("a.txt", b"one"), ("b.txt", b"two")]
    for end in range(len(whole)):
        assert set(files_in(whole[:end])) <= {("a.txt", b"one"), ("b.txt", b"two")}
    assert files_in(b"\x78\x9f\x3e\x22\0\0" + b"\xff" * 40) == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="../../etc/pass.txt"', "../../etc/pass.txt"),
        ("filename*=utf-8''Pe%C3%B1a.txt", "Peña.txt"),
        ('filename="=?utf-8?q?Pe=C3=B1a.txt?="', "Peña.txt"),
        ("filename*0=ro; filename*1=ws.txt", "rows.txt"),
        ("filename*=nobody''x%FF.txt", "xÿ.txt"),
        ('filename=""', "file.txt"),
    ],
)
def test_odd_names_are_read_as_they_were_meant(written: str, name: str) -> None:
    raw = f"Content-Type: text/plain\r\nContent-Disposition: attachment; {written}\r\n\r\nRows".encode()
    assert [file.name for file in enclosed_in(message_from_bytes(raw))] == [name]


def test_mail_within_a_mail_and_broken_content_are_left_with_a_sentence(session: Session) -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = make_user().email, "<w@example.org>"
    mail.set_content("Forwarded.")
    mail.add_attachment(EmailMessage())
    take_in(mail.as_bytes())
    assert taken() == []
    assert "A mail within the mail" in left()[0]


def test_signature_of_a_mail_is_no_file() -> None:
    mail = EmailMessage()
    mail.set_content("Signed.")
    mail.add_attachment(base64.b64decode("AAAA"), "application", "pkcs7-signature", filename="smime.p7s")
    assert enclosed_in(mail) == []
