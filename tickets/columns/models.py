"""The columns somebody has chosen for the list."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Model


class TicketColumns(Model):
    """Names of columns in somebody's order; without a row, the usual ones."""

    __tablename__ = "ticket_columns"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True, autoincrement=False)
    columns: Mapped[list[str]]
