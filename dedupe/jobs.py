"""Running the scan that waits."""

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from adminops.db import is_deadlock, transaction
from adminops.identity.models import SYSTEM, User
from adminops.scheduler.runs import is_told_to_end
from dedupe import learning
from dedupe.changes import imports_from
from dedupe.exact import exact_pairs, has_room_today, merge_exact_pair
from dedupe.models import Lesson, Scan
from dedupe.scanning import (
    Found,
    Since,
    begin_scan,
    begin_waiting_scan,
    fail_scan,
    finish_scan,
    look_for,
    waiting_scan,
)
from dedupe.settling import take_out_protected

log = structlog.get_logger("adminops.dedupe")


def run_waiting_scan() -> None:
    """Scan the store when somebody, or an import, asked for it.

    It may have to wait for one that runs. Pairs of clients who are protected since do not: what was passed over when
    that was found out, or stored at that moment, leaves the queue here.
    """
    with transaction():
        if waiting_scan() is not None:
            take_out_protected()
        scan = begin_waiting_scan()
    if scan is not None:
        run_scan(scan)


def run_waiting_lesson() -> None:
    """Learn from decisions when somebody asked for it. What fails is recorded and raised."""
    with transaction():
        lesson = learning.begin_waiting_lesson()
    if lesson is None:
        return
    try:
        with transaction(writes=False):
            studied = learning.study()
    except BaseException as error:
        log.error("lesson failed", lesson_id=lesson.id, cause=type(error).__name__)
        _finish_lesson(lesson, learning.Studied(0, 0, learning.FAILED))
        raise
    _finish_lesson(lesson, studied)


def _finish_lesson(lesson: Lesson, studied: learning.Studied) -> None:
    with transaction() as session:
        learning.finish_lesson(session.get_one(Lesson, lesson.id), studied)


def merge_exact() -> None:
    """Merge what agrees in all three, where two people have allowed it: each pair in a transaction of its own.

    So nobody waits for more than one merge, what fails takes back no other, and a rule that is ended ends at once.
    """
    with transaction(writes=False):
        pair_ids = exact_pairs()
    for pair_id in pair_ids:
        if is_told_to_end():
            return
        with transaction():
            if not has_room_today():
                return
            merge_exact_pair(pair_id)


def scan_now(*, is_full: bool = True, since: Since | None = None, by: User = SYSTEM) -> Scan:
    """Scan the store, or what changed in it, now and return the scan when it is done.

    Raises `Conflict` while another one runs, `NotFound` for an import that there is not: then none begins.
    """
    with transaction():
        if isinstance(since, int):
            imports_from(since)
        scan = begin_scan(is_full=is_full, by=by)
    return run_scan(scan, since, by=by)


def run_scan(scan: Scan, since: Since | None = None, *, by: User = SYSTEM) -> Scan:
    """Look through the store without a writer's lock, then store what was found. What fails is recorded and raised."""
    try:
        with transaction(writes=False):
            found = look_for(scan, since)
        try:
            return _finish(scan, found, by)
        except DBAPIError as refused:
            if not _is_moment(refused):
                raise
            return _finish(scan, found, by)
    except BaseException as error:
        log.error("scan failed", scan_id=scan.id, cause=type(error).__name__)
        with transaction() as session:
            begun = session.get_one(Scan, scan.id, with_for_update=True, populate_existing=True)
            if begun.is_running:
                fail_scan(begun)
        raise


def _is_moment(refused: DBAPIError) -> bool:
    """Tell whether it was somebody else's work at this very moment that stood in the way: the same again will do.

    A new pair that is there already is a known one next time.
    """
    return isinstance(refused, IntegrityError) or (isinstance(refused, OperationalError) and is_deadlock(refused))


def _finish(scan: Scan, found: Found, by: User) -> Scan:
    with transaction() as session:
        return finish_scan(session.get_one(Scan, scan.id), found, by=by)
