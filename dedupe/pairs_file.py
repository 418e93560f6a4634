"""Likely pairs as a CSV file: the ids, the probability, and what each piece of evidence adds in bits."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from dedupe.matching.columns import Key
from dedupe.matching.fields import Field
from dedupe.matching.judging import Pairs

PARTS = (
    Field.FIRST, Field.MIDDLE, Field.LAST, Field.SUFFIX, Field.SSN, Field.DOB, Field.SEX, Field.RACE, Field.VETERAN,
    Field.HOUSEHOLD, Field.PROJECT, Field.OTHERS, Field.LOOKALIKE,
)  # fmt: skip
HEAD = ("personal_id_a", "personal_id_b", "probability", *(part.value for part in PARTS))


def write_pairs(path: Path, ids: Sequence[Key], pairs: Pairs) -> None:
    """Write pairs, strongest first and the ids of each in order. Only the owner of the file may read it."""
    bits = [pairs.bits[part].round(3).tolist() if part in pairs.bits else [0.0] * len(pairs) for part in PARTS]
    rows = zip(pairs.one.tolist(), pairs.other.tolist(), pairs.probability.round(6).tolist(), *bits, strict=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)  # a file that was there keeps its mode otherwise
    with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for one, other, *rest in rows:
            low, high = sorted((str(ids[one]), str(ids[other])))
            writer.writerow((low, high, *rest))
