#!/usr/bin/env python3
"""Time nnq's LeNet libraries side by side with ONNX Runtime, in one process, on one thread of one CPU.

The contestants run in turn in short rounds, so that a disturbance hits them all. A figure is the mean of the calls of
one round; the minimum and the median are over rounds. nnq is called through ctypes, and nothing is subtracted for it:
at this scale its overhead, about 1 us, matters, so the figures of nnq-run, which has none, follow. ONNX Runtime is
called both by `session.run` and through an IOBinding, and the faster of the two counts.

Needs onnx and onnxruntime, the libraries that demo.py makes, and the ONNX file of `train.py --onnx`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import mnist_digits
import numpy as np
import onnxruntime as ort
from demo import format_table
from mnist_digits import REPO, DataError
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from contenders import Contender, nnq_contender, ort_contenders, quantize_onnx

ENTRY = "lenet"
ROUND_SECONDS = 2e-3

Array = NDArray[np.float32]


def accuracy(contender: Contender, images: Array, labels: NDArray[np.int64]) -> float:
    """Return the fraction of `images` whose largest logit is the label."""
    answers = [contender.run([image])[0].argmax() for image in images]
    return float((np.array(answers) == labels).mean())


def open_nnq(name: str, path: Path) -> Contender:
    """Load one of our libraries."""
    if not path.exists():
        raise DataError(f"{path} does not exist: run demo.py first")
    return nnq_contender(name, path, ENTRY)


def nnq_run_us(nnq_run: Path, library: Path, data: Path) -> tuple[float, float]:
    """Return nnq-run's own (minimum, median) time of a library, in microseconds."""
    command = [str(nnq_run), str(library), "--data", str(data), "--json"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataError(f"{nnq_run}: {getattr(error, 'stderr', None) or error}".rstrip()) from error
    times = json.loads(result.stdout)["time_us"]
    return times["min"], times["median"]


def bench(build: Path, onnx: Path, rounds: int) -> str:
    """Measure everything and return the table."""
    if not onnx.exists():
        raise DataError(f"{onnx} does not exist: make it with train.py --onnx {onnx}")
    data = build / "data"
    images, labels = mnist_digits.load("test", data)
    libraries = {f"nnq {name}": build / "demo" / f"liblenet_{name}.so" for name in ("f32", "int8")}
    contestants = [open_nnq(f"{name}, ctypes", path) for name, path in libraries.items()]
    contestants += ort_contenders("ORT f32", onnx)
    with tempfile.TemporaryDirectory() as scratch:
        quantized = Path(scratch) / "lenet_int8.onnx"
        calibration = [[image[None]] for image in mnist_digits.load("calib", data)[0]]
        quantize_onnx(onnx, quantized, calibration, unsigned=True)
        contestants += ort_contenders("ORT int8", quantized)

    accuracies = {c.name: accuracy(c, images, labels) for c in contestants}
    for contestant in contestants:
        contestant.warm_up(ROUND_SECONDS)
    for _ in range(rounds):
        for contestant in contestants:
            contestant.round()

    results = {c.name: (min(c.rounds_us), statistics.median(c.rounds_us)) for c in contestants}
    for name, path in libraries.items():
        results[f"{name}, nnq-run"] = nnq_run_us(build / "bin" / "nnq-run", path, mnist_digits.split_path("test", data))
    baseline = min((results[c.name] for c in contestants if c.name.startswith("ORT f32")), key=lambda times: times[0])
    rows = [
        [
            name,
            f"{100 * accuracies[name]:.2f} %" if name in accuracies else "",
            f"{fastest:.2f} us",
            f"{median:.2f} us",
            f"{baseline[0] / fastest:.2f}x",
            f"{baseline[1] / median:.2f}x",
        ]
        for name, (fastest, median) in results.items()
    ]
    header = ("", "accuracy", "min", "median", "min vs ORT f32", "median vs ORT f32")
    return format_table(header, rows)


def main() -> int:
    """Run the benchmark; return its exit code."""
    parser = argparse.ArgumentParser(description="Time nnq's LeNet side by side with ONNX Runtime.")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    parser.add_argument(
        "--onnx", type=Path, help="the network as ONNX (default: data/lenet.onnx in the build directory)"
    )
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--cpu", type=int, help="CPU to run on (default: the last one allowed)")
    args = parser.parse_args()
    cpu = max(os.sched_getaffinity(0)) if args.cpu is None else args.cpu
    os.sched_setaffinity(0, {cpu})
    try:
        table = bench(args.build, args.onnx or args.build / "data" / "lenet.onnx", args.rounds)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"batch 1, one thread, CPU {cpu}, {args.rounds} interleaved rounds, onnxruntime {ort.__version__}\n")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
