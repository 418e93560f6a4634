"""Taking lists of people step by step: each step is a transaction of its own."""

from accounts.lists import queries
from accounts.lists.adding import add_some
from accounts.lists.judging import Judged
from adminops.db import transaction
from adminops.identity.models import SYSTEM


def go_on() -> None:
    """Add the people of the lists that are being taken, the oldest first, until none is left."""
    judged: dict[int, Judged] = {}
    while True:
        with transaction():
            record = queries.next_running()
            if record is None:
                return
            if record.id not in judged:
                judged = {record.id: queries.judged_of(record)}
            add_some(record, judged[record.id], by=record.by or SYSTEM)
