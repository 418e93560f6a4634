"""From the evidence of a pair to a score from 0 to 100, and to whole points of its parts that add up to it.

The score is a curve through the evidence, the sum of all bits: no evidence gives 0, the evidence at which "same" and
"not the same" are equally likely gives 50, it rises in a straight line to 80 and bends towards 100 from there. Where
the parts against outweigh those for, the score is 0, and the points of the parts against cancel the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, floor

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.model import SAME, UNRELATED, Model

VERY_LIKELY, LIKELY, POSSIBLY = 90, 75, 50
_STRAIGHT_TO = 80.0
_EVEN = 50.0


def bits_needed(model: Model) -> float:
    """Give the bits at which one person and strangers are equally likely in the store of a model."""
    return float(np.log2(model.priors[UNRELATED] / model.priors[SAME]))


def curve(evidence: float, needed: float) -> float:
    """Give the score of evidence in bits, 0 to 100, where `needed` bits make an even chance."""
    if evidence <= 0:
        return 0.0
    straight = _EVEN * evidence / needed
    if straight <= _STRAIGHT_TO:
        return straight
    room = 100 - _STRAIGHT_TO
    return 100 - room * exp((_STRAIGHT_TO - straight) / room)


def scores_of(weights: NDArray[np.float64], model: Model) -> list[int]:
    """Give the scores of pairs by their log2 odds."""
    needed = bits_needed(model)
    return [round(curve(weight + needed, needed)) for weight in weights.tolist()]


def share_points(bits: Sequence[float], score: int, needed: float) -> list[int]:
    """Share a score out over parts in proportion to their bits, as whole points that add up to it.

    A score of 0 leaves nothing to share: the parts for the match keep what their bits are worth, and those against it
    are scaled to cancel them.
    """
    gains = sum(value for value in bits if value > 0)
    losses = -sum(value for value in bits if value < 0)
    if score > 0 and gains > losses:
        up = down = score / (gains - losses)
    else:
        up = _EVEN / needed if losses else 0.0
        down = up * gains / losses if losses else 0.0
    exact = [value * (up if value > 0 else down) for value in bits]
    points = [floor(value) for value in exact]
    by_rest = sorted(range(len(bits)), key=lambda place: (points[place] - exact[place], place))
    for place in by_rest[: score - sum(points)]:
        points[place] += 1
    return points


def band_of(score: int) -> str:
    """Say in words what a score means."""
    if score >= VERY_LIKELY:
        return "Very likely the same person"
    if score >= LIKELY:
        return "Likely the same person"
    return "Possibly the same person" if score >= POSSIBLY else "Probably not the same person"
