"""Drop folders: what SFTP puts there, when it has stopped growing, and where it goes afterwards.

    home/drop/night-feed/          an export arrives: a zip, or a folder with CSV files
    home/drop/night-feed/done/     12-export.zip and 12-export.zip.report.json, .report.txt
    home/drop/night-feed/held/     likewise, until somebody has decided
    home/drop/night-feed/refused/  likewise

The number before a name is that of the import, so nothing is ever overwritten.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adminops import clock
from adminops.hmis.intake.drops import OWN, PLACES, Entry, entries_of, make_folders
from adminops.hmis.models import HmisImport

LOOKS = ".looks.json"
"""What was there at the last look, and since when it has been as it is."""
NAME_KEPT = 80
"""Bytes of a longer name that are kept of its end: a number and words are added, and file systems end at 255 bytes."""


def settled(folder: Path, *, seconds: int) -> list[Entry]:
    """Return the entries that have been the same for so many seconds, over two looks at least.

    What was seen is kept in the folder, so that a look a minute by a cron job is enough.
    """
    looks, now = _read_looks(folder), clock.now().timestamp()
    seen: dict[str, list[Any]] = {}
    ready = []
    for entry in entries_of(folder):
        mark, since = looks.get(entry.path.name, ("", 0.0))
        if mark != entry.mark or since > now:
            seen[entry.path.name] = [entry.mark, now]
            continue
        seen[entry.path.name] = [mark, since]
        if now - since >= seconds:
            ready.append(entry)
    if seen != looks:
        _write(folder / LOOKS, json.dumps(seen))
    return ready


def _read_looks(folder: Path) -> Mapping[str, Any]:
    try:
        stored = json.loads((folder / LOOKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def file_away(record: HmisImport, folder: Path, report: Mapping[str, Any]) -> None:
    """Write the report of an import beside what it came as, and move that to its place.

    Every step may be done again after a crash. Reports come first: what has moved has a report.
    """
    if record.dropped is None or record.status not in PLACES:
        return
    name = _moved_name(record)
    source = _where(record, folder)
    place = folder / PLACES[record.status]
    make_folders(folder)
    _write(place / f"{name}.report.json", json.dumps(report, indent=2))
    _write(place / f"{name}.report.txt", _in_words(report))
    if source is None or source == place / name:
        return
    source.rename(place / name)
    if source.parent.name in OWN:
        for suffix in (".report.json", ".report.txt"):
            source.with_name(source.name + suffix).unlink(missing_ok=True)


def _moved_name(record: HmisImport) -> str:
    end = (record.dropped or "").encode()[-NAME_KEPT:].decode(errors="ignore")  # it may begin inside a letter
    return f"{record.id}-{end}"


def _where(record: HmisImport, folder: Path) -> Path | None:
    """Return where what an import came as lies now: in the folder as it was taken, or in one of the places."""
    for place in sorted(OWN):
        if (moved := folder / place / _moved_name(record)).exists():
            return moved
    dropped = next((each for each in entries_of(folder) if each.name == record.dropped), None)
    return dropped.path if dropped is not None and dropped.mark == record.drop_mark else None


def _in_words(report: Mapping[str, Any]) -> str:
    lines = [f"Import {report['import_id']} into {report['source']}: {report['status']}", "", report["sentence"], ""]
    lines += [f"Held: {brake['sentence']}" for brake in report["brakes"]]
    for name, counts in report["files"].items():
        words = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
        lines.append(f"{name:<28}{words or 'empty'}")
    lines += ["", f"Problems: {report['problem_count']:,}"]
    lines += [f"  {count:>8,}  {severity:<8} {rule}" for severity, rule, count in report["problems_by_rule"]]
    return "\n".join([*lines, "", report["more"], ""])


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o660)
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - atomic, on one file system
