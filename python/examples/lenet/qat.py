#!/usr/bin/env python3
"""Train LeNet with quantization in the loop, and set it against quantization after training and PyTorch's own QAT.

    python python/examples/lenet/qat.py --data mnist.npz                  # x (uint8 [N, 1, 28, 28]), y and calib
    python python/examples/lenet/qat.py --data mnist.npz --weight-granularity per-tensor --spread 64

All networks are trained as long: the last epochs in f32, or in the form in which they are compiled. Where channels of
very different ranges share a scale, quantization after training loses accuracy; --spread makes such channels of a
network without changing what it computes in f32, as folding batch normalization may. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import copy
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mnist_digits
import numpy as np
import torch
from quantize import Digits, load_digits
from torch import nn
from torch.nn import functional
from train import BATCH, SEED, augment, build_lenet, train

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import Result, library, rate, show, state

import nnq

TUNING_RATE = 1e-3
# Of these epochs, in which ranges stay as they are.
FROZEN_SHARE = 1 / 3


@dataclass(frozen=True)
class Outcome:
    """Results by name, and how the compiled network compares with the one that was trained."""

    results: dict[str, Result]
    prepared: nn.Module
    model: nnq.Model
    largest_difference: float
    same_top1: float


@torch.no_grad()
def spread_channels(network: nn.Sequential, ratio: float) -> None:
    """Give the channels of layers ranges that differ by `ratio`, and take it back in the layer behind.

    The factors are powers of two, so that the network computes the very same in f32.
    """
    layers = [layer for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer, reader in zip(layers, layers[1:], strict=False):
        count = len(layer.weight)
        exponents = torch.linspace(0, float(np.log2(ratio)), count)[torch.randperm(count)]
        factors = torch.exp2(exponents.round())
        layer.weight.mul_(factors.reshape(-1, *[1] * (layer.weight.dim() - 1)))
        layer.bias.mul_(factors)
        inputs = factors.repeat_interleave(reader.weight.shape[1] // count)
        reader.weight.div_(inputs.reshape(1, -1, *[1] * (reader.weight.dim() - 2)))


def tune(network: nn.Module, digits: Digits, epochs: int, freeze: Callable[[nn.Module], object]) -> None:
    """Train on, at a small rate, the last epochs with ranges that stay; the loop is the same for all networks."""
    x, y = torch.from_numpy(digits.x_train), torch.from_numpy(digits.y_train)
    generator = torch.Generator().manual_seed(SEED)
    steps = epochs * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=TUNING_RATE, weight_decay=0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.train()
    for epoch in range(epochs):
        if epoch >= (1 - FROZEN_SHARE) * epochs:
            freeze(network)
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            functional.cross_entropy(network(augment(x[batch], generator)), y[batch], label_smoothing=0.02).backward()
            optimizer.step()
            schedule.step()
    network.eval()


def quantize_by_torch(network: nn.Module, digits: Digits, epochs: int, granularity: str) -> nn.Module:
    """Return the int8 network of PyTorch's own quantization-aware training."""
    from torch.ao import quantization as ao
    from torch.ao.quantization import quantize_fx

    with warnings.catch_warnings():
        # Of a package that moves.
        warnings.simplefilter("ignore")
        config = ao.get_default_qat_qconfig("x86")
        if granularity == "per-tensor":
            config = ao.QConfig(activation=config.activation, weight=ao.default_weight_fake_quant)
        mapping = ao.QConfigMapping().set_global(config)
        example = (torch.from_numpy(digits.calib[:1]),)
        prepared = quantize_fx.prepare_qat_fx(copy.deepcopy(network).train(), mapping, example)
        tune(prepared, digits, epochs, lambda network: network.apply(ao.disable_observer))
        return quantize_fx.convert_fx(prepared)


@torch.no_grad()
def compare(program: nnq.Program, prepared: nn.Module, digits: Digits) -> tuple[float, float]:
    """Return the largest difference of logits, as a part of their range, and how often both give one answer."""
    images = torch.from_numpy(digits.x_test)
    wanted = prepared(images).numpy()
    results = np.concatenate([program(image[None]).numpy() for image in images])
    difference = float(np.abs(results - wanted).max() / np.abs(wanted).max())
    return difference, float((results.argmax(1) == wanted.argmax(1)).mean())


def run(args: argparse.Namespace, digits: Digits) -> Outcome:
    """Train, quantize, compare."""
    start = build_lenet()
    train(start, torch.from_numpy(digits.x_train), torch.from_numpy(digits.y_train), args.epochs)
    if args.spread > 1:
        spread_channels(start, args.spread)
    example = [torch.zeros(1, 1, mnist_digits.SIDE, mnist_digits.SIDE)]
    options = {
        "weights": args.weights,
        "activations": args.activations,
        "weight_granularity": args.weight_granularity,
    }

    network = copy.deepcopy(start)
    tune(network, digits, args.qat_epochs, lambda _: None)
    f32 = nnq.from_torch(network, example, entry="lenet")
    after = f32.quantize(data=digits.calib, **options)

    prepared = nnq.torch.prepare_qat(start, example, train_scales=args.train_scales, **options)
    nnq.torch.calibrate(prepared, torch.from_numpy(digits.calib).split(BATCH))
    tune(prepared, digits, args.qat_epochs, nnq.torch.freeze)
    # Has scales for all, which quantize would complete otherwise.
    aware = nnq.from_torch(prepared, example, entry="lenet").quantize(**options)

    by_torch = quantize_by_torch(start, digits, args.qat_epochs, args.weight_granularity)
    program = aware.compile()
    x, y = digits.x_test, digits.y_test
    results = [
        rate("PyTorch f32", network, state(network), x, y),
        rate("PyTorch int8, QAT", by_torch, state(by_torch), x, y),
        rate("nnq f32", f32.compile(), library(f32), x, y),
        rate("nnq int8, PTQ", after.compile(), library(after), x, y),
        rate("nnq int8, QAT", program, library(aware), x, y),
    ]
    difference, same = compare(program, prepared, digits)
    return Outcome({result.name: result for result in results}, prepared, aware, difference, same)


def main(arguments: Sequence[str] | None = None) -> Outcome:
    """Run the example and print the table."""
    parser = argparse.ArgumentParser(description="Train LeNet with quantization in the loop.")
    parser.add_argument("--data", type=Path, help=".npz with x, y and calib (default: the digits of the demo)")
    parser.add_argument("--epochs", type=int, default=20, help="epochs before the last ones")
    parser.add_argument("--qat-epochs", type=int, default=6, help="the last epochs")
    parser.add_argument("--weights", default="symmetric", choices=["symmetric", "asymmetric"])
    parser.add_argument("--activations", default="asymmetric", choices=["asymmetric", "symmetric"])
    parser.add_argument("--weight-granularity", default="per-axis", choices=["per-axis", "per-tensor"])
    parser.add_argument("--train-scales", action="store_true", help="train the scales, too")
    parser.add_argument("--spread", type=float, default=1, help="ratio of the ranges of channels (default: as trained)")
    args = parser.parse_args(arguments)

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    digits = load_digits(args.data)
    outcome = run(args, digits)
    show(outcome.results.values())
    print(
        f"\n{len(digits.y_test):,} digits; nnq int8, QAT against the network as trained: same answer "
        f"{100 * outcome.same_top1:.2f} %, largest difference of logits "
        f"{100 * outcome.largest_difference:.2f} % of the largest"
    )
    return outcome


if __name__ == "__main__":
    main()
