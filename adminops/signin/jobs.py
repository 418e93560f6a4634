"""What the clock does for sign-in: forget what nobody needs any more."""

from datetime import timedelta

from adminops import clock
from adminops.identity import sessions, throttle

KEEP_SESSIONS = timedelta(days=90)
"""How long the record of a finished session is kept."""


def tidy() -> None:
    """Forget throttle meters that ran down and sessions that were over long ago."""
    throttle.forget_quiet_meters(before=clock.now() - timedelta(days=1))
    sessions.forget_sessions(over_before=clock.now() - KEEP_SESSIONS)
