"""The mails about a ticket as its timeline tells them: what went to whom, and how far each one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adminops.outbox.models import MessageState

TOGETHER = timedelta(seconds=2)
"""Mails of one kind that were asked for within so long were asked for by one act."""

WORDS: Mapping[str, str] = {
    "tickets.filed": "that the request has arrived",
    "tickets.replied": "that there is a reply",
    "tickets.assigned": "that it is theirs",
    "tickets.resolved": "that it is resolved",
    "tickets.silent": "that it is closed",
    "tickets.goal": "of a goal",
    "tickets.approval": "that an approval is needed",
    "tickets.added": "that they were added",
    "tickets.private": "that it is private",
    "tickets.merged": "where it goes on",
    "tickets.mentioned": "that they are mentioned",
    "tickets.unsent": "that the answer did not go out",
    "tickets.project": "of a project",
    "tickets.happened": "of what they wished to hear of",
}


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail to a person. `leaves_at` is when it is tried next, while it has not left."""

    id: int
    name: str
    kind: str
    state: MessageState
    at: datetime
    leaves_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """Mails of one act, as one line of the timeline."""

    at: datetime
    id: int
    says: str
    mails: Sequence[Mailed]


def mailed_from(id_: int, name: str, told: str) -> Mailed:
    """Return a mail from its number, its reader, and "kind|state|asked for|next try" as the databases write it."""
    kind, state, at, leaves_at = told.split("|")
    return Mailed(id_, name, kind, MessageState(state), moment_from(at), moment_from(leaves_at))


def posts(mails: Sequence[Mailed]) -> list[Post]:
    """Return the lines of these mails, which come in the order in which they were asked for."""
    acts: list[list[Mailed]] = []
    open_acts: dict[str, list[Mailed]] = {}
    for mail in mails:
        act = open_acts.get(mail.kind)
        if act is None or mail.at - act[-1].at > TOGETHER:
            act = open_acts[mail.kind] = []
            acts.append(act)
        act.append(mail)
    return [Post(act[0].at, act[0].id, WORDS.get(act[0].kind, "about this"), act) for act in acts]


def moment_from(text: str) -> datetime:
    """Return a moment as SQLite (in UTC, without a zone) or PostgreSQL (with one) writes it."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
