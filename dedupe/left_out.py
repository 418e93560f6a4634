"""Who takes no part in matching, and why: kept by each scan, listed by number for whoever can mend it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from dedupe.gathering import in_parts, is_protected
from dedupe.matching.admission import CONSTANT, HASHED, NO_IDENTITY, TOO_LITTLE
from dedupe.models import LeftOut

HASHED_SOURCE = "The names of the whole source are hashed."
REASONS = {
    "hashed-source": HASHED_SOURCE,
    "hashed": HASHED,
    "constant": CONSTANT,
    "no-identity": NO_IDENTITY,
    "too-little": TOO_LITTLE,
}
"""By the word that stands in the address."""
WHAT_TO_DO = {
    "hashed-source": "Ask the vendor for an export with names, made by somebody who may.",
    "hashed": "Ask the vendor for an export with names, made by somebody who may.",
    "constant": "Ask the agencies for the real names; a made-up one on many records helps nobody.",
    "no-identity": "Ask the agencies whether name, birth date or SSN are known by now.",
    "too-little": "Ask the agencies whether more is known by now: two of these four are enough.",
}


@dataclass(frozen=True)
class LeftOutRow:
    """One record."""

    id: int
    personal_id: str
    source: str


def keep_left_out(looked_at: Iterable[int] | None, skipped: Mapping[str, Sequence[int]]) -> None:
    """Write down who took no part, by reason; `looked_at` says which records a scan was about, None: all."""
    if looked_at is None:
        db.session.execute(delete(LeftOut))
    else:
        for some in in_parts(looked_at):
            db.session.execute(delete(LeftOut).where(LeftOut.client_id.in_(some)))
    rows = [{"client_id": int(id_), "reason": reason} for reason, ids in skipped.items() for id_ in ids]
    if rows:
        db.session.execute(insert(LeftOut), rows)


def list_left_out(word: str, viewer: User, *, after: str | None = None) -> Page[LeftOutRow]:
    """Return a page of the records left out for a reason. Raises `NotFound`, also for who may not review.

    Who became a client of victim services alone since the scan is not on it.
    """
    if word not in REASONS or not viewer.may(Permission.REVIEW_DUPLICATES):
        raise NotFound("There is no such list.")
    chosen = select(Client.id, Client.personal_id, HmisSource.name).join(HmisSource, HmisSource.id == Client.source_id)
    chosen = chosen.where(Client.removed_at.is_(None), ~is_protected(Client))
    if word == "hashed-source":
        chosen = chosen.where(HmisSource.names_hashed.is_(True))
    else:
        chosen = chosen.join(LeftOut, LeftOut.client_id == Client.id).where(LeftOut.reason == REASONS[word])
    return fetch_page(chosen, (Client.id,), after=after, descending=False, shape=lambda row: LeftOutRow(*row))


def word_of(reason: str) -> str | None:
    """Return the word of a reason, for its address."""
    return next((word for word, sentence in REASONS.items() if sentence == reason), None)
