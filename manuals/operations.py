"""The verbs of the manuals: write, save, publish, retire."""

import re
import unicodedata

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.facts import PageDrafted, PagePublished, PageRetired, publish
from adminops.identity.models import User
from manuals import policies
from manuals.models import ManualPage, PageRevision, PageState

SLUG_LENGTH = 100


def write_page(*, title: str, section: str, body: str, by: User) -> ManualPage:
    """Start a page as a draft. Raises `NotAllowed`, `Invalid`. Publishes `PageDrafted`."""
    policies.check_may_write(by)
    title, section = _tidy(title, "title", "Give the page a title."), _tidy(section, "section", "Choose a section.")
    page = ManualPage(
        slug=free_slug(title), section=section, title=title, draft_title=title, draft_body=body, draft_by_id=by.id
    )
    db.session.add(page)
    db.session.flush()
    publish(PageDrafted(page_id=page.id), by=by)
    return page


def save_draft(page: ManualPage, *, title: str, section: str, body: str, version: int, by: User) -> None:
    """Save the draft of a page.

    `version` is the one that the writer began from: raises `Conflict` when somebody saved meanwhile, and nothing of
    either text is lost. Raises `NotAllowed`, `Invalid`. Publishes `PageDrafted`.
    """
    policies.check_may_write(by)
    if version != page.version:
        raise Conflict("Somebody saved this page while you were writing. Copy your text, reload, and put it in again.")
    page.draft_title = _tidy(title, "title", "Give the page a title.")
    page.section = _tidy(section, "section", "Choose a section.")
    page.draft_body = body
    page.draft_by_id, page.draft_at = by.id, clock.now()
    page.draft_is_newer = True
    page.version += 1
    if page.revision == 0:
        page.title = page.draft_title
    db.session.flush()
    publish(PageDrafted(page_id=page.id), by=by)


def publish_page(page: ManualPage, *, note: str = "", by: User) -> PageRevision:
    """Make the draft what readers see. Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `PagePublished`."""
    policies.check_may_publish(page, by)
    if not page.draft_body.strip():
        raise Invalid("The page is empty. Write something before you publish it.", field="body")
    if page.state is not PageState.PUBLISHED:
        page.move(PageState.PUBLISHED)
    page.revision += 1
    page.title, page.published_at, page.draft_is_newer = page.draft_title, clock.now(), False
    revision = PageRevision(
        page_id=page.id,
        number=page.revision,
        title=page.draft_title,
        body=page.draft_body,
        note=note.strip(),
        published_by_id=by.id,
    )
    db.session.add(revision)
    db.session.flush()
    publish(PagePublished(page_id=page.id, revision=page.revision), by=by)
    return revision


def retire_page(page: ManualPage, *, by: User) -> None:
    """Take a page out of the manuals; its revisions stay.

    Raises `NotAllowed`, `InvalidState`. Publishes `PageRetired`.
    """
    policies.check_may_retire(page, by)
    page.move(PageState.RETIRED)
    db.session.flush()
    publish(PageRetired(page_id=page.id), by=by)


def free_slug(title: str) -> str:
    """Return an address for a page of this title that no page has yet."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-") or "page"
    taken = set(db.session.scalars(select(ManualPage.slug).where(ManualPage.slug.startswith(slug, autoescape=True))))
    number = 2
    free = slug
    while free in taken or free == "new":  # /manuals/new is a page of its own
        free, number = f"{slug}-{number}", number + 1
    return free


def _tidy(text: str, field: str, sentence: str) -> str:
    tidy = " ".join(text.split())
    if not tidy:
        raise Invalid(sentence, field=field)
    return tidy
