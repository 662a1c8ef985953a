"""What a call through Python costs over the C function itself, on LeNet, in microseconds.

    python python/benchmarks/calls.py          # with the package nnq installed or on PYTHONPATH

Prints the least time of a call from C, and what NumPy arrays and tensors of PyTorch add to it, in turns with it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nnq

LENET = Path(__file__).resolve().parent.parent / "examples" / "lenet" / "lenet.mlirbc"
CALLS = 50


def measure(run: Callable[[], object]) -> float:
    """Return the microseconds of a call: time of this thread, as others may want the processor, too."""
    start = time.thread_time()
    run()
    return (time.thread_time() - start) * 1e6 / CALLS


def overhead(program: nnq.Program, x: Any, out: Any | None, rounds: int) -> tuple[float, float]:
    """Return the microseconds of a call from C, and how many a call from Python takes more."""
    keywords = {} if out is None else {"out": out}

    def call() -> None:
        for _ in range(CALLS):
            program(x, **keywords)

    times = [(measure(call), measure(lambda: program.time_calls(x, count=CALLS))) for _ in range(rounds)]
    python, native = (min(column) for column in zip(*times, strict=True))
    return native, python - native


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure what a call through Python costs.")
    parser.add_argument("--rounds", type=int, default=300, help="of 50 calls each (default: %(default)s)")
    args = parser.parse_args()
    program = nnq.load(LENET).compile()
    x, out = np.zeros((1, 1, 28, 28), np.float32), np.zeros((1, 10), np.float32)
    arrays: dict[str, tuple[Any, Any]] = {"numpy": (x, out)}
    try:
        import torch

        arrays["torch"] = (torch.from_numpy(x), torch.from_numpy(out))
    except ModuleNotFoundError:
        pass
    for library, (value, result) in arrays.items():
        for name, target in (("", None), (", out=", result)):
            native, more = overhead(program, value, target, args.rounds)
            print(f"{library}{name}: {more:.2f} us over {native:.2f} us")


if __name__ == "__main__":
    main()
