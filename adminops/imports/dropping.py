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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adminops import clock
from adminops.hmis.models import HmisImport, ImportStatus

LOOKS = ".looks.json"
"""What was there at the last look, and since when it has been as it is."""
PLACES = {
    ImportStatus.APPLIED: "done",
    ImportStatus.UNCHANGED: "done",
    ImportStatus.UNDONE: "done",
    ImportStatus.HELD: "held",
    ImportStatus.REFUSED: "refused",
    ImportStatus.FAILED: "refused",
    ImportStatus.CANCELLED: "refused",
}
OWN = frozenset(PLACES.values())
LONGEST_NAME = 200
NAME_KEPT = 80
"""Of a longer name its end is kept: a number and a word are added to it, and file systems end at 255 bytes."""


@dataclass(frozen=True)
class Entry:
    """What lies in a drop folder. Its mark changes as long as it grows."""

    path: Path
    mark: str

    @property
    def name(self) -> str:
        """Its name, as long as the log can hold it."""
        return self.path.name[:LONGEST_NAME]

    def is_as_it_was(self) -> bool:
        """Tell whether it has not changed since it was looked at."""
        try:
            return _mark([self.path] if self.path.is_file() else _files_of(self.path)) == self.mark
        except (OSError, ValueError):
            return False


def make_folders(folder: Path) -> None:
    """Make a drop folder and its places."""
    for place in OWN:
        (folder / place).mkdir(parents=True, exist_ok=True, mode=0o770)


def entries_of(folder: Path) -> Iterator[Entry]:
    """Yield the exports in a drop folder: zips, and folders with CSV files. All else is let be."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in OWN or path.is_symlink() or not path.name.isprintable():
            continue
        if path.is_file() and path.suffix.lower() == ".zip":
            yield Entry(path, _mark([path]))
        elif path.is_dir() and (files := _files_of(path)):
            yield Entry(path, _mark(files))


def _files_of(folder: Path) -> list[Path]:
    files = [path for path in sorted([*folder.glob("*"), *folder.glob("*/*")]) if path.is_file()]
    return files if any(path.suffix.lower() == ".csv" for path in files) else []


def _mark(files: list[Path]) -> str:
    found = [path.stat() for path in files]
    newest = max(each.st_mtime_ns for each in found)
    return f"{len(files)}:{sum(each.st_size for each in found)}:{newest}"


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
    place.mkdir(parents=True, exist_ok=True, mode=0o770)
    _write(place / f"{name}.report.json", json.dumps(report, indent=2))
    _write(place / f"{name}.report.txt", _in_words(report))
    if source is None or source == place / name:
        return
    source.rename(place / name)
    if source.parent.name in OWN:
        for suffix in (".report.json", ".report.txt"):
            source.with_name(source.name + suffix).unlink(missing_ok=True)


def _moved_name(record: HmisImport) -> str:
    return f"{record.id}-{(record.dropped or '')[-NAME_KEPT:]}"


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
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - atomic, on one file system
