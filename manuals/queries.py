"""Reading the manuals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, literal, or_, select

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from manuals.models import ManualPage, PageRevision, PageState
from manuals.rendering import plain_text


@dataclass(frozen=True)
class PageRow:
    """One line of a list of pages."""

    id: int
    slug: str
    section: str
    title: str
    state: PageState
    draft_is_newer: bool
    published_at: datetime | None


ROW = (
    ManualPage.id,
    ManualPage.slug,
    ManualPage.section,
    ManualPage.title,
    ManualPage.state,
    ManualPage.draft_is_newer,
    ManualPage.published_at,
)


def visible_to(viewer: User) -> Select[ManualPage]:
    """Return the pages the viewer may open: published ones; writers see drafts and retired ones too."""
    chosen = select(ManualPage)
    if viewer.may(Permission.WRITE_MANUALS):
        return chosen
    return chosen.where(ManualPage.state == PageState.PUBLISHED)


def contents(viewer: User) -> dict[str, list[PageRow]]:
    """Return the pages by section, in the order of their titles; retired ones are left out."""
    chosen = (
        visible_to(viewer)
        .with_only_columns(*ROW)
        .where(ManualPage.state != PageState.RETIRED)
        .order_by(func.lower(ManualPage.section), func.lower(ManualPage.title), ManualPage.id)
    )
    sections: dict[str, list[PageRow]] = {}
    for row in db.session.execute(chosen):
        sections.setdefault(row.section, []).append(PageRow(*row))
    return sections


def retired(viewer: User) -> list[PageRow]:
    """Return the retired pages, for writers."""
    chosen = visible_to(viewer).with_only_columns(*ROW).where(ManualPage.state == PageState.RETIRED)
    return [PageRow(*row) for row in db.session.execute(chosen.order_by(ManualPage.title, ManualPage.id))]


def find_page(slug: str, viewer: User) -> ManualPage | None:
    """Return a page by its address, or None when there is none that the viewer may open."""
    return db.session.scalar(visible_to(viewer).where(ManualPage.slug == slug))


def find_revision(page: ManualPage, number: int) -> PageRevision | None:
    """Return one revision of a page."""
    chosen = select(PageRevision).where(PageRevision.page_id == page.id, PageRevision.number == number)
    return db.session.scalar(chosen)


def history(page: ManualPage) -> Sequence[tuple[int, str, datetime, str | None]]:
    """Return number, note, time and publisher's name of each revision, the newest first."""
    chosen = (
        select(PageRevision.number, PageRevision.note, PageRevision.published_at, User.name)
        .outerjoin(User, User.id == PageRevision.published_by_id)
        .where(PageRevision.page_id == page.id)
        .order_by(PageRevision.number.desc())
    )
    return [(number, note, at, name) for number, note, at, name in db.session.execute(chosen)]


def search(words: str, viewer: User, *, limit: int = 20) -> list[tuple[PageRow, str]]:
    """Return the published pages that hold every word, title hits first, each with the place where it was found."""
    terms = words.split()[:8]
    body = func.coalesce(PageRevision.body, "")
    held = [
        or_(ManualPage.title.icontains(term, autoescape=True), body.icontains(term, autoescape=True)) for term in terms
    ]
    in_title = sum(
        (case((ManualPage.title.icontains(t, autoescape=True), 1), else_=0) for t in terms), start=literal(0)
    )
    chosen = (
        select(*ROW, PageRevision.body)
        .join(PageRevision, (PageRevision.page_id == ManualPage.id) & (PageRevision.number == ManualPage.revision))
        .where(ManualPage.state == PageState.PUBLISHED, *held)
        .order_by(in_title.desc(), ManualPage.title, ManualPage.id)
        .limit(limit)
    )
    if not terms or not viewer.may(Permission.READ_MANUALS):
        return []
    return [(PageRow(*row[:-1]), excerpt(row[-1], terms)) for row in db.session.execute(chosen)]


def excerpt(body: str, terms: Sequence[str], *, around: int = 70) -> str:
    """Return the words around the first place of `body` with one of `terms`, as a reader of the page sees them."""
    plain = plain_text(body)
    places = [at for term in terms if (at := plain.casefold().find(term.casefold())) >= 0]
    at = min(places, default=0)
    start, end = max(0, at - around), min(len(plain), at + 2 * around)
    return f"{'… ' if start else ''}{plain[start:end].strip()}{' …' if end < len(plain) else ''}"
