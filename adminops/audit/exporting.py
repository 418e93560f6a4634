"""The audit trail as a file: CSV for a spreadsheet, or a JSON object on each line. Ids only, as the trail has them."""

import csv
import json
from typing import IO, Any

from adminops.audit import queries
from adminops.audit.models import AuditEntry
from adminops.audit.queries import AuditFilter
from adminops.web.csv_files import harmless_cell

HEADS = ("Entry", "Link", "At (UTC)", "Who", "What", "About", "Agency", "Request", "Sentence", "Detail")
KEYS = ("entry", "link", "at", "who", "what", "about", "agency", "request", "sentence", "detail")


def write_csv(wanted: AuditFilter, file: IO[str]) -> int:
    """Write entries as CSV, the oldest first; return how many."""
    writer = csv.writer(file)
    writer.writerow(HEADS)
    number = 0
    for entry, link, name in queries.entries(wanted):
        values = _values(entry, link, name)
        shown = ("" if value is None else value for value in (*values[:-1], json.dumps(values[-1], sort_keys=True)))
        writer.writerow([harmless_cell(cell) for cell in shown])
        number += 1
    return number


def write_lines(wanted: AuditFilter, file: IO[str]) -> int:
    """Write entries as JSON, one on each line, the oldest first; return how many."""
    number = 0
    for entry, link, name in queries.entries(wanted):
        file.write(json.dumps(dict(zip(KEYS, _values(entry, link, name), strict=True)), sort_keys=True) + "\n")
        number += 1
    return number


def _values(entry: AuditEntry, link: int | None, name: str | None) -> tuple[Any, ...]:
    request = f"{entry.request_kind}:{entry.request_id}" if entry.request_id else None
    return (
        entry.id,
        link,
        f"{entry.at:%Y-%m-%d %H:%M:%S.%f}",
        name or queries.who_did(entry.detail.get("policy")),
        entry.fact,
        str(entry.about),
        entry.agency_id,
        request,
        entry.sentence,
        entry.detail,
    )
