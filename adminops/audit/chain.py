"""The chain over the audit trail: added to every minute, checked from its beginning, held by anchors outside.

Links are added by one job, so whoever writes an entry waits for nobody. Ids are given before a transaction is stored:
an entry may come up behind later ones. So the chain goes by the order in which entries are found, not by their ids.

A chain alone does not show that its end was cut off. So once a day its last link is written to a file, and a check asks
for the link of every such file.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, insert, select

from adminops import clock
from adminops.audit.marks import START, is_marked, mark_of_link, sign_of
from adminops.audit.models import AuditEntry, AuditLink
from adminops.db import db, hold_alone
from adminops.hmis import sealing
from adminops.private_files import write_private

LOCK = 0x6175646974
"""Number of PostgreSQL's advisory lock that whoever adds links holds: "audit" as bytes."""
AT_ONCE = 2_000
ENTRY = AuditEntry.__table__.columns
LOOKED_BACK = 5_000
"""Links behind the end among whose entries one that comes up late is looked for each minute; once a day among all."""


@dataclass(frozen=True)
class Broken:
    """The first place where the trail is not as it was written."""

    number: int | None
    """The link; None where it is an entry without one."""
    entry_id: int | None
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole trail found."""

    links: int
    waiting: int
    """Entries that are still to get a link; they are in order by themselves."""
    anchors: int
    broken: Broken | None


def add_links(*, looked_back: int | None = LOOKED_BACK) -> bool:
    """Give entries that have none their links; tell whether there are more. None looks through the whole trail.

    An entry that is not marked as it should be gets none: the check then finds it. One at a time adds links, for the
    job of the day does so as well as that of the minute.
    """
    key = sealing.key_ring().audit_key
    if not key:
        return False
    hold_alone(LOCK)
    last = db.session.scalar(select(AuditLink).order_by(AuditLink.number.desc()).limit(1))
    found = _without_link(_looked_from(last, looked_back))
    number, before = (last.number, last.mark) if last else (0, START)
    are_old = not _has_marked_link()
    links = []
    for entry in found:
        if is_marked(key, entry):
            are_old = False
        elif entry.mark is not None or not are_old:
            continue
        number, before = number + 1, mark_of_link(key, before, number + 1, entry)
        links.append({"number": number, "entry_id": entry.id, "mark": before})
    if links:
        db.session.execute(insert(AuditLink), links)
    return len(found) == AT_ONCE and bool(links)


def _looked_from(last: AuditLink | None, looked_back: int | None) -> int:
    if last is None or looked_back is None:
        return 0
    behind = select(AuditLink.entry_id).where(AuditLink.number > last.number - looked_back)
    return db.session.scalar(select(func.min(behind.subquery().c.entry_id))) or 0


def _without_link(after: int) -> Sequence[Row[Any]]:
    """Return the next entries without a link; those of the time before there were marks come first by their ids."""
    chosen = (
        select(*ENTRY)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .where(AuditLink.number.is_(None), AuditEntry.id > after)
        .order_by(AuditEntry.id)
        .limit(AT_ONCE)
    )
    return db.session.execute(chosen).all()


def _has_marked_link() -> bool:
    last = select(AuditLink.entry_id).order_by(AuditLink.number.desc()).limit(1).scalar_subquery()
    return db.session.scalar(select(AuditEntry.mark).where(AuditEntry.id == last)) is not None


def check(anchors: Path) -> Verdict:
    """Go through the whole trail and say where it is first not as it was written."""
    key = sealing.key_ring().audit_key
    kept = dict(_anchors(anchors))
    if not key:
        return Verdict(0, 0, len(kept), Broken(None, None, "The key ring has no key for the audit trail."))
    number, before, are_old = 0, START, True
    for row in _links():
        sentence = _gap(number, row) or _change(key, before, row, are_old=are_old)
        if not sentence and kept.get(row.number, row.link_mark) != row.link_mark:
            sentence = "The chain was written anew: an anchor has another link."
        if sentence:
            return Verdict(number, 0, len(kept), Broken(row.number, row.entry_id, sentence))
        number, before, are_old = row.number, row.link_mark, row.mark is None
    if kept and max(kept) > number:
        sentence = f"The end of the trail is gone: an anchor has link {max(kept)}."
        return Verdict(number, 0, len(kept), Broken(number + 1, None, sentence))
    waiting, broken = _look_at_waiting(key, are_old=are_old)
    return Verdict(number, waiting, len(kept), broken)


def _gap(number: int, row: Row[Any]) -> str:
    """Say what is missing between link `number` and this one, or of this one."""
    if row.number != number + 1:
        return f"Link {number + 1} is gone."
    return "" if row.id is not None else f"Entry {row.entry_id} is gone."


def _change(key: bytes, before: str, row: Row[Any], *, are_old: bool) -> str:
    """Say what is wrong with a link and its entry; `are_old` tells that no entry before it has a mark."""
    if not row.link_mark.startswith(sign_of(key)):
        return "It was marked under a key that the key ring does not have."
    if row.link_mark != mark_of_link(key, before, row.number, row):
        return f"Entry {row.entry_id} or its place in the chain was changed."
    if row.mark is None and not are_old:
        return f"Entry {row.entry_id} has no mark, and those before it have."
    return ""


def _look_at_waiting(key: bytes, *, are_old: bool) -> tuple[int, Broken | None]:
    """Look at the entries that have no link yet; return how many are in order, and the first that is not."""
    waiting = 0
    chosen = (
        select(*ENTRY)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .where(AuditLink.number.is_(None))
        .order_by(AuditEntry.id)
    )
    for row in db.session.execute(chosen, execution_options={"yield_per": AT_ONCE}):
        if not (row.mark is None and are_old) and not is_marked(key, row):
            return waiting, Broken(None, row.id, f"Entry {row.id} is not marked as what it says.")
        waiting += 1
    return waiting, None


def _links() -> Iterator[Row[Any]]:
    """Yield the links in their order, each with its entry."""
    after = 0
    link = (AuditLink.number, AuditLink.entry_id, AuditLink.mark.label("link_mark"))
    chosen = select(*link, *ENTRY).outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
    while True:
        rows = db.session.execute(
            chosen.where(AuditLink.number > after).order_by(AuditLink.number).limit(AT_ONCE)
        ).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].number


def anchor(folder: Path) -> Path | None:
    """Write the last link to a file of today; None while there is no chain. The first of a day stays."""
    last = db.session.scalar(select(AuditLink).order_by(AuditLink.number.desc()).limit(1))
    if last is None:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{clock.now():%Y-%m-%d}.json"
    if not file.exists():
        write_private(file, json.dumps({"link": last.number, "mark": last.mark}).encode())
    return file


def _anchors(folder: Path) -> Iterator[tuple[int, str]]:
    for file in sorted(folder.glob("*.json")):
        held = json.loads(file.read_text())
        yield held["link"], held["mark"]


@dataclass(frozen=True)
class Anchor:
    """A file that holds the chain: its day, its link, and whether the chain has that link now."""

    day: str
    link: int
    holds: bool


def last_anchors(folder: Path, *, most: int) -> list[Anchor]:
    """Return the newest anchors, the last first, each compared with the link that the chain has there."""
    files = sorted(folder.glob("*.json"), reverse=True)[:most]
    held = [(file.stem, json.loads(file.read_text())) for file in files]
    wanted = [each["link"] for _, each in held]
    marks = {
        row.number: row.mark
        for row in db.session.execute(select(AuditLink.number, AuditLink.mark).where(AuditLink.number.in_(wanted)))
    }
    return [Anchor(day, each["link"], marks.get(each["link"]) == each["mark"]) for day, each in held]
