"""Lists: pages by key instead of by number, so that page 700 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, TypeDecorator, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from adminops.db import db

R = TypeVar("R")
PAGE = 25

SortKey = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows of a list. `after` is the cursor of the next page (None: this is the last)."""

    rows: Sequence[R]
    after: str | None
    first: bool

    def __len__(self) -> int:
        return len(self.rows)


def fetch_page(
    chosen: Select[*tuple[Any, ...]],
    keys: Sequence[SortKey],
    *,
    after: str | None = None,
    descending: bool = True,
    limit: int = PAGE,
    shape: Callable[[Any], R] = lambda row: row,
) -> Page[R]:
    """Run `chosen` for one page, ordered by `keys` (the last one unique; none of them NULL).

    The keys must be the first columns of the select. `shape` turns a row into what the page shows. A cursor that
    can't be read shows the first page: it is only a place in a list.
    """
    at = read_cursor(after, len(keys))
    if at is not None and not all(map(_fits, keys, at)):
        at = None  # it belongs to another list, or somebody made it up
    if at is not None:
        here = tuple_(*keys)
        chosen = chosen.where(here < tuple_(*at) if descending else here > tuple_(*at))
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = db.session.execute(chosen.order_by(*order).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = write_cursor(rows[-1][: len(keys)]) if more else None
    return Page(rows=[shape(row) for row in rows], after=cursor, first=at is None)


def _fits(key: SortKey, value: Any) -> bool:
    """Say whether `value` can be compared with `key`: both databases refuse, or answer oddly, where types differ."""
    stored: TypeEngine[Any] = key.type.impl_instance if isinstance(key.type, TypeDecorator) else key.type
    small = not isinstance(value, int) or abs(value) < 2**63
    odd = isinstance(value, bool) or (stored.python_type is date and isinstance(value, datetime))  # subclasses
    return isinstance(value, stored.python_type) and not odd and small


def write_cursor(values: Sequence[Any]) -> str:
    """Return the place after a row with these key values, fit for a URL."""
    plain = [_plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_cursor(text: str | None, count: int) -> list[Any] | None:
    """Return the key values of a cursor, or None when there is none or it can't be read."""
    if not text:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        values = [_read(value) for value in plain]
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    scalar = all(isinstance(value, str | int | float | date) for value in values)
    aware = all(value.tzinfo for value in values if isinstance(value, datetime))
    return values if len(values) == count and scalar and aware else None


def _plain(value: Any) -> Any:
    """Return a key value as JSON holds it: moments under "t", days under "d"."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _read(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    return datetime.fromisoformat(plain["t"]) if "t" in plain else date.fromisoformat(plain["d"])
