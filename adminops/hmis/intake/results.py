"""What an import did, as the command line and the pages say it."""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from adminops.hmis.intake.brakes import Brake
from adminops.hmis.intake.problems import ProblemLog
from adminops.hmis.intake.writing import FileCounts
from adminops.hmis.models import ImportStatus

SHOWN = 1_000


@dataclass
class ImportResult:
    """What an import did, or would have done (`dry_run`). `status` is applied, unchanged, held or refused.

    `not_read` names the files whose header can't be read: they were left out, the others taken. A held one changed
    nothing: `brakes` says why, `files` and `difference` what it would do.
    """

    status: str
    source: str
    dry_run: bool
    csv_version: str = ""
    sentence: str = ""
    files: dict[str, FileCounts] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)
    problems: ProblemLog = field(default_factory=ProblemLog)
    brakes: list[Brake] = field(default_factory=list)
    difference: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    import_id: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether it can't be taken at all."""
        return self.status == ImportStatus.REFUSED.value

    @property
    def is_held(self) -> bool:
        """Whether it waits for somebody's approval."""
        return self.status == ImportStatus.HELD.value

    def total(self, name: str) -> int:
        """Return the sum of one count ("added") over all files."""
        return sum(int(getattr(counts, name)) for counts in self.files.values())

    def as_dict(self, *, problems: int | None = SHOWN) -> dict[str, Any]:
        """Return the result as the command line prints it, with the first `problems` of its problems (None: all)."""
        return {
            "status": self.status,
            "import_id": self.import_id,
            "csv_version": self.csv_version,
            "source": self.source,
            "dry_run": self.dry_run,
            "sentence": self.sentence,
            "files": {name: counts.as_dict() for name, counts in self.files.items()},
            "not_read": self.not_read,
            "brakes": [brake.as_dict() for brake in self.brakes],
            "difference": self.difference,
            "problems": [problem.as_dict() for problem in islice(self.problems, problems)],
            "problem_count": len(self.problems),
            "problems_by_rule": dict(self.problems.by_rule),
            "seconds": round(self.seconds, 3),
        }
