"""Reading an export in a process of its own, while this one and the database write what was read.

Decoding and checking take about as long as the writing does, and the interpreter does one thing at a time. So a large
export is read by a second process, which opens the package itself and sends batches through a pipe. It knows neither
the database nor any key but the one for hashes of rows.

- It is worth its start for large exports only, and where there is a second core. Where it can't be had, as where the
  interpreter is no program of its own, the export is read here.
- It ends with the block that began it, whatever happens there. When this process is killed, the pipe breaks: it ends.
- When it is killed, the import fails, and the transaction around it is undone like any other that fails.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adminops import clock
from adminops.crypto import KeyRing
from adminops.hmis import sealing
from adminops.hmis.intake.copying import Marks, looked_at, with_lines
from adminops.hmis.intake.header import read_header, spec_of
from adminops.hmis.intake.layout import WrongHeader, lay_out
from adminops.hmis.intake.packages import Package, open_package, size_of
from adminops.hmis.intake.packing import pack, unpack
from adminops.hmis.intake.problems import ProblemLog, Refused
from adminops.hmis.intake.records import BLOCK, Records
from adminops.hmis.intake.rows import Batch, FileRows, rarely_collecting
from adminops.hmis.spec import FileSpec, Spec, current

LEAST_BYTES = 20_000_000
"""Of files smaller than this in all, the reading takes no longer than the start of a process."""
PIPE_BYTES = 1 << 20
"""How far ahead it reads: so much has room in the pipe, where the system lets it have that much."""
CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from adminops.hmis.intake.apart import main; main()"


class ReaderFailed(Exception):
    """The process that reads the export has failed, or is gone. The text has no value of the export."""


@dataclass(frozen=True)
class Job:
    """What the process is to read, and how."""

    path: Path
    unpacked_limit: int
    now: datetime
    hashes: bool
    """Whether to hash rows; else who writes them does. That one has little to do where most rows are in the store."""
    row_key: bytes = field(repr=False)
    block: int = BLOCK
    marks: Marks | None = None
    """What PostgreSQL's COPY is to be told of each row, if rows are to be written for it."""


class Reader:
    """The process, as the one sees it that writes what it reads."""

    def __init__(self, results: Connection) -> None:
        self._results = results

    def has(self, package: Package) -> bool:
        """Tell whether it has opened just this package. To be asked before all else."""
        try:
            return self._next() == ("opened", package.content_hash)
        except (ReaderFailed, Refused):
            return False

    def batches(self, rows: FileRows) -> Generator[tuple[Batch, int], None, None]:
        """Yield the batches of a file, each with how many of its bytes had been read by then.

        Every file with a header that can be read must be asked for, in the order of the specification.
        """
        self._expect("file", rows.file.name)
        with rarely_collecting():
            while True:
                kind, *what = self._next()
                if kind == "ending":
                    rows.take_over(what[0])
                    return
                batch = unpack(what[0])
                yield (batch if batch.hashes or batch.copied else batch.hashed()), what[1]

    def _expect(self, *wanted: str) -> None:
        if (found := self._next()) != wanted:
            raise ReaderFailed(f"The process that reads the export went on with {found[0]}.")

    def _next(self) -> tuple[Any, ...]:
        try:
            kind, *what = self._results.recv()
        except (EOFError, OSError):
            raise ReaderFailed("The process that reads the export is gone.") from None
        if kind == "refused":
            raise Refused(what[0], what[1], file=what[2], line=what[3])
        if kind == "failed":
            raise ReaderFailed(what[0])
        return kind, *what


@contextmanager
def reader_of(path: Path, *, unpacked_limit: int, hashes: bool, marks: Marks | None = None) -> Iterator[Reader | None]:
    """Have the export at `path` read by another process while the block runs; None where it is not to be had."""
    job = Job(path.absolute(), unpacked_limit, clock.now(), hashes, sealing.key_ring().row_key, marks=marks)
    begun = _begin(job) if _is_worth_it(path) else None
    if begun is None:
        yield None
        return
    process, results = begun
    try:
        yield Reader(results)
    finally:
        results.close()
        process.kill()
        process.wait()


def _is_worth_it(path: Path) -> bool:
    has_program = Path(sys.executable or "").name.startswith("python")  # inside uWSGI, say, it is the server's
    return has_program and _cores() > 1 and size_of(path) >= LEAST_BYTES


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin(job: Job) -> tuple["subprocess.Popen[bytes]", Connection] | None:
    """Start the process and give it its job; None when it can't be started."""
    (taken, given), (results, told) = Pipe(duplex=False), Pipe(duplex=False)
    with suppress(OSError, AttributeError):  # without room it reads less far ahead
        fcntl.fcntl(told.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    ends = (taken.fileno(), told.fileno())
    command = (sys.executable, "-c", CODE, json.dumps([each for each in sys.path if isinstance(each, str)]))
    none = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            (*command, *map(str, ends)), stdin=none, stdout=none, stderr=none, close_fds=True, pass_fds=ends
        )
    except OSError:
        results.close()
        return None
    else:
        with suppress(OSError):  # if it is gone already, `Reader.has` finds out
            given.send(job)
        return process, results
    finally:
        for each in (taken, given, told):
            each.close()


def main() -> None:
    """Do the job that comes from one pipe and send what is read to another; both have the numbers that were given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who began it, and ends it then
    jobs, results = Connection(int(sys.argv[2]), writable=False), Connection(int(sys.argv[3]), readable=False)
    with suppress(BrokenPipeError):
        _work(jobs.recv(), results)


def _work(job: Job, results: Connection) -> None:
    sealing.use(KeyRing(keys={}, index_keys={}, row_key=job.row_key))
    try:
        with clock.frozen_at(job.now), open_package(job.path, unpacked_limit=job.unpacked_limit) as package:
            results.send(("opened", package.content_hash))
            _read(package, job, results)
    except BrokenPipeError:
        raise
    except Refused as refused:
        results.send(("refused", refused.rule, refused.sentence, refused.file, refused.line))
    except Exception as error:  # its text may hold a value; where it happened does not
        where = "".join(traceback.format_tb(error.__traceback__))
        results.send(("failed", f"The process that reads the export failed with {type(error).__name__}:\n{where}"))


def _read(package: Package, job: Job, results: Connection) -> None:
    header = read_header(package)
    spec = spec_of(package, header)
    for file in current().files:
        if file.name in package.members:
            _read_file(package, file, spec, header.export_ids, job, results)


def _read_file(
    package: Package, file: FileSpec, spec: Spec, export_ids: frozenset[str], job: Job, results: Connection
) -> None:
    with package.members[file.name].open_text() as (stream, raw):
        records = Records(stream)
        try:
            layout = lay_out(file, records.header, spec)
        except WrongHeader:
            return
        rows = FileRows(records, layout, ProblemLog(), export_ids=export_ids)
        results.send(("file", file.name))
        seen = looked_at(file)
        for batch in rows.unhashed(job.block):
            sent = with_lines(batch, file, job.marks) if job.marks else batch
            if job.hashes and not sent.copied:
                sent = sent.hashed()
            results.send(("batch", pack(sent, seen), raw.tell()))
        results.send(("ending", rows.ending()))
