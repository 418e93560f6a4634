"""What a bench prints."""

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time


@dataclass(frozen=True)
class Figure:
    """One measured number with its bar (the most it may be; None: no bar, for orientation)."""

    name: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def met(self) -> bool:
        """Whether the number is within its bar."""
        return self.bar is None or self.value <= self.bar

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
    """Run `python -m module` and return the seconds that it prints and its peak memory in megabytes."""
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def peak_megabytes() -> float:
    """Return the most memory that this process ever held, and the largest of those that it began."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024
