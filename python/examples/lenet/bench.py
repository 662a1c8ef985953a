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
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import mnist_digits
import numpy as np
import onnxruntime as ort
from demo import format_table
from mnist_digits import REPO, DataError
from numpy.typing import NDArray

ENTRY = "lenet"
ALIGNMENT = 64
ROUND_SECONDS = 2e-3

Array = NDArray[np.float32]


@dataclass
class Contestant:
    """One way to run the network: `call` is what is timed; it reads `x` and writes `y` or returns [y]."""

    name: str
    x: Array
    y: Array
    call: Callable[[], list[Array] | None]
    owned: object = None  # memory that `call` uses, kept alive
    calls_per_round: int = 0
    rounds_us: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Time one round of calls."""
        call, count = self.call, self.calls_per_round
        started = time.perf_counter_ns()
        for _ in range(count):
            call()
        self.rounds_us.append((time.perf_counter_ns() - started) / count / 1e3)

    def warm_up(self) -> None:
        """Run until settled, and choose the number of calls of a round."""
        self.calls_per_round = 50
        for _ in range(5):
            self.round()
        self.calls_per_round = max(1, round(ROUND_SECONDS * 1e6 / min(self.rounds_us)))
        self.rounds_us.clear()

    def accuracy(self, images: Array, labels: NDArray[np.int64]) -> float:
        """Return the fraction of `images` whose largest logit is the label."""
        correct = 0
        for image, label in zip(images, labels, strict=True):
            self.x[:] = image
            returned = self.call()
            correct += int((returned[0] if returned else self.y).argmax()) == label
        return correct / len(labels)


def aligned(shape: list[int], dtype: type[np.generic]) -> NDArray:
    """Return an array of zeros that starts at a multiple of ALIGNMENT."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def nnq_contestant(name: str, path: Path) -> Contestant:
    """Load one of our libraries; shapes and workspace are in the signature that it carries."""
    if not path.exists():
        raise DataError(f"{path} does not exist: run demo.py first")
    library = ctypes.CDLL(str(path.resolve()))
    symbol = ctypes.c_char.in_dll(library, f"{ENTRY}_nnq_signature")
    signature = json.loads(ctypes.string_at(ctypes.addressof(symbol)))
    x = aligned(signature["inputs"][0]["shape"], np.float32)
    y = aligned(signature["outputs"][0]["shape"], np.float32)
    workspace = aligned([max(1, signature["workspace"])], np.uint8)
    function = getattr(library, signature["entry"])
    function.restype = None
    function.argtypes = [ctypes.c_void_p] * 3
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, y, workspace)]
    return Contestant(name, x, y, partial(function, *pointers), owned=workspace)


def ort_contestants(name: str, path: Path) -> list[Contestant]:
    """Open an ONNX file on one thread, called in the two ways that ONNX Runtime has."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    x_info, y_info = session.get_inputs()[0], session.get_outputs()[0]
    x, y = aligned(x_info.shape, np.float32), aligned(y_info.shape, np.float32)
    # Both ends are bound to the memory of our arrays, so that nothing is copied.
    binding = session.io_binding()
    binding.bind_input(x_info.name, "cpu", 0, np.float32, x.shape, x.ctypes.data)
    binding.bind_output(y_info.name, "cpu", 0, np.float32, y.shape, y.ctypes.data)
    return [
        Contestant(f"{name}, session.run", x, y, partial(session.run, None, {x_info.name: x})),
        Contestant(f"{name}, IOBinding", x, y, partial(session.run_with_iobinding, binding)),
    ]


def quantize_onnx(source: Path, target: Path, images: Array) -> None:
    """Quantize to int8 as ONNX Runtime does best: QDQ, u8 activations, s8 weights per channel, calibrated."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    input_name = ort.InferenceSession(source, providers=["CPUExecutionProvider"]).get_inputs()[0].name

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.feeds = ({input_name: image[None]} for image in images)

        def get_next(self) -> dict[str, Array] | None:
            return next(self.feeds, None)

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
    )


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
    contestants = [nnq_contestant(f"{name}, ctypes", path) for name, path in libraries.items()]
    contestants += ort_contestants("ORT f32", onnx)
    with tempfile.TemporaryDirectory() as scratch:
        quantized = Path(scratch) / "lenet_int8.onnx"
        quantize_onnx(onnx, quantized, mnist_digits.load("calib", data)[0])
        contestants += ort_contestants("ORT int8", quantized)

    accuracies = {c.name: c.accuracy(images, labels) for c in contestants}
    for contestant in contestants:
        contestant.warm_up()
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
