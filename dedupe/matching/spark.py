"""Looking at pairs on Spark, for stores beyond one machine: `--engine spark`, after installing `adminops[spark]`.

Records are spread over the machines by the keys of the rules, and every machine makes the pairs of the blocks that lie
there (`blocks.py`): records travel, pairs don't. What comes back are counts of patterns, from which the model is
learned here, and then the few pairs that have a chance. Places and patterns are those of the local engine, so pairs
and probabilities are, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import broadcast

from dedupe.matching.blocking import CappedBlock, bits_wanted, capped_block, starts_of
from dedupe.matching.blocks import RECORD, Kit, Part, keyed, kit_of, paired, pairs_in_order, part_of
from dedupe.matching.levels import unpacked
from dedupe.matching.looking import Look, Looked, Numbers, Places, Task
from dedupe.matching.training import Patterns

_AT_ONCE = 1 << 16
_SENT = 1 << 18
_KEYED = "rule int, block long, lanes long, place int, " + ", ".join(f"{name} long" for name in RECORD)
_PAIRED = "one int, other int, pattern long"
Batches = Iterable[pa.RecordBatch]


def look_on(master: str) -> Look:
    """Return what looks at pairs on the Spark at `master`, or on this machine for "local[…]"."""

    def look(task: Task, ends: Callable[[str], None]) -> Looked:
        spark = _session(master)
        looked = _look(spark, task)
        ends("block")
        return looked

    return look


def _session(master: str) -> SparkSession:
    """Start Spark, or take the one that is running. Its workers are to be this Python, not the machine's."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("adminops dedupe").master(master)
    options = {
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(_AT_ONCE),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        options |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
        options |= {"spark.driver.memory": os.environ.get("SPARK_DRIVER_MEMORY", "4g")}
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _look(spark: SparkSession, task: Task) -> _OnSpark:
    records, count = task.records, len(task.records)
    wanted = bits_wanted(task.store or count)
    starts = starts_of(records.names.text)
    kit = spark.sparkContext.broadcast(kit_of(task.values, records.names, starts, task.rules, count, wanted))
    parts = spark.sparkContext.defaultParallelism * 2
    spark.conf.set("spark.sql.shuffle.partitions", str(parts))

    def with_keys(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part in keyed(kit.value, _numbers(batch)):
                yield _batch(part)

    def with_pairs(batches: Batches) -> Iterator[pa.RecordBatch]:
        for part in paired(kit.value, map(_numbers, batches)):
            yield _batch(part)

    rows = spark.createDataFrame(_table(task))
    blocks = rows.repartition(parts).mapInArrow(with_keys, _KEYED).repartition(parts, "block")
    found = blocks.sortWithinPartitions("rule", "block", "place").mapInArrow(with_pairs, _PAIRED)
    found = found.persist(StorageLevel.DISK_ONLY)
    told = _numbers_of(found.where("one < 0"))
    pairs = found.where("one >= 0").dropDuplicates(["one", "other"]).persist(StorageLevel.DISK_ONLY)
    return _OnSpark(pairs, told, kit.value)


@dataclass(frozen=True)
class _OnSpark:
    pairs: DataFrame
    told: Part
    kit: Kit

    @property
    def capped(self) -> tuple[CappedBlock, ...]:
        rules, sizes = tuple(self.kit.rules), self.told["pattern"].tolist()
        return tuple(
            capped_block(rules[rule], size)
            for rule, size in sorted(zip(self.told["other"].tolist(), sizes, strict=True))
        )

    def counted(self) -> tuple[Patterns, Numbers]:
        found = _numbers_of(self.pairs.groupBy("pattern").count())
        order = np.argsort(found["pattern"])
        numbers = found["pattern"][order]
        return Patterns(unpacked(numbers), found["count"][order]), numbers

    def having(self, wanted: Numbers) -> tuple[Places, Places, Numbers]:
        chosen = self.pairs.sparkSession.createDataFrame(pa.table({"pattern": wanted}))
        found = pairs_in_order(_numbers_of(self.pairs.join(broadcast(chosen), "pattern", "left_semi")))
        return found["one"], found["other"], found["pattern"]


def _table(task: Task) -> pa.Table:
    count = len(task.records)
    return pa.Table.from_batches(
        [_batch(part_of(task.records, at, at + _SENT)) for at in range(0, max(count, 1), _SENT)]
    )


def _batch(part: Part) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: pa.array(column) for name, column in part.items()})


def _numbers(batch: Any) -> Part:
    return {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}


def _numbers_of(frame: DataFrame) -> Part:
    table = frame.toArrow().combine_chunks()
    return {name: table.column(name).to_numpy() for name in table.schema.names}
