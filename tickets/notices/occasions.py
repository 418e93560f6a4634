"""What people are told of, how near a ticket is to them, and on which ways. Words and rules without a database."""

from collections.abc import Mapping
from enum import StrEnum


class Occasion(StrEnum):
    """What may be told, with the row of the form, the subject of its mail, and the end of the sentence in the app."""

    def __new__(
        cls, value: str, label: str = "", subject: str = "", says: str = "", for_team: bool = False
    ) -> "Occasion":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.subject, member.says, member.for_team = label, subject, says, for_team
        return member

    label: str
    subject: str
    says: str
    for_team: bool
    """Whether only who works on a ticket is told."""

    @property
    def counted(self) -> tuple[str, str]:
        """One of it, and several: "reply", "replies"."""
        return _COUNTED[self]

    FILED = "filed", "A new request", "There is a new request #{}", "filed {}"
    REPLIED = "replied", "A reply", "There is a reply on request #{}", "replied on {}"
    NOTED = "noted", "A team note", "There is a team note on ticket #{}", "wrote a team note on {}", True
    MENTIONED = "mentioned", "A message that mentions you", "You are mentioned on request #{}", "mentioned you on {}"
    ASSIGNED = "assigned", "A ticket is given to somebody", "Ticket #{} was assigned", "assigned {}", True
    PRIORITISED = (
        "prioritised",
        "Another priority",
        "Ticket #{} has another priority",
        "changed the priority of {}",
        True,
    )
    RESOLVED = "resolved", "A request is resolved", "Request #{} is resolved", "resolved {}"
    REOPENED = "reopened", "A request is open again", "Request #{} is open again", "reopened {}"
    WARNED = (
        "warned",
        "A goal is close or was passed",
        "Ticket #{}: a goal is close or was passed",
        "warned that a goal of {} is close or was passed",
        True,
    )
    HELD_UP = (
        "held_up",
        "What a request asks for can’t be done",
        "Ticket #{}: what it asks for can’t be done",
        "found that what {} asks for can’t be done",
        True,
    )


class Nearness(StrEnum):
    """How near a ticket is to a person."""

    MINE = "mine"
    """They asked for it, it is assigned to them, or they take part in it."""
    TEAM = "team"
    """Of their agency; for the Systems Team, of the queues they follow or, following none, that nobody has taken."""
    ALL = "all"
    """Any other that they see."""


class Way(StrEnum):
    """On which ways somebody is told."""

    def __new__(cls, value: str, label: str = "") -> "Way":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    label: str

    NOTHING = "nothing", "Not at all"
    APP = "app", "In the app"
    MAIL = "mail", "By mail"
    BOTH = "app+mail", "In the app and by mail"
    DIGEST = "digest", "In the digest"
    APP_DIGEST = "app+digest", "In the app and the digest"

    @property
    def in_app(self) -> bool:
        """Whether it stands in the list in the app."""
        return self in (Way.APP, Way.BOTH, Way.APP_DIGEST)

    @property
    def by_mail(self) -> bool:
        """Whether a mail of its own leaves."""
        return self in (Way.MAIL, Way.BOTH)

    @property
    def in_digest(self) -> bool:
        """Whether the next digest tells it."""
        return self in (Way.DIGEST, Way.APP_DIGEST)


_COUNTED: Mapping[Occasion, tuple[str, str]] = {
    Occasion.FILED: ("request filed", "requests filed"),
    Occasion.REPLIED: ("reply", "replies"),
    Occasion.NOTED: ("team note", "team notes"),
    Occasion.MENTIONED: ("mention of you", "mentions of you"),
    Occasion.ASSIGNED: ("assignment", "assignments"),
    Occasion.PRIORITISED: ("change of priority", "changes of priority"),
    Occasion.RESOLVED: ("time resolved", "times resolved"),
    Occasion.REOPENED: ("time reopened", "times reopened"),
    Occasion.HELD_UP: ("request that can’t be carried out", "requests that can’t be carried out"),
    Occasion.WARNED: ("warning of a goal", "warnings of goals"),
}

OFFERED: Mapping[Occasion, tuple[Nearness, ...]] = {
    **dict.fromkeys(Occasion, tuple(Nearness)),
    Occasion.FILED: (Nearness.TEAM, Nearness.ALL),  # who asked has a receipt in any case
    Occasion.MENTIONED: (Nearness.MINE,),
}
"""Of which tickets an occasion can be chosen."""

AT_FIRST: Mapping[str, Way] = {
    "replied.mine": Way.BOTH,
    "mentioned.mine": Way.BOTH,
    "assigned.mine": Way.BOTH,
    "resolved.mine": Way.BOTH,
    "warned.mine": Way.BOTH,
    "held_up.mine": Way.APP,
    "noted.mine": Way.APP,
    "prioritised.mine": Way.APP,
    "reopened.mine": Way.APP,
}
"""How the house tells things until an administrator says otherwise; what is not named is not told."""


def cell(occasion: Occasion, near: Nearness) -> str:
    """Return the key of a place of the matrix: "replied.mine"."""
    return f"{occasion.value}.{near.value}"


CELLS: tuple[str, ...] = tuple(cell(occasion, near) for occasion, nears in OFFERED.items() for near in nears)
"""All places of the matrix."""


def is_wide(key: str) -> bool:
    """Say whether a place of the matrix is about tickets of others."""
    return not key.endswith(f".{Nearness.MINE.value}")
