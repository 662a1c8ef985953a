#!/usr/bin/env python3
"""Take the layers of a trained ResNet-20 apart, fine-tune the factors in PyTorch, and come back.

    python python/examples/cifar10/factorize.py resnet20.pt2 cifar10.npz     # a program of torch.export, x and y

The compiler chooses methods and ranks and keeps what it has measured to be faster in int8, nnq.torch.factorize_like
puts the factors into the module, and the dense network teaches it for a few epochs, as in finetune.py. Four
fifths of the images train, the others test. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cifar10 import Images
from finetune import CALIBRATION, finetune, make_parser, normalize, rate, report
from resnet20 import ResNet20

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nnq
import nnq.torch
from nnq.trial import compare_times


def run(network: ResNet20, images: Images, args: argparse.Namespace) -> dict[str, float]:
    """Factorize, fine-tune, quantize; return accuracies by name, and how many times faster int8 is than without."""
    x_train, x_test = normalize(images.x_train), normalize(images.x_test)
    example = [x_train[:1]]
    dense = nnq.from_torch(network, example, entry="resnet20")
    calib = x_train[:CALIBRATION].numpy()
    factorized = dense.factorize(ratio=args.ratio, data=calib, gate_precision="int8")
    small = nnq.torch.factorize_like(network, factorized)
    finetune(small, network, x_train, args.epochs, args.bfloat16)
    tuned = nnq.from_torch(small, example, entry="resnet20")
    int8, plain = (model.quantize(data=calib) for model in (tuned, dense))
    times = compare_times(int8.compile(), plain.compile(), [x_test[:1].numpy()])
    return {
        "dense": rate(dense, x_test, images.y_test),
        "dense, int8": rate(plain, x_test, images.y_test),
        "factorized": rate(factorized, x_test, images.y_test),
        "fine-tuned": rate(tuned, x_test, images.y_test),
        "fine-tuned, int8": rate(int8, x_test, images.y_test),
        "time beside int8": 100 * times[0] / times[1],
    }


def main(arguments: Sequence[str] | None = None) -> dict[str, float] | None:
    """Run the example."""
    parser = make_parser("Factorize the layers of a trained ResNet-20 and fine-tune them.")
    parser.add_argument("--ratio", type=float, default=0.5, help="share of the multiply-adds of each layer that goes")
    return report(parser.parse_args(arguments), run)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
