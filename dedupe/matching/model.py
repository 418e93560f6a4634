"""The model of a store: how common each kind of pair is, how often each level comes in it, and how a pair is weighed.

The weight of a pair is the log2 odds that both records are one person (Fellegi and Sunter) against all else they may
be: strangers, twins, a father and son of one name, relatives on one number, other relatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.defaults import DEFAULTS, MOST_BITS, USUAL_RECORDS, default_priors
from dedupe.matching.fields import CODE, KINDS, LEVELS, Field, Kind, Level, are_among
from dedupe.matching.values import Usual

Floats = NDArray[np.float64]
VERSION = 5
"""Raised whenever levels or formulas change: a stored model of another version is not used."""

_ALIKE = (
    Level.SAME_COMMON,
    Level.SAME,
    Level.SAME_RARE,
    Level.SHORT_FORM,
    Level.SOUNDS_SAME,
    Level.NEARLY,
    Level.SWAPPED,
)
_AGREEING = tuple(CODE[Field.FIRST][level] for level in _ALIKE)
_LEVELS_OF_EQUAL = (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE)
DEFAULT_USUAL: Usual = {
    name: {CODE[name][level]: share for level, share in zip(_LEVELS_OF_EQUAL, shares, strict=True)}
    for name, shares in ((Field.FIRST, (0.008, 0.0015, 0.0003)), (Field.LAST, (0.0025, 0.0004, 0.00006)))
}
SAME, UNRELATED = KINDS.index(Kind.SAME), KINDS.index(Kind.UNRELATED)


def default_table() -> dict[Field, Floats]:
    """Give the built-in chances as arrays: a row a kind, a column a level; a missing value says nothing."""
    table = {}
    for name, levels in DEFAULTS.items():
        rows = np.ones((len(KINDS), len(LEVELS[name])))
        for level, chances in levels.items():
            rows[:, CODE[name][level]] = chances
        table[name] = rows
    return table


@dataclass(frozen=True)
class Dependence:
    """What strangers who agree on names have in common anyway.

    `full_name` tells how many times more often strangers share their last name once their first names agree; `sex`
    the chances of its levels once first names agree, `race` those once last names agree.
    """

    full_name: float = 2.0
    sex: tuple[float, float] = (0.96, 0.04)
    race: tuple[float, float, float] = (0.5, 0.12, 0.38)


@dataclass(frozen=True)
class Model:
    """What a store is scored with. It holds no value of a client."""

    priors: Floats
    table: Mapping[Field, Floats] = field(repr=False)
    dependence: Dependence
    usual: Usual
    records: int
    newest: int
    """The year of the last births among the records, 0 where that is not known: it tells who may be a child."""
    learned: bool
    note: str

    def as_numbers(self) -> dict[str, object]:
        """Give the model as plain numbers and texts that JSON can hold."""
        return {
            "version": VERSION,
            "records": self.records,
            "newest": self.newest,
            "learned": self.learned,
            "note": self.note,
            "priors": {kind.value: float(share) for kind, share in zip(KINDS, self.priors, strict=True)},
            "dependence": {
                "full_name": self.dependence.full_name,
                "sex": list(self.dependence.sex),
                "race": list(self.dependence.race),
            },
            "usual": {
                name.value: {LEVELS[name][code].value: share for code, share in shares.items()}
                for name, shares in self.usual.items()
            },
            "chances": {
                name.value: {
                    level.value: [float(chance) for chance in rows[:, code]]
                    for level, code in CODE[name].items()
                    if code
                }
                for name, rows in self.table.items()
            },
        }


def default_model(records: int = USUAL_RECORDS, note: str = "Built-in weights.") -> Model:
    """Give the built-in model for a store of so many records."""
    priors = default_priors(records)
    return Model(
        priors=np.array([priors[kind] for kind in KINDS]),
        table=default_table(),
        dependence=Dependence(),
        usual=DEFAULT_USUAL,
        records=records,
        newest=0,
        learned=False,
        note=note,
    )


def model_of(numbers: Mapping[str, object]) -> Model | None:
    """Read a model from what `as_numbers` gave; None when it is of another version."""
    if numbers.get("version") != VERSION:
        return None
    stored: Mapping[str, Mapping[str, list[float]]] = numbers["chances"]  # type: ignore[assignment]
    priors: Mapping[str, float] = numbers["priors"]  # type: ignore[assignment]
    drawn: Mapping[str, list[float]] = numbers["dependence"]  # type: ignore[assignment]
    usual: Mapping[str, Mapping[str, float]] = numbers["usual"]  # type: ignore[assignment]
    table = default_table()
    for name, levels in stored.items():
        for level, chances in levels.items():
            table[Field(name)][:, CODE[Field(name)][Level(level)]] = chances
    return Model(
        priors=np.array([priors[kind.value] for kind in KINDS]),
        table=table,
        dependence=Dependence(float(str(drawn["full_name"])), tuple(drawn["sex"]), tuple(drawn["race"])),  # type: ignore[arg-type]
        usual={
            Field(name): {CODE[Field(name)][Level(level)]: share for level, share in shares.items()}
            for name, shares in usual.items()
        },
        records=int(str(numbers["records"])),
        newest=int(str(numbers["newest"])),
        learned=bool(numbers["learned"]),
        note=str(numbers["note"]),
    )


def chances_by_field(model: Model, codes: Mapping[Field, NDArray[np.int64]]) -> dict[Field, Floats]:
    """Give log2 of the chance of each level in each kind: a row a pattern, a column a kind."""
    found = {}
    for name, column in codes.items():
        found[name] = np.log2(model.table[name]).T[column]
    drawn = model.dependence
    if Field.SEX not in codes or Field.FIRST not in codes:
        return found
    named_alike = are_among(codes[Field.FIRST], _AGREEING)
    family_alike = are_among(codes[Field.LAST], _AGREEING)
    found[Field.LAST][:, UNRELATED] += np.where(named_alike & family_alike, np.log2(drawn.full_name), 0.0)
    sex, race = np.log2(np.array([1.0, *drawn.sex])), np.log2(np.array([1.0, *drawn.race]))
    found[Field.SEX][:, UNRELATED] = np.where(named_alike, sex[codes[Field.SEX]], found[Field.SEX][:, UNRELATED])
    found[Field.RACE][:, UNRELATED] = np.where(family_alike, race[codes[Field.RACE]], found[Field.RACE][:, UNRELATED])
    return found


@dataclass(frozen=True)
class Weighed:
    """Patterns weighed: bits of each field against strangers, and what each kind is worth, all in log2.

    `kinds` holds prior times chances of every kind, so that a pair's weight is that of SAME against the rest.
    """

    bits: Mapping[Field, Floats]
    kinds: Floats


def weigh(model: Model, codes: Mapping[Field, NDArray[np.int64]]) -> Weighed:
    """Weigh patterns, a place each in the codes of every field. A swap of names counts once, under both."""
    chances = chances_by_field(model, codes)
    bits = {}
    count = len(next(iter(codes.values())))
    kinds = np.tile(np.log2(model.priors), (count, 1))
    for name, rows in chances.items():
        least, most = MOST_BITS[name]
        strangers = np.maximum(rows[:, UNRELATED], rows[:, SAME] - most)
        own = rows - strangers[:, None]
        own[:, UNRELATED] = 0
        own[:, SAME] = np.maximum(own[:, SAME], least)
        bits[name] = own[:, SAME]
        kinds += own
    return Weighed(bits, kinds)


def odds_of(kinds: Floats) -> Floats:
    """Give the log2 odds of one person against all else."""
    others = np.delete(kinds, SAME, axis=1)
    top = others.max(axis=1, initial=-1000.0) if len(others) else np.zeros(0)
    against = top + np.log2(np.exp2(others - top[:, None]).sum(axis=1)) if len(others) else top
    odds: Floats = kinds[:, SAME] - against
    return odds


def probabilities_of(odds: Floats) -> Floats:
    """Turn log2 odds into probabilities."""
    found: Floats = 1 / (1 + np.exp2(-np.clip(odds, -60, 60)))
    return found
