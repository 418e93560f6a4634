"""Ours beside Splink on DuckDB: the same invented people, the same cleaned columns and the same rules, in one run.

Splink gets the keys of our rules as columns, so both look at the same pairs, and starts where they are loaded; ours
starts there too, and makes them as well. `splink` has 200,000 records; ADMINOPS_BENCH_CLIENTS says another number.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

from dedupe.matching.admission import admit
from dedupe.matching.blocking import TIGHT, WIDE, parts_of
from dedupe.matching.cleaning import clean
from dedupe.matching.columns import Columns
from dedupe.matching.files import read_clients
from dedupe.matching.matching import Matched, match, peak_mb
from tests.bench.driving import ROOT
from tests.bench.figures import Figure
from tests.bench.match import SEED, Ranking, invented
from tests.bench.town import Town, make_town

RECORDS = int(os.environ.get("ADMINOPS_BENCH_CLIENTS", "200000"))
LARGE = 1_000_000
PYTHON = ROOT / ".venv" / "matchers" / "bin" / "python"
RULES = {"tight": TIGHT, "wide": WIDE}
TEXTS = ("first_name", "middle_name", "last_name")


def run() -> Iterator[Figure]:
    """Link with tight and with wide rules, and once as Splink is when nothing of its training is capped."""
    large = RECORDS >= LARGE
    town = make_town(RECORDS, SEED, invented(SEED))
    with TemporaryDirectory(prefix="adminops-bench-") as name:
        folder = Path(name)
        town.write(folder)
        columns = read_clients(folder / "Client.csv", folder / "Enrollment.csv").columns
        _write(columns, folder / "columns.csv")
        for rules, mode, bar in (
            ("tight", "capped", 6 if large else 15),
            ("wide", "capped", 10),
            ("tight", "default", None),
        ):
            ours, theirs = _ours(folder, rules), _theirs(folder, rules, mode)
            label = f"{RECORDS:,} records, {rules} rules" + (", training not capped" if bar is None else "")
            yield Figure(f"{label}: Splink", theirs["seconds"], "s")
            yield Figure(f"{label}: ours, from the cleaned columns", ours["seconds"] - ours["read"], "s")
            yield Figure(f"{label}: ours with the cleaning", ours["seconds"], "s")
            yield Figure(
                f"{label}: memory, ours", ours["peak_mb"], "MB", (1500 if rules == "tight" else 3000) if large else None
            )
            yield Figure(f"{label}: memory, Splink", theirs["peak_mb"], "MB")
            times = theirs["seconds"] / (ours["seconds"] - ours["read"])
            yield Figure(f"{label}: times as fast", times, "×", bar, at_least=True)
            busy = theirs["cpu"] / (ours["cpu"] - ours["read_cpu"])
            yield Figure(f"{label}: times less of the processor", busy, "×", None if bar else 30, at_least=True)
            if mode == "capped":
                yield from _beside(label, columns, town, folder)


def _beside(label: str, columns: Columns, town: Town, folder: Path) -> Iterator[Figure]:
    """Compare what both found, in the runs that were timed."""
    ranked = {"ours": Ranking(*np.load(folder / "ours.npy"), columns, town)}
    ranked["Splink"] = Ranking(*_pairs_of(folder / "theirs.csv"), columns, town)
    for name, ranking in ranked.items():
        yield Figure(f"{label}: best F1, {name}", 100 * ranking.best_f1(), "%")
        for precision in (0.99, 0.995):
            yield Figure(f"{label}: recall at precision {precision}, {name}", 100 * ranking.recall(precision), "%")
    for kind in ("twins", "namesakes"):
        theirs, ours = (ranked[name].taken_for_one(kind) for name in ("Splink", "ours"))
        yield Figure(f"{label}: {kind} taken for one person at precision 0.99, Splink", theirs, "%")
        bar = 0.2 if kind == "twins" else theirs
        yield Figure(f"{label}: {kind} taken for one person at precision 0.99, ours", ours, "%", bar)


def _write(columns: Columns, file: Path) -> None:
    """Write cleaned columns and the keys of all rules, empty for missing; the number of a line is the record's row."""
    records, _ = admit(clean(columns))
    parts = parts_of(records).columns
    keys = sorted({name for rule in WIDE.values() for name in rule})
    names = np.array(records.names.text, dtype=object)
    said = [names[each] for each in (records.first, records.middle, records.last)]
    with file.open("w", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(["unique_id", *TEXTS, "dob", "ssn_text", "sex", *keys])
        numbers = [parts[name].astype(object) for name in keys]
        for at, row in enumerate(records.rows.tolist()):
            born, ssn = f"{records.born[at]:08x}", f"{records.ssn[at]:09x}"
            lines.writerow(
                [row, *(each[at] for each in said), f"{born[:4]}-{born[4:6]}-{born[6:]}" if records.born[at] else "",
                 ssn if records.ssn[at] else "", records.sex[at] or "", *(each[at] or "" for each in numbers)]
            )  # fmt: skip


def _theirs(folder: Path, rules: str, mode: str) -> dict[str, float]:
    (folder / "rules.json").write_text(json.dumps(list(RULES[rules].values())))
    files = [str(folder / name) for name in ("columns.csv", "rules.json", "theirs.csv")]
    done = subprocess.run(
        [PYTHON, "-m", "tests.bench.splink_run", *files, mode], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _ours(folder: Path, rules: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.splink", folder, rules]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _pairs_of(file: Path) -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(file, delimiter=",", skiprows=1, usecols=(0, 1), dtype=np.int64, ndmin=2)
    return table[:, 0], table[:, 1]


def match_alone(folder: Path, rules: str) -> None:
    """Match in a process of its own; print the seconds and the memory as JSON, and keep the pairs."""
    columns = read_clients(folder / "Client.csv", folder / "Enrollment.csv").columns
    began, busy = perf_counter(), process_time()
    admit(clean(columns))
    read_cpu = process_time() - busy
    began, busy = perf_counter(), process_time()
    found: Matched = match(columns, rules=RULES[rules], minimum=0.01)
    took = {"seconds": perf_counter() - began, "cpu": process_time() - busy}
    np.save(folder / "ours.npy", np.array([found.pairs.one, found.pairs.other]))
    print(json.dumps({**took, "read": found.seconds["read"], "read_cpu": read_cpu, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    match_alone(Path(sys.argv[1]), sys.argv[2])
