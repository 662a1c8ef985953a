#!/usr/bin/env python3
"""Time networks side by side: nnq, ONNX Runtime and OpenVINO, each in f32 and int8, in one process on the same cores.

    networks.py FOLDER --build build                         # the trained networks of a folder, see models.py
    networks.py --builtin resnet50,minilm32 --threads 2      # well-known ones, see architectures.py
    networks.py FOLDER --builtin all --threads 1,2           # everything, on one core and on two

Of nnq's int8 there are two: what quantize-int8 does by default with data, and with weights of 8 bits. All contenders of
a network run in turn in short rounds. A figure is the mean of the calls of one round; minimum and median are over
rounds. Results are compared with those of ONNX Runtime in f32. The fraction of the machine's peak counts the multiply-
adds of the network; the peak is measured by peak.c on one core. Of ours, the time and the memory of the compiler and
the time of each layer (nnq-run --profile) are told, too. Writes tables, JSON and plots.

Needs torch, torch-mlir, onnx, onnxruntime; with openvino, nncf and matplotlib it does the rest.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import contenders
from contenders import Contender, ContenderError
from layers import plot_layers
from machine import Machine, measure_machine, pinned
from report import Report, Result, format_report, format_summary, plot, score
from sources import BUILTIN, REPO, Network, builtin_network, entry_name, folder_networks
from toolchain import Toolchain

KINDS = ("nnq f32", "nnq int8", "nnq int8 full", "ORT f32", "ORT int8", "OV f32", "OV int8")


def make_peers(network: Network, kind: str, scratch: Path, threads: int) -> list[Contender]:
    """Return the ways to run a network that a row of the table stands for; the fastest counts."""
    int8 = kind.endswith("int8")
    if kind.startswith("ORT"):
        path = network.onnx
        if int8:
            path = scratch / f"{network.name}_int8.onnx"
            if path.exists():  # made for another number of threads
                pass
            elif network.is_transformer:
                contenders.quantize_onnx_dynamically(network.onnx, path)
            else:
                contenders.quantize_onnx(network.onnx, path, network.calib)
        return contenders.ort_contenders(kind, path, threads)
    if importlib.util.find_spec("openvino") is None or (int8 and importlib.util.find_spec("nncf") is None):
        raise ContenderError("not installed")
    import openvino

    path = network.onnx
    if int8:
        path = scratch / f"{network.name}_openvino.xml"
        if not path.exists():
            model = contenders.quantize_openvino(network.onnx, network.calib, network.is_transformer)
            openvino.save_model(model, path, compress_to_fp16=False)
    model = openvino.Core().read_model(path)
    return [contenders.openvino_contender(kind, model, threads)]


def make_ours(network: Network, result: Result, compiler: Toolchain) -> list[Contender]:
    """Compile a network with nnq and load the library."""
    library, usage = compiler.compile(network, result.quantization)
    result.compile_seconds, result.compile_bytes = usage.seconds, usage.peak_bytes
    return [contenders.nnq_contender(result.name, library, entry_name(network.name))]


def profile(network: Network, result: Result, machine: Machine, compiler: Toolchain) -> None:
    """Find where the time of one of ours goes."""
    report = compiler.profile(network, result.quantization, *machine.options(compiler.threads))
    result.layers, result.layers_whole_us = report["layers"], report["time_us"]["min"]
    result.weight_bytes = report["weight_bytes"]


def benchmark(network: Network, machine: Machine, scratch: Path, args: argparse.Namespace) -> Report:
    """Prepare all contenders of a network, check what they compute, and time them."""
    report = Report(network.name, network.macs)
    compiler = Toolchain(args.build / "bin", scratch, args.threads)
    ways: dict[str, list[Contender]] = {}
    outputs = {}
    for kind in args.contenders:
        result = Result(kind)
        report.results.append(result)
        try:
            if result.is_ours:
                found = make_ours(network, result, compiler)
                if args.layers:
                    profile(network, result, machine, compiler)
            else:
                found = make_peers(network, kind, scratch, args.threads)
            outputs[kind] = [found[0].run(sample)[0] for sample in network.test]
            ways[kind] = found
        except Exception as error:
            result.error = str(error).splitlines()[0][:160] or type(error).__name__
    contenders.race([way for found in ways.values() for way in found], args.seconds)
    for result in report.results:
        if result.name not in ways:
            continue
        best = min(ways[result.name], key=lambda way: min(way.rounds_us))
        result.min_us, result.median_us = min(best.rounds_us), statistics.median(best.rounds_us)
        peak = machine.int8 if result.is_int8 else machine.f32
        result.peak_fraction = report.macs / (result.min_us * 1e-6) / (peak * args.threads)
        if "ORT f32" in outputs:
            score(result, outputs[result.name], outputs["ORT f32"], network.labels)
    return report


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""

    def names(allowed: Sequence[str]) -> Callable[[str], list[str]]:
        def split(text: str) -> list[str]:
            chosen = list(allowed) if text == "all" else [name for name in text.split(",") if name]
            if unknown := [name for name in chosen if name not in allowed]:
                raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(allowed)}")
            return chosen

        return split

    parser = argparse.ArgumentParser(description="Time networks side by side with ONNX Runtime and OpenVINO.")
    parser.add_argument("folder", type=Path, nargs="?", help="trained networks")
    parser.add_argument("--builtin", type=names(BUILTIN), default=[], help=f"all, or of {', '.join(BUILTIN)}")
    parser.add_argument("--only", nargs="*", default=[], help="names of networks of the folder")
    parser.add_argument("--contenders", type=names(KINDS), default=list(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--threads", type=names("12"), default=["1"], help="1, 2 or 1,2")
    parser.add_argument("--cpu", type=int, help="first core to run on (default: the last ones allowed)")
    parser.add_argument("--seconds", type=float, default=2, help="for each contender of a network")
    parser.add_argument("--no-layers", dest="layers", action="store_false", help="leave out where the time goes")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    parser.add_argument("--out", type=Path, default=Path(), help="directory of networks.json, .txt and .png")
    parser.add_argument("--scratch", type=Path, help="directory of networks made ready, kept for another run")
    args = parser.parse_args(arguments)
    if not args.folder and not args.builtin:
        parser.error("name a folder or --builtin networks")
    return args


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return its exit code."""
    args = parse_arguments(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.scratch:
        args.scratch.mkdir(parents=True, exist_ok=True)
    with nullcontext(str(args.scratch)) if args.scratch else tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if len(args.threads) == 1:
            args.threads = int(args.threads[0])
            with pinned(args.threads, args.cpu):
                return run(args, scratch)
        # Libraries look at the cores of the process once: each number of threads has a process of its own.
        codes = []
        for threads in args.threads:
            own = ["--threads", threads, "--out", args.out / f"threads{threads}", "--scratch", scratch]
            given = sys.argv[1:] if arguments is None else arguments
            command = [sys.executable, Path(__file__).resolve(), *given, *own]
            codes.append(subprocess.run(list(map(str, command)), check=False).returncode)
        return max(codes)


def run(args: argparse.Namespace, scratch: Path) -> int:
    """Time all networks on the cores that the process has; return the exit code."""
    # In milliseconds. By default a thread of OpenMP keeps its core busy for long after a call, while others are timed.
    os.environ.setdefault("KMP_BLOCKTIME", "1")
    reports: list[Report] = []
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
        reports.append(benchmark(network, machine, scratch, args))
        print(format_report(reports[-1]) + "\n", flush=True)
        write(reports, header, machine, args)
    if reports:
        print(format_summary(reports), flush=True)
    return 0 if reports else 1


def write(reports: Sequence[Report], header: str, machine: Machine, args: argparse.Namespace) -> None:
    """Write what is known so far: an interrupted run is not lost."""
    parts = [header.strip(), *map(format_report, reports), format_summary(reports)]
    (args.out / "networks.txt").write_text("\n\n".join(parts) + "\n")
    everything = {"threads": args.threads, "machine": vars(machine)}
    everything["networks"] = [
        {"name": r.network, "macs": r.macs, "contenders": [asdict(x) for x in r.results]} for r in reports
    ]
    (args.out / "networks.json").write_text(json.dumps(everything, indent=2) + "\n")
    if not importlib.util.find_spec("matplotlib"):
        return
    plot(reports, args.contenders, args.out / "networks.png")
    last = reports[-1]
    if profiles := {r.name: r.layers for r in last.results if r.layers}:
        plot_layers(last.network, profiles, args.out / f"layers_{last.network}.png")


if __name__ == "__main__":
    sys.exit(main())
