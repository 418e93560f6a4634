"""The nightly scan: what is stored is looked at again, for clients come in after a text was written."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from adminops.db import db, transaction
from adminops.feature import GuardedTexts, Job, WrittenText
from adminops.guard.looking import look_at
from adminops.guard.models import Outcome, PiiEvent, PiiIncident, PiiScan
from adminops.guard.operations import HELD_BACK, hold
from adminops.identity.models import SYSTEM
from adminops.pii import Finding
from adminops.refs import Ref
from adminops.scheduler.runs import PAUSE, is_told_to_end
from adminops.web.navigation import registry

AT_ONCE = 100
"""Texts that are looked at in one transaction."""
A_NIGHT = 50_000
"""Texts that are looked at in one night; the next one goes on behind them, and begins anew at the end."""


@dataclass(frozen=True)
class Looked:
    """What a look at the next few texts found."""

    after: int
    """The text before them."""
    last: int
    """The last of them; 0 where they were the last of all."""
    suspect: Sequence[int]
    """Those in which something stands."""


def rescan() -> None:
    """Look at the next texts of each kind again, and hold back what should not be there.

    They are looked at without a writer's lock, for that takes long, and most have nothing in them.
    """
    for feature in registry().features:
        for guarded in feature.guarded:
            for _ in range(A_NIGHT // AT_ONCE):
                with transaction(writes=False):
                    looked = look_at_some(guarded)
                with transaction():
                    more = keep(guarded, looked)
                if not more or is_told_to_end():
                    break
                time.sleep(PAUSE)


def scan_some(guarded: GuardedTexts) -> bool:
    """Look at the next few texts and hold back what should not be there; say whether there are more behind them."""
    return keep(guarded, look_at_some(guarded))


def look_at_some(guarded: GuardedTexts) -> Looked:
    """Look at the next few texts. Only reads."""
    place = db.session.get(PiiScan, guarded.kind)
    after = place.last_id if place else 0
    texts = guarded.written(after, AT_ONCE)
    settled = _looked_at([Ref.to(guarded.kind, each.id) for each in texts])
    open_ = (each for each in texts if Ref.to(guarded.kind, each.id) not in settled)
    return Looked(after, texts[-1].id if len(texts) == AT_ONCE else 0, [each.id for each in open_ if _found_in(each)])


def keep(guarded: GuardedTexts, looked: Looked) -> bool:
    """Hold back what was found, and note how far the scan is; say whether there are more texts behind."""
    place = db.session.get(PiiScan, guarded.kind, with_for_update=True)
    if place is None:
        place = PiiScan(kind=guarded.kind, last_id=0)
        db.session.add(place)
    if place.last_id != looked.after:  # somebody else was there meanwhile
        return False
    for id_ in looked.suspect:
        for each in guarded.written(id_ - 1, 1):  # as it stands now
            if each.id == id_ and not _looked_at([Ref.to(guarded.kind, id_)]):
                _look_again(guarded, each)
    place.last_id = looked.last
    db.session.flush()
    return place.last_id > 0


def _look_again(guarded: GuardedTexts, written: WrittenText) -> None:
    found = _found_in(written)
    held = {name: written.texts[name] for name in found}
    if not held:
        return
    hold(
        Ref.to(guarded.kind, written.id),
        held,
        [finding for findings in found.values() for finding in findings],
        agency_id=written.agency_id,
        author_id=written.author_id,
        seen_by=guarded.readers(written.id),
        by=SYSTEM,
    )
    guarded.rewrite(str(written.id), dict.fromkeys(held, HELD_BACK))


def _found_in(written: WrittenText) -> dict[str, list[Finding]]:
    """Return what stands in the texts of one in which something does."""
    found = {name: look_at(text, agency_id=written.agency_id, by=SYSTEM) for name, text in written.texts.items()}
    return {name: findings for name, findings in found.items() if findings}


def _looked_at(refs: list[Ref]) -> set[Ref]:
    """Return those about which somebody has decided: an incident, or the word of the team that it is no client's."""
    if not refs:
        return set()
    known = select(PiiIncident.ref_id).where(
        PiiIncident.kind == refs[0].kind, PiiIncident.ref_id.in_([ref.id for ref in refs])
    )
    cleared = select(PiiEvent.about).where(
        PiiEvent.about.in_([str(ref) for ref in refs]), PiiEvent.outcome == Outcome.CLEARED
    )
    said = {Ref.parse(about) for about in db.session.scalars(cleared)}
    return {Ref(refs[0].kind, id_) for id_ in db.session.scalars(known)} | {ref for ref in said if ref}


JOBS = (
    Job(
        name="rescan-texts",
        title="Look at stored texts again for personal data",
        run=rescan,
        every=timedelta(days=1),
        own_transactions=True,
    ),
)
