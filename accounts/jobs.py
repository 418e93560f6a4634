"""What the clock does for accounts."""

from accounts.operations import answer_wishes
from adminops.identity.models import SYSTEM


def answer() -> None:
    """Send links to people who asked for one since the last time."""
    answer_wishes(by=SYSTEM)
