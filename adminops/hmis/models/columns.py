"""What the tables of the client-record store have in common: HUD's column types and the marks of a source row."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from adminops.db import Key


class Cents(TypeDecorator[Decimal]):
    """An amount of money with two decimals, stored as whole cents: exact, and summable in SQL on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Store cents. Refuses an amount that has more than two decimals."""
        if value is None:
            return None
        cents = Decimal(value) * 100
        if cents != int(cents):
            raise ValueError("An amount of money has at most two decimals.")
        return int(cents)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Give dollars back."""
        return None if value is None else Decimal(int(value)).scaleb(-2)


Money = Annotated[Decimal, mapped_column(Cents)]
HudTime = Annotated[datetime, mapped_column(DateTime)]
"""A wall-clock time without a zone, as the vendor wrote it: HUD's files don't say which zone it is in."""

Text2 = Annotated[str, mapped_column(String(2))]
Text5 = Annotated[str, mapped_column(String(5))]
Text6 = Annotated[str, mapped_column(String(6))]
Text10 = Annotated[str, mapped_column(String(10))]
Text32 = Annotated[str, mapped_column(String(32))]
Text50 = Annotated[str, mapped_column(String(50))]
Text64 = Annotated[str, mapped_column(String(64))]
Text100 = Annotated[str, mapped_column(String(100))]
Text200 = Annotated[str, mapped_column(String(200))]
Text250 = Annotated[str, mapped_column(String(250))]
Text320 = Annotated[str, mapped_column(String(320))]
Text350 = Annotated[str, mapped_column(String(350))]
Text500 = Annotated[str, mapped_column(String(500))]

SearchKey = Annotated[
    str, mapped_column(String(200).with_variant(String(200, collation="C"), "postgresql"), default="")
]
"""A normalised name. Compared byte by byte on both databases, so that a range of it is a prefix look-up."""

Hash = Annotated[bytes, mapped_column(LargeBinary(32))]


class SourceRow:
    """A row as a source brought it. Its HUD columns are written by imports and by program set-up, nobody else.

    Identity is (source_id, HUD's key). References between rows are HUD's keys inside the same source and no foreign
    keys: an export may name a row that it does not have. A row that left the source keeps its place with the time in
    `removed_at`; readers take rows where that is empty.
    """

    id: Mapped[Key] = mapped_column(sort_order=-5)
    source_id: Mapped[int] = mapped_column(sort_order=-4)
    import_id: Mapped[int | None] = mapped_column(sort_order=-3)
    """The import that wrote the row last; empty for a row that was made here.

    Neither of the two is a foreign key: looking it up for each row took up to half of an import (docs/adr/017).
    """
    row_hash: Mapped[Hash | None] = mapped_column(sort_order=-2)
    """SHA-256 over the row after normalisation, without ExportID; empty for a row that was made here, or was emptied.

    All zeros where it was forgotten: the next import writes the row anew."""
    removed_at: Mapped[datetime | None] = mapped_column(sort_order=-1)
