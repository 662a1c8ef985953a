#!/usr/bin/env python3
"""Train LeNet on 6,500 digits with PyTorch and export it as MLIR bytecode: linalg on tensors, batch 1.

Writes lenet.mlirbc and sample.npz beside this file, and the PyTorch weights into the data directory, from which
`--export-only` starts. The test digits are used once, to report the accuracy, never to choose anything.
Needs torch, torch-mlir and mlir-opt 22; `--onnx` also needs onnx and onnxscript.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import mnist_digits
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lenet5 import build_lenet5

from nnq import importer

HERE = Path(__file__).resolve().parent
ENTRY = "lenet"
SEED = 1998
BATCH = 64
PEAK_RATE = 4e-3
SAMPLES = 64
# What normalization makes of a black pixel; augmentation pads with it.
BACKGROUND = (0.0 - mnist_digits.MEAN) / mnist_digits.STD


def build_lenet() -> nn.Sequential:
    """Return the untrained network. The names of its layers become locations in the exported MLIR."""
    return build_lenet5(channels=1, features=256)


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate (12 degrees), scale (10 %), shear and shift (2 pixels) each image at random, up to the bounds given."""

    def uniform(bound: float) -> Tensor:
        return (torch.rand(len(x), generator=generator) * 2 - 1) * bound

    angle, shear = uniform(math.radians(12)), uniform(0.15)
    scale_x, scale_y = 1 + uniform(0.1), 1 + uniform(0.1)
    shift = 2 * 2 / mnist_digits.SIDE
    cos, sin = angle.cos(), angle.sin()
    affine = torch.stack(
        [
            torch.stack([scale_x * cos, shear - sin, uniform(shift)], dim=1),
            torch.stack([sin, scale_y * cos, uniform(shift)], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(affine, list(x.shape), align_corners=False)
    return functional.grid_sample(x - BACKGROUND, grid, align_corners=False) + BACKGROUND


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the fraction of images whose largest logit is the label."""
    return (model(x).argmax(1) == y).float().mean().item()


def train(model: nn.Module, x: Tensor, y: Tensor, epochs: int) -> None:
    """Train `model` in place, with a one-cycle schedule and the weights' moving average as the result."""
    generator = torch.Generator().manual_seed(SEED)
    steps = epochs * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps, pct_start=0.15)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998))
    model.train()
    for epoch in range(epochs):
        started, total = time.perf_counter(), 0.0
        for batch in torch.randperm(len(x), generator=generator)[: len(x) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(augment(x[batch], generator)), y[batch], label_smoothing=0.02)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
            total += loss.item() * BATCH / len(x)
        seconds = time.perf_counter() - started
        print(f"epoch {epoch + 1:3}/{epochs}  loss {total:.4f}  {seconds:.1f} s", flush=True)
    model.load_state_dict(average.module.state_dict())
    model.eval()


def write_onnx(model: nn.Module, path: Path) -> None:
    """Write the network in full precision as ONNX, batch 1, for the benchmark."""
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros(1, 1, mnist_digits.SIDE, mnist_digits.SIDE)
    torch.onnx.export(
        model, (example,), path, input_names=["x"], output_names=["y"], dynamo=True, external_data=False, verbose=False
    )


def main() -> int:
    """Train or load, then export."""
    parser = argparse.ArgumentParser(description="Train LeNet and export it as MLIR bytecode.")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--data", type=Path, default=mnist_digits.DEFAULT_CACHE, help="data directory")
    parser.add_argument("--out", type=Path, default=HERE, help="directory of lenet.mlirbc and sample.npz")
    parser.add_argument("--onnx", type=Path, metavar="PATH", help="also write the network as ONNX")
    parser.add_argument("--export-only", action="store_true", help="export the weights of an earlier training")
    parser.add_argument("--mlir-opt", default=None, metavar="PATH", help="mlir-opt 22 (default: the installed one)")
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = build_lenet()
    weights = args.data / "lenet.pt"
    try:
        mlir_opt = args.mlir_opt or importer.find_mlir_opt()
        x_test, y_test = (torch.from_numpy(a) for a in mnist_digits.load("test", args.data))
        if args.export_only:
            model.load_state_dict(torch.load(weights, weights_only=True))
            model.eval()
        else:
            train(model, *(torch.from_numpy(a) for a in mnist_digits.load("train", args.data)), args.epochs)
            torch.save(model.state_dict(), weights)
        example = torch.zeros(1, 1, mnist_digits.SIDE, mnist_digits.SIDE)
        text = importer.from_torch(model, [example], entry=ENTRY)
        importer.write(text, args.out / "lenet.mlirbc", mlir_opt)
    except (mnist_digits.DataError, importer.NetworkError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1

    with torch.no_grad():
        logits = model(x_test[:SAMPLES]).numpy()
    np.savez_compressed(args.out / "sample.npz", x=x_test[:SAMPLES].numpy(), y=y_test[:SAMPLES].numpy(), logits=logits)
    if args.onnx:
        write_onnx(model, args.onnx)
    print(f"accuracy on {len(y_test):,} test digits: {100 * accuracy(model, x_test, y_test):.2f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
