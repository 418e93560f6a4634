"""Two or more at the same moment, each in a thread and a transaction of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from adminops.db import db, transaction
from tests.browsing import Desk


def at_once(desk: Desk, *works: Callable[[], object]) -> None:
    """Run each work in a thread and a transaction of its own, all begun before any is stored."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        with desk.app.app_context():
            start.wait()
            try:
                with transaction():
                    work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result(timeout=60)
