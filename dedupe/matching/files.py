"""Reading HUD's Client.csv and Enrollment.csv as columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.columns import AS_GIVEN, Columns, Memberships, as_codes, encode

RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")
NEEDED = ("PersonalID", "FirstName", "LastName", "DOB", "SSN")
_OTHER_SPELLINGS = {"HispanicLatinaeo": "HispanicLatinao", "HispanicLatinaao": "HispanicLatinao"}
_CHUNK = 20_000


class UnreadableFileError(Exception):
    """A file that is not what it should be; the text says what is wrong and holds no value of a client."""


def read_table(path: Path, wanted: Sequence[str], needed: Sequence[str]) -> dict[str, Sequence[str]]:
    """Read the columns `wanted` of a CSV file; one that it does not have is blank. Rows marked deleted are left out.

    Raises `UnreadableFileError`.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            return _read(csv.reader(file), wanted, needed, path.name)
    except OSError as error:
        raise UnreadableFileError(f"{path.name} can't be read: {error.strerror}.") from None
    except csv.Error:
        raise UnreadableFileError(f"{path.name} is no CSV file.") from None


def _read(
    rows: Iterable[list[str]], wanted: Sequence[str], needed: Sequence[str], name: str
) -> dict[str, Sequence[str]]:
    lines = iter(rows)
    head = [_OTHER_SPELLINGS.get(title.strip(), title.strip()) for title in next(lines, [])]
    missing = [title for title in needed if title not in head]
    if missing:
        raise UnreadableFileError(f"{name} has no column {', '.join(missing)}.")
    place = {title: head.index(title) for title in (*wanted, "DateDeleted") if title in head}
    columns: dict[str, list[str]] = {title: [] for title in place}
    width, chunk = len(head), []
    for row in lines:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            _add(chunk, width, place, columns)
            chunk = []
    _add(chunk, width, place, columns)
    count = len(columns[needed[0]])
    found: dict[str, Sequence[str]] = {title: columns.get(title) or [""] * count for title in wanted}
    deleted = columns.get("DateDeleted")
    if deleted and any(deleted):
        kept = [at for at, when in enumerate(deleted) if not when]
        found = {title: [column[at] for at in kept] for title, column in found.items()}
    return found


def _add(rows: list[list[str]], width: int, place: Mapping[str, int], columns: Mapping[str, list[str]]) -> None:
    """Add rows to the columns. Rows that are too short count as blank to their end."""
    whole = [row if len(row) >= width else row + [""] * (width - len(row)) for row in rows if row]
    by_column = list(zip(*(row[:width] for row in whole), strict=True)) if whole else []
    if by_column:
        for title, at in place.items():
            columns[title].extend(by_column[at])


def read_clients(clients: Path, enrollments: Path | None = None) -> Columns:
    """Read Client.csv, and households and projects from Enrollment.csv. Raises `UnreadableFileError`.

    A PersonalID that comes twice is refused: it would match itself.
    """
    wanted = (
        "PersonalID", "FirstName", "MiddleName", "LastName", "NameSuffix", "NameDataQuality", "SSN", "SSNDataQuality",
        "DOB", "DOBDataQuality", "Sex", "VeteranStatus", *RACES,
    )  # fmt: skip
    table = read_table(clients, wanted, NEEDED)
    ids = table["PersonalID"]
    if len(set(ids)) < len(ids):
        raise UnreadableFileError(f"{clients.name} has a PersonalID more than once.")
    races = np.zeros(len(ids), dtype=np.uint8)
    for place, race in enumerate(RACES):
        races |= (as_codes(table[race]) == 1).astype(np.uint8) << np.uint8(place)
    households, projects = _memberships(enrollments, ids) if enrollments else (Memberships(), Memberships())
    return Columns(
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
        households=households,
        projects=projects,
    )


def _memberships(enrollments: Path, ids: Sequence[str]) -> tuple[Memberships, Memberships]:
    table = read_table(enrollments, ("PersonalID", "ProjectID", "HouseholdID"), ("PersonalID",))
    number = {person: place for place, person in enumerate(ids)}
    who = np.fromiter((number.get(person, -1) for person in table["PersonalID"]), dtype=np.int32)
    # the same HouseholdID in two projects is two households
    together = [
        f"{project}|{house}" if house else ""
        for project, house in zip(table["ProjectID"], table["HouseholdID"], strict=True)
    ]
    return _membership(who, together), _membership(who, table["ProjectID"])


def _membership(who: NDArray[np.int32], groups: Sequence[str]) -> Memberships:
    codes, distinct = encode(groups, len(groups))
    named = np.array([bool(group) for group in distinct], dtype=np.bool_)
    known = (who >= 0) & named[codes] if len(groups) else np.zeros(0, dtype=np.bool_)
    return Memberships(who[known], codes[known])
