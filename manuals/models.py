"""Pages of the manuals, their drafts and their published revisions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, LongText, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import User


class PageState(StrEnum):
    """Where a page stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


TRANSITIONS: dict[PageState, tuple[PageState, ...]] = {
    PageState.DRAFT: (PageState.PUBLISHED, PageState.RETIRED),
    PageState.PUBLISHED: (PageState.RETIRED,),
    PageState.RETIRED: (PageState.PUBLISHED,),
}


class ManualPage(Model):
    """One page. Readers see its newest revision; writers also see its draft."""

    __tablename__ = "manual_page"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    """In the page's address; stays when the title changes."""
    section: Mapped[Name]
    title: Mapped[Name]
    """Of the newest revision; of the draft until there is one."""
    state: Mapped[PageState] = mapped_column(default=PageState.DRAFT)
    draft_title: Mapped[Name]
    draft_body: Mapped[LongText]
    draft_is_newer: Mapped[bool] = mapped_column(default=True)
    """Whether the draft holds something that readers don't see yet."""
    draft_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    draft_at: Mapped[datetime] = mapped_column(default=clock.now)
    version: Mapped[int] = mapped_column(default=1)
    """Counts saved drafts, so that two writers don't overwrite each other unawares."""
    revision: Mapped[int] = mapped_column(default=0)
    """Number of the newest published revision; 0: never published."""
    published_at: Mapped[datetime | None]
    revisions: Mapped[list["PageRevision"]] = relationship(back_populates="page", order_by="PageRevision.number.desc()")
    draft_by: Mapped[User | None] = relationship()

    def move(self, to: PageState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `TRANSITIONS`."""
        if to not in TRANSITIONS[self.state]:
            raise InvalidState(f"A page that is {self.state.value} can't become {to.value}.")
        self.state = to


class PageRevision(Model):
    """What readers saw from its publication on; never changed."""

    __tablename__ = "manual_page_revision"
    __table_args__ = (UniqueConstraint("page_id", "number"),)

    id: Mapped[Key]
    page_id: Mapped[int] = mapped_column(ForeignKey("manual_page.id"))
    number: Mapped[int]
    title: Mapped[Name]
    body: Mapped[LongText]
    note: Mapped[Name] = mapped_column(default="")
    """What is new in it, in a few words."""
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
    page: Mapped[ManualPage] = relationship(back_populates="revisions")
    published_by: Mapped[User | None] = relationship()
