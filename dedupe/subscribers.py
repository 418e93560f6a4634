"""What the merge desk does when others do something."""

from adminops.db import db
from adminops.facts import AgencyChanged, ExportImported, ImportUndone, ProgramSetUp
from adminops.identity.models import SYSTEM, Agency, User
from dedupe.scanning import ask_for_scan, waiting_scan
from dedupe.settling import take_out_protected


def scan_after_import(fact: ExportImported, _by: User) -> None:
    """Look for duplicates of what an import changed."""
    if fact.outcome == "applied":
        _look_anew(is_full=False, asked_for=False)


def scan_after_undo(_fact: ImportUndone, _by: User) -> None:
    """Look for duplicates anew when an import was taken back: pairs of records that are gone must go, too."""
    _look_anew(asked_for=False)


def scan_after_setup(fact: ProgramSetUp, _by: User) -> None:
    """Look for duplicates anew when a victim service provider got a program: an organization may be theirs only now."""
    if db.session.get_one(Agency, fact.agency_id).is_victim_service_provider:
        _look_anew()


def scan_after_change(fact: AgencyChanged, _by: User) -> None:
    """Look for duplicates anew when an agency is said to be a victim service provider, or no longer."""
    if Agency.is_victim_service_provider.key in fact.changed.split(", "):
        _look_anew()


def _look_anew(*, is_full: bool = True, asked_for: bool = True) -> None:
    """Ask for a scan. The pairs of clients who are protected since now do not wait for it.

    Those that a ticket `asked_for` wait for its job where the caller holds client records.
    """
    take_out_protected(asked_for=asked_for)
    waiting = waiting_scan()
    if waiting is None:
        ask_for_scan(is_full=is_full, by=SYSTEM)
    elif is_full:
        waiting.is_full = True
