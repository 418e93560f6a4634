"""What an import found wrong: each problem with its file, line, column and rule, and never with a person's data.

A long list must not fill the memory, so the log spools to a temporary file and is read back from there.
"""

import json
import re
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import IO, Any

from adminops.hmis.spec import ColumnSpec

ERROR, WARNING, NOTE = "error", "warning", "note"
SPOOL_IN_MEMORY = 4_000_000
LONGEST_SHOWN = 120
MASKED_COLUMNS = frozenset({"DOB", "SSN"})
AS_LONG_AS_AN_SSN = re.compile(r"(?<!\d)\d{3}[-. ]?\d{2}[-. ]?\d{4}(?!\d)")


class Refused(Exception):
    """The whole file set can't be taken; nothing is changed. `sentence` says why, `rule` names the reason."""

    def __init__(self, rule: str, sentence: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line
        self.rule = rule
        self.sentence = sentence
        self.file = file

    def of(self, file: str) -> "Refused":
        """Return the same, naming the file and the line, for who reads lines does not know of which file they are."""
        return Refused(self.rule, f"{file}, line {self.line}: {self.sentence}", file=file, line=self.line)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one place. `value_masked` keeps the shape of what may say who somebody is."""

    rule: str
    severity: str
    file: str
    text: str
    line: int | None = None
    column: str | None = None
    value_masked: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON shows it."""
        order = ("rule", "severity", "file", "line", "column", "value_masked", "text")
        values = asdict(self)
        return {name: values[name] for name in order}


class ProblemLog:
    """All problems of one import, in the order in which they were found; counted by rule and by severity."""

    def __init__(self) -> None:
        self.by_rule: Counter[str] = Counter()
        self.by_severity: Counter[str] = Counter()
        self.error_lines: Counter[str] = Counter()
        """Lines with errors by file: all errors of a line come one after another."""
        self._last_line: tuple[str, int] | None = None
        # It lives as long as the log does, which is handed to pages and commands: no block could close it.
        self._spool: IO[str] = tempfile.SpooledTemporaryFile(SPOOL_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115
        weakref.finalize(self, self._spool.close)

    def add(self, problem: Problem) -> None:
        """Keep `problem`."""
        self.by_rule[problem.rule] += 1
        self.by_severity[problem.severity] += 1
        if problem.severity == ERROR and problem.line is not None:
            self._count_line(problem.file, problem.line)
        self._spool.write(json.dumps(asdict(problem)) + "\n")

    def _count_line(self, file: str, line: int) -> None:
        if self._last_line != (file, line):
            self._last_line = (file, line)
            self.error_lines[file] += 1

    def clear(self) -> None:
        """Forget all of them: the import begins anew."""
        for counted in (self.by_rule, self.by_severity, self.error_lines):
            counted.clear()
        self._last_line = None
        self._spool.seek(0)
        self._spool.truncate()

    def note(self, rule: str, file: str, text: str) -> None:
        """Keep a remark about a whole file."""
        self.add(Problem(rule, NOTE, file, text))

    def __len__(self) -> int:
        return self.by_severity.total()

    def __iter__(self) -> Iterator[Problem]:
        self._spool.seek(0)
        for line in self._spool:
            yield Problem(**json.loads(line))
        self._spool.seek(0, 2)

    def first(self, number: int) -> list[Problem]:
        """Return the first `number` problems."""
        found = list(islice(self, number))
        self._spool.seek(0, 2)
        return found


def mask(text: str) -> str:
    """Return the shape of `text`: each letter an x, each digit a 9, the rest as it is, cut to a readable length.

    What can't be printed becomes a dot: PostgreSQL keeps no null, and a screen shows none of it.
    """
    shape = "".join(_shape(letter) for letter in text[: LONGEST_SHOWN + 1])
    return shape if len(text) <= LONGEST_SHOWN else shape[:LONGEST_SHOWN] + "…"


def _shape(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if letter.isalpha():
        return "x"
    return letter if letter.isprintable() else "·"


def shown(column: ColumnSpec, raw: str) -> str:
    """Return what a message may show of a value of `column`: codes and dates as they are, the rest its shape.

    Where columns were mixed up, an SSN stands in the place of a date: that is shown as its shape, too.
    """
    slipped = column.type != "string" and AS_LONG_AS_AN_SSN.search(raw)
    if column.is_free_text or column.name in MASKED_COLUMNS or slipped:
        return mask(raw)
    return raw if len(raw) <= LONGEST_SHOWN else raw[:LONGEST_SHOWN] + "…"
