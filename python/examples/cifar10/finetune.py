#!/usr/bin/env python3
"""Take half of the multiply-adds out of a trained ResNet-20, fine-tune what is left in PyTorch, and come back.

    python python/examples/cifar10/finetune.py resnet20.pt2 cifar10.npz      # a program of torch.export, x and y

The compiler chooses the channels by the error that they leave (criterion obs), more of them in early stages, which have
few weights for their multiply-adds; nnq.torch.prune_like slices the module, and the dense network teaches it for some
epochs: the loss is the distance of what comes out of the blocks, which pruning leaves as wide as they are, and of the
scores. Labels are not needed, so that images may be mixed with each other. Four fifths of the images train, the others
test; `--fold` says which. Needs torch and torch-mlir.
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
BATCH = 64
RATE = 5e-3
# The weight of the distance of scores, beside that of blocks.
SCORES = 0.1
CALIBRATION = 500
# How the network that was trained wants its images.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
# The channels of the residual streams stay: the code of the shortcuts counts them.
STREAM = r"conv1,.*\.conv2"
# Each stage loses a share of its own: early ones have few weights for as many multiply-adds.
STAGES = ("layer1", "layer2", "layer3")


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


def mix(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Put others of the images into two thirds of them: as a box (CutMix), or blended (mixup).

    The teacher says what it sees in them, and few images are seen in many ways.
    """
    share = torch.rand(len(x), 1, 1, 1, generator=generator)
    centres = cifar10.SIDE * torch.rand(2, len(x), 1, generator=generator)
    rows, columns = (torch.arange(cifar10.SIDE) - centres).abs() < cifar10.SIDE * share[:, 0, 0].sqrt() / 2
    box = (rows[:, None, :, None] & columns[:, None, None, :]).float()
    kind = torch.randint(0, 3, share.shape, generator=generator)
    weight = torch.where(kind == 0, 0.0, torch.where(kind == 1, box, share))
    return torch.lerp(x, x[torch.randperm(len(x), generator=generator)], weight)


def find_distance(results: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor], blocks: float) -> torch.Tensor:
    """Return how far blocks, each by its own scale and weighted, and scores are from those of the teacher."""
    pairs = zip(results[:-1], wanted[:-1], strict=True)
    distance = sum(functional.mse_loss(x.float(), y.float()) / y.float().square().mean() for x, y in pairs)
    return blocks * distance + SCORES * functional.mse_loss(results[-1].float(), wanted[-1].float())


def finetune(network: ResNet20, teacher: ResNet20, x: torch.Tensor, epochs: int, bfloat16: bool = False) -> None:
    """Train on what comes out of the blocks of the teacher, which are as wide, and on its scores."""
    steps = epochs * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, max(steps, 1), pct_start=0.05)
    generator = torch.Generator().manual_seed(SEED)
    network.train()
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            inputs = mix(augment(x[batch], generator), generator)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                with torch.no_grad():
                    wanted = teacher.run_blocks(inputs)
                results = network.run_blocks(inputs)
            # Blocks say more about weights while they are far off; in the end it is the scores that count.
            loss = find_distance(results, wanted, blocks=1 - epoch / epochs)
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


def prune(model: nnq.Model, ratios: Sequence[float], calib: np.ndarray) -> nnq.Model:
    """Return the network without a share of the channels within the blocks of each stage."""
    for stage, ratio in zip(STAGES, ratios, strict=True):
        others = ",".join(rf"{other}\..*" for other in STAGES if other != stage)
        model = model.prune(
            "channels", ratio=ratio, criterion="obs", round_to=1, exclude=f"{STREAM},{others}", data=calib
        )
    return model


def run(network: ResNet20, images: Images, args: argparse.Namespace) -> dict[str, float]:
    """Prune, fine-tune, quantize; return accuracies by name, and the share of the multiply-adds that is left."""
    x_train, x_test = normalize(images.x_train), normalize(images.x_test)
    example = [x_train[:1]]
    dense = nnq.from_torch(network, example, entry="resnet20")
    calib = x_train[:CALIBRATION].numpy()
    pruned = prune(dense, args.ratios, calib)
    small = nnq.torch.prune_like(network, pruned, fitted=True)
    finetune(small, network, x_train, args.epochs, args.bfloat16)
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
    parser.add_argument("--fold", type=int, default=0, choices=range(5), help="which fifth of an .npz tests")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--bfloat16", action="store_true", help="train in bfloat16, for CPUs that multiply it")
    return parser


def report(
    args: argparse.Namespace, run: Callable[[ResNet20, Images, argparse.Namespace], dict[str, float]]
) -> dict[str, float] | None:
    """Load network and images, run an example, and print what came out."""
    torch.manual_seed(SEED)
    try:
        images = cifar10.load(args.data, args.fold)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return None
    print(f"{len(images.y_train):,} images to train with, {len(images.y_test):,} to test with")
    results = run(load_network(args.network), images, args)
    for name, value in results.items():
        print(f"{name:<20}{value:6.2f} %")
    return results


def main(arguments: Sequence[str] | None = None) -> dict[str, float] | None:
    """Run the example."""
    parser = make_parser("Prune the channels of a trained ResNet-20 and fine-tune it.")
    parser.add_argument(
        "--ratios", type=float, nargs=3, default=[0.625, 0.5, 0.39], help="shares of the channels of stages that go"
    )
    return report(parser.parse_args(arguments), run)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
