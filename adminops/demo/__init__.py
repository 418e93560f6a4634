"""An invented world for demonstration and tests: agencies, programs, people, stays, as a valid HUD export.

Nobody in it exists. `write_export` writes the HUD HMIS CSV FY2026 files, `iter_rows` streams their rows;
`AGENCIES` and `PROJECTS` name the agencies and programs by keys that other parts of the demo may rely on.
"""

from adminops.demo.agencies import AGENCIES, AGENCY, WORKERS, Agency, Worker
from adminops.demo.export import ExportSummary, columns, iter_files, iter_rows, write_export
from adminops.demo.programs import PROJECT, PROJECTS, Grant, Project
from adminops.demo.rows import Fault

__all__ = [
    "AGENCIES",
    "AGENCY",
    "PROJECT",
    "PROJECTS",
    "WORKERS",
    "Agency",
    "ExportSummary",
    "Fault",
    "Grant",
    "Project",
    "Worker",
    "columns",
    "iter_files",
    "iter_rows",
    "write_export",
]
