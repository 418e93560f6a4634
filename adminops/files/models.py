"""What is known of each file that is kept."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.files.kinds import FileKind
from adminops.refs import Ref


class StoredFile(Model):
    """A file below `home/files`. Its name there is random; the one it came with is only shown."""

    __tablename__ = "stored_file"
    __table_args__ = (Index(None, "place_kind", "place_id"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    original_name: Mapped[Name]
    """Cleaned: no path, no control or direction marks."""
    kind: Mapped[FileKind]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    """Who brought it; None: AdminOps itself."""
    place_kind: Mapped[Code | None]
    place_id: Mapped[Code | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def place(self) -> Ref | None:
        """The thing it belongs to."""
        return Ref(self.place_kind, self.place_id) if self.place_kind and self.place_id else None

    @place.setter
    def place(self, thing: Ref | None) -> None:
        self.place_kind, self.place_id = thing if thing else (None, None)
