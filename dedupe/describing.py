"""A score in the words that a pair keeps: its reasons and what to check, without a value of either record."""

from typing import Any

from dedupe.engine import Level, Part, ScoredPair
from dedupe.models import Pair

#: Levels at which two values say the same thing, if in other letters.
FULL = frozenset(
    {
        Level.SAME,
        Level.SHORT_FORM,
        Level.SOUNDS_SAME,
        Level.NEARLY,
        Level.BOTH_YES,
        Level.BOTH_NO,
        Level.MEMBERS_LINKED,
    }
)


def describe(pair: Pair, scored: ScoredPair) -> Pair:
    """Write the score, its reasons (the strongest first) and its warnings into `pair`."""
    pair.score, pair.probability = scored.score, scored.probability
    pair.reasons = [_reason(part) for part in sorted(scored.parts, key=lambda part: -part.points)]
    pair.warnings = [warning.sentence for warning in scored.warnings]
    return pair


def _reason(part: Part) -> dict[str, Any]:
    return {"field": part.title, "says": part.words, "points": part.points, "strength": _strength(part)}


def _strength(part: Part) -> str:
    """Say whether a reason speaks for the pair fully ("full"), in part ("part") or against it ("against")."""
    if part.points < 0 or part.level is Level.DIFFERENT:
        return "against"
    return "full" if part.level in FULL else "part"
