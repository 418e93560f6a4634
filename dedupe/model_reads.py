"""Reading the model for its page and the command line: weights, scores, what decisions say, and versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from dedupe.learning import BY_PEOPLE, DECISIONS
from dedupe.matching.explain import title_of, words_of
from dedupe.matching.fields import Field, Level
from dedupe.matching.model import Model
from dedupe.matching.tuning import Share, level_bits
from dedupe.models import UNDECIDED, Lesson, Pair, PairState, Scan, ScanState, StoredModel
from dedupe.scoring import present_lesson, present_model, present_threshold

CUTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
BANDS = tuple(range(95, -1, -5))
HISTORY = 12
_LITTLE = 1.0
"""Evidence of less than a bit says little."""


@dataclass(frozen=True)
class Weight:
    """What agreeing at a level of a field is worth, in bits; below zero it speaks against one person."""

    field: str
    level: str
    bits: float

    @property
    def bar(self) -> tuple[float, float, float]:
        """The bits as a bar of three states: against, little, for."""
        size = round(abs(self.bits), 1)
        if size < _LITTLE:
            return (0, size, 0)
        return (0, 0, size) if self.bits > 0 else (size, 0, 0)


@dataclass(frozen=True)
class Cut:
    """What people's decisions so far say of the pairs from a probability on."""

    probability: float
    precision: Share
    """Merged, of those decided."""
    recall: Share
    """Of all merged pairs, those that are this likely."""

    @property
    def name(self) -> str:
        """The probability in words."""
        return f"{self.probability:.0%}"

    @property
    def right(self) -> float:
        """The precision in percent, for the picture."""
        return round(self.precision.percent or 0.0, 1)

    @property
    def found(self) -> float:
        """The recall in percent, for the picture."""
        return round(self.recall.percent or 0.0, 1)


@dataclass(frozen=True)
class Version:
    """A scan with the model and the lesson that it scored with."""

    scan: Scan
    model_records: int
    learned: bool
    fingerprint: str | None


@dataclass(frozen=True)
class Shown:
    """All that the page of the model tells."""

    model: Model
    stored: StoredModel | None
    lesson: Lesson | None
    threshold: float
    weights: Mapping[str, Sequence[Weight]]
    scores: Sequence[tuple[str, tuple[int, int, int]]]
    """By band of scores: kept apart, waiting, merged."""
    cuts: Sequence[Cut]
    versions: Sequence[Version]


def the_model(viewer: User) -> Shown:
    """Return the model in force. Raises `NotFound` for who may not review."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        raise NotFound("There is no such page.")
    model = present_model()
    return Shown(
        model=model,
        stored=db.session.scalar(select(StoredModel).order_by(StoredModel.id.desc()).limit(1)),
        lesson=present_lesson(),
        threshold=present_threshold(),
        weights={title_of(name): _weights(name, levels) for name, levels in level_bits(model).items()},
        scores=_scores(),
        cuts=_cuts(),
        versions=_versions(),
    )


def get_lesson(lesson_id: int, viewer: User) -> Lesson:
    """Return a lesson. Raises `NotFound`, also for who may not review."""
    found = db.session.get(Lesson, lesson_id) if viewer.may(Permission.REVIEW_DUPLICATES) else None
    if found is None:
        raise NotFound("There is no such version.")
    return found


def changes_of(lesson: Lesson) -> list[Weight]:
    """Return what a lesson changes about the weights, the largest change first."""
    told: Mapping[str, Mapping[str, float]] = lesson.numbers.get("bits", {})
    found = [
        Weight(title_of(Field(name)), words_of(Field(name), Level(level)), bits)
        for name, own in told.items()
        for level, bits in own.items()
    ]
    return sorted(found, key=lambda weight: -abs(weight.bits))


def _weights(name: Field, levels: Sequence[tuple[Level, float]]) -> list[Weight]:
    found = [Weight(title_of(name), words_of(name, level), round(bits, 2)) for level, bits in levels]
    return sorted(found, key=lambda weight: -weight.bits)


def _scores() -> list[tuple[str, tuple[int, int, int]]]:
    band = Pair.score / 5
    counted = select(band, Pair.state, func.count()).where(Pair.state.in_((*UNDECIDED, *DECISIONS)))
    found: dict[int, list[int]] = {}
    for number, state, count in db.session.execute(counted.group_by(band, Pair.state)):
        place = {PairState.APART: 0, PairState.MERGED: 2}.get(state, 1)
        found.setdefault(min(int(number) * 5, BANDS[0]), [0, 0, 0])[place] += count
    lowest = min(found, default=BANDS[0])
    return [(_named(low), (*found.get(low, (0, 0, 0)),)) for low in BANDS if low >= lowest]


def _named(low: int) -> str:
    return f"{low} to {100 if low == BANDS[0] else low + 4}"


def _cuts() -> list[Cut]:
    above = case(*((Pair.probability >= cut, place) for place, cut in reversed(list(enumerate(CUTS)))), else_=-1)
    counted = select(above, Pair.state, func.count()).where(Pair.state.in_(DECISIONS), BY_PEOPLE)
    counted = counted.group_by(above, Pair.state)
    merged, apart = [0] * len(CUTS), [0] * len(CUTS)
    all_merged = 0
    for place, state, count in db.session.execute(counted):
        all_merged += count if state is PairState.MERGED else 0
        numbers = merged if state is PairState.MERGED else apart
        for lower in range(place + 1):
            numbers[lower] += count
    return [
        Cut(cut, Share(right, right + wrong), Share(right, all_merged))
        for cut, right, wrong in zip(CUTS, merged, apart, strict=True)
    ]


def _versions() -> list[Version]:
    chosen = select(Scan, StoredModel.records, StoredModel.learned, StoredModel.fingerprint)
    joined = chosen.join(StoredModel, StoredModel.id == Scan.model_id).where(Scan.state == ScanState.DONE)
    return [Version(*row) for row in db.session.execute(joined.order_by(Scan.id.desc()).limit(HISTORY))]


def as_numbers(shown: Shown) -> dict[str, Any]:
    """Give the model for machines."""
    stored, lesson = shown.stored, shown.lesson
    return {
        "model": stored.id if stored else None,
        "version": stored.version if stored else None,
        "made_at": stored.made_at.isoformat() if stored else None,
        "sample": {"records": stored.records, "candidate_pairs": stored.candidate_pairs} if stored else None,
        "fingerprint": stored.fingerprint if stored else None,
        "seed": stored.seed if stored else None,
        "learned": shown.model.learned,
        "note": shown.model.note,
        "lesson": lesson.id if lesson else None,
        "threshold": shown.threshold,
        "weights": {field: {one.level: one.bits for one in weights} for field, weights in shown.weights.items()},
        "decided": [
            {
                "from": cut.probability,
                "precision": _share(cut.precision),
                "recall": _share(cut.recall),
            }
            for cut in shown.cuts
        ],
        "scans": [
            {"scan": one.scan.id, "full": one.scan.is_full, "model": one.scan.model_id, "lesson": one.scan.lesson_id}
            for one in shown.versions
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    percent, between = share.percent, share.between
    return {
        "part": share.part,
        "of": share.whole,
        "percent": None if percent is None else round(percent, 1),
        "between": None if between is None else [round(each, 1) for each in between],
    }
