"""What the merge desk does when others do something."""

from adminops.facts import ExportImported, ImportUndone
from adminops.identity.models import SYSTEM, User
from dedupe.scanning import ask_for_scan, waiting_scan


def scan_after_import(fact: ExportImported, _by: User) -> None:
    """Look for duplicates anew when an import changed the store."""
    if fact.outcome == "applied" and waiting_scan() is None:
        ask_for_scan(by=SYSTEM)


def scan_after_undo(_fact: ImportUndone, _by: User) -> None:
    """Look for duplicates anew when an import was taken back: pairs of records that are gone must go, too."""
    if waiting_scan() is None:
        ask_for_scan(by=SYSTEM)
