#!/usr/bin/env python3
"""Search recipes that make trained networks faster than plain int8 within a bound of accuracy.

    search.py FOLDER --only mnist_cnn_burn kws_dscnn --out found
    search.py FOLDER --only minilm_probe --holdout 0.33 --trials 14 --techniques prune-layers prune-channels

The networks are those of accuracy.py; MiniLM is calibrated on sentences that its probe is trained on, too, so that more
of them can be scored. For each one, writes the table of its Pareto front to NAME.txt, the plot of all
trials to NAME.png, the library that was found to NAME.so, and NAME.jsonl, with which a search that was stopped goes on;
search.json has what was found of all, with the accuracy on samples that chose nothing.

Needs torch, torch-mlir, onnx and matplotlib.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import accuracy
import numpy as np
from numpy.typing import NDArray
from sources import Sample

import nnq


def join(rows: Sequence[Sample]) -> tuple[NDArray, ...]:
    """Return the samples of each input."""
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def search(task: accuracy.Task, out: Path, **options: Any) -> nnq.SearchResult:
    """Search a recipe for a network."""
    network = task.network
    model = nnq.load(network.mlir)
    if task.train:
        program = model.compile()
        classify = task.train(lambda rows: [np.concatenate([np.array(program(*row)).reshape(1, -1) for row in rows])])
        options["score"] = lambda results, labels: 100 * float(np.mean(classify(results) == labels))
    return nnq.search(
        model,
        [join(network.test)],
        labels=network.labels,
        calibration=[join(network.calib)],
        log=out / f"{network.name}.jsonl",
        **options,
    )


def describe(name: str, result: nnq.SearchResult) -> dict[str, Any]:
    """Return what was found; accuracies are those of samples that were kept aside, if there are any."""
    best, plain = result.best, result.baseline
    is_held = best.held_accuracy is not None
    of = lambda trial: trial.held_accuracy if is_held else trial.accuracy  # noqa: E731
    return {
        "network": name,
        "int8_us": best.baseline_us,
        "us": best.time_us,
        "speedup": 1.0 if best is plain else best.speedup,
        "f32_accuracy": of(best) + (best.held_drop if is_held else best.drop),
        "int8_accuracy": of(plain),
        "accuracy": of(best),
        "drop_error": best.held_error if is_held else best.drop_error,
        "drop_of_the_others": best.drop if is_held else None,
        "trials": len(result.trials),
        "recipe": best.recipe.to_list(),
    }


def format_table(found: Sequence[dict[str, Any]]) -> str:
    """Return a line for each network."""
    lines = [f"{'network':24}{'int8, us':>10}{'found':>10}{'faster':>9}{'f32':>10}{'int8':>10}{'found':>10}  recipe"]
    for each in found:
        accuracies = "".join(f"{each[key]:8.2f} %" for key in ("f32_accuracy", "int8_accuracy", "accuracy"))
        times = f"{each['int8_us']:10.2f}{each['us']:10.2f}{each['speedup']:8.2f}x"
        lines.append(f"{each['network']:24}{times}{accuracies}  {nnq.Recipe(each['recipe'])}")
    return "\n".join(lines)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Search recipes that make networks faster than plain int8.")
    parser.add_argument("folder", type=Path, help="trained networks")
    parser.add_argument("--only", nargs="*", default=[], help=f"names of networks of the folder, {accuracy.PROBE}")
    parser.add_argument("--out", type=Path, default=Path(), help="directory of what is written")
    parser.add_argument("--drop", type=float, default=0.5, help="points of accuracy that may be lost")
    parser.add_argument("--objective", default="latency", choices=["latency", "size"])
    parser.add_argument("--trials", type=int, default=100, help="of each network, at most")
    parser.add_argument("--holdout", type=float, default=0.25, help="share of the samples that chooses nothing")
    parser.add_argument("--techniques", nargs="*", help="names of pipelines (default: all)")
    parser.add_argument("--calibrated", type=int, default=300, help="sentences to calibrate on")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return its exit code."""
    args = parse_arguments(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    names = ("drop", "objective", "trials", "holdout", "techniques")
    options = {name: getattr(args, name) for name in names}
    found: list[dict[str, Any]] = []
    for name, make in accuracy.find_tasks(args.folder, args.only, args.calibrated).items():
        result = search(make(), args.out, **options)
        print(f"{name}: {result}\n", flush=True)
        (args.out / f"{name}.txt").write_text(f"{result}\n")
        result.plot(args.out / f"{name}.png")
        result.model.save(args.out / f"{name}.so")
        found.append(describe(name, result))
        (args.out / "search.json").write_text(json.dumps(found, indent=2) + "\n")
    print(format_table(found))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
