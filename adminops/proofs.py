"""What one feature can prove of people to another: that somebody has taken the courses that are required.

A feature offers `Feature.proofs`: a kind and a function that answers for many people at once. Who asks learns what is
lacking and until when the rest counts, and nothing of the tables behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app

TRAINING = "training"


@dataclass(frozen=True)
class Proof:
    """How one person stands: what is lacking, and the last day on which the rest counts (None: for good)."""

    lacks: Sequence[str] = ()
    until: date | None = None
    lapsed_on: date | None = None
    """The last day of what counted once and does so no longer; None: nothing that is lacking ever counted."""

    @property
    def holds(self) -> bool:
        """Whether nothing is lacking."""
        return not self.lacks


def proofs_of(kind: str, user_ids: Sequence[int]) -> Mapping[int, Proof]:
    """Return how people stand; somebody of whom nobody has to prove anything is proven."""
    for feature in current_app.extensions["features"].features:
        if kind in feature.proofs:
            found: Mapping[int, Proof] = feature.proofs[kind](user_ids)
            return found
    return {id_: Proof() for id_ in user_ids}
