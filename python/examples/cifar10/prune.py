#!/usr/bin/env python3
"""Train a small network on CIFAR-10, prune half of its weights on the way, quantize and compile it.

    python python/examples/cifar10/prune.py cifar-10-batches-bin          # the binary version, unpacked
    python python/examples/cifar10/prune.py cifar10.npz                   # x (uint8 [N, 32, 32, 3]) and y, to be split

Global L1 pruning by torch.nn.utils.prune after epoch 5; the masks hold until the end. The network that stays dense is
trained as long. nnq keeps the zeros, in int8 as well, and counts them; it stores and multiplies them like any number,
so that only an archive gets smaller. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cifar10
import numpy as np
import torch
from cifar10 import DataError, Images
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lenet5 import build_lenet5
from measure import Result, library, quantize_by_torch, rate, show, state

import nnq

SEED = 2009
BATCH = 64
RATE = 2e-3
PRUNE_EPOCH = 5
CALIBRATION = 256


@dataclass(frozen=True)
class Outcome:
    """Results by name; the pruned network in PyTorch, and imported and quantized."""

    results: dict[str, Result]
    pruned: nn.Module
    f32: nnq.Model
    int8: nnq.Model


def weighted_layers(network: nn.Module) -> dict[str, nn.Module]:
    """Return the layers that have weights, by name."""
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}


def count_zeros(network: nn.Module) -> dict[str, int]:
    """Return the number of weights of each layer that are zero."""
    return {name: int((layer.weight == 0).sum()) for name, layer in weighted_layers(network).items()}


def train(network: nn.Module, images: Images, epochs: range, last: int) -> None:
    """Train for some of the epochs, on images that are mirrored and shifted at random."""
    x, y = torch.from_numpy(images.x_train), torch.from_numpy(images.y_train)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    network.train()
    for epoch in epochs:
        generator = torch.Generator().manual_seed(SEED + epoch)
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - epoch / last)
        total = 0.0
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            inputs = x[batch]
            inputs = torch.where(torch.rand(len(batch), 1, 1, 1, generator=generator) < 0.5, inputs.flip(3), inputs)
            left, top = torch.randint(0, 5, (2,), generator=generator).tolist()
            side = cifar10.SIDE
            inputs = functional.pad(inputs, (2, 2, 2, 2))[:, :, top : top + side, left : left + side]
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(inputs), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * BATCH / len(x)
        print(f"epoch {epoch + 1:3}/{last}  loss {total:.4f}", flush=True)
    network.eval()


def prune_globally(network: nn.Module, amount: float) -> None:
    """Mask the smallest weights of all layers together."""
    parameters = [(layer, "weight") for layer in weighted_layers(network).values()]
    prune.global_unstructured(parameters, pruning_method=prune.L1Unstructured, amount=amount)


def without_masks(network: nn.Module) -> nn.Module:
    """Return a copy whose weights have the zeros themselves."""
    copied = build_lenet5(channels=3, features=400)
    for name, layer in weighted_layers(network).items():
        # layer.weight is what the last forward pass had, before the last step of the optimizer.
        weight = layer.weight_orig.detach() * layer.weight_mask
        copied.get_submodule(name).load_state_dict({"weight": weight, "bias": layer.bias.detach()})
    return copied.eval()


def run(images: Images, epochs: int, amount: float) -> Outcome:
    """Train, prune, quantize, compare."""
    dense = build_lenet5(channels=3, features=400)
    train(dense, images, range(min(PRUNE_EPOCH, epochs)), epochs)
    pruned = copy.deepcopy(dense)
    prune_globally(pruned, amount)
    rest = range(PRUNE_EPOCH, epochs)
    print(f"pruned {sum(count_zeros(pruned).values()):,} weights")
    train(pruned, images, rest, epochs)
    print("the dense network")
    train(dense, images, rest, epochs)

    example = [torch.zeros(1, 3, cifar10.SIDE, cifar10.SIDE)]
    calib = images.x_train[:CALIBRATION]
    before = nnq.from_torch(dense, example, entry="cifar10")
    f32 = nnq.from_torch(pruned, example, entry="cifar10")
    int8 = f32.quantize(data=calib)
    plain = without_masks(pruned)
    by_torch = quantize_by_torch(plain, torch.from_numpy(calib))
    x, y = images.x_test, images.y_test
    results = [
        rate("PyTorch f32, dense", dense, state(dense), x, y),
        rate("PyTorch f32, pruned", plain, state(plain), x, y),
        rate("PyTorch int8, pruned", by_torch, state(by_torch), x, y),
        rate("nnq f32, dense", before.compile(), library(before), x, y),
        rate("nnq f32, pruned", f32.compile(), library(f32), x, y),
        rate("nnq int8, pruned", int8.compile(), library(int8), x, y),
    ]
    return Outcome({result.name: result for result in results}, pruned, f32, int8)


def main(arguments: Sequence[str] | None = None) -> Outcome | None:
    """Run the example and print tables."""
    parser = argparse.ArgumentParser(description="Train, prune, quantize and compile a network for CIFAR-10.")
    parser.add_argument("data", type=Path, help="folder of the binary version, or .npz with x and y")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--amount", type=float, default=0.5, help="part of the weights that is pruned")
    args = parser.parse_args(arguments)

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    try:
        images = cifar10.load(args.data)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return None
    print(f"{len(images.y_train):,} images to train with, {len(images.y_test):,} to test with")
    outcome = run(images, args.epochs, args.amount)
    show(outcome.results.values())
    agreement = np.mean([a == b for a, b in zip(*answers(outcome, images), strict=True)])
    print(f"\nint8 and f32 of the pruned network: same answer {100 * agreement:.2f} %")
    zeros = (f"{name} {count:,}" for name, count in count_zeros(outcome.pruned).items())
    print(f"zeros in PyTorch: {', '.join(zeros)}\n")
    print(outcome.int8.report())
    return outcome


def answers(outcome: Outcome, images: Images) -> list[list[int]]:
    """Return the classes that the pruned network in f32 and in int8 sees."""
    programs = [outcome.f32.compile(), outcome.int8.compile()]
    return [[int(np.argmax(program(x[None]))) for x in images.x_test] for program in programs]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
