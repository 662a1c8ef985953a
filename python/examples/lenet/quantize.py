#!/usr/bin/env python3
"""Quantize LeNet after training, from Python: train, import, calibrate, compile, and set it against PyTorch's int8.

    python python/examples/lenet/quantize.py                         # digits by npm, as the demo
    python python/examples/lenet/quantize.py --data mnist.npz        # x (uint8 [N, 1, 28, 28]), y and calib

Weights and activations are int8 in both. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mnist_digits
import numpy as np
import torch
from train import SEED, build_lenet, train

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import Result, library, quantize_by_torch, rate, show, state

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

    x, y = digits.x_test, digits.y_test
    results = [
        rate("PyTorch f32", network, state(network), x, y),
        rate("PyTorch int8", by_torch, state(by_torch), x, y),
        rate("nnq f32", f32.compile(), library(f32), x, y),
        rate("nnq int8", int8.compile(), library(int8), x, y),
    ]
    show(results)
    print(int8.report(data=digits.x_test))
    return results


if __name__ == "__main__":
    main()
