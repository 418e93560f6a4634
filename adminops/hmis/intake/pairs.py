"""Codes whose list is chosen by another column of the same row."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from adminops.hmis.intake.values import ROOM, Flawed, check_code
from adminops.hmis.spec import ColumnSpec, FileSpec


class PairCheck:
    """The check of one such column. Pairs that were right are remembered."""

    def __init__(self, column: ColumnSpec, places: Mapping[str, int]) -> None:
        self.column = column
        self._rules = column.list_rules
        deciders = list(dict.fromkeys(rule.column for rule in self._rules))
        self._pick = itemgetter(places[column.name], *(places[name] for name in deciders))
        self._decider = {name: 1 + number for number, name in enumerate(deciders)}
        self._right: set[tuple[str, ...]] = set()

    def faults(self, columns: Sequence[Sequence[str]]) -> Iterator[tuple[int, Flawed]]:
        """Yield the place of each row whose code is not on the list that the row chooses, and what is wrong."""
        picked = self._pick(columns)
        if self._right.issuperset(zip(*picked, strict=True)):
            return
        for place, pair in enumerate(zip(*picked, strict=True)):
            try:
                self._check(pair)
            except Flawed as flawed:
                yield place, flawed

    def _check(self, pair: tuple[str, ...]) -> None:
        if pair in self._right:
            return
        for rule in self._rules:
            if pair[0] and rule.applies(pair[self._decider[rule.column]]):
                check_code(self.column.name, rule.list_id, pair[0])
        if len(self._right) < ROOM:
            self._right.add(pair)


def pair_checks(file: FileSpec) -> tuple[PairCheck, ...]:
    """Return the checks of a file, in the order of its columns."""
    places = {column.name: place for place, column in enumerate(file.columns)}
    return tuple(PairCheck(column, places) for column in file.columns if column.list_rules)
