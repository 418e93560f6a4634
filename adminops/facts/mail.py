"""Facts about mails that came."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.desk import TicketFact


@dataclass(frozen=True, kw_only=True)
class MailFact(Fact):
    """Something that happened to a mail that came."""

    about_kind: ClassVar[str] = "incoming_mail"
    about_field: ClassVar[str] = "mail_id"
    says: ClassVar[str] = "changed mail {mail_id}"
    mail_id: int


@dataclass(frozen=True, kw_only=True)
class MailReceived(MailFact):
    """A mail came and is kept, sealed."""

    says: ClassVar[str] = "received mail {mail_id}"


@dataclass(frozen=True, kw_only=True)
class MailSorted(MailFact):
    """A mail was read; `state` is what became of it."""

    says: ClassVar[str] = "sorted mail {mail_id}: {state}"
    state: str


@dataclass(frozen=True, kw_only=True)
class MailOpened(MailFact):
    """Somebody read a mail that no guard has looked at."""

    says: ClassVar[str] = "opened mail {mail_id}"


@dataclass(frozen=True, kw_only=True)
class MailRetried(MailFact):
    """Somebody asked for a mail to be read again."""

    says: ClassVar[str] = "had mail {mail_id} read again"


@dataclass(frozen=True, kw_only=True)
class MailIgnored(MailFact):
    """Somebody decided that nothing is to be done about a mail. It is still kept."""

    says: ClassVar[str] = "set mail {mail_id} aside"


@dataclass(frozen=True, kw_only=True)
class MailClaimed(MailFact):
    """Somebody decided on whose behalf a mail is a request."""

    says: ClassVar[str] = "filed mail {mail_id} as a request of user {user_id}"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class TicketGotRobotMail(TicketFact):
    """A machine wrote about a ticket: nobody is answered and nothing moves."""

    says: ClassVar[str] = "kept an automatic mail about ticket {ticket_id}"
    mail_id: int


@dataclass(frozen=True, kw_only=True)
class TicketMailFileLeft(TicketFact):
    """A file that came with a mail was not taken; `why` is the sentence with which a page refuses such a file."""

    says: ClassVar[str] = "left file {number} of mail {mail_id} for ticket {ticket_id}: {why}"
    mail_id: int
    number: int
    why: str


@dataclass(frozen=True, kw_only=True)
class TicketMailCameBack(TicketFact):
    """A mail about a ticket could not be delivered to `user_id`."""

    says: ClassVar[str] = "got a mail about ticket {ticket_id} back ({code})"
    mail_id: int
    user_id: int
    code: str
