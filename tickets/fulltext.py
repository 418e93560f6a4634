"""Full text: which tickets hold these words in their subject, their numbers, their messages, or (for the team) notes.

Both databases keep the same words behind these functions: `ticket_fts` is an FTS5 table on SQLite and a table of
tsvectors on PostgreSQL. The words are cut here, so that a search finds the same on both. `index_ticket` writes them in
the transaction of the change: whoever stores a message or a subject calls it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import (
    Integer,
    Select,
    TableValuedAlias,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from adminops.db import db
from tickets.attached import TicketAttachment
from tickets.importing.models import TicketExternal
from tickets.models import Ticket, TicketMessage, Voice

LONGEST_WORD = 60
MOST_WORDS = 60_000
"""Of one ticket; what was written first in a longer one is not found. A tsvector holds a megabyte."""
SHORTEST_BEGINNING = 3
"""A word of so many letters also finds the longer ones that begin with it."""

_WORD = re.compile(r"[^\W_]+")
_SQLITE = table("ticket_fts", column("rowid", Integer), column("ticket_fts"))
_POSTGRESQL = table("ticket_fts", column("ticket_id", Integer), column("said", TSVECTOR), column("told", TSVECTOR))
_ROWID_FIRST = literal_column("+ticket_fts.rowid", Integer)
"""The plus keeps SQLite from walking through an index of tickets and asking the words about each."""


def words_of(said: str) -> list[str]:
    """Return the words of a text as they are kept and looked for: small letters without accents, and digits."""
    folded = unicodedata.normalize("NFKD", said.casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def index_ticket(ticket_id: int) -> None:
    """Keep the words of a ticket as they stand in this transaction."""
    index_tickets([ticket_id])


def index_filed(ticket_id: int, subject: str, body: str) -> None:
    """Keep the words of a ticket that this very transaction has filed: nobody else has said anything on it yet."""
    said = [str(ticket_id), *words_of(subject), *words_of(body)][-MOST_WORDS:]
    _keep([{"id": ticket_id, "said": said, "noted": []}])


def index_tickets(ids: Sequence[int]) -> None:
    """Keep the words of several tickets as they stand in this transaction."""
    db.session.flush()
    named = select(Ticket.id, Ticket.subject, TicketExternal.number).outerjoin(TicketExternal)
    # Locked: who read a text before it was held back would write its words after they were taken out.
    locked = named.where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(of=Ticket, key_share=True)
    said = {
        id_: [str(id_), *words_of(f"{number or ''} {subject}")] for id_, subject, number in db.session.execute(locked)
    }
    noted: dict[int, list[str]] = {id_: [] for id_ in said}
    messages = select(TicketMessage.ticket_id, TicketMessage.voice, TicketMessage.body)
    for id_, voice, body in db.session.execute(
        messages.where(TicketMessage.ticket_id.in_(ids)).order_by(TicketMessage.id)
    ):
        (noted if voice is Voice.NOTE else said)[id_].extend(words_of(body))
    for id_, voice, name in db.session.execute(_names_of_files(ids)):
        (noted if voice is Voice.NOTE else said)[id_].extend(words_of(name))
    _keep([{"id": id_, "said": said[id_][-MOST_WORDS:], "noted": noted[id_][-MOST_WORDS:]} for id_ in said])


def _keep(rows: list[dict[str, object]]) -> None:
    if rows and _is_postgresql():
        _keep_on_postgresql(rows)
    elif rows:
        _keep_on_sqlite(rows)


def _names_of_files(ids: Sequence[int]) -> Select[int, Voice, str]:
    named = select(TicketMessage.ticket_id, TicketMessage.voice, TicketAttachment.name)
    of_message = TicketAttachment.message_id == TicketMessage.id
    return named.join(TicketAttachment, of_message).where(TicketMessage.ticket_id.in_(ids), TicketAttachment.name != "")


def _keep_on_sqlite(rows: list[dict[str, object]]) -> None:
    values = [{name: " ".join(v) if isinstance(v, list) else v for name, v in row.items()} for row in rows]
    kept = text("INSERT OR REPLACE INTO ticket_fts (rowid, said, noted) VALUES (:id, :said, :noted)")
    db.session.execute(kept, values)


def _keep_on_postgresql(rows: list[dict[str, object]]) -> None:
    values = [
        {"id": row["id"], "said": _vector(row["said"]), "told": _vector([*row["said"], *row["noted"]][-MOST_WORDS:])}  # type: ignore[misc, arg-type]
        for row in rows
    ]
    kept = text(
        "INSERT INTO ticket_fts (ticket_id, said, told) VALUES (:id, CAST(:said AS tsvector), CAST(:told AS tsvector))"
        " ON CONFLICT (ticket_id) DO UPDATE SET said = excluded.said, told = excluded.told"
    )
    db.session.execute(kept, values)


def _vector(words: Iterable[str]) -> str:
    """Return words with their places as PostgreSQL reads a tsvector."""
    return " ".join(f"{word}:{min(place, 16383)}" for place, word in enumerate(words, 1))


# Looking for words


def holding(chosen: Select[Ticket], phrases: Sequence[Sequence[str]], *, notes: bool) -> Select[Ticket]:
    """Return `chosen` of those tickets that hold all of `phrases`; `notes` looks in the team's notes too."""
    return holding_asked(chosen, literal(asked(phrases, notes)), notes=notes) if phrases else chosen


def asked(phrases: Sequence[Sequence[str]], notes: bool) -> str:
    """Return `phrases` as the index of words is asked for tickets that hold all of them."""
    if _is_postgresql():
        return " & ".join(
            f"({' <-> '.join(phrase)})" if len(phrase) > 1 else f"{phrase[0]}{':*' if _is_beginning(phrase) else ''}"
            for phrase in phrases
        )
    wanted = " AND ".join(f'"{" ".join(phrase)}"{"*" if _is_beginning(phrase) else ""}' for phrase in phrases)
    return wanted if notes else f"said : ({wanted})"


def holding_asked(
    chosen: Select[Ticket],
    words: ColumnElement[str],
    *,
    notes: bool,
    among: tuple[ColumnElement[int], ColumnElement[int]] | None = None,
) -> Select[Ticket]:
    """Return the same of what `asked` has put into `words`.

    With `among` only tickets between these two numbers: their words are read, newest first, instead of the index.
    """
    if not _is_postgresql():
        chosen = chosen.join(_SQLITE, Ticket.id == _ROWID_FIRST).where(_fits_match(words))
        return chosen.where(_SQLITE.c.rowid > among[0], _SQLITE.c.rowid < among[1]) if among else chosen
    if among:
        return _among_on_postgresql(chosen, words, notes, *among)
    found = _found_on_postgresql(words, notes)
    return chosen.join(found, found.c.ticket_id == Ticket.id)


def holds_none(phrases: Sequence[Sequence[str]], *, notes: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that a ticket holds none of `phrases`."""
    words = (literal(asked([phrase], notes)) for phrase in phrases)
    if _is_postgresql():
        found = (select(_found_on_postgresql(each, notes).c.ticket_id) for each in words)
    else:
        found = (select(_SQLITE.c.rowid).where(_fits_match(each)) for each in words)
    return [Ticket.id.not_in(ids) for ids in found]


def number_key(searching: bool) -> ColumnElement[int] | InstrumentedAttribute[int]:
    """Return the ticket's number as a sort key; `searching`, SQLite reads it off the index of words, in order."""
    return _SQLITE.c.rowid if searching and not _is_postgresql() else Ticket.id


def _fits_match(words: ColumnElement[str]) -> ColumnElement[bool]:
    return _SQLITE.c.ticket_fts.op("MATCH", is_comparison=True)(words)


def _found_on_postgresql(words: ColumnElement[str], notes: bool) -> TableValuedAlias:
    """Return the numbers of the tickets that hold `words`, as a table that is looked up in the index of words."""
    looked_up = func.ticket_fts_told if notes else func.ticket_fts_said
    return looked_up(cast(words, TSQUERY)).table_valued(column("ticket_id", Integer)).render_derived()


def _among_on_postgresql(
    chosen: Select[Ticket],
    words: ColumnElement[str],
    notes: bool,
    above: ColumnElement[int],
    below: ColumnElement[int],
) -> Select[Ticket]:
    kept = _POSTGRESQL
    # OFFSET 0 has the planner take these tickets first: it does not know that the index of a common word is slower.
    near = select(kept.c.ticket_id, (kept.c.told if notes else kept.c.said).label("words"))
    near = near.where(kept.c.ticket_id > above, kept.c.ticket_id < below).order_by(kept.c.ticket_id.desc())
    read = near.offset(0).subquery()
    return chosen.join(read, read.c.ticket_id == Ticket.id).where(read.c.words.op("@@")(cast(words, TSQUERY)))


def _is_beginning(phrase: Sequence[str]) -> bool:
    return len(phrase) == 1 and len(phrase[0]) >= SHORTEST_BEGINNING


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"
