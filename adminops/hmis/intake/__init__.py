"""Reading an export: decode → check → compare with the store → write, with its log of problems.

Nothing is dropped in silence: a line that can't be taken, a value that its column can't hold, a file that lacks a
column are each named with file, line, column and rule, and the rest goes on. A file set that is no export at all, or
whose Export.csv can't be trusted, changes nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "FileCounts": "writing",
    "ImportResult": "results",
    "Problem": "problems",
    "ProblemLog": "problems",
    "Progress": "progress",
    "ProgressFile": "progress",
    "check_export": "running",
    "import_export": "running",
    "read_progress": "progress",
}


def __getattr__(name: str) -> Any:
    """Return what stands in a module of this package, once it is asked for.

    The process that reads a large export begins with this package, too, and everybody waits for it: it is not to load
    the database's tables, of which it makes no use.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
