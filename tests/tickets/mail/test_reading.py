"""Reading raw mails: whatever bytes come, what is new in them comes out as words."""

import base64

import pytest

from tests.make_mails import raw_mail
from tickets.mail.reading import CUT_OFF, MOST_LETTERS, as_words, decode, fingerprints, read_mail, without_quotes


def test_plain_mail_says_who_what_and_under_which_id() -> None:
    mail = read_mail(raw_mail("Ben@Example.org", headers={"References": "<a@x> <b@x>", "In-Reply-To": "<c@x>"}))
    assert (mail.sender, mail.subject, mail.text) == ("ben@example.org", "Report stops", "It ends in the middle.")
    assert (mail.message_id, mail.named) == ("1@example.org", ("c@x", "b@x", "a@x"))


@pytest.mark.parametrize(
    ("charset", "said"),
    [("iso-8859-1", "Peña"), ("windows-1252", "“Peña”"), ("koi8-r", "Привет"), ("utf-16", "Peña"), ("gb18030", "你好")],
)
def test_charsets_of_the_world_are_read(charset: str, said: str) -> None:
    head = f"From: a@x.org\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert read_mail(head.encode() + base64.b64encode(said.encode(charset))).text == said


@pytest.mark.parametrize("charset", ["x-unknown", "utf-8", "'", "us-ascii"])
def test_wrong_charset_is_guessed(charset: str) -> None:
    assert decode("Peña".encode("cp1252"), charset) == "Peña"


def test_encoded_subject_is_read_and_a_broken_one_kept() -> None:
    assert read_mail(raw_mail(subject="=?utf-8?q?Pe=C3=B1a?= =?iso-8859-1?b?8Q==?=")).subject == "Peñañ"
    assert read_mail(raw_mail(subject="=?x-no?q?abc?=")).subject == "abc"
    for charset in ("utf-8", "cp1252"):
        assert read_mail("Subject: Peña".encode(charset) + b"\r\n\r\nhi").subject == "Peña"
    assert read_mail(raw_mail(subject="=?utf-8?b?!?=")).subject != ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"no headers at all",
        b"From: a@x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b'From: a@x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncut',
        b"From: a@x\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%not base64%%%",
        b"From: a@x\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n!!!!",
        b"From: \xff\xfe <\xff@x>\r\nSubject: \xff\r\n\r\n\xff",
        b"From: a@x, b@y\r\n\r\nhi",
        b"Message-ID: <>\r\nIn-Reply-To: \r\nReferences: <> < >\r\n\r\nhi",
        b"Content-Type: text/plain; charset=\r\n\r\nhi",
        b"Content-Type: ;;;;\r\n\r\nhi",
        b"Content-Type: message/rfc822\r\n\r\nFrom: b@y\r\n\r\nwithin",
        b"Subject: " + b"x" * 300_000 + b"\r\n\r\nhi",
        b"Content-Type: multipart/mixed; boundary*=us-ascii''q; boundary*0*=q\r\n\r\n--q\r\n\r\nhi\r\n--q--",
        b"Content-Disposition: attachment; filename*=utf-8''a; filename*0*=x'y'z\r\n\r\nhi",
        b"Content-Type: text/html\r\n\r\n<!DOCTYPE [ <![foo[ hi",
    ],
)
def test_broken_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    fingerprints(raw)
    mail = read_mail(raw)
    assert "\x00" not in mail.text + mail.subject
    (mail.text + mail.subject + mail.sender).encode()
    assert len(mail.subject) <= 200


def test_empty_ids_name_nothing() -> None:
    assert read_mail(raw_mail(headers={"In-Reply-To": "<>", "References": " "})).named == ()


def test_sender_is_nobody_when_several_are_named() -> None:
    assert read_mail(b"From: a@x.org, b@y.org\r\n\r\nhi").sender == ""
    assert read_mail(b"From: a@x.org\r\nFrom: b@y.org\r\n\r\nhi").sender == ""


def test_html_becomes_words_without_its_scripts() -> None:
    html = "<head><title>T</title><style>p{}</style></head><p>One &amp; two<br>three</p><script>alert(1)</script><p>4"
    assert as_words(html).split("\n") == ["One & two", "three", "", "4"]
    assert as_words("<![if !mso]><p>One</p><![endif]><![foo[ x ]]><p>two</p>").split() == ["One", "two"]


def test_plain_text_goes_before_html_and_files_are_counted() -> None:
    mail = read_mail(
        b'From: a@x.org\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="x.pdf"\r\n\r\n%PDF\r\n'
        b"--b\r\nContent-Type: text/plain; name=y.txt\r\n\r\nnot said\r\n--b--\r\n"
    )
    assert (mail.text, mail.files) == ("plain", 2)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\nOn Mon, Ben wrote:\n> Is it?\n> Ben", "Yes."),
        ("Yes.\n\nOn Mon, 3 Feb 2025 at 10:00, A very long name <a@x.org>\nwrote:\n> Is it?", "Yes."),
        ("Yes.\n-----Original Message-----\nFrom: x\nIs it?", "Yes."),
        ("Yes.\n\nFrom: Ben\nSent: Monday\nTo: me\n\nIs it?", "Yes."),
        ("Sí.\n\nEl lun, 3 feb, Ben escribió:\n> ¿Es?", "Sí."),
        ("Yes.\n> quoted\n> more", "Yes."),
        ("> Is it?\nYes.\n> And that?\nNo.", "> Is it?\nYes.\n> And that?\nNo."),
        ("On Mon, Ben wrote:\n> Is it?\nYes, below.\nReally.\n", "On Mon, Ben wrote:\n> Is it?\nYes, below.\nReally."),
        ("> only quoted", "> only quoted"),
        ("From: the office we called twice.\nNo answer.", "From: the office we called twice.\nNo answer."),
        ("", ""),
    ],
)
def test_what_is_quoted_at_the_end_goes(text: str, new: str) -> None:
    assert without_quotes(text) == new


def test_endless_mail_is_cut_with_a_word() -> None:
    assert read_mail(raw_mail(text="x" * (MOST_LETTERS + 1))).text.endswith(CUT_OFF)


def test_the_way_a_mail_took_does_not_tell_it_apart_but_its_words_do() -> None:
    one = raw_mail(headers={"Received": "from a"})
    assert fingerprints(one) == fingerprints(raw_mail(headers={"Received": "from b"}))
    assert fingerprints(one) == fingerprints(one.replace(b"\r\n", b"\n"))
    other = fingerprints(raw_mail(text="Other words"))
    assert other[0] == fingerprints(one)[0]
    assert other[1] != fingerprints(one)[1]
    assert fingerprints(raw_mail(mail_id=""))[0] != fingerprints(raw_mail(mail_id="", text="Other"))[0]
