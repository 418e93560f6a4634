"""Six processes that share the slots of a job, as a house with four servers and two `run-jobs` has them.

`python -m tests.running HOME DATABASE_URL` loads the app once and forks them, as a server forks its workers; it prints
their numbers, and ends them when its input ends.
"""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import wsgi
from adminops.app import AdminOps, create_app
from adminops.scheduler import start_scheduler
from adminops.settings import Settings
from tests.make import make_agency
from tests.scheduling import job, with_job

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = 6
SLOT = timedelta(seconds=0.1)
TERM = timedelta(seconds=3)
"""Shorter than the house's, so that nobody waits for a frozen leader as long; the beat is that of the house."""


@contextmanager
def six_processes(app: AdminOps) -> Iterator[list[int]]:
    """Have six processes run a job in every slot, on the database of `app`; yield their numbers."""
    settings = app.extensions["settings"]
    command = [sys.executable, "-m", "tests.running", str(settings.home), settings.database]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            yield [int(number) for number in parent.stdout.readline().split()]
        finally:
            parent.communicate()


def main(home: str, url: str) -> None:
    """Fork the processes, and end them when nobody listens any more."""
    quiet = create_app(
        Settings(environment="test", home=Path(home), database_url=url, log_level="error"), wsgi.FEATURES
    )
    app = with_job(quiet, job(_add_agency, every=SLOT))
    children = [_forked(app) for _ in range(PROCESSES)]
    print(*children, flush=True)
    sys.stdin.read()
    for child in children:
        os.kill(child, signal.SIGCONT)
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


def _add_agency() -> None:
    make_agency(name=str(uuid.uuid4()))  # the numbers of forked processes are the same


def _forked(app: AdminOps) -> int:
    child = os.fork()
    if child == 0:
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
        scheduler = start_scheduler(app, term=TERM)
        ended.wait()
        scheduler.stop()
        os._exit(0)
    return child


if __name__ == "__main__":
    main(*sys.argv[1:])
