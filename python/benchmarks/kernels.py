#!/usr/bin/env python3
"""Time single layers against what the machine can do: products of matrices, convolutions, products with a vector.

    kernels.py --build build                 # all of them
    kernels.py --only gemm,conv3x3 --types int8
    kernels.py --only sparse                    # weights that are zero, against the same layers without zeros
    kernels.py --target x86-64-v3               # what this machine takes as an older one
    kernels.py --only shared                    # weights from codebooks of 4 and 2 bits, against the layers without

Three layers alike are a network, compiled as any other, timed by nnq-run --profile and compared with PyTorch. The
fastest of them counts: the others change the layout, too, at the ends of the network. The peak is measured by peak.c on
one core: multiply-adds for most, bytes of weights for a product with a vector, whose weights are larger than the
caches. More than 100 % is possible where a layer is computed with fewer multiply-adds than its definition has
(Winograd). Without an instruction for dot products of bytes, the peak of int8 is that of pairs of 16-bit numbers, which
is exact. Weights that are zero, in blocks or two of four or anywhere, count as multiply-adds. Writes a table and JSON.

Needs torch and torch-mlir.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from contenders import ContenderError
from layers import number
from machine import Machine, measure_machine, pinned
from sources import REPO, Network
from toolchain import Toolchain
from torch import nn

TYPES = ("f32", "int8")
# How weights are quantized: to all 8 bits, or to 7 of them, which vpmaddubsw multiplies.
QUANTIZATIONS = {"f32": None, "int8": "weight-range=full", "int7": "weight-range=reduced"}
LOWEST = {"macs": 0.90, "bytes": 0.85}
# Shares of zeros, and where they may be: blocks of output by input channels, two of four input channels, or anywhere.
SPARSE = (
    (0, ""),
    (0.75, "16x4"),
    (0.9, "16x4"),
    (0.5, "2:4"),
    (0.5, "unstructured"),
    (0.75, "unstructured"),
    (0.9, "unstructured"),
)
COMPARED = ("sparse", "shared")
MULTIPLIES = ("conv", "depthwise", "linear", "matmul")


@dataclass
class Kernel:
    """A layer, of which several follow each other, with the shape of its input."""

    group: str
    name: str
    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    bound: str = "macs"
    count: int = 3
    zeros: float = 0  # Share of the weights.
    pattern: str = "16x4"
    bits: int = 0  # Of the codebook that weights are taken from, if there is one.


@dataclass
class Figure:
    """What was measured."""

    group: str
    name: str
    type: str
    bound: str
    time_us: float = 0
    rate: float = 0  # 10^9 multiply-adds or bytes a second
    fraction: float = 0
    sqnr_db: float | None = None
    compile_seconds: float = 0
    compile_bytes: int = 0
    weight_bytes: int = 0
    zeros: float = 0
    pattern: str = ""
    bits: int = 0
    speedup: float | None = None  # Against the layer without zeros or codebook.
    error: str = ""


def kernels() -> Iterator[Kernel]:
    """Yield all layers."""
    for n in (512, 1024):
        yield Kernel("gemm", f"{n}x{n}x{n}", lambda n=n: nn.Linear(n, n), (n, n))
    for channels in (64, 128, 256):
        for size in (56, 28, 14):
            shape, name = (1, channels, size, size), f"{channels} at {size}x{size}"
            conv = lambda kernel, groups=1, c=channels: nn.Conv2d(c, c, kernel, 1, kernel // 2, groups=groups)  # noqa: E731
            yield Kernel("conv3x3", name, lambda conv=conv: conv(3), shape)
            yield Kernel("conv1x1", name, lambda conv=conv: conv(1), shape)
            yield Kernel("depthwise", name, lambda conv=conv, c=channels: conv(3, c), shape)
    for zeros, pattern in SPARSE:
        for n in (256, 512, 1024):
            yield Kernel("sparse", f"{n}x{n}", lambda n=n: nn.Linear(n, n), (1, n), zeros=zeros, pattern=pattern)
        for channels, size in ((256, 14), (256, 28), (512, 14)):
            conv = lambda c=channels: nn.Conv2d(c, c, 1)  # noqa: E731
            shape, name = (1, channels, size, size), f"{channels} at {size}x{size}"
            yield Kernel("sparse", name, conv, shape, zeros=zeros, pattern=pattern)
    for bits in (0, 4, 2):
        for n in (256, 512, 1024, 2048):
            yield Kernel("shared", f"{n}x{n}", lambda n=n: nn.Linear(n, n), (1, n), bits=bits)
        for channels, size in ((64, 28), (256, 14)):
            conv = lambda c=channels: nn.Conv2d(c, c, 3, padding=1)  # noqa: E731
            yield Kernel("shared", f"{channels} at {size}x{size}", conv, (1, channels, size, size), bits=bits)
    # Enough of them that no cache holds the weights from one run to the next.
    yield Kernel("gemv", "4096x4096", lambda: nn.Linear(4096, 4096), (1, 4096), "bytes", count=4)


@torch.no_grad()
def prune(weight: nn.Parameter, zeros: float, pattern: str) -> None:
    """Make the smallest weights of a share zero, as the pattern says; the others make up for their power."""
    if pattern == "2:4":
        parts = weight.view(weight.shape[0], -1, 4)
        kept = torch.zeros_like(parts).scatter_(2, parts.abs().topk(2, dim=2).indices, 1)
    else:
        high, wide = (int(size) for size in pattern.split("x")) if "x" in pattern else (1, 1)
        parts = weight.view(weight.shape[0] // high, high, -1, wide)
        power = parts.square().sum((1, 3), keepdim=True)
        ordered = power.flatten().sort().values
        kept = power >= ordered[int(zeros * ordered.numel())]
    parts *= kept / (1 - zeros) ** 0.5


@torch.no_grad()
def ready(kernel: Kernel) -> tuple[Network, np.ndarray]:
    """Return a layer as a network, with the result for its input."""
    from nnq import importer

    torch.manual_seed(0)
    module = nn.Sequential(*[kernel.make() for _ in range(kernel.count)]).eval()
    for layer in module if kernel.zeros else ():
        prune(layer.weight, kernel.zeros, kernel.pattern)
    x = torch.randn(kernel.shape)
    wanted = module(x).numpy()
    name = importer.c_identifier(f"{kernel.group}_{kernel.name}_{kernel.zeros}_{kernel.pattern}_{kernel.bits}")
    text = importer.from_torch(module, [x], entry=name)
    sample = [x.numpy()]
    return Network(name, text, Path(), [sample], None, [sample]), wanted


def measure(kernel: Kernel, kind: str, machine: Machine, compiler: Toolchain) -> Figure:
    """Compile and time a layer."""
    figure = Figure(
        kernel.group,
        kernel.name,
        kind,
        kernel.bound,
        zeros=kernel.zeros,
        pattern=kernel.pattern,
        bits=kernel.bits,
    )
    steps = [f"--share-weights=bits={kernel.bits}"] if kernel.bits else []
    try:
        network, wanted = ready(kernel)
        quantization = QUANTIZATIONS[kind]
        int8 = quantization is not None
        _, usage = compiler.compile(network, quantization, steps)
        figure.compile_seconds, figure.compile_bytes = usage.seconds, usage.peak_bytes
        expected = compiler.scratch / "expected.npz"
        np.savez(expected, output=wanted)
        report = compiler.profile(network, quantization, f"--compare={expected}", steps=steps)
    except ContenderError as error:
        figure.error = str(error)
        return figure
    layers = [layer for layer in report["layers"] if layer["kind"] in MULTIPLIES]
    fastest = min(layers, key=lambda layer: layer["time_us"])
    # nnq-run tells time and multiply-adds of a sample; rows of a matrix are samples.
    figure.time_us = fastest["time_us"] * kernel.shape[0]
    figure.sqnr_db = report["compare"]["sqnr_db"]
    figure.weight_bytes = report["weight_bytes"] // kernel.count
    if kernel.bound == "bytes":
        figure.time_us = sum(layer["time_us"] for layer in layers) / kernel.count
        amount, most = report["weight_bytes"] / kernel.count, machine.bandwidth
    else:
        amount, most = fastest["macs"] * kernel.shape[0], machine.int8 if int8 else machine.f32
    figure.rate = amount / figure.time_us / 1e3
    figure.fraction = figure.rate * 1e9 / most
    return figure


def format_figure(figure: Figure) -> str:
    """Return a row of the table."""
    form = f", {figure.bits} bits" if figure.bits else ""
    if figure.zeros:
        form = f", {figure.zeros:.0%} {figure.pattern}"
    start = f"{figure.group:10}{figure.name + form:34}{figure.type:6}"
    if figure.error:
        return f"{start}{figure.error}"
    unit = "GB/s" if figure.bound == "bytes" else "GMAC/s"
    note = "" if figure.fraction >= LOWEST[figure.bound] else f"  below {LOWEST[figure.bound]:.0%}"
    if figure.speedup:
        note = f"  {figure.speedup:.2f}x the layer without {'codebook' if figure.bits else 'zeros'}"
    if figure.group in COMPARED:
        note += f"  {figure.weight_bytes:,} bytes"
    return (
        f"{start}{figure.time_us:11,.1f}{figure.rate:9.1f} {unit:7}{figure.fraction:8.1%}"
        f"{number(figure.sqnr_db, '{:.1f}', 'exact'):>10}{figure.compile_seconds:12.1f}"
        f"{figure.compile_bytes / 1e6:10,.0f}{note}"
    )


def find_speedup(figures: Sequence[Figure]) -> float | None:
    """Compare the last layer with that without zeros or codebook, if both were timed."""
    last = figures[-1]
    plain = last.group, last.name, last.type, 0, 0
    alike = (x for x in figures if (x.group, x.name, x.type, x.zeros, x.bits) == plain)
    dense = next(alike, None)
    return dense.time_us / last.time_us if dense and dense.time_us and last.time_us else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return its exit code."""
    parser = argparse.ArgumentParser(description="Time single layers against what the machine can do.")
    everything = list(kernels())
    groups = sorted({kernel.group for kernel in everything})
    names = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--only", type=names, default=groups, help=f"of {', '.join(groups)}")
    parser.add_argument("--match", default="", help="part of the name, for example '64 at 56'")
    parser.add_argument("--types", type=names, default=list(TYPES), help=f"of {', '.join(QUANTIZATIONS)}")
    parser.add_argument("--target", default="native", help="that layers are compiled for (default: this machine)")
    parser.add_argument("--cpu", type=int, help="core to run on (default: the last one allowed)")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    parser.add_argument("--out", type=Path, default=Path(), help="directory of kernels.json and .txt")
    args = parser.parse_args(arguments)
    if unknown := [x for x in [*args.only, *args.types] if x not in [*groups, *QUANTIZATIONS]]:
        parser.error(f"no {', '.join(unknown)}; there are {', '.join([*groups, *QUANTIZATIONS])}")
    chosen = [kernel for kernel in everything if kernel.group in args.only and args.match in kernel.name]
    if not chosen:
        parser.error(f"no layer is called '{args.match}'")
    args.out.mkdir(parents=True, exist_ok=True)
    with pinned(1, args.cpu), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        machine = measure_machine(scratch)
        lines = [
            f"peak of a core: {machine.int8 / 1e9:.1f} G int8 and {machine.f32 / 1e9:.1f} G f32 multiply-adds/s, "
            f"{machine.bandwidth / 1e9:.1f} GB/s",
            f"{'layer':44}{'type':6}{'time, us':>11}{'rate':>17}{'of peak':>8}{'SQNR, dB':>10}{'compile, s':>12}"
            f"{'peak, MB':>10}",
        ]
        print("\n".join(lines), flush=True)
        compiler = Toolchain(args.build / "bin", scratch, threads=1, target=args.target)
        figures: list[Figure] = []
        for kernel in chosen:
            for kind in args.types:
                figures.append(measure(kernel, kind, machine, compiler))
                if kernel.zeros or kernel.bits:
                    figures[-1].speedup = find_speedup(figures)
                lines.append(format_figure(figures[-1]))
                print(lines[-1], flush=True)
    (args.out / "kernels.txt").write_text("\n".join(lines) + "\n")
    content = {"machine": vars(machine), "kernels": [asdict(figure) for figure in figures]}
    (args.out / "kernels.json").write_text(json.dumps(content, indent=2) + "\n")
    return 1 if any(figure.error for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
