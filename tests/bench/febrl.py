"""Ours on FEBRL 3 and 4, which everybody measures on: the best mean of precision and recall over all their pairs."""

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dedupe.matching.files import read_clients
from dedupe.matching.matching import match
from tests.bench.driving import ROOT
from tests.bench.figures import Figure
from tests.bench.splink import PYTHON

BARS = {"3": 99.5, "4": 99.95}


def run() -> Iterator[Figure]:
    """Match both sets by what Client.csv has room for: names, birth date and number."""
    with TemporaryDirectory(prefix="adminops-bench-") as name:
        folder = Path(name)
        subprocess.run([PYTHON, "-m", "tests.bench.febrl_sets", folder], cwd=ROOT, check=True)
        for each, bar in BARS.items():
            yield Figure(f"FEBRL {each}: best F1", 100 * _best_f1(folder, each), "%", bar, at_least=True)


def _best_f1(folder: Path, name: str) -> float:
    columns = read_clients(folder / f"{name}.csv").columns
    with (folder / f"{name}.pairs.csv").open(newline="") as opened:
        truth = {frozenset(row) for row in csv.reader(opened)}
    pairs = match(columns, minimum=0.0001).pairs
    found = zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    hits = np.cumsum([frozenset((columns.ids[one], columns.ids[other])) in truth for one, other in found])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / len(truth)
    return float((2 * precision * recall / (precision + recall)).max())
