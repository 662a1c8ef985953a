#!/usr/bin/env python3
"""Take half of the multiply-adds out of a trained ResNet-20, fine-tune what is left in PyTorch, and come back.

    python python/examples/cifar10/finetune.py resnet20.pt2 cifar10.npz      # a program of torch.export, x and y

The compiler chooses the channels (criterion obs, global ranking), nnq.torch.prune_like slices the module, and the dense
network teaches it for some epochs: the loss is the distance of what comes out of the blocks, which pruning leaves as
wide as they are, and of the scores. Labels are not needed. Half of the images train, the other half tests. Needs torch
and torch-mlir.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cifar10
import numpy as np
import torch
from cifar10 import DataError, Images
from resnet20 import ResNet20
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nnq
import nnq.torch

SEED = 2009
BATCH = 32
RATE = 2e-3
# The weight of the distance of scores, beside that of blocks.
SCORES = 0.1
CALIBRATION = 500
# How the network that was trained wants its images.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
# The channels of the residual streams stay: the code of the shortcuts counts them.
STREAM = r"conv1,.*\.conv2"


def normalize(x: np.ndarray) -> torch.Tensor:
    """Turn images of cifar10.py into those of the network."""
    pixels = x * cifar10.STD[:, None, None] + cifar10.MEAN[:, None, None]
    return torch.from_numpy(((pixels - MEAN[:, None, None]) / STD[:, None, None]).astype(np.float32))


def load_network(path: Path) -> ResNet20:
    """Load the weights of an exported program, or a state dict."""
    network = ResNet20()
    state = torch.export.load(path).state_dict if path.suffix == ".pt2" else torch.load(path, weights_only=True)
    network.load_state_dict(state)
    return network.eval()


def augment(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Mirror images and shift each of them by up to four pixels."""
    mirrored = torch.rand(len(x), generator=generator) < 0.5
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    padded, side = functional.pad(x, (4, 4, 4, 4)), cifar10.SIDE
    corners = torch.randint(0, 9, (len(x), 2), generator=generator).tolist()
    return torch.stack([p[:, t : t + side, s : s + side] for p, (t, s) in zip(padded, corners, strict=True)])


def find_distance(results: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return how far blocks, each by its own scale, and scores are from those of the teacher."""
    blocks = zip(results[:-1], wanted[:-1], strict=True)
    distance = sum(functional.mse_loss(x, y) / y.square().mean() for x, y in blocks)
    return distance + SCORES * functional.mse_loss(results[-1], wanted[-1])


def finetune(network: ResNet20, teacher: ResNet20, x: torch.Tensor, epochs: int) -> None:
    """Train on what comes out of the blocks of the teacher, which are as wide, and on its scores."""
    for module in (network, teacher):
        module.to(memory_format=torch.channels_last)
    steps = epochs * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, max(steps, 1), pct_start=0.05)
    generator = torch.Generator().manual_seed(SEED)
    network.train()
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            inputs = augment(x[batch], generator).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                wanted = teacher.run_blocks(inputs)
            loss = find_distance(network.run_blocks(inputs), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * BATCH / len(x)
        print(f"epoch {epoch + 1:3}/{epochs}  loss {total:.4f}", flush=True)
    network.eval()


def rate(model: nnq.Model, x: torch.Tensor, y: np.ndarray) -> float:
    """Return the share of the images that a compiled network recognizes, in percent."""
    program = model.compile()
    hits = [program(row[None].numpy()).argmax() == label for row, label in zip(x, y, strict=True)]
    return 100 * float(np.mean(hits))


def run(network: ResNet20, images: Images, epochs: int, macs: float) -> dict[str, float]:
    """Prune, fine-tune, quantize; return accuracies by name, and the share of the multiply-adds that is left."""
    x_train, x_test = normalize(images.x_train), normalize(images.x_test)
    example = [x_train[:1]]
    dense = nnq.from_torch(network, example, entry="resnet20")
    calib = x_train[:CALIBRATION].numpy()
    pruned = dense.prune(
        "channels", macs=macs, criterion="obs", ranking="global", round_to=4, exclude=STREAM, data=calib
    )
    small = nnq.torch.prune_like(network, pruned, fitted=True)
    finetune(small, network, x_train, epochs)
    tuned = nnq.from_torch(small, example, entry="resnet20")
    counts = [sum(layer.macs for layer in model.report().layers) for model in (dense, tuned)]
    return {
        "dense": rate(dense, x_test, images.y_test),
        "pruned": rate(pruned, x_test, images.y_test),
        "fine-tuned": rate(tuned, x_test, images.y_test),
        "fine-tuned, int8": rate(tuned.quantize(data=calib), x_test, images.y_test),
        "multiply-adds": 100 * counts[1] / counts[0],
    }


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return what examples that fine-tune take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("network", type=Path, help="program of torch.export (.pt2), or a state dict")
    parser.add_argument("data", type=Path, help="folder of the binary version, or .npz with x and y")
    parser.add_argument("--epochs", type=int, default=20)
    return parser


def report(
    args: argparse.Namespace, run: Callable[[ResNet20, Images, int, float], dict[str, float]], share: float
) -> dict[str, float] | None:
    """Load network and images, run an example with a share of the multiply-adds, and print what came out."""
    torch.manual_seed(SEED)
    try:
        images = cifar10.load(args.data, train_share=0.5)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return None
    print(f"{len(images.y_train):,} images to train with, {len(images.y_test):,} to test with")
    results = run(load_network(args.network), images, args.epochs, share)
    for name, value in results.items():
        print(f"{name:<20}{value:6.2f} %")
    return results


def main(arguments: Sequence[str] | None = None) -> dict[str, float] | None:
    """Run the example."""
    parser = make_parser("Prune the channels of a trained ResNet-20 and fine-tune it.")
    parser.add_argument("--macs", type=float, default=0.5, help="share of the multiply-adds that stays")
    args = parser.parse_args(arguments)
    return report(args, run, args.macs)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
