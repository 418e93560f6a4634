"""The bell: how a commit wakes the thread that works, so that nobody has to look every second."""

import threading


class Bell:
    """Rung by many, waited for by many; a ring between two waits is not lost."""

    def __init__(self) -> None:
        self._rings = 0
        self._changed = threading.Condition()

    def ring(self) -> None:
        """Wake everybody who waits, in this process."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def wait(self, heard: int, *, seconds: float) -> int:
        """Return the number of rings so far as soon as it is above `heard`, at the latest after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._rings > heard, timeout=seconds)
            return self._rings


WORK_WAITS = Bell()
"""Rings in the process that stored a message to deliver, or the wish that a job runs."""
