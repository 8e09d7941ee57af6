"""The machine: one core for what is measured, another for who asks; processor time and memory of a process. Linux."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """One for what is measured, one for the load: the same where there is only one."""
    ours = sorted(os.sched_getaffinity(0))
    return ours[0], ours[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This thread, and what it starts meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process, in its own code and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def with_children(pid: int) -> list[int]:
    """A process and those that it started itself."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, started)]


def memory_mib(pid: int) -> float:
    """What is resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def described() -> str:
    named = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = named[0].partition(":")[2].strip() if named else platform.machine()
    busy = os.getloadavg()[0]
    count = len(os.sched_getaffinity(0))
    return f"{count} cores ({model}), Python {platform.python_version()}, load {busy:.1f} before the first round"
