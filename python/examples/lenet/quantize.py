#!/usr/bin/env python3
"""Quantize LeNet after training, from Python: train, import, calibrate, compile, and set it against PyTorch's int8.

    python python/examples/lenet/quantize.py                         # digits by npm, as the demo
    python python/examples/lenet/quantize.py --data mnist.npz        # x (uint8 [N, 1, 28, 28]), y and calib

Weights and activations are int8 in both. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mnist_digits
import numpy as np
import torch
from torch import nn
from train import SEED, build_lenet, train

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nnq

# Of the digits of a file; the rest are the test.
TRAIN_SHARE = 2 / 3


@dataclass(frozen=True)
class Digits:
    """Images to train, calibrate and test with; no image is in two of them."""

    x_train: np.ndarray
    y_train: np.ndarray
    calib: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Result:
    """What a network is worth."""

    name: str
    accuracy: float
    bytes: int
    time_us: float


def load_digits(path: Path | None) -> Digits:
    """Return the digits of a file, or those of the demo."""
    if path is None:
        (x_train, y_train), (calib, _), (x_test, y_test) = (mnist_digits.load(s) for s in ("train", "calib", "test"))
        return Digits(x_train, y_train, calib, x_test, y_test)
    with np.load(path) as data:
        x, calib = (mnist_digits.normalize(data[name][:, 0]) for name in ("x", "calib"))
        y = data["y"].astype(np.int64)
    count = int(TRAIN_SHARE * len(x))
    return Digits(x[:count], y[:count], calib, x[count:], y[count:])


def fastest(run: Callable[[], object], repeat: int = 200) -> float:
    """Return the microseconds of the fastest of many calls."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def rate(name: str, network: Callable[[torch.Tensor], torch.Tensor], size: int, digits: Digits) -> Result:
    """Run a network on the test digits, one at a time."""
    images = torch.from_numpy(digits.x_test)
    with torch.no_grad():
        answers = [int(network(image[None]).argmax()) for image in images]
        us = fastest(lambda: network(images[:1]))
    return Result(name, float(np.mean(np.array(answers) == digits.y_test)), size, us)


def library_bytes(model: nnq.Model) -> int:
    """Return the size of the shared library."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lenet.so"
        model.save(path)
        return path.stat().st_size


def state_bytes(network: nn.Module) -> int:
    """Return the size of the file that PyTorch writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lenet.pt"
        torch.save(network.state_dict(), path)
        return path.stat().st_size


def quantize_by_torch(network: nn.Module, calib: torch.Tensor) -> nn.Module:
    """Return PyTorch's int8 network with static quantization."""
    from torch.ao.quantization import get_default_qconfig_mapping, quantize_fx

    with warnings.catch_warnings(), torch.no_grad():
        # Of a package that moves.
        warnings.simplefilter("ignore")
        prepared = quantize_fx.prepare_fx(network, get_default_qconfig_mapping("x86"), (calib[:1],))
        prepared(calib)
        return quantize_fx.convert_fx(prepared)


def main(arguments: Sequence[str] | None = None) -> list[Result]:
    """Train, quantize, compare."""
    parser = argparse.ArgumentParser(description="Quantize LeNet after training.")
    parser.add_argument("--data", type=Path, help=".npz with x, y and calib")
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args(arguments)

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    digits = load_digits(args.data)
    network = build_lenet()
    train(network, torch.from_numpy(digits.x_train), torch.from_numpy(digits.y_train), args.epochs)

    f32 = nnq.from_torch(network, [torch.zeros(1, 1, mnist_digits.SIDE, mnist_digits.SIDE)], entry="lenet")
    int8 = f32.quantize(data=digits.calib)
    by_torch = quantize_by_torch(network, torch.from_numpy(digits.calib))

    results = [
        rate("PyTorch f32", network, state_bytes(network), digits),
        rate("PyTorch int8", by_torch, state_bytes(by_torch), digits),
        rate("nnq f32", f32.compile(), library_bytes(f32), digits),
        rate("nnq int8", int8.compile(), library_bytes(int8), digits),
    ]
    print(f"\n{'':14}{'accuracy':>10}{'bytes':>10}{'us a call':>12}")
    for result in results:
        print(f"{result.name:14}{100 * result.accuracy:8.2f} %{result.bytes:10,}{result.time_us:12.2f}")
    print(int8.report(data=digits.x_test))
    return results


if __name__ == "__main__":
    main()
