"""The brakes: what makes an import too odd to be taken without a person's look at it.

Each looks at one file. Those that compare need something to compare with: on a first import only errors count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from adminops.hmis.intake.writing import FileCounts
from adminops.hmis.spec import current

NOT_COMPARED = frozenset({"Export.csv", "User.csv"})
"""Files whose rows say how the export was made, and nothing of anybody's stay."""
LOOKED_BACK = 5
"""Imports whose row counts an export is compared with: full and partial exports may take turns."""


@dataclass(frozen=True)
class Brakes:
    """When an import is held. Shares are in percent; None switches one off. `…_least` keeps tiny exports going."""

    errors_percent: int | None = 5
    """Lines with errors, of those read."""
    errors_least: int = 20
    changed_percent: int | None = 40
    """Rows that change, of those that the store has and the export covers."""
    changed_least: int = 100
    removed_percent: int | None = 10
    """Rows that go, of those that the store has and the export covers."""
    removed_least: int = 50
    fewer_percent: int | None = 30
    """Rows of a file below the smallest of the last imports."""
    more_percent: int | None = 100
    """Rows of a file above the largest of the last imports."""
    rows_least: int = 200
    """Rows that a file must have had, or have now, for its size to say anything."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Brakes":
        """Return the brakes of a source: what is stored, and the usual values for the rest."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def differences(self) -> dict[str, int | None]:
        """Return what differs from the usual values, as it is stored."""
        usual = asdict(Brakes())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


@dataclass(frozen=True)
class Brake:
    """A brake that an import has hit. `share` is what it came to, in percent, beside the `limit`."""

    brake: str
    file: str
    sentence: str
    share: int | None = None
    limit: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the brake as the log keeps it."""
        return asdict(self)


def brakes_hit(
    brakes: Brakes,
    counts: Mapping[str, FileCounts],
    error_lines: Mapping[str, int],
    before: Sequence[Mapping[str, Mapping[str, int]]],
) -> list[Brake]:
    """Return the brakes that an import hits.

    `counts` is what it does to each file, `error_lines` how many lines of each have errors, `before` the counts of
    the last imports of the source that can be compared; without any, it is judged by its errors alone.
    """
    hit = []
    for file in (each.file for each in current().files):
        done = counts.get(file, FileCounts())
        hit += _errors(brakes, file, done, error_lines.get(file, 0))
        if before and file not in NOT_COMPARED:
            hit += [*_changes(brakes, file, done), *_removals(brakes, file, done)]
            hit += _sizes(brakes, file, done, [earlier.get(file, {}).get("read", 0) for earlier in before])
    return hit


def _errors(brakes: Brakes, file: str, done: FileCounts, lines: int) -> list[Brake]:
    lines = max(lines, done.rejected)
    if not _is_over(lines, done.read, brakes.errors_percent, brakes.errors_least):
        return []
    share = _percent(lines, done.read)
    said = f"{file}: {lines:,} of {done.read:,} lines have errors ({share} %; the brake is {brakes.errors_percent} %)."
    return [Brake("errors", file, said, share, brakes.errors_percent)]


def _known(done: FileCounts) -> int:
    """Return how many rows of the store the export covers."""
    return done.updated + done.unchanged + done.restored + done.removed


def _changes(brakes: Brakes, file: str, done: FileCounts) -> list[Brake]:
    changed, known = done.updated + done.restored, _known(done)
    if not _is_over(changed, known, brakes.changed_percent, brakes.changed_least):
        return []
    share = _percent(changed, known)
    limit = brakes.changed_percent
    said = f"{file}: {changed:,} of {known:,} known rows would change ({share} %; the brake is {limit} %)."
    return [Brake("changed", file, said, share, limit)]


def _removals(brakes: Brakes, file: str, done: FileCounts) -> list[Brake]:
    known = _known(done)
    if not _is_over(done.removed, known, brakes.removed_percent, brakes.removed_least):
        return []
    share, limit = _percent(done.removed, known), brakes.removed_percent
    said = f"{file}: {done.removed:,} of {known:,} known rows would be removed ({share} %; the brake is {limit} %)."
    return [Brake("removed", file, said, share, limit)]


def _sizes(brakes: Brakes, file: str, done: FileCounts, earlier: Sequence[int]) -> list[Brake]:
    least, most = min(earlier), max(earlier)
    had = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    if _is_over(least - done.read, least, brakes.fewer_percent, 1) and least >= brakes.rows_least:
        share = _percent(least - done.read, least)
        now = f"{done.read:,} rows" if done.read else "no rows, or it could not be read"
        said = f"{file}: {now}; the last imports had {had} ({share} % fewer; the brake is {brakes.fewer_percent} %)."
        return [Brake("fewer", file, said, share, brakes.fewer_percent)]
    if _is_over(done.read - most, most, brakes.more_percent, 1) and done.read >= brakes.rows_least:
        share = _percent(done.read - most, most)
        limit = brakes.more_percent
        said = f"{file}: {done.read:,} rows; the last imports had {had} ({share} % more; the brake is {limit} %)."
        return [Brake("more", file, said, share, limit)]
    return []


def _is_over(part: int, whole: int, limit: int | None, least: int) -> bool:
    return limit is not None and part >= max(least, 1) and part * 100 > whole * limit


def _percent(part: int, whole: int) -> int | None:
    return round(part * 100 / whole) if whole else None


def several_exports(rows: int) -> Brake:
    """Return the brake of an export that vendors have put together from several."""
    said = f"Export.csv has {rows} rows: several exports were merged into one. Approved, they are taken as one."
    return Brake("several-exports", "Export.csv", said)


def first_hashes() -> Brake:
    """Return the brake of a first export whose names are hashed, into a source of which nobody has said so."""
    said = (
        "Client.csv: its names are hashed, and this source has no clients yet. Approved, the source holds hashes"
        " from now on: nobody in it is found by name or matched, and an export with names in clear is refused."
    )
    return Brake("first-hashes", "Client.csv", said)


def in_words(hit: Sequence[Brake]) -> str:
    """Return why an import is held, in a sentence or two: the first brake, and how many more there are."""
    more = len(hit) - 1
    others = "" if not more else " One more brake was hit." if more == 1 else f" {more} more brakes were hit."
    return f"Nothing was changed. {hit[0].sentence}{others}"
