"""What one core of this machine can do, and keeping a process on its cores."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Machine:
    """Peaks of one core, in multiply-adds and bytes a second."""

    int8: float
    f32: float
    bandwidth: float

    def options(self, threads: int = 1) -> list[str]:
        """Return the peaks as nnq-run takes them."""
        return [f"--peak-int8={self.int8 * threads / 1e9}", f"--peak-f32={self.f32 * threads / 1e9}"]


def measure_machine(scratch: Path) -> Machine:
    """Compile and run the micro-benchmark."""
    compiler = os.environ.get("CC", "clang-22")
    flag = "-mcpu=native" if platform.machine() == "aarch64" else "-march=native"
    subprocess.run([compiler, "-O3", flag, HERE / "peak.c", "-o", scratch / "peak"], check=True)
    out = subprocess.run([scratch / "peak"], check=True, capture_output=True, text=True).stdout
    return Machine(*map(float, out.split()))


@contextmanager
def pinned(threads: int, first: int | None = None) -> Iterator[None]:
    """Keep this process on as many cores: those from `first` on, else the last ones that it may use."""
    allowed = os.sched_getaffinity(0)
    cores = sorted(allowed)[-threads:] if first is None else range(first, first + threads)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
