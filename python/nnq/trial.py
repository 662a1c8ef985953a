"""One recipe tried on a network: accuracy, and time beside plain int8. Processes and machines may share trials."""

from __future__ import annotations

import functools
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .comparison import as_tuple, batch_size, cut
from .errors import Error, InputError
from .model import Model
from .program import Program, number_names
from .recipe import Recipe
from .techniques import PLAIN

# Seconds that a comparison of times takes, about, that of the best at the end, and the fewest turns of it.
SECONDS = 0.3
FINAL_SECONDS = 2.0
TURNS = 7
# Of a turn: long for the clock, short beside the slices of time that others on the same core get.
TURN_SECONDS = 5e-4
# Parts of the samples, whose differences tell how sure the drop is.
PARTS = 10
# Samples to score on, and those that are kept aside until the end.
SAMPLES = "samples.npz"
HELD = "held.npz"

Score = Callable[[NDArray[Any], NDArray[Any]], float]


@dataclass(frozen=True)
class Trial:
    """What a recipe makes of a network."""

    recipe: Recipe
    # In percent, and the points below the network as it came, with their standard error; None if the recipe failed.
    accuracy: float | None = None
    drop: float | None = None
    drop_error: float | None = None
    # Squared difference of the results from those of the network as it came, as a part of their variance: of little
    # loss it tells more than the few samples that a drop is made of.
    distance: float | None = None
    # The same on samples that were kept aside; of plain int8 and the best recipes only.
    held_accuracy: float | None = None
    held_drop: float | None = None
    held_error: float | None = None
    # Microseconds of a sample, those of plain int8 in the same turns, and how many times faster that is.
    time_us: float | None = None
    baseline_us: float | None = None
    speedup: float | None = None
    # Of the constants.
    weight_bytes: int | None = None
    # What tells the network from those that compute in another way; "" in logs that do not have it.
    network: str = ""
    # Why there is nothing else.
    error: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: value for name, value in vars(self).items() if name != "recipe"} | {
            "recipe": self.recipe.to_list()
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Trial:
        """Return what to_record gave."""
        return cls(**{**record, "recipe": Recipe(record["recipe"])})


@dataclass(frozen=True)
class Task:
    """All that a process needs to try recipes: files in a folder that it sees, and numbers."""

    folder: str
    # What tells the network and the samples from others that were in the folder.
    content: str
    # Of the network as it came.
    accuracy: float
    inputs: int
    score: Score | None = None
    # Whether samples are kept aside.
    holds: bool = False

    @property
    def data(self) -> Path:
        """The samples to calibrate on."""
        return Path(self.folder) / "calibration.npz"

    def make(self, recipe: Recipe) -> Model:
        """Return the compressed network."""
        key = ",".join(number_names("x", self.inputs))
        return Model.from_file(Path(self.folder) / "network.mlirbc").apply(recipe, data=self.data, key=key)


def top1(results: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of samples, in percent, whose largest number is at the label."""
    return 100 * float(np.mean(results.reshape(len(results), -1).argmax(axis=1) == labels))


def samples(task: Task, name: str = SAMPLES) -> tuple[list[NDArray[Any]], NDArray[Any], NDArray[Any]]:
    """Return the inputs to score on, labels, and the results of the network as it came."""
    return read_samples(task.folder, task.content, name)


@functools.lru_cache(maxsize=2)
def read_samples(folder: str, content: str, name: str) -> tuple[list[NDArray[Any]], NDArray[Any], NDArray[Any]]:
    """Return what samples() does; `content` is for the cache."""
    with np.load(Path(folder) / name) as file:
        inputs = [file[key] for key in number_names("x", len(file.files) - 2)]
        return inputs, file["labels"], file["results"]


def baseline(task: Task) -> Program:
    """Return plain int8, which a process compiles once."""
    return compile_baseline(task.folder, task.content)


@functools.lru_cache(maxsize=1)
def compile_baseline(folder: str, content: str) -> Program:
    """Return plain int8; `content` is for the cache."""
    return Model.from_file(Path(folder) / "baseline.mlirbc").compile()


def run(program: Program, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the first result of all samples; a rest that fills no batch is left out."""
    size = batch_size(program)
    parts = [np.array(as_tuple(program(*arrays))[0]).reshape(size, -1) for arrays in cut([inputs], size)]
    if not parts:
        raise InputError(f"the data has no batch of {size}")
    return np.concatenate(parts)


def measure(task: Task, results: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the accuracy of results, in percent."""
    return float((task.score or top1)(results, labels[: len(results)]))


def compare_results(results: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Return the squared difference, as a part of the variance of what is wanted."""
    error = float(np.square(results - wanted[: len(results)], dtype=np.float64).mean())
    return error / max(float(wanted.astype(np.float64).var()), 1e-30)


def compare_accuracy(
    task: Task, results: NDArray[Any], labels: NDArray[Any], wanted: NDArray[Any]
) -> tuple[float, float, float]:
    """Return the accuracy of results, the points below that of what is wanted, and the standard error of these.

    The error is by the points of parts of the samples.
    """
    labels, wanted = labels[: len(results)], wanted[: len(results)]

    def drop(part: slice) -> float:
        return measure(task, wanted[part], labels[part]) - measure(task, results[part], labels[part])

    count = min(PARTS, len(results))
    error = float(np.std([drop(slice(i, None, count)) for i in range(count)])) / max(count - 1, 1) ** 0.5
    return measure(task, results, labels), drop(slice(None)), error


def check_held(task: Task, program: Program) -> tuple[float, float, float]:
    """Return what compare_accuracy does on the samples that were kept aside."""
    inputs, labels, wanted = samples(task, HELD)
    return compare_accuracy(task, run(program, inputs), labels, wanted)


def compare_times(
    program: Program, other: Program, inputs: list[NDArray[Any]], seconds: float = SECONDS
) -> tuple[float, float]:
    """Return microseconds of a sample of both, run in turns: what else the machine does slows both.

    Of each it is the fastest turn.
    """
    size = batch_size(program)
    arrays = [np.ascontiguousarray(x[:size]) for x in inputs]
    both = (program, other)
    calls = [max(1, int(TURN_SECONDS * 1e9 / max(p.time_calls(*arrays, count=2) / 2, 1))) for p in both]
    best = [math.inf, math.inf]
    # Of this process: as many turns where it has to share the machine.
    started = time.process_time()
    turn = 0
    while turn < TURNS or time.process_time() - started < seconds:
        for i in (0, 1):
            best[i] = min(best[i], both[i].time_calls(*arrays, count=calls[i]) / calls[i])
        turn += 1
    return best[0] * 1e-3 / size, best[1] * 1e-3 / size


def identify(lowered: Model) -> str:
    """Return what tells a network that is ready to compile from those that compute in another way."""
    return hashlib.sha256(lowered._network.bytecode()).hexdigest()[:16]


def try_recipe(task: Task, recipe: Recipe) -> Trial:
    """Compress, compile, score and time a network. What goes wrong with a recipe is part of the result."""
    try:
        lowered = task.make(recipe).lower()
        program = lowered.compile()
        inputs, labels, wanted = samples(task)
        results = run(program, inputs)
        accuracy, drop, drop_error = compare_accuracy(task, results, labels, wanted)
        us, baseline_us = compare_times(program, baseline(task), inputs)
        if recipe == PLAIN:
            # The same code.
            us = baseline_us = min(us, baseline_us)
    except Error as error:
        return Trial(recipe, error=str(error).splitlines()[0])
    return Trial(
        recipe,
        accuracy,
        drop,
        drop_error,
        compare_results(results, wanted),
        time_us=us,
        baseline_us=baseline_us,
        speedup=baseline_us / us,
        weight_bytes=int(program.signature["weights"]),
        network=identify(lowered),
    )
