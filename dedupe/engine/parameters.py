"""What a scan scores with: the share of each kind of pair, the chances of each level, and how common values are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

from dedupe.engine.defaults import DEFAULTS, USUAL_RECORDS, Table, default_priors
from dedupe.engine.dependence import USUAL_DEPENDENCE, Dependence
from dedupe.engine.fields import Kind
from dedupe.engine.frequencies import Frequencies, no_frequencies

# The evidence needed for an even chance, in bits, is held between these so that scores of very small and very large
# stores stay comparable.
_LEAST_NEEDED, _MOST_NEEDED = 9.0, 24.0


@dataclass(frozen=True)
class Parameters:
    """The model of one store. `note` says in a sentence where the numbers come from.

    `frequencies` holds values of clients: keep it in memory. `as_numbers` gives what may be stored and shown.
    """

    priors: Mapping[Kind, float]
    chances: Table
    dependence: Dependence
    frequencies: Frequencies = field(repr=False)
    records: int
    learned: bool
    note: str

    @property
    def bits_needed(self) -> float:
        """Give the evidence, in bits, at which "same person" and "two people" are equally likely."""
        odds = log2(self.priors[Kind.UNRELATED] / self.priors[Kind.SAME])
        return min(max(odds, _LEAST_NEEDED), _MOST_NEEDED)

    def as_numbers(self) -> dict[str, object]:
        """Give the model without any value of a client, as plain numbers and texts that JSON can hold."""
        return {
            "records": self.records,
            "learned": self.learned,
            "note": self.note,
            "bits_needed": round(self.bits_needed, 3),
            "priors": {kind.value: share for kind, share in self.priors.items()},
            "dependence": {
                "full_name": self.dependence.full_name,
                "sex": {level.value: chance for level, chance in self.dependence.sex.items()},
                "race": {level.value: chance for level, chance in self.dependence.race.items()},
            },
            "chances": {
                name.value: {
                    level.value: {kind.value: chances.of(kind) for kind in Kind} for level, chances in levels.items()
                }
                for name, levels in self.chances.items()
            },
        }


def default_parameters(
    records: int = USUAL_RECORDS, frequencies: Frequencies | None = None, note: str = "Built-in weights."
) -> Parameters:
    """Give the built-in model for a store of this many records."""
    return Parameters(
        priors=default_priors(records),
        chances=DEFAULTS,
        dependence=USUAL_DEPENDENCE,
        frequencies=frequencies or no_frequencies(),
        records=records,
        learned=False,
        note=note,
    )
