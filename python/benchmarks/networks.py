#!/usr/bin/env python3
"""Time networks side by side: nnq, ONNX Runtime and OpenVINO, each in f32 and int8, in one process on the same cores.

    networks.py FOLDER --build build                         # the trained networks of a folder, see models.py
    networks.py --builtin resnet50,minilm32 --threads 2      # well-known ones, see architectures.py

All contenders of a network run in turn in short rounds. A figure is the mean of the calls of one round; minimum and
median are over rounds. Results are compared with those of ONNX Runtime in f32. The fraction of the machine's peak
counts the multiply-adds of the network; the peak is measured by peak.c on one core. Writes a table, JSON and a plot.

Needs torch, torch-mlir, onnx, onnxruntime; with openvino, nncf and matplotlib it does the rest.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import contenders
import models
import numpy as np
from contenders import Contender, ContenderError
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.path.insert(0, str(REPO / "python"))

Sample = list[NDArray]
BUILTIN = ("lenet", "resnet18", "resnet50", "mobilenetv2", "minilm32", "minilm128")
KINDS = ("nnq f32", "nnq int8", "ORT f32", "ORT int8", "OV f32", "OV int8")
SCORED = 100


@dataclass
class Network:
    """A network as the contenders take it: MLIR for ours, ONNX of batch 1 for the others."""

    name: str
    mlir: str
    onnx: Path
    test: list[Sample]
    labels: NDArray[np.int64] | None
    calib: list[Sample]
    is_transformer: bool = False


@dataclass
class Result:
    """What was found about a contender, or why it did not run."""

    name: str
    error: str = ""
    min_us: float = 0
    median_us: float = 0
    sqnr_db: float | None = None
    agreement: float | None = None
    accuracy: float | None = None
    peak_fraction: float | None = None


@dataclass
class Machine:
    """Peaks of one core, in multiply-adds and bytes a second."""

    int8: float
    f32: float
    bandwidth: float


@dataclass
class Report:
    """All contenders on one network."""

    network: str
    macs: int
    results: list[Result] = field(default_factory=list)


def measure_machine(scratch: Path) -> Machine:
    """Compile and run the micro-benchmark."""
    compiler = os.environ.get("CC", "clang-22")
    flag = "-mcpu=native" if platform.machine() == "aarch64" else "-march=native"
    subprocess.run([compiler, "-O3", flag, HERE / "peak.c", "-o", scratch / "peak"], check=True)
    out = subprocess.run([scratch / "peak"], check=True, capture_output=True, text=True).stdout
    return Machine(*map(float, out.split()))


def samples(x: NDArray) -> list[Sample]:
    """Split a batch into inputs of batch 1."""
    return [[row[None]] for row in x]


def folder_networks(folder: Path, scratch: Path, only: Sequence[str]) -> list[Callable[[], Network]]:
    """Return what makes the networks of a folder ready, one by one."""
    from nnq import importer

    def make(model: models.Model) -> Network:
        data = model.load()
        path = scratch / f"{model.name}.onnx"
        if model.path.suffix == ".onnx":
            import onnx

            graph = importer.load_onnx(model.path)
            importer.fix_onnx_shapes(graph, {model.input: model.shape})
            onnx.save(onnx.shape_inference.infer_shapes(graph, data_prop=True), path)
        else:
            import torch

            export_onnx(torch.export.load(model.path).module(), [torch.zeros(model.shape)], path)
        text = importer.from_file(model.path, shapes={model.input: model.shape}, entry=entry_name(model.name))
        return Network(model.name, text, path, samples(data.x[:SCORED]), data.y, samples(data.calib[:200]))

    found = models.folder_models(folder)
    # A network in both forms is timed once.
    with_onnx = {model.name for model in found if model.path.suffix == ".onnx"}
    chosen = [m for m in found if m.path.suffix == ".onnx" or m.name not in with_onnx]
    return [lambda model=model: make(model) for model in chosen if not only or model.name in only]


def builtin_network(name: str, scratch: Path, folder: Path | None) -> Network:
    """Build a well-known network."""
    import architectures
    import torch

    from nnq import importer

    generator = np.random.default_rng(0)
    path = scratch / f"{name}.onnx"
    if name.startswith("minilm"):
        length = int(name.removeprefix("minilm"))
        module = architectures.minilm()
        rows = token_rows(folder, length, generator)
        test, calib = rows[:SCORED], rows[SCORED : SCORED + 16]
    else:
        shape = (1, 1, 28, 28) if name == "lenet" else (1, 3, 224, 224)
        make = {
            "lenet": architectures.lenet,
            "resnet18": lambda: architectures.resnet([2, 2, 2, 2], bottleneck=False),
            "resnet50": lambda: architectures.resnet([3, 4, 6, 3], bottleneck=True),
            "mobilenetv2": architectures.mobilenet_v2,
        }[name]
        torch.manual_seed(0)
        module = architectures.randomize(make(), shape)
        images = generator.normal(size=(14, *shape)).astype(np.float32)
        test, calib = [[x] for x in images[:10]], [[x] for x in images[10:]]
    examples = [torch.from_numpy(x) for x in test[0]]
    export_onnx(module, examples, path)
    text = importer.from_torch(module, examples, entry=entry_name(name))
    return Network(name, text, path, test, None, calib, is_transformer=name.startswith("minilm"))


def token_rows(folder: Path | None, length: int, generator: np.random.Generator) -> list[Sample]:
    """Return token numbers and masks: sentences of the folder if it has them, padded to a length, else random."""
    file = folder / "data" / "sls_minilm_tok32.npz" if folder else None
    rows = []
    if file and file.exists():
        with np.load(file) as data:
            key = next(k for k in data.files if data[k].ndim == 2)
            tokens = data[key].astype(np.int64)
        for row in tokens[: SCORED + 16]:
            ids = np.zeros((1, length), np.int64)
            ids[0, : min(length, len(row))] = row[:length]
            rows.append([ids, (ids != 0).astype(np.int64)])
        return rows
    for _ in range(SCORED + 16):
        ids = generator.integers(1000, 30000, (1, length))
        rows.append([ids, np.ones((1, length), np.int64)])
    return rows


def export_onnx(module: object, examples: list, path: Path) -> None:
    """Write a PyTorch module as ONNX, with static shapes."""
    import torch

    from nnq import importer

    with importer.quiet():
        torch.onnx.export(module, tuple(examples), path, dynamo=True, external_data=False, verbose=False)


def entry_name(name: str) -> str:
    """Return the name of the C function of a network."""
    from nnq import importer

    return importer.c_identifier(name)


def count_macs(path: Path) -> int:
    """Count the multiply-adds of an ONNX network with static shapes."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True).graph
    shapes = {i.name: list(i.dims) for i in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    macs = 0
    for node in graph.node:
        out = int(np.prod(shapes.get(node.output[0], [0]))) if node.output else 0
        if node.op_type == "Conv":
            macs += out * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type == "ConvTranspose":
            macs += int(np.prod(shapes[node.input[0]])) * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type == "MatMul":
            macs += out * shapes[node.input[0]][-1]
        elif node.op_type == "Gemm":
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            macs += out * shapes[node.input[0]][0 if transposed else 1]
    return macs


def run_tool(*command: object) -> None:
    """Run one of our programs."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "error" in line] or [f"exit code {result.returncode}"]
        raise ContenderError(lines[0].split("error: ")[-1][:160])


def compile_nnq(network: Network, tools: Path, scratch: Path, int8: bool, threads: int) -> Contender:
    """Compile a network with nnq and load the library."""
    from nnq import importer

    source, kind = scratch / f"{network.name}.mlirbc", "int8" if int8 else "f32"
    if not source.exists():
        importer.write(network.mlir, source)
    lowered, library = (scratch / f"{network.name}_{kind}{suffix}" for suffix in (".mlir", ".so"))
    options = []
    if int8:
        data = scratch / f"{network.name}_calib.npz"
        arrays = [np.concatenate(column) for column in zip(*network.calib, strict=True)]
        names = ["x"] if len(arrays) == 1 else [f"x{i}" for i in range(len(arrays))]
        np.savez(data, **dict(zip(names, arrays, strict=True)))
        options.append(f"--quantize-int8=data={data}")
    options += [f"--lower-to-llvm=threads={threads}", "--emit-bytecode", "-o", lowered]
    run_tool(tools / "nnq-opt", source, *options)
    run_tool(tools / "nnq-compile", lowered, "-o", library)
    return contenders.nnq_contender(f"nnq {kind}", library, entry_name(network.name))


def make_contenders(network: Network, kind: str, tools: Path, scratch: Path, threads: int) -> list[Contender]:
    """Return the ways to run a network that a row of the table stands for; the fastest counts."""
    int8 = kind.endswith("int8")
    if kind.startswith("nnq"):
        return [compile_nnq(network, tools, scratch, int8, threads)]
    if kind.startswith("ORT"):
        path = network.onnx
        if int8:
            path = scratch / f"{network.name}_int8.onnx"
            if network.is_transformer:
                contenders.quantize_onnx_dynamically(network.onnx, path)
            else:
                contenders.quantize_onnx(network.onnx, path, network.calib)
        return contenders.ort_contenders(kind, path, threads)
    if importlib.util.find_spec("openvino") is None or (int8 and importlib.util.find_spec("nncf") is None):
        raise ContenderError("not installed")
    import openvino

    if int8:
        model = contenders.quantize_openvino(network.onnx, network.calib, network.is_transformer)
    else:
        model = openvino.Core().read_model(network.onnx)
    return [contenders.openvino_contender(kind, model, threads)]


def score(result: Result, outputs: list[NDArray], reference: list[NDArray], labels: NDArray | None) -> None:
    """Compare the first outputs with the reference and the labels."""
    y, wanted = np.concatenate(outputs), np.concatenate(reference).astype(np.float64)
    noise = ((wanted - y) ** 2).sum()
    result.sqnr_db = float(10 * np.log10((wanted**2).sum() / noise)) if noise else float("inf")
    if y.ndim == 2:
        result.agreement = float((y.argmax(1) == wanted.argmax(1)).mean())
        if labels is not None:
            result.accuracy = float((y.argmax(1) == labels[: len(y)]).mean())


def benchmark(network: Network, machine: Machine, tools: Path, scratch: Path, args: argparse.Namespace) -> Report:
    """Prepare all contenders of a network, check what they compute, and time them."""
    report = Report(network.name, count_macs(network.onnx))
    ways: dict[str, list[Contender]] = {}
    outputs: dict[str, list[NDArray]] = {}
    for kind in args.contenders:
        report.results.append(Result(kind))
        try:
            found = make_contenders(network, kind, tools, scratch, args.threads)
            outputs[kind] = [found[0].run(sample)[0] for sample in network.test]
            ways[kind] = found
        except Exception as error:
            report.results[-1].error = str(error).splitlines()[0][:160] or type(error).__name__
    contenders.race([way for found in ways.values() for way in found], args.seconds)
    for result in report.results:
        if result.name not in ways:
            continue
        best = min(ways[result.name], key=lambda way: min(way.rounds_us))
        result.min_us, result.median_us = min(best.rounds_us), statistics.median(best.rounds_us)
        peak = machine.int8 if result.name.endswith("int8") else machine.f32
        result.peak_fraction = report.macs / (result.min_us * 1e-6) / (peak * args.threads)
        if "ORT f32" in outputs:
            score(result, outputs[result.name], outputs["ORT f32"], network.labels)
    return report


def format_report(report: Report) -> str:
    """Return the table of one network."""

    def number(value: float | None, form: str) -> str:
        return "-" if value is None else form.format(value)

    peers = [r.min_us for r in report.results if not r.error and not r.name.startswith("nnq")]
    lines = [f"{report.network}: {report.macs / 1e6:,.2f} M multiply-adds"]
    lines.append(
        f"  {'':9}{'min, us':>12}{'median, us':>12}{'of peak':>9}{'best peer':>11}{'SQNR, dB':>10}"
        f"{'same top':>10}{'accuracy':>10}"
    )
    for r in report.results:
        if r.error:
            lines.append(f"  {r.name:9}  {r.error}")
            continue
        ratio = min(peers) / r.min_us if peers else None
        lines.append(
            f"  {r.name:9}{r.min_us:12,.1f}{r.median_us:12,.1f}{number(r.peak_fraction, '{:.1%}'):>9}"
            f"{number(ratio, '{:.2f}x'):>11}{number(r.sqnr_db, '{:.1f}'):>10}{number(r.agreement, '{:.1%}'):>10}"
            f"{number(r.accuracy, '{:.2%}'):>10}"
        )
    return "\n".join(lines)


def plot(reports: Sequence[Report], kinds: Sequence[str], path: Path) -> None:
    """Draw times and fractions of the peak."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (times, fractions) = pyplot.subplots(2, 1, figsize=(1.5 + 1.4 * len(reports), 8), sharex=True)
    width = 0.8 / len(kinds)
    for i, kind in enumerate(kinds):
        found = [next((r for r in report.results if r.name == kind and not r.error), None) for report in reports]
        at = np.arange(len(reports)) + (i - (len(kinds) - 1) / 2) * width
        times.bar(at, [r.min_us if r else 0 for r in found], width, label=kind)
        fractions.bar(at, [100 * r.peak_fraction if r else 0 for r in found], width)
    times.set_yscale("log")
    times.set_ylabel("time, us (minimum)")
    fractions.set_ylabel("of the peak, %")
    fractions.set_xticks(np.arange(len(reports)), [r.network for r in reports], rotation=30, ha="right")
    times.legend(ncols=3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""

    def names(allowed: Sequence[str]) -> Callable[[str], list[str]]:
        def split(text: str) -> list[str]:
            chosen = [name for name in text.split(",") if name]
            if unknown := [name for name in chosen if name not in allowed]:
                raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(allowed)}")
            return chosen

        return split

    parser = argparse.ArgumentParser(description="Time networks side by side with ONNX Runtime and OpenVINO.")
    parser.add_argument("folder", type=Path, nargs="?", help="trained networks")
    parser.add_argument("--builtin", type=names(BUILTIN), default=[], help=f"of {', '.join(BUILTIN)}")
    parser.add_argument("--only", nargs="*", default=[], help="names of networks of the folder")
    parser.add_argument("--contenders", type=names(KINDS), default=list(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1)
    parser.add_argument("--cpu", type=int, help="first core to run on (default: the last ones allowed)")
    parser.add_argument("--seconds", type=float, default=2, help="for each contender of a network")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    parser.add_argument("--out", type=Path, default=Path(), help="directory of networks.json, .txt and .png")
    args = parser.parse_args(arguments)
    if not args.folder and not args.builtin:
        parser.error("name a folder or --builtin networks")
    return args


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return its exit code."""
    args = parse_arguments(arguments)
    allowed = os.sched_getaffinity(0)
    cpus = sorted(allowed)[-args.threads :] if args.cpu is None else range(args.cpu, args.cpu + args.threads)
    os.sched_setaffinity(0, cpus)
    # In milliseconds. By default a thread of OpenMP keeps its core busy for long after a call, while others are timed.
    os.environ.setdefault("KMP_BLOCKTIME", "1")
    try:
        return run(args)
    finally:
        os.sched_setaffinity(0, allowed)


def run(args: argparse.Namespace) -> int:
    """Time all networks on the cores that the process has; return the exit code."""
    args.out.mkdir(parents=True, exist_ok=True)
    reports: list[Report] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        machine = measure_machine(scratch)
        header = (
            f"batch 1, threads: {args.threads}; peak of a core: {machine.int8 / 1e9:.1f} G int8 and "
            f"{machine.f32 / 1e9:.1f} G f32 multiply-adds/s, {machine.bandwidth / 1e9:.1f} GB/s\n"
        )
        print(header, flush=True)
        makers = folder_networks(args.folder, scratch, args.only) if args.folder else []
        makers += [lambda name=name: builtin_network(name, scratch, args.folder) for name in args.builtin]
        for make in makers:
            try:
                network = make()
            except Exception as error:
                print(f"left out: {type(error).__name__}: {str(error)[:300]}\n", file=sys.stderr, flush=True)
                continue
            reports.append(benchmark(network, machine, args.build / "bin", scratch, args))
            print(format_report(reports[-1]) + "\n", flush=True)
    text = "\n\n".join([header.strip(), *map(format_report, reports)])
    (args.out / "networks.txt").write_text(text + "\n")
    everything = {"threads": args.threads, "machine": vars(machine)}
    everything["networks"] = [
        {"name": r.network, "macs": r.macs, "contenders": [vars(x) for x in r.results]} for r in reports
    ]
    (args.out / "networks.json").write_text(json.dumps(everything, indent=2) + "\n")
    if importlib.util.find_spec("matplotlib") and reports:
        plot(reports, args.contenders, args.out / "networks.png")
    return 0 if reports else 1


if __name__ == "__main__":
    sys.exit(main())
