"""Write an invented world as a HUD HMIS CSV FY2026 export: 24 files, in a folder or a zip, memory kept flat."""

import csv
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copyfileobj
from typing import TypedDict, Unpack

from adminops.demo.agencies import COC_CODE
from adminops.demo.elements import SPEC
from adminops.demo.rows import Fault, Lines, Row, Value
from adminops.demo.world import Options, Pair, World

EXPORT_ID = "1"
SOURCE_NAME = "Northeast Coast HMIS"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written; pairs are of PersonalIDs."""

    rows: dict[str, int]  # file name without .csv, in spec order
    duplicate_pairs: list[Pair]  # records of the same person: every pair, chains closed
    look_alikes: list[Pair]  # twins, namesakes: different people who must not be merged
    faults: list[Fault]  # every deliberate data-quality fault


class Details(TypedDict, total=False):
    """Options that have a sensible value of their own; see `Options`."""

    years: int
    duplicates: float
    faults: float
    sloppiness: float


def write_export(
    target: Path, *, clients: int = 2000, seed: int = 1, today: date, **details: Unpack[Details]
) -> ExportSummary:
    """Write an export of invented people to a folder, or to a zip when the name ends in .zip.

    Client.csv gets exactly `clients` rows, second records included. Dates lie within `years` before `today`,
    the last day of the export. The same arguments give the same bytes.

    Raises:
        ValueError: an option lies outside its range.
    """
    world = World(_checked(Options(clients, seed, today, **details)))
    if target.suffix.lower() != ".zip":
        target.mkdir(parents=True, exist_ok=True)
        rows = _write_folder(target, world)
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = _write_folder(Path(folder), world)
            _zip(Path(folder), target)
    return ExportSummary(rows, world.duplicate_pairs, world.look_alikes, world.ledger.faults)


def iter_rows(*, clients: int = 2000, seed: int = 1, today: date, **details: Unpack[Details]) -> Lines:
    """Yield (file name, filled columns) of an export as they are made: files interleaved, households together.

    Raises:
        ValueError: an option lies outside its range.
    """
    options = _checked(Options(clients, seed, today, **details))
    yield "Export", _export_row(options)
    yield from World(options).lines()


def iter_files(
    *, clients: int = 2000, seed: int = 1, today: date, **details: Unpack[Details]
) -> Iterator[tuple[str, Iterator[dict[str, str]]]]:
    """Yield the 24 files in spec order, each with its rows as text by column; read one before the next is asked for.

    Raises:
        ValueError: an option lies outside its range.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_export(Path(folder), clients=clients, seed=seed, today=today, **details)
        for name in columns():
            with (Path(folder) / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
                yield name, csv.DictReader(stream)


@cache
def columns() -> dict[str, tuple[str, ...]]:
    """Return the files of the FY2026 spec with their columns, both in the order of the spec."""
    spec = json.loads((SPEC / "fy2026.json").read_text(encoding="utf-8"))
    return {file["name"]: tuple(column["name"] for column in file["columns"]) for file in spec["files"]}


def _checked(options: Options) -> Options:
    rules = (
        (options.clients >= 0, "The number of clients must not be negative."),
        (1 <= options.years <= 5, "An export covers one to five years."),
        (0 <= options.duplicates <= 0.4, "The share of duplicate records must lie between 0 and 0.4."),
        (options.faults >= 0, "The rate of faults must not be negative."),
        (options.sloppiness >= 0, "The sloppiness must not be negative."),
    )
    for holds, sentence in rules:
        if not holds:
            raise ValueError(sentence)
    return options


def _export_row(options: Options) -> Row:
    return {
        "ExportID": EXPORT_ID,
        "SourceType": 1,
        "SourceID": COC_CODE,
        "SourceName": SOURCE_NAME,
        "SourceContactFirst": "Alicia",
        "SourceContactLast": "Mercado",
        "SourceContactPhone": "9045550100",
        "SourceContactEmail": "hmis@county-ce.example.org",
        "ExportDate": f"{options.today} 19:00:00",
        "ExportStartDate": options.window.start,
        "ExportEndDate": options.today,
        "SoftwareName": "AdminOps demo",
        "SoftwareVersion": "1.0",
        "CSVVersion": "2026 v1.0",
        "ExportPeriodType": 3,
        "ExportDirective": 2,
        "HashStatus": 1,
        "ImplementationID": "NORTHEAST-COAST-DEMO",
    }


def _write_folder(folder: Path, world: World) -> dict[str, int]:
    """Write the 24 files and return the number of rows of each."""
    count: Counter[str] = Counter()
    with ExitStack() as stack:
        write: dict[str, Callable[[Row], None]] = {}
        for name, header in columns().items():
            stream = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            write[name] = _row_writer(writer.writerow, name, header)
        write["Export"](_export_row(world.options))
        count["Export"] = 1
        for name, row in world.lines():
            write[name](row)
            count[name] += 1
    return {name: count[name] for name in columns()}


def _row_writer(
    writerow: Callable[[Iterator[Value]], object], name: str, header: tuple[str, ...]
) -> Callable[[Row], None]:
    """Return what writes a row of a file: columns in spec order, those not given left blank."""
    blank: Row = dict.fromkeys(header)
    if "ExportID" in blank:
        blank["ExportID"] = EXPORT_ID

    def write(row: Row) -> None:
        whole = blank | row
        if len(whole) != len(header):
            raise ValueError(f"{name}.csv has no column {sorted(set(row) - set(header))}.")
        writerow(iter(whole.values()))

    return write


def _zip(folder: Path, target: Path) -> None:
    """Pack the files in spec order with a fixed time, so that the same rows give the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name in columns():
            entry = zipfile.ZipInfo(f"{name}.csv", _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            with (folder / f"{name}.csv").open("rb") as source, archive.open(entry, "w") as packed:
                copyfileobj(source, packed, 1 << 20)
