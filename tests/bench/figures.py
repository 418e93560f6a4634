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


def cpu_and_wall(call: Callable[[], object], *, times: int) -> tuple[float, float, float]:
    """Return the median CPU milliseconds, the median and the 95th percentile of wall milliseconds of `call`."""
    call()  # the first one fills caches
    cpu, wall = [], []
    for _ in range(times):
        began, busy = perf_counter(), process_time()
        call()
        cpu.append((process_time() - busy) * 1000)
        wall.append((perf_counter() - began) * 1000)
    return median(cpu), median(wall), quantiles(wall, n=20)[-1]


def in_a_process_of_its_own(module: str, *arguments: str) -> tuple[float, float]:
    """Run `python -m module` and return the seconds that it prints and its peak memory in megabytes."""
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def peak_megabytes() -> float:
    """Return the most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
