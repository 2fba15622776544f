"""What processes cost: CPU time and memory of a process and of everything it started. Linux only."""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


def tree(pid: int) -> list[int]:
    """List the process and all that it started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Add up user and system time, to the nanosecond: the clock which Linux keeps for each process."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += time.clock_gettime((~pid << 3) | 2)
    return total


def machine_busy_seconds() -> float:
    """Add up what all processors have worked so far, for anybody, and what the hypervisor kept from them."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


@dataclass(frozen=True)
class Memory:
    """Bytes: `rss` counts shared pages in full, `pss` by share, `uss` not at all."""

    rss: int
    pss: int
    uss: int


def memory(pid: int) -> Memory:
    """Measure one process."""
    full = psutil.Process(pid).memory_full_info()
    return Memory(full.rss, full.pss, full.uss)
