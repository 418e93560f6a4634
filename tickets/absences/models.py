"""Absences as rows: whole days of the office, the last one included."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model
from adminops.identity.models import User


class Absence(Model):
    """Days on which somebody of the team is away. Why they are is nobody's business here."""

    __tablename__ = "absence"
    __table_args__ = (Index(None, "last_day"), Index(None, "user_id", "last_day"))

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who is given what the queues would have given to the absent, where nobody else is present."""
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    substitute: Mapped[User | None] = relationship(foreign_keys=[substitute_id])
