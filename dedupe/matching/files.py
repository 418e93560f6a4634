"""Reading HUD's Client.csv and Enrollment.csv as columns: of any year and maker, in whatever encoding.

Files come from many systems. What can be read is read, and what was done about the rest is told in sentences.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adminops.files.tables import delimiter, storable
from adminops.hmis.intake.decoding import Encoding, EncodingProbe
from dedupe.matching.admission import VICTIM_SERVICES
from dedupe.matching.columns import AS_GIVEN, Columns, Memberships, as_codes, encode
from dedupe.matching.sweeping import without_sweeping
from dedupe.matching.whole_rows import BrokenRowsError, whole_rows

RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")
IDENTITY = ("FirstName", "LastName", "DOB", "SSN")
"""Without one of these columns records can be matched still, with one of them alone they can't."""
_OTHER_SPELLINGS = {"hispaniclatinaeo": "HispanicLatinao", "hispaniclatinaao": "HispanicLatinao"}
_PIECE = 1 << 20
_LONGEST = 1 << 20
"""A field that is longer is a quote that nobody closed."""


class UnreadableFileError(Exception):
    """A file that is not what it should be; the text says what is wrong and holds no value of a client."""


class LackingColumnsError(UnreadableFileError):
    """A file without the columns of the one that was asked for: most likely it is another one."""


@dataclass(frozen=True)
class Table:
    """The columns of a file, and the names of those that it does not have: they are blank."""

    columns: Mapping[str, Sequence[str]] = field(repr=False)
    missing: tuple[str, ...]

    def take(self, rows: Sequence[int]) -> Table:
        """Give some of the rows."""
        kept = {title: [column[row] for row in rows] for title, column in self.columns.items()}
        return Table(kept, self.missing)


def read_table(path: Path, wanted: Sequence[str], needed: Sequence[str]) -> Table:
    """Read the columns `wanted` of a CSV file, of which it has to have those `needed`, without rows marked deleted.

    Raises `UnreadableFileError`, `LackingColumnsError`.
    """
    try:
        encoding = _encoding_of(path)
        with path.open(newline="", encoding=encoding.codec, errors=encoding.errors) as file:
            mark = delimiter(storable(file.readline()).removeprefix("\ufeff") or ",")
            file.seek(0)
            with _long_cells():
                return _read(whole_rows(file, mark), wanted, needed, path.name)
    except OSError as error:
        raise UnreadableFileError(f"{path.name} can't be read: {error.strerror}.") from None
    except BrokenRowsError as error:
        raise UnreadableFileError(f"{path.name} can't be read. {error}") from None


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell be as long as it likes. The limit is the process's: other threads have it meanwhile."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _encoding_of(path: Path) -> Encoding:
    probe = EncodingProbe()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            probe.feed(piece)
    return probe.result()


def _read(chunks: Iterator[list[list[str]]], wanted: Sequence[str], needed: Sequence[str], name: str) -> Table:
    head = next(chunks)
    place = _places(head[0] if head else [], (*wanted, "DateDeleted"))
    if lacking := [title for title in needed if title not in place]:
        raise LackingColumnsError(f"{name} has no column {', '.join(lacking)}.")
    columns: dict[str, list[str]] = {title: [] for title in place}
    width = max(place.values()) + 1
    for chunk in chunks:
        _add(chunk, width, place, columns)
    count, deleted = len(columns[needed[0]]), columns.get("DateDeleted", [])
    found = {title: columns.get(title) or [""] * count for title in wanted}
    table = Table(found, tuple(title for title in wanted if title not in place))
    if any(when.strip() for when in deleted):
        return table.take([at for at, when in enumerate(deleted) if not when.strip()])
    return table


def _places(head: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Say where each wanted column is, whatever the case of the head; of two with one name the first counts."""
    own = {title.lower(): title for title in wanted} | _OTHER_SPELLINGS
    place: dict[str, int] = {}
    for at, title in enumerate(head):
        ours = own.get(title.removeprefix("\ufeff").strip().lower(), "")
        if ours in wanted:
            place.setdefault(ours, at)
    return place


def _add(rows: list[list[str]], width: int, place: Mapping[str, int], columns: Mapping[str, list[str]]) -> None:
    """Add rows to the columns. Rows that are too short count as blank to their end, blank ones not at all."""
    rows = [row for row in rows if any(row)]
    if rows and min(map(len, rows)) < width:
        rows = [row if len(row) >= width else row + [""] * (width - len(row)) for row in rows]
    for title, at in place.items():
        columns[title].extend(map(itemgetter(at), rows))


@dataclass(frozen=True)
class ClientFile:
    """The records of a Client.csv, and in sentences what was done about what is not as it should be."""

    columns: Columns
    notes: tuple[str, ...]


@without_sweeping()
def read_clients(clients: Path, enrollments: Path | None = None) -> ClientFile:
    """Read Client.csv, and households and projects from Enrollment.csv.

    Raises `UnreadableFileError`, and `LackingColumnsError` for what is another file.
    Of a PersonalID that comes twice the first row counts, as in an import: it would match itself.
    Who stays with victim service providers alone is left out, as far as Organization.csv and Project.csv beside
    Enrollment.csv tell.
    """
    wanted = (
        "PersonalID", "FirstName", "MiddleName", "LastName", "NameSuffix", "NameDataQuality", "SSN", "SSNDataQuality",
        "DOB", "DOBDataQuality", "Sex", "VeteranStatus", *RACES,
    )  # fmt: skip
    whole = read_table(clients, wanted, ["PersonalID"])
    lacking = [title for title in IDENTITY if title in whole.missing]
    if len(lacking) > len(IDENTITY) - 2:
        raise LackingColumnsError(f"{clients.name} has no column {', '.join(lacking)}.")
    read, notes = _each_once(whole)
    notes = [*(f"There is no column {title}: it counts as blank." for title in lacking), *notes]
    table, ids = read.columns, read.columns["PersonalID"]
    races = np.zeros(len(ids), dtype=np.uint8)
    for place, race in enumerate(RACES):
        races |= (as_codes(table[race]) == 1).astype(np.uint8) << np.uint8(place)
    stays = _read_stays(enrollments, ids) if enrollments else _Stays()
    columns = Columns(
        ids=ids,
        first=table["FirstName"],
        middle=table["MiddleName"],
        last=table["LastName"],
        suffix=table["NameSuffix"],
        name_quality=as_codes(table["NameDataQuality"], AS_GIVEN),
        ssn=table["SSN"],
        ssn_quality=as_codes(table["SSNDataQuality"], AS_GIVEN),
        dob=table["DOB"],
        dob_quality=as_codes(table["DOBDataQuality"], AS_GIVEN),
        sex=as_codes(table["Sex"]),
        races=races,
        veteran=as_codes(table["VeteranStatus"]),
        households=stays.households,
        projects=stays.projects,
    )
    if count := int(stays.protected.sum()):
        columns = columns.without(stays.protected)
        notes.append(f"{count:,} {'record takes' if count == 1 else 'records take'} no part. {VICTIM_SERVICES}")
    return ClientFile(columns, tuple(notes))


def _each_once(table: Table) -> tuple[Table, list[str]]:
    """Give the first row of each PersonalID, trimmed, and say what was left out."""
    ids = [id_.strip() for id_ in table.columns["PersonalID"]]
    trimmed = Table({**table.columns, "PersonalID": ids}, table.missing)
    first = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))
    blank = sum(not id_ for id_ in ids)
    first.pop("", None)
    if len(first) == len(ids):
        return trimmed, []
    again, notes = len(ids) - blank - len(first), []
    if again:
        notes.append(f"{_rows(again)} the PersonalID of a row above, which counts alone.")
    if blank:
        notes.append(f"{_rows(blank)} no PersonalID and can't be named: left out.")
    return trimmed.take(sorted(first.values())), notes


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"


@dataclass(frozen=True)
class _Stays:
    """Who was where with whom, and who stays with victim service providers alone."""

    households: Memberships = field(default_factory=Memberships)
    projects: Memberships = field(default_factory=Memberships)
    protected: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))


def _read_stays(enrollments: Path, ids: Sequence[str]) -> _Stays:
    """Read Enrollment.csv. Stays with victim service providers are no evidence."""
    wanted = ("PersonalID", "ProjectID", "HouseholdID")
    table = read_table(enrollments, wanted, needed=wanted).columns
    number = {person: place for place, person in enumerate(ids)}
    who = np.fromiter((number.get(person.strip(), -1) for person in table["PersonalID"]), dtype=np.int32)
    safe = _victim_services(enrollments.parent)
    places, is_safe = table["ProjectID"], np.zeros(len(who), dtype=np.bool_)
    if safe:
        is_safe[:] = [project.strip() in safe for project in places]
    there, elsewhere = (np.bincount(who[(who >= 0) & some], minlength=len(ids)) for some in (is_safe, ~is_safe))
    # the same HouseholdID in two projects is two households
    together = [
        f"{project}|{house}" if house else "" for project, house in zip(places, table["HouseholdID"], strict=True)
    ]
    who[is_safe] = -1
    return _Stays(_membership(who, together), _membership(who, places), (there > 0) & (elsewhere == 0))


def _victim_services(folder: Path) -> set[str]:
    """Give the projects of victim service providers, as far as both files that tell them are in the folder."""
    organizations, projects = folder / "Organization.csv", folder / "Project.csv"
    if not (organizations.is_file() and projects.is_file()):
        return set()
    said = read_table(organizations, ("OrganizationID", "VictimServiceProvider"), ["OrganizationID"]).columns
    flagged = zip(said["OrganizationID"], said["VictimServiceProvider"], strict=True)
    theirs = {organization.strip() for organization, flag in flagged if flag.strip() == "1"}
    wanted = ("ProjectID", "OrganizationID")
    told = read_table(projects, wanted, wanted).columns if theirs else {}
    return {
        project.strip()
        for project, organization in zip(told.get("ProjectID", ()), told.get("OrganizationID", ()), strict=True)
        if organization.strip() in theirs
    }


def _membership(who: NDArray[np.int32], groups: Sequence[str]) -> Memberships:
    codes, distinct = encode(groups, len(groups))
    named = np.array([bool(group) for group in distinct], dtype=np.bool_)
    known = (who >= 0) & named[codes] if len(groups) else np.zeros(0, dtype=np.bool_)
    return Memberships(who[known], codes[known])
