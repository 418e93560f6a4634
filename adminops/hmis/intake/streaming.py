"""Rows that come as lines of COPY, on their way into PostgreSQL; the indexes of a table may be left out meanwhile."""

from collections.abc import Callable
from typing import Any

from adminops.hmis.intake import indexes
from adminops.hmis.intake.copying import statement
from adminops.hmis.spec import FileSpec

SAVEPOINT = "intake_lines"


class Stream:
    """One COPY for many batches. While it is open its connection can do nothing else."""

    def __init__(self, cursor: Any, file: FileSpec) -> None:
        self.table = file.table
        self._copy = cursor.copy(statement(file))
        self._taking = self._copy.__enter__()

    def write(self, rows: bytes) -> None:
        """Send rows; the server takes them in while we go on."""
        self._taking.write(rows)

    def end(self) -> None:
        """Wait until the server has taken all in."""
        self._copy.__exit__(None, None, None)

    def break_off(self) -> None:
        """End it after an error: the server is told that there is one, and nothing of what it says."""
        broken_off = RuntimeError("broken off")
        self._copy.__exit__(type(broken_off), broken_off, None)


class Lines:
    """Takes such rows over one connection, whose cursors `cursor` gives."""

    def __init__(self, cursor: Callable[[], Any]) -> None:
        self._cursor = cursor
        self._left_out: dict[str, indexes.LeftOut] = {}
        self._stream: Stream | None = None

    def leave_indexes_out(self, file: FileSpec) -> None:
        """Leave the indexes of the file's empty table out, if that can be: no key is checked until they are built."""
        with self._cursor() as cursor:
            left_out = indexes.leave_out(cursor, file.table)
        if left_out:
            self._left_out[file.name] = left_out

    def build_indexes(self, file: FileSpec) -> None:
        """Build the indexes that were left out. Raises `KeysRepeat` when a key is there twice."""
        self.end()
        left_out = self._left_out.pop(file.name, None)
        if left_out:
            with self._cursor() as cursor:
                indexes.build(cursor, left_out)

    def insert(self, file: FileSpec, rows: bytes) -> bool:
        """Insert rows; False, with none inserted, when one of their keys is there already.

        Where no key is checked all of a file go into one COPY: the server works on them while the next are made.
        """
        if file.name in self._left_out:
            if self._stream is None:
                self._stream = Stream(self._cursor(), file)
            self._stream.write(rows)
            return True
        with self._cursor() as cursor:
            cursor.execute(f"SAVEPOINT {SAVEPOINT}")
            try:
                with cursor.copy(statement(file)) as copy:
                    copy.write(rows)
            except Exception as error:
                if getattr(error, "sqlstate", None) != indexes.UNIQUE_VIOLATION:
                    raise
                cursor.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
                return False
            cursor.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
        return True

    def end(self) -> None:
        """End the COPY that is open: its connection can do nothing else until then."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.end()

    def break_off(self) -> None:
        """End it after an error."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.break_off()
