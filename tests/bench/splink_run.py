"""Splink on DuckDB over cleaned columns, in an environment of its own (`./dev bench splink`).

`python -m tests.bench.splink_run COLUMNS.csv RULES.json PAIRS.csv capped|default` links the rows of COLUMNS by the
rules, writes its pairs from the most probable down, and prints what it took as JSON. Levels are those of
Splink's comparisons.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

TEXTS = dict.fromkeys(("first_name", "middle_name", "last_name", "dob", "ssn_text"), "VARCHAR")
PAIRS_OF_EM = 1e6
"""What training looks at in each of its runs when it is capped."""


def main(columns: str, rules: str, pairs: str, mode: str) -> None:
    """Link, and print the seconds by the clock and of the processor, and the memory."""
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE people AS SELECT * FROM read_csv('{columns}', header = true, nullstr = '', types = {TEXTS})"
    )
    api = DuckDBAPI(connection)
    people = api.register("people")
    began, busy = perf_counter(), process_time()
    seconds: dict[str, float] = {}

    def ends(stage: str) -> None:
        seconds[stage] = perf_counter() - began - sum(seconds.values())

    linker = Linker(people, _settings(json.loads(Path(rules).read_text())), log_level="ERROR")
    train(linker, capped=mode == "capped")
    ends("train")
    found = linker.inference.predict(threshold_match_probability=0.01)
    ends("predict")
    linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_probability=0.95)
    ends("cluster")
    took = {"seconds": perf_counter() - began, "cpu": process_time() - busy}
    connection.execute(
        f"COPY (SELECT unique_id_l, unique_id_r FROM {found.physical_name} ORDER BY match_weight DESC)"
        f" TO '{pairs}' (HEADER)"
    )
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(json.dumps({**took, "peak_mb": peak / 1024, "stages": seconds}))


def _settings(rules: list[list[str]]) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            compare.NameComparison("first_name").configure(term_frequency_adjustments=True),
            compare.ExactMatch("middle_name"),
            compare.NameComparison("last_name").configure(term_frequency_adjustments=True),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.CustomComparison(
                comparison_levels=[
                    levels.NullLevel("ssn_text"),
                    levels.ExactMatchLevel("ssn", term_frequency_adjustments=True),
                    levels.ExactMatchLevel("last_four"),
                    levels.DamerauLevenshteinLevel("ssn_text", 1),
                    levels.ElseLevel(),
                ],
                output_column_name="ssn",
            ),
            compare.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in rules],
        retain_matching_columns=False,
    )


def train(linker: Linker, *, capped: bool) -> None:
    """Train as Splink's manual does: a prior by sure rules, u by chance, m by two runs."""
    more: dict[str, Any] = {"max_pairs": PAIRS_OF_EM} if capped else {}
    sure = [block_on("ssn", "first"), block_on("first", "last", "born")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("born"), **more)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first", "last"), **more)


if __name__ == "__main__":
    main(*sys.argv[1:])
