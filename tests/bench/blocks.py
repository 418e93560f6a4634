"""The kernel that Spark runs on every machine: how many pairs a second it looks at, comparison included.

Seconds are those of the process: one core. Spark itself is not started.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from dedupe.matching.admission import admit
from dedupe.matching.blocking import USUAL, bits_wanted, reach_in_blocks, starts_of
from dedupe.matching.blocks import keyed, kit_of, paired, part_of
from dedupe.matching.cleaning import clean
from dedupe.matching.files import read_clients
from dedupe.matching.values import count_values
from tests.bench.figures import Figure
from tests.bench.match import LARGE, SEED, invented
from tests.bench.town import make_town

_BATCH = 1 << 16
_LEAST = 2.0
"""Million pairs a second of one core."""


def run() -> Iterator[Figure]:
    """Make the pairs of a town of 200,000 records."""
    with TemporaryDirectory(prefix="adminops-bench-") as folder:
        clients, _stays = make_town(LARGE, SEED, invented(SEED)).write(Path(folder))
        records, _ = admit(clean(read_clients(clients).columns))
    starts, wanted = starts_of(records.names.text), bits_wanted(len(records))
    kit = kit_of(count_values(records), records.names, starts, USUAL, len(records), wanted)
    parts = [part for at in range(0, len(records), _BATCH) for part in keyed(kit, part_of(records, at, at + _BATCH))]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((rows["place"], rows["block"], rows["rule"]))
    rows = {name: column[order] for name, column in rows.items()}
    ends = np.flatnonzero((np.diff(rows["rule"]) != 0) | (np.diff(rows["block"]) != 0)) + 1
    sizes = np.diff(np.concatenate(([0], ends, [len(order)])))
    looked_at, began = int(reach_in_blocks(sizes).sum()), process_time()
    batches = ({name: column[at : at + _BATCH] for name, column in rows.items()} for at in range(0, len(order), _BATCH))
    deque(paired(kit, batches), maxlen=0)
    rate = looked_at / (process_time() - began) / 1e6
    yield Figure("pairs of blocks, on one core", rate, "M/s", _LEAST, at_least=True)
