"""Requests for programs, from the agency's draft to the rows in the store."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name
from adminops.errors import InvalidState
from adminops.hmis.models import HmisSource
from adminops.identity.models import Agency, User
from adminops.refs import Ref


class RequestState(StrEnum):
    """Where a request for a program stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    QUESTIONED = "questioned"
    APPROVED = "approved"
    REFUSED = "refused"
    SET_UP = "set_up"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """How a screen calls it."""
        return {"set_up": "Set up", "questioned": "Question asked"}.get(self.value, self.value.capitalize())


TRANSITIONS: dict[RequestState, tuple[RequestState, ...]] = {
    RequestState.DRAFT: (RequestState.SUBMITTED, RequestState.WITHDRAWN),
    RequestState.SUBMITTED: (
        RequestState.QUESTIONED,
        RequestState.APPROVED,
        RequestState.REFUSED,
        RequestState.WITHDRAWN,
    ),
    RequestState.QUESTIONED: (RequestState.SUBMITTED, RequestState.REFUSED, RequestState.WITHDRAWN),
    RequestState.APPROVED: (RequestState.SET_UP, RequestState.REFUSED),
    RequestState.REFUSED: (),
    RequestState.SET_UP: (),
    RequestState.WITHDRAWN: (),
}


class ProgramRequest(Model):
    """What an agency wants to have set up. `wanted` holds the form's answers, by field name, fit for JSON."""

    __tablename__ = "program_request"
    __table_args__ = (Index(None, "state", "changed_at"),)

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[Name]
    state: Mapped[RequestState] = mapped_column(default=RequestState.DRAFT)
    wanted: Mapped[dict[str, Any]]
    ticket_id: Mapped[int | None]
    """Number of the ticket that asked for it, if one did."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey(HmisSource.id))
    project_id: Mapped[Code | None]
    """HUD's ProjectID, once it is set up."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    agency: Mapped[Agency] = relationship()
    requester: Mapped[User] = relationship(foreign_keys=[requester_id])
    remarks: Mapped[list["ProgramRemark"]] = relationship(order_by="ProgramRemark.id")

    def move(self, to: RequestState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `TRANSITIONS`."""
        if to not in TRANSITIONS[self.state]:
            raise InvalidState(f"A request that is {self.state.words.lower()} can't become {to.words.lower()}.")
        self.state, self.changed_at = to, clock.now()

    @property
    def ticket(self) -> Ref | None:
        """The ticket that asked for it."""
        return Ref.to("ticket", self.ticket_id) if self.ticket_id else None


class ProgramRemark(Model):
    """A question, an answer or the reason of a decision on a request."""

    __tablename__ = "program_remark"

    id: Mapped[Key]
    program_request_id: Mapped[int] = mapped_column(ForeignKey("program_request.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    text: Mapped[LongText]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[User | None] = relationship()
