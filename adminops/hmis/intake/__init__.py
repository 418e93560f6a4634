"""Reading an export: decode → check → compare with the store → write, with its log of problems.

Nothing is dropped in silence: a line that can't be taken, a value that its column can't hold, a file that lacks a
column are each named with file, line, column and rule, and the rest goes on. A file set that is no export at all, or
whose Export.csv can't be trusted, changes nothing.
"""

from adminops.hmis.intake.problems import Problem, ProblemLog
from adminops.hmis.intake.progress import Progress, ProgressFile, read_progress
from adminops.hmis.intake.results import ImportResult
from adminops.hmis.intake.running import check_export, import_export
from adminops.hmis.intake.writing import FileCounts

__all__ = [
    "FileCounts",
    "ImportResult",
    "Problem",
    "ProblemLog",
    "Progress",
    "ProgressFile",
    "check_export",
    "import_export",
    "read_progress",
]
