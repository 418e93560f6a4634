"""Looking at all of the directory, outside of any transaction, and noting it in one."""

from accounts.directory import directory
from accounts.directory.local import LOCAL
from accounts.reconciling.models import Comparison
from accounts.reconciling.operations import note_entries, note_failure
from adminops.db import transaction
from adminops.errors import Unavailable
from adminops.identity.models import SYSTEM
from adminops.settings import current_settings


def compare_now(*, apply: bool = False) -> Comparison | None:
    """Scan and compare, in a transaction of its own; None: no directory is set."""
    if not current_settings().directory_url:
        return None
    try:
        place = directory()
        entries = place.scan()
    except Unavailable as problem:
        with transaction():
            return note_failure(problem.sentence, by=SYSTEM)
    if place.kind == LOCAL:
        return None
    with transaction():
        return note_entries(entries, apply=apply, by=SYSTEM)
