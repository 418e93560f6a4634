"""Matching on Spark: the same pairs as here. The parts that Spark runs are tested without it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dedupe.cli import dedupe
from dedupe.matching import blocking, blocks
from dedupe.matching.admission import admit
from dedupe.matching.blocking import USUAL, bits_wanted, find_candidates, starts_of
from dedupe.matching.blocks import CAPPED, Part, keyed, kit_of, paired, pairs_in_order, part_of
from dedupe.matching.cleaning import clean
from dedupe.matching.fields import Field
from dedupe.matching.levels import Comparer
from dedupe.matching.values import count_values
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.people import make_people
from tests.services.requirements import is_required

ENGINES = ["local", "spark"] if is_required("spark") else ["local"]


def _sorted(parts: list[Part]) -> Part:
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((rows["place"], rows["block"], rows["rule"]))
    return {name: column[order] for name, column in rows.items()}


@pytest.mark.parametrize("step", [60, 10**6])
@pytest.mark.parametrize("limit", [2_000, 5])
def test_blocks_that_come_in_parts_make_the_pairs_of_the_whole(
    step: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (blocking, blocks):
        monkeypatch.setattr(module, "BLOCK_LIMIT", limit)
        monkeypatch.setattr(module, "NEIGHBOURS", 3)
    monkeypatch.setattr(blocks, "_LARGE_PART", 2 * limit)
    records, _ = admit(clean(columns_of(make_people(300, seed=5).records)))
    values, wanted = count_values(records), bits_wanted(len(records))
    here = find_candidates(records, USUAL, 1)
    kit = kit_of(values, records.names, starts_of(records.names.text), USUAL, len(records), wanted)
    parts = [part for at in range(0, len(records), 125) for part in keyed(kit, part_of(records, at, at + 125))]
    rows = _sorted(parts)
    some = [
        {name: column[at : at + step] for name, column in rows.items()} for at in range(0, len(rows["place"]), step)
    ]
    given = list(paired(kit, some))
    whole = {name: np.concatenate([part[name] for part in given]) for name in given[0]}
    assert sorted(whole["pattern"][whole["one"] == CAPPED].tolist()) == sorted(block.records for block in here.capped)
    assert bool(here.capped) is (limit == 5)
    pairs = pairs_in_order({name: column[whole["one"] >= 0] for name, column in whole.items()})
    assert (pairs["one"].tolist(), pairs["other"].tolist()) == (here.one.tolist(), here.other.tolist())
    comparer = Comparer(records, values.rank[Field.FIRST], values.rank[Field.LAST])
    assert pairs["pattern"].tolist() == comparer.patterns(here.one, here.other).tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_writes_the_same_file_on_any_number_of_cores(engine: str, tmp_path: Path) -> None:
    with (tmp_path / "Client.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("PersonalID", "FirstName", "LastName", "SSN", "DOB"))
        for each in make_people(400, seed=3).records:
            writer.writerow((each.key, each.first, each.last, each.ssn, each.dob))
    counted: list[int] = []
    for name, workers in (("local", "1"), (engine, "2")):
        out = str(tmp_path / workers)
        args = [str(tmp_path / "Client.csv"), "--engine", name, "--workers", workers, "--out", out, "--json"]
        result = CliRunner().invoke(dedupe, ["pairs", *args])
        assert result.exit_code == 0, result.output
        counted.append(json.loads(result.stdout)["candidate_pairs"])
    assert counted[0] == counted[1]
    assert len((tmp_path / "1").read_text().splitlines()) > 20
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_address_of_spark_is_for_spark(tmp_path: Path) -> None:
    (tmp_path / "Client.csv").write_text("PersonalID,FirstName,LastName\n", encoding="utf-8")
    args = [str(tmp_path / "Client.csv"), "--out", str(tmp_path / "pairs.csv"), "--master", "yarn"]
    assert CliRunner().invoke(dedupe, ["pairs", *args]).exit_code == 2
