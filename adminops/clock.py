"""The only reader of the time. Tests freeze it with `frozen_at`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("adminops_frozen_time", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(zone: str = "America/New_York") -> date:
    """Return the calendar day it is now in `zone` (an IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def frozen_at(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` (aware) inside the block. For tests and for the demo's history."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
