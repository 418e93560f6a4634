"""A score in the words that a pair keeps: its reasons and what to check, without a value of either record."""

from typing import Any

from dedupe.matching.explain import Part, ScoredPair
from dedupe.matching.fields import Field, Level
from dedupe.matching.warn import WarningKind
from dedupe.models import Evidence, Pair
from dedupe.worth import set_turn

#: Levels at which two values say the same thing, if in other letters.
FULL = frozenset(
    {
        Level.SAME,
        Level.SAME_COMMON,
        Level.SAME_RARE,
        Level.SHORT_FORM,
        Level.SOUNDS_SAME,
        Level.NEARLY,
        Level.PART_SAME,
        Level.BOTH_YES,
        Level.BOTH_NO,
        Level.MEMBERS_LINKED,
        Level.SAME_PROJECT,
        Level.THIRD_RECORD,
    }
)
AGAINST = frozenset({Level.DIFFERENT, Level.PART_DIFFERENT})
_NAMES = (Field.FIRST, Field.LAST)
_NAME_HOLDS = FULL | {Level.CLOSE, Level.INITIAL, Level.SWAPPED}


def describe(pair: Pair, scored: ScoredPair) -> Pair:
    """Write the score, its reasons (the strongest first) and its warnings into `pair`."""
    pair.score, pair.probability = scored.score, scored.probability
    pair.reasons = reasons_of(scored)
    pair.warnings = [warning.sentence for warning in scored.warnings]
    pair.evidence = _kind_of(scored)
    pair.has_conflict = any(warning.kind is not WarningKind.STAYS_OVERLAP for warning in scored.warnings)
    set_turn(pair)
    return pair


def _kind_of(scored: ScoredPair) -> Evidence:
    """Say what speaks most for a pair."""
    levels = {part.field: part.level for part in scored.parts}
    if levels.get(Field.SSN) is Level.SAME:
        return Evidence.NUMBER
    if levels.get(Field.SSN) is Level.PART_SAME:
        return Evidence.PART
    same_name = all(levels.get(name) in _NAME_HOLDS for name in _NAMES)
    return Evidence.NAME_AND_DATE if same_name and levels.get(Field.DOB) is Level.SAME else Evidence.CLOSE


def reasons_of(scored: ScoredPair) -> list[dict[str, Any]]:
    """Return the reasons of a score, the strongest first."""
    return [_reason(part) for part in sorted(scored.parts, key=lambda part: -part.points)]


def _reason(part: Part) -> dict[str, Any]:
    told = {"field": part.title, "says": part.words, "points": part.points, "strength": _strength(part)}
    return {**told, "bits": round(part.bits, 2)}


def _strength(part: Part) -> str:
    """Say whether a reason speaks for the pair fully ("full"), in part ("part") or against it ("against")."""
    if part.points < 0 or part.level in AGAINST:
        return "against"
    return "full" if part.level in FULL else "part"
