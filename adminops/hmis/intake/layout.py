"""How the columns of a file lead to ours: headers in any case and order, older years converted upward.

Which year an export is of is said by its CSVVersion; where that is blank, unknown or contradicted by the headers, the
year whose columns are all there is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from adminops.hmis.intake.problems import Refused
from adminops.hmis.spec import ColumnSpec, Conversion, FileSpec, Spec, conversion_from, current, declared_year, specs


class WrongHeader(Exception):
    """A file whose header lacks columns or names one twice: it can't be read. The text is a sentence."""


@dataclass(frozen=True)
class Layout:
    """How a record of one file becomes a row of ours.

    `pick` turns columns of the file, with a blank one added at their end, into raw ones in the order of our columns.
    """

    file: FileSpec
    pick: Callable[[Sequence[list[str]]], Sequence[list[str]]]
    retired: tuple[tuple[str, int], ...]
    """Columns that our specification no longer has, with their place in the record."""
    unknown: tuple[str, ...]
    """Header names that no specification has."""
    places: tuple[int, ...]
    """For each of our columns its place in the record; the width of the record for one that it does not have."""


def choose_spec(csv_version: str, headers: Mapping[str, Sequence[str]]) -> Spec:
    """Return the specification that an export follows. `headers` has the header of each of its files by HUD's name.

    Raises `Refused` when the export is of a year that is not known here.
    """
    fitting = [spec for spec in reversed(specs()) if all(_fits(spec, name, header) for name, header in headers.items())]
    year = declared_year(csv_version)
    declared = next((spec for spec in specs() if spec.year == year), None)
    if declared and (declared in fitting or not fitting):
        return declared
    if fitting:
        return fitting[0]
    if year is not None:
        known = " and ".join(f"FY{spec.year}" for spec in specs())
        raise Refused("unknown-version", f"The export is of FY{year}; AdminOps reads {known}.")
    return current()


def _fits(spec: Spec, file: str, header: Sequence[str]) -> bool:
    if file not in spec.by_name:
        return False
    present = {name.lower() for name in header}
    return all(column.spellings & present for column in spec.by_name[file].columns)


def lay_out(file: FileSpec, header: Sequence[str], spec: Spec) -> Layout:
    """Return how records under `header`, written by `spec`, become rows of `file` of the current specification.

    Raises `WrongHeader` with one sentence that names what is missing or there twice.
    """
    places = _places(file, header)
    old_file = spec.by_name.get(file.name, file)  # a file that only newer exports have is read as one of theirs
    missing = [column.name for column in old_file.columns if not column.spellings & places.keys()]
    if missing:
        raise WrongHeader(_missing_sentence(file, missing, header))
    conversion = conversion_from(spec.year)
    width = len(header)
    ours = tuple(_place_of(column, old_file, places, conversion, width) for column in file.columns)
    removed = conversion.removed.get(file.name, ()) if conversion else ()
    known = {spelling for column in (*file.columns, *old_file.columns) for spelling in column.spellings}
    return Layout(
        file=file,
        pick=itemgetter(*ours),
        retired=tuple((name, _place(old_file.by_name[name], places, width)) for name in removed),
        unknown=tuple(name for name in header if name and name.lower() not in known),
        places=ours,
    )


def _places(file: FileSpec, header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for number, name in enumerate(header):
        if name and name.lower() in places and any(name.lower() in column.spellings for column in file.columns):
            raise WrongHeader(f"{file.file} names the column {name} twice; the file was not read.")
        places.setdefault(name.lower(), number)
    return places


def _place_of(
    column: ColumnSpec, old_file: FileSpec, places: dict[str, int], conversion: Conversion | None, width: int
) -> int:
    """Return where `column` of ours stands in a record; `width` when it is not there."""
    if conversion is None:
        return _place(column, places, width)
    old_name = conversion.old_name(old_file.name, column.name)
    if old_name is not None and old_name in old_file.by_name:
        return _place(old_file.by_name[old_name], places, width)
    # A vendor may send a new column early, unless its name meant something else in the older year.
    meant_else = any(column.spellings & old.spellings for old in old_file.columns)
    return width if meant_else else _place(column, places, width)


def _place(column: ColumnSpec, places: dict[str, int], width: int) -> int:
    return next((places[spelling] for spelling in sorted(column.spellings) if spelling in places), width)


def _missing_sentence(file: FileSpec, missing: list[str], header: Sequence[str]) -> str:
    if len(missing) == len(file.columns) and len(header) <= 1:
        return f"{file.file} has no header of comma-separated column names; the file was not read."
    if len(missing) == 1:
        return f"{file.file} lacks the column {missing[0]}; the file was not read."
    some = ", ".join(missing[:8]) + (" and others" if len(missing) > 8 else "")
    return f"{file.file} lacks {len(missing)} columns ({some}); the file was not read."
