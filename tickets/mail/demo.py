"""The demo's mails: some became requests and answers, some wait for somebody's word, some were left alone, and why."""

from datetime import timedelta

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from adminops.identity.models import SYSTEM
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.operations import receive, sort_mail

#: Hours ago, the sender, the subject, what it says, and further headers. `{number}` is what the first became.
MAILS = (
    (70, "Ben Turner <ben@example.org>", "Printing the bed list", "The bed list prints without the last column.", ""),
    (66, "Ben Turner <ben@example.org>", "Re: Request #{number}", "Thank you, that is what I needed.", ""),
    (
        52,
        "Ben Turner <ben@example.org>",
        "Automatic reply: Request #{number}",
        "I am out of the office.",
        "Auto-Submitted: auto-replied\r\n",
    ),
    (
        47,
        "HMIS News <news@vendor.example>",
        "What is new this month",
        "Read about the new reports.",
        "List-Id: <news.vendor.example>\r\nPrecedence: bulk\r\n",
    ),
    (30, "Alicia Kowalski <alicia@example.org>", "New staff", "May we have an account for our new night manager?", ""),
    (26, "R. Delgado <rdelgado@partner.example>", "Access for a partner", "How do we get access to the HMIS?", ""),
    (9, "intake@clinic.example", "Referral", "Whom do we send referrals to?", ""),
    (5, "Ben Turner <ben@example.org>", "Which one is right?", "Her card says 219-09-9999. Is that the right one?", ""),
)
BROKEN = ("statements@bank.example", "Statement", "It could not be read (LookupError).")
"""A mail whose letters no program knows, as the job gives it up."""


def bring_mails(cast: Cast) -> None:
    """Take the mails in, each at its time, as the job would; a cast without Ben gets none."""
    if "ben" not in cast.people:
        return
    number: int | None = None
    for place, (hours, sender, subject, text, headers) in enumerate(MAILS):
        with clock.frozen_at(cast.now - timedelta(hours=hours)):
            mail = receive(_raw(place, sender, subject.format(number=number), text, headers), by=SYSTEM)
            sort_mail(mail, by=SYSTEM)
        number = number or mail.ticket_id
    with clock.frozen_at(cast.now - timedelta(hours=14)):
        _give_up(receive(_raw(len(MAILS), BROKEN[0], BROKEN[1], "…", ""), by=SYSTEM))


def _raw(place: int, sender: str, subject: str, text: str, headers: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: adminops@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <demo-{place}@mail.example>\r\n"
        f"{headers}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def _give_up(mail: IncomingMail) -> None:
    mail.state, mail.why, mail.attempts = MailState.FAILED, BROKEN[2], 8
    db.session.flush()
