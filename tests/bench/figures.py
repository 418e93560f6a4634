"""What a bench prints."""

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time, sleep

LOOKED_AT_EVERY = 0.02
"""Seconds between two looks at the memory of a process."""


@dataclass(frozen=True)
class Figure:
    """One measured number with its bar (the most it may be, or the least; None: no bar, for orientation)."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the number is within its bar."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"   bar {self.bar:g} {self.unit}: {'met' if self.met else 'MISSED'}"
        return f"{self.name:<58} {self.value:>9.2f} {self.unit}{bar}"


@dataclass(frozen=True)
class Cost:
    """What calls cost, in milliseconds."""

    cpu: float
    """Median of the processor's time."""
    p95: float
    """95th percentile of the time by the clock."""


def side_by_side(call: Callable[[], object], other: Callable[[], object], *, times: int) -> tuple[Cost, Cost]:
    """Return what `call` and `other` cost, called in turn: a busy neighbour then slows both, and not their ratio."""
    spent: tuple[list[tuple[float, float]], ...] = ([], [])
    call(), other()  # the first ones fill caches
    for _ in range(times):
        for times_of, measured in zip(spent, (call, other), strict=True):
            began, busy = perf_counter(), process_time()
            measured()
            times_of.append(((process_time() - busy) * 1000, (perf_counter() - began) * 1000))
    one, two = (Cost(median(cpu for cpu, _ in each), quantiles((wall for _, wall in each), n=20)[-1]) for each in spent)
    return one, two


def in_a_process_of_its_own(module: str, *arguments: str) -> tuple[float, float]:
    """Run `python -m module`; return the seconds that it prints and its peak memory in megabytes.

    The memory is that of the process and of those that it began, together: what they held at any one time.
    """
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            sleep(LOOKED_AT_EVERY)
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return float(printed.split()[-1]), peak


def _held(process: int) -> float:
    """Return the megabytes that a process and those that it began hold; what they share counts for each."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        begun = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/children")]
    except (OSError, IndexError):  # it has just ended
        return 0.0
    return pages * resource.getpagesize() / 1e6 + sum(_held(int(each)) for each in " ".join(begun).split())
