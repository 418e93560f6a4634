"""HUD's HMIS CSV specification, read from a data file a year into values that code can ask.

A year is a file `fyNNNN.json` in this folder and, when exports of the year before shall still be read, a file
`fyNNNN_to_fyMMMM.json` beside it; older years are led through the years between. Code never names a year: it asks for
`current()`, for the version an export declares, or for the conversion that leads to the current one.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent
HASH_LENGTH = 64
"""Characters of a SHA-256 in hexadecimal: what a hashed export holds in place of a name or an SSN."""

TAKEN_NAMES = {"SourceID": "hud_source_id"}
"""HUD's columns whose plain name means something else in our tables: `source_id` is always the HmisSource."""

ColumnType = Literal["string", "int", "date", "datetime", "money"]


@dataclass(frozen=True)
class PickList:
    """One of HUD's option lists: `codes` maps each code to its label in the order of the specification."""

    id: str
    name: str
    codes: dict[str, str]
    short: dict[str, str]
    uses: dict[str, frozenset[str]]
    groups: dict[str, frozenset[str]]

    def allows(self, code: str, use: str | None = None) -> bool:
        """Tell whether `code` is on the list and, if `use` is named, on the part of it that this use may take."""
        return code in self.codes and (use not in self.uses or code in self.uses[use])


@dataclass(frozen=True)
class ListRule:
    """The list `list_id` holds for a column while `column` of the same row has (or, negated, has not) `value`."""

    column: str
    value: str
    negated: bool
    list_id: str

    def applies(self, actual: str) -> bool:
        """Tell whether the rule chooses its list for a row whose deciding column holds `actual`."""
        return bool(actual) and (actual != self.value if self.negated else actual == self.value)


@dataclass(frozen=True)
class ColumnSpec:
    """One column of one file. `type` is HUD's; `max_length` is None for everything but text."""

    name: str
    type: ColumnType
    max_length: int | None = None
    nullable: bool = True
    is_key: bool = False
    ref: tuple[str, str] | None = None
    list_id: str | None = None
    list_rules: tuple[ListRule, ...] = ()
    use: str | None = None
    pattern: str | None = None
    pattern_if: str | None = None
    element: str | None = None
    required_if: str | None = None
    only_if: str | None = None
    hashed: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def attribute(self) -> str:
        """The name of this column in our tables ("RelationshipToHoH" is `relationship_to_hoh`)."""
        return TAKEN_NAMES.get(self.name) or snake_case(self.name)

    @property
    def stored_length(self) -> int | None:
        """The room our tables give a text: HUD's length, or that of a hash where an export may be hashed."""
        return max(self.max_length or 0, HASH_LENGTH) if self.hashed else self.max_length

    @property
    def spellings(self) -> frozenset[str]:
        """The header spellings of this column, in lower case."""
        return frozenset(name.lower() for name in (self.name, *self.aliases))

    @property
    def is_free_text(self) -> bool:
        """Whether people type into it: such a value may name somebody and is masked in messages."""
        return self.type == "string" and not (self.is_key or self.ref or self.list_id or self.name.endswith("ID"))


@dataclass(frozen=True)
class FileSpec:
    """One CSV file: its columns in HUD's order. `kind` is export, user, project or client."""

    name: str
    file: str
    kind: str
    about: str
    key: str
    columns: tuple[ColumnSpec, ...]

    @cached_property
    def by_name(self) -> dict[str, ColumnSpec]:
        """The columns by HUD's name."""
        return {column.name: column for column in self.columns}

    @property
    def key_column(self) -> ColumnSpec:
        """The column that identifies a row inside one source."""
        return self.by_name[self.key]

    @property
    def table(self) -> str:
        """The name of our table for this file ("Client" is `hmis_client`)."""
        return f"hmis_{snake_case(self.name)}"


@dataclass(frozen=True)
class Spec:
    """The specification of one year. `effective` is the day from which data is collected by it."""

    year: int
    csv_version: str
    effective: date
    files: tuple[FileSpec, ...]
    lists: dict[str, PickList]

    @cached_property
    def by_name(self) -> dict[str, FileSpec]:
        """The files by HUD's name, without ".csv"."""
        return {file.name: file for file in self.files}

    def lists_of_column(self, name: str) -> frozenset[str]:
        """Return the lists of the columns called `name`, of whichever file."""
        return self._lists_by_column.get(name, frozenset())

    @cached_property
    def _lists_by_column(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for column in (column for file in self.files for column in file.columns if column.list_id):
            found.setdefault(column.name, set()).add(column.list_id or "")
        return {name: frozenset(lists) for name, lists in found.items()}

    def file_named(self, name: str) -> FileSpec | None:
        """Return the file called `name` ("Client.csv", any case), or None when the specification has no such."""
        return next((file for file in self.files if file.file.lower() == name.lower()), None)


@dataclass(frozen=True)
class Conversion:
    """What leads from the exports of one year to the next specification, as far as data says it.

    A renamed column is read from its old name, an added one is empty, a removed one is kept beside the row.
    """

    from_year: int
    to_year: int
    renamed: dict[tuple[str, str], str]
    """(file, new name) → old name."""
    removed: dict[str, tuple[str, ...]]
    """file → old columns that the new specification does not have."""
    added: dict[str, frozenset[str]]
    """file → new columns that the old specification does not have."""

    def old_name(self, file: str, column: str) -> str | None:
        """Return the old name of the new `column` of `file`; None when the old specification has no such."""
        if column in self.added.get(file, frozenset()):
            return None
        return self.renamed.get((file, column), column)

    def then(self, later: "Conversion") -> "Conversion":
        """Return the conversion that leads from our old specification to the new one of `later`."""
        renamed, added = dict(later.renamed), {file: set(columns) for file, columns in later.added.items()}
        for (file, column), between in later.renamed.items():
            if (old := self.old_name(file, between)) is None:  # it was new in the year between
                del renamed[file, column]
                added.setdefault(file, set()).add(column)
            else:
                renamed[file, column] = old
        renamed |= {place: old for place, old in self.renamed.items() if later.keeps(*place)}
        for file, columns in self.added.items():
            added.setdefault(file, set()).update(column for column in columns if later.keeps(file, column))
        removed = dict(self.removed)
        for file, names in later.removed.items():
            lost = (self.old_name(file, name) for name in names)
            removed[file] = (*removed.get(file, ()), *(name for name in lost if name is not None))
        frozen = {file: frozenset(columns) for file, columns in added.items()}
        return Conversion(self.from_year, later.to_year, renamed, removed, frozen)

    def keeps(self, file: str, old: str) -> bool:
        """Tell whether the `old` column of `file` is there under the same name in the new specification."""
        is_renamed = any(name == file and read == old for (name, _), read in self.renamed.items())
        return not is_renamed and old not in self.removed.get(file, ())


_folders = [FOLDER]


@contextmanager
def specs_in(folder: Path) -> Iterator[None]:
    """Let the specifications of `folder` hold inside the block: for a trial of a new year before it is ours."""
    _folders.append(folder)
    try:
        yield
    finally:
        _folders.remove(folder)


def specs() -> tuple[Spec, ...]:
    """Return all specifications that this version knows, the newest last."""
    return _specs_of(_folders[-1])


@cache
def _specs_of(folder: Path) -> tuple[Spec, ...]:
    paths = (path for path in folder.glob("fy*.json") if re.fullmatch(r"fy\d{4}", path.stem))
    return tuple(sorted((_read_spec(path) for path in paths), key=lambda spec: spec.year))


def current() -> Spec:
    """Return the specification that our tables and exports follow."""
    return specs()[-1]


def spec_of(year: int) -> Spec | None:
    """Return the specification of `year`, or None when it is not known here."""
    return next((spec for spec in specs() if spec.year == year), None)


def declared_year(csv_version: str) -> int | None:
    """Return the year that an export's CSVVersion names ("2026 v1.0", "FY2024"), or None when it names none."""
    found = re.search(r"20\d\d", csv_version)
    return int(found.group()) if found else None


def conversion_from(year: int) -> Conversion | None:
    """Return the conversion from `year` to the current specification; None when there is nothing to convert.

    Where no file leads there at once, it is the way from year to year.
    """
    return _conversion_between(_folders[-1], year, current().year)


@cache
def _conversion_between(folder: Path, year: int, goal: int) -> Conversion | None:
    if year == goal:
        return None
    path = folder / f"fy{year}_to_fy{goal}.json"
    if path.exists():
        return _read_conversion(path, year, goal)
    for between in reversed([spec.year for spec in _specs_of(folder) if year < spec.year < goal]):
        first, second = (_conversion_between(folder, *step) for step in ((year, between), (between, goal)))
        if first and second:
            return first.then(second)
    return None


@cache
def coc_codes() -> dict[str, str]:
    """Return the name of every Continuum of Care by its code."""
    stored = json.loads((FOLDER / "coc_codes.json").read_text(encoding="utf-8"))
    codes: dict[str, str] = stored["codes"]
    return codes


@cache
def usual_project_types() -> dict[int, frozenset[int]]:
    """Return which project types each funding source usually pays for: for remarks, not for refusals."""
    stored = json.loads((FOLDER / "report_groups.json").read_text(encoding="utf-8"))
    usual: dict[str, list[int]] = stored["typical_project_types_by_funder"]["map"]
    return {int(funder): frozenset(types) for funder, types in usual.items()}


@cache
def snake_case(name: str) -> str:
    """Return HUD's `name` as a Python name: "HOHLeaseholder" is `hoh_leaseholder`, "CoCCode" is `coc_code`."""
    plain = name.replace("CoC", "Coc").replace("HoH", "Hoh").replace("DVID", "DvId")
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    return parted.lower()


def _read_spec(path: Path) -> Spec:
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Spec(
        year=int(path.stem.removeprefix("fy")),
        csv_version=stored["csv_version"],
        effective=date.fromisoformat(stored["effective"][:10]),  # FY2024 also names its last day
        files=tuple(_read_file(entry) for entry in stored["files"]),
        lists={list_id: _read_list(list_id, entry) for list_id, entry in stored["lists"].items()},
    )


def _read_file(entry: dict[str, Any]) -> FileSpec:
    return FileSpec(
        name=entry["name"],
        file=entry["file"],
        kind=entry["kind"],
        about=entry["about"],
        key=entry["key"],
        columns=tuple(_read_column(column) for column in entry["columns"]),
    )


def _read_column(entry: dict[str, Any]) -> ColumnSpec:
    element = entry.get("element")
    return ColumnSpec(
        name=entry["name"],
        type=entry["type"],
        max_length=entry.get("max"),
        nullable=entry["null"],
        is_key=entry.get("key", False),
        ref=_read_ref(entry.get("ref")),
        list_id=entry.get("list"),
        list_rules=tuple(_read_list_rules(entry.get("list_by", {}))),
        use=entry.get("use"),
        pattern=entry.get("pattern"),
        pattern_if=entry.get("pattern_if"),
        element=" ".join(element) if isinstance(element, list) else element,
        required_if=entry.get("required_if"),
        only_if=entry.get("only_if"),
        hashed="hashed_if" in entry,
        aliases=tuple(entry.get("aliases", ())),
    )


def _read_ref(text: str | None) -> tuple[str, str] | None:
    if text is None or " " in text:  # "ProjectCoC.CoCCode (same ProjectID)" is a rule of quality, not a reference
        return None
    file, _, column = text.partition(".")
    return file, column


def _read_list_rules(entry: dict[str, str]) -> Iterable[ListRule]:
    for condition, list_id in entry.items():
        column, negation, value = re.split(r"(!?)=", condition)
        yield ListRule(column=column, value=value, negated=bool(negation), list_id=list_id)


def _read_list(list_id: str, entry: dict[str, Any]) -> PickList:
    return PickList(
        id=list_id,
        name=entry["name"],
        codes=entry["codes"],
        short=entry.get("short", {}),
        uses={use: frozenset(map(str, codes)) for use, codes in entry.get("uses", {}).items()},
        groups={group: frozenset(map(str, codes)) for group, codes in entry.get("groups", {}).items()},
    )


def _read_conversion(path: Path, year: int, goal: int) -> Conversion:
    stored = json.loads(path.read_text(encoding="utf-8"))
    removed: dict[str, list[str]] = {}
    for entry in stored["columns_removed"]:
        removed.setdefault(entry["file"], []).append(entry["column"])
    added: dict[str, set[str]] = {}
    for entry in stored["columns_added"]:
        added.setdefault(entry["file"], set()).add(entry["column"])
    return Conversion(
        from_year=year,
        to_year=goal,
        renamed={(entry["file"], entry["to"]): entry["from"] for entry in stored["columns_renamed"]},
        removed={file: tuple(columns) for file, columns in removed.items()},
        added={file: frozenset(columns) for file, columns in added.items()},
    )
